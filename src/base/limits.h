/* limits.h - limits of the kernels
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BASE_LIMITS_H
#define CLRELU_BASE_LIMITS_H

#include "clrelu.h"

/* Max columns of a row of PReLU where dalpha is summed; must match ROW_MAX in
 * cl/prelu_rows.cl. */
#define CLRELU_ROW_MAX 1024

/* Groups of a merged shape; must match tiling_argument in cl/prelu.cl, and
 * cl/train.cl. */
#define CLRELU_GROUPS CLRELU_MAX_RANK

/* Those of a shape with strides: must match STRIDED in cl/prelu.cl. */
#define CLRELU_STRIDED_GROUPS 16

/* Work-groups, of any size, that fit one launch. */
#define CLRELU_MAX_GROUPS ((uint64_t)1 << 20)

#endif
