/* layout.h - the axes of x along which a file's alpha varies
 * SPDX-License-Identifier: MIT
 *
 *   keras   x's shape without the batch, shared axes set to 1
 *   torch   as in torch.nn.PReLU: (C,) for an x of (N, C, ...), or one element
 *   onnx    as in ONNX's PRelu: broadcast to x from the right; the batch must
 *           have 1, as the library shares alpha over it */
#ifndef CLRELU_CLI_LAYOUT_H
#define CLRELU_CLI_LAYOUT_H

#include "input.h"
#include "options.h"

typedef struct shared_axes {
    size_t count;
    int axes[CLRELU_MAX_RANK];
} shared_axes;

/* The axes over which an alpha of this shape is shared; for keras those that
 * --shared-axes must name.  False: it does not fit x.  Uses only the ranks and
 * dims of the arrays. */
bool layout_map(layout l, const array *x, const array *alpha,
                shared_axes *shared);

/* x's shape and the shared axes, according to the options; shape points to x
 * and shared.  alpha is the content of --alpha-file, and must fit; without that
 * option it is not used. */
bool layout_shape(const options *o, const array *x, const array *alpha,
                  shared_axes *shared, clrelu_shape *shape, failure *f);

#endif
