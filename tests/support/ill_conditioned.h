/* ill_conditioned.h - products whose sum is hard on dalpha
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_ILL_CONDITIONED_H
#define CLRELU_TESTS_ILL_CONDITIONED_H

#include <stdbool.h>
#include <stddef.h>

/* Pairs of products that nearly cancel: what remains of each is 2^-20 of it. */
void sums_cancelling(size_t n, float *x, float *dy);

void sums_same_sign(size_t n, float *x, float *dy);

/* Such inputs are good ones only if a running float32 sum misses the bound of
 * dalpha. */
bool sums_are_ill_conditioned(size_t n, const float *x, const float *dy,
                              double want, double magnitude);

#endif
