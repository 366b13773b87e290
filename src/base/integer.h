/* integer.h - arithmetic on sizes
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BASE_INTEGER_H
#define CLRELU_BASE_INTEGER_H

#include <stdint.h>

static inline uint64_t ceil_div(uint64_t a, uint64_t b)
{
    return a / b + (a % b != 0);
}

static inline uint64_t round_up(uint64_t a, uint64_t step)
{
    return ceil_div(a, step) * step;
}

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

#endif
