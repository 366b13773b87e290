/* orthogonal.h - a matrix with orthonormal columns or rows
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TRAIN_ORTHOGONAL_H
#define CLRELU_TRAIN_ORTHOGONAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* gain times Q of the QR decomposition of normal numbers, each column with the
 * sign of R's diagonal: Q is uniformly distributed.  If rows < columns, Q of
 * the transpose, transposed.  Both are at least 1.  The caller frees the
 * result; NULL: no memory. */
float *clrelu_orthogonal(uint64_t seed, size_t rows, size_t columns,
                         double gain);

#endif
