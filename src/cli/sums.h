/* sums.h - dalpha of an array as the sum of its slabs' dalphas
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_SUMS_H
#define CLRELU_CLI_SUMS_H

#include "failure.h"
#include "input.h"

/* float64 sums with their rounding errors; all zero: not created. */
typedef struct sums {
    size_t count;
    double *sum, *error;
} sums;

bool sums_create(sums *s, size_t count, failure *f);
void sums_destroy(sums *s);

/* Adds n values, float32 or float64, to the sums first, first + 1, ....  The
 * sum of only -0.0 is -0.0. */
void sums_add(sums *s, size_t first, size_t n, clrelu_dtype dtype,
              const void *values);

/* Rounds the sums to a's type. */
void sums_round(const sums *s, array *a);

#endif
