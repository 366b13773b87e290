/* chain.h - a chain on random arrays, compared with plain C double
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_CHAIN_H
#define CLRELU_TESTS_CHAIN_H

#include "array.h"

/* The arrays of a call, and bits for which are given. */
enum {
    CHAIN_X,
    CHAIN_SCALE,
    CHAIN_BIAS,
    CHAIN_ALPHA,
    CHAIN_RESIDUAL,
    CHAIN_DY,
    CHAIN_DDX,
    CHAIN_DDSCALE,
    CHAIN_DDBIAS,
    CHAIN_DDALPHA,
    CHAIN_Y,
    CHAIN_Z,
    CHAIN_DX,
    CHAIN_DRESIDUAL,
    CHAIN_DDY,
    CHAIN_DALPHA,
    CHAIN_DBIAS,
    CHAIN_DSCALE,
    CHAIN_ARRAYS
};
#define CHAIN_HAS(array) (1u << CHAIN_##array)

/* What is called.  x, dy, alpha and y are given where they must be.
 * double_backward: with backward. */
struct chain_case {
    clrelu_op op;
    clrelu_dtype dtype, alpha_dtype;
    double scalar, gain;
    bool one_alpha, backward, double_backward, partial, workspace;
    unsigned has; /* bits of the other arrays */
    uint32_t flags;
    int in_place; /* the input that y or dx is on; 0: x */
    bool on_input, z_on_x, ddy_on_ddx;
    size_t step; /* another choice of offsets and inputs for each */
};

/* float32 and a scalar, where it has none. */
struct chain_case chain_complete(struct chain_case c);

/* Runs it and compares all outputs, guards and inputs.  A failure is in the
 * diagnostics. */
bool chain_run(const struct device *d, const clrelu_shape *shape,
               const struct chain_case *c);

/* The same for all patterns of cases.h. */
bool chain_run_patterns(const struct device *d, struct chain_case c);

/* One line of what is called. */
const char *chain_text(const struct chain_case *c);

#endif
