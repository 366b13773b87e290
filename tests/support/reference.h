/* reference.h - the four operations in plain C double
 * SPDX-License-Identifier: MIT
 *
 * Written from the contract, sharing nothing with cl/.  Scalars are rounded to
 * float32 first.  A product of two float32 is exact in double, so that leaky,
 * prelu and thresholded results, rounded to float32, are the correct bits. */
#ifndef CLRELU_TESTS_REFERENCE_H
#define CLRELU_TESTS_REFERENCE_H

#include "clrelu.h"

/* A shape whose alpha is of whatever shape it must have. */
clrelu_shape reference_shape(size_t rank, const size_t *dims,
                             size_t shared_count, const int *shared_axes);

double reference_forward(clrelu_op op, double scalar, double x);
double reference_backward(clrelu_op op, double scalar, double x, double dy);

/* Elements of x, and of alpha. */
size_t reference_count(const clrelu_shape *shape);
size_t reference_alpha_count(const clrelu_shape *shape);

/* j(i): flat index into alpha of flat element i of x. */
size_t reference_alpha_index(const clrelu_shape *shape, size_t i);

void reference_prelu_forward(const clrelu_shape *shape, const float *x,
                             const float *alpha, double *y);

/* dalpha: sums as exact as double can hold; magnitude[j] = sum of |x*dy| over
 * the same terms, may be NULL.  Either of dx and dalpha may be NULL; alpha is
 * read for dx only. */
void reference_prelu_backward(const clrelu_shape *shape, const float *x,
                              const float *alpha, const float *dy, double *dx,
                              double *dalpha, double *magnitude);

/* How far dalpha may be off for an x of n elements, as clrelu.h states it. */
double reference_dalpha_bound(size_t n, double sum, double magnitude);

#endif
