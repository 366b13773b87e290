/* problem.h - a prelu problem, and all the ways to have it solved
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_PROBLEM_H
#define CLRELU_TESTS_PROBLEM_H

#include "device.h"

/* Inputs, and what the reference makes of them. */
struct problem {
    clrelu_shape shape;
    size_t n, alphas;
    float *x, *alpha, *dy, *old_dx, *old_dalpha;
    double *y, *dx, *dalpha, *magnitude;
    float *first_dalpha; /* the device's first, which the others must repeat */
    bool has_first;
};

struct problem problem_make(const clrelu_shape *shape, uint64_t seed);
void problem_free(struct problem *p);

/* Variants of the calls: forward, backward, with one output or both, in place,
 * accumulated, with a workspace. */
enum { PROBLEM_VARIANTS = 14 };
const char *problem_variant(size_t variant);

/* Runs a variant, with other offsets for each step, and compares everything
 * there is to compare.  A failure is in the diagnostics. */
bool problem_run(const struct device *d, struct problem *p, size_t variant,
                 size_t step);

#endif
