/* selection.h - the cases, and those that the options select
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BENCH_SELECTION_H
#define CLRELU_BENCH_SELECTION_H

#include "problem.h"

/* NULL is any. */
typedef struct case_filter {
    const char *op, *direction, *pattern;
    unsigned low, high, step; /* log2 of the sizes                            */
    unsigned in_place_from;   /* cases in place from this size on             */
} case_filter;

/* The number of cases that fit; the first capacity of them in cases. */
size_t cases_find(const case_filter *f, bench_case *cases, size_t capacity);

/* The names that --pattern takes; NULL beyond the last. */
const char *case_pattern(size_t i);

/* Such as "prelu backward nchw 2^24 in place"; valid until the next call. */
const char *case_name(const bench_case *c);

#endif
