/* run.h - one call on an array, compared with the reference
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_RUN_H
#define CLRELU_TESTS_RUN_H

#include "device.h"

enum in_place { OUT_OF_PLACE, ON_X, ON_DY };

/* dx or y is out: an array of its own, or an input. */
struct run {
    clrelu_op op;
    double scalar;
    size_t n;
    size_t x_offset, dy_offset, out_offset;
    enum in_place in_place;
    bool accumulate;
    uint64_t seed;
};

/* Runs, and compares everything there is to compare: results, guards, inputs.
 * A failure is in the diagnostics. */
bool run_forward(const struct device *d, const struct run *r);
bool run_backward(const struct device *d, const struct run *r);

/* Offsets and inputs that are another combination at each step. */
struct run run_make(clrelu_op op, double scalar, size_t n, size_t step);

#endif
