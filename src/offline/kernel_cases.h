/* kernel_cases.h - inputs that tell whether a kernel has the library's bits
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_OFFLINE_KERNEL_CASES_H
#define CLRELU_OFFLINE_KERNEL_CASES_H

#include "clrelu.h"

enum {
    KERNEL_CASES = 4800, /* a multiple of all widths of vectors */
    KERNEL_ROUNDS = 7    /* of them, at most */
};

/* The values of alpha or theta for each round; returns their number.  For prelu
 * only their number counts. */
size_t clrelu_kernel_parameters(clrelu_op op, double out[KERNEL_ROUNDS]);

/* KERNEL_CASES elements of dtype each, for a round: x is the same in all. */
void clrelu_kernel_cases(clrelu_dtype dtype, size_t round, void *x, void *dy,
                         void *alpha);

/* The element as a double. */
double clrelu_kernel_value(clrelu_dtype dtype, const void *values, size_t i);

#endif
