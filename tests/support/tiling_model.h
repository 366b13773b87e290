/* tiling_model.h - a tiling's traversals of x, element by element
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_TILING_MODEL_H
#define CLRELU_TESTS_TILING_MODEL_H

#include <stdbool.h>

#include "plan/tiling.h"

/* Whether it has each element once and, for sums, one alpha per column, as
 * interleaved rows do.  The shape is valid and not empty. */
bool tiling_is_right(const clrelu_shape *shape, bool sums);

/* The most additions, with sums, between a product and dalpha: the rows of a
 * block, the tree reduction, the final reduction and the old dalpha. */
uint64_t tiling_longest_chain(const clrelu_tiling *tiling);

#endif
