/* types.h - facts about the operations and the element types
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BASE_TYPES_H
#define CLRELU_BASE_TYPES_H

#include "clrelu.h"

/* The minimum of an operation's parameter; op is an enumerator. */
double clrelu_op_min(clrelu_op op);

/* Such as "float32"; NULL if dtype is no enumerator. */
const char *clrelu_dtype_name(clrelu_dtype dtype);

/* Bytes of an element of the type that dtype is computed in: float64 for
 * float64, else float32. */
size_t clrelu_compute_size(clrelu_dtype dtype);

#endif
