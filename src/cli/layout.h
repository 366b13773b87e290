/* layout.h - the shape of a file's alpha for an x
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_LAYOUT_H
#define CLRELU_CLI_LAYOUT_H

#include "input.h"
#include "options.h"

/* The shapes of x and alpha, according to the options; shape points to all
 * three.  alpha is the content of --alpha-file, and must fit; without that
 * option it is not used.  Uses only the ranks and dims of the arrays. */
bool layout_shape(const options *o, const array *x, const array *alpha,
                  clrelu_shape *shape, failure *f);

/* The extent of alpha along each axis of x, which is 1 where alpha is shared.
 * dims and rank are clrelu_prelu_alpha_dims's. */
void layout_extents(const clrelu_shape *shape, size_t rank, const size_t *dims,
                    size_t extents[CLRELU_MAX_RANK]);

#endif
