/* tiling_model.h - a tiling's walk over x, element by element
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_TILING_MODEL_H
#define CLRELU_TESTS_TILING_MODEL_H

#include <stdbool.h>

#include "plan/tiling.h"

/* Does it meet each element once and, for sums, one alpha per lane, and do
 * companions?  The shape is valid and not empty. */
bool tiling_is_right(const clrelu_shape *shape, bool sums);

#endif
