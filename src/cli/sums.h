/* sums.h - dalpha of an array out of those of its pieces
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_SUMS_H
#define CLRELU_CLI_SUMS_H

#include "failure.h"
#include "input.h"

/* In float64 with its rounding errors kept apart; all zero: none. */
typedef struct sums {
    size_t count;
    double *sum, *error;
} sums;

bool sums_create(sums *s, size_t count, failure *f);
void sums_destroy(sums *s);

/* The n values, float32 or float64, are added from the first sum on; sums that
 * nothing but -0.0 is added to are -0.0. */
void sums_add(sums *s, size_t first, size_t n, clrelu_dtype dtype,
              const void *values);

/* Each sum, rounded to a's type. */
void sums_round(const sums *s, array *a);

#endif
