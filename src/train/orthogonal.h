/* orthogonal.h - a matrix with orthonormal columns, or rows
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TRAIN_ORTHOGONAL_H
#define CLRELU_TRAIN_ORTHOGONAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* gain times the Q of a QR decomposition of normal numbers, each column's sign
 * that of R's diagonal, so that Q is distributed uniformly; rows and columns
 * are at least 1.  Where there are fewer rows than columns, of the transposed.
 * The caller frees out; NULL: no memory. */
float *clrelu_orthogonal(uint64_t seed, size_t rows, size_t columns,
                         double gain);

#endif
