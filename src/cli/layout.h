/* layout.h - along which axes of x the alpha of a file lies
 * SPDX-License-Identifier: MIT
 *
 *   keras   x's shape without the batch, shared axes set to 1
 *   torch   as torch.nn.PReLU has it: (C,) for an x of (N, C, ...), or one
 *           element for all
 *   onnx    as ONNX's PRelu has it: what broadcasts to x from the right; the
 *           batch must have 1 there, as the library shares alpha over it */
#ifndef CLRELU_CLI_LAYOUT_H
#define CLRELU_CLI_LAYOUT_H

#include "input.h"
#include "options.h"

typedef struct shared_axes {
    size_t count;
    int axes[CLRELU_MAX_RANK];
} shared_axes;

bool layout_find(const char *name, layout *l);

/* The axes over which an alpha of this shape is shared, for keras those that
 * --shared-axes must name; false: it does not fit x.  Of the arrays only ranks
 * and dims matter. */
bool layout_map(layout l, const array *x, const array *alpha,
                shared_axes *shared);

/* x's shape and the axes that share alpha, as the options have them; points to
 * x and shared.  alpha is what --alpha-file holds, which must fit; it is not
 * looked at without that option. */
bool layout_shape(const options *o, const array *x, const array *alpha,
                  shared_axes *shared, clrelu_shape *shape, failure *f);

#endif
