/* order.h - the order in which PReLU's sums are added
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_ORDER_H
#define CLRELU_TESTS_ORDER_H

#include "plan/tiling.h"

/* The i-th row that a block adds, by the words of tiling.h; those that are
 * t->rows or more are not there. */
static inline uint64_t row_of_sums(const clrelu_tiling *t, uint64_t block,
                                   uint64_t i)
{
    const uint64_t sets = i / (CLRELU_INTERLEAVE * t->burst);
    const uint64_t burst = i % CLRELU_INTERLEAVE;
    const uint64_t k = CLRELU_INTERLEAVE * sets + burst;
    static const uint64_t skews[CLRELU_INTERLEAVE] = {0, 3, 6, 1};
    const uint64_t skew = t->blocks > 6 ? skews[burst] : 0;
    const uint64_t skewed = (block + skew) % t->blocks;

    return (k * t->blocks + skewed) * t->burst +
           i / CLRELU_INTERLEAVE % t->burst;
}

#endif
