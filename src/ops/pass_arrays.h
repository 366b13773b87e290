/* pass_arrays.h - the arrays of a chain or of PReLU
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_OPS_PASS_ARRAYS_H
#define CLRELU_OPS_PASS_ARRAYS_H

#include "core/check.h"
#include "plan/shape.h"
#include "plan/strides.h"

/* A call in one direction.  from_output: chain.x is the output y.  is_double:
 * backward of the backward pass, with second. */
typedef struct clrelu_pass {
    clrelu_chain chain;
    clrelu_second second;
    clrelu_buffer mask; /* PReLU's */
    clrelu_merged_shape merged;
    clrelu_layout layout;
    clrelu_dtype alpha_dtype;
    bool is_prelu; /* a call of PReLU, which has programs of its own */
    bool backward, partial, from_output, is_double;
    unsigned given; /* bits of its arrays: clrelu_pass_find_given */
} clrelu_pass;

/* The arrays of a call. */
typedef enum clrelu_pass_array {
    CLRELU_PASS_X,
    CLRELU_PASS_SCALE,
    CLRELU_PASS_BIAS,
    CLRELU_PASS_ALPHA,
    CLRELU_PASS_RESIDUAL,
    CLRELU_PASS_DY,
    CLRELU_PASS_DDX,
    CLRELU_PASS_DDSCALE,
    CLRELU_PASS_DDBIAS,
    CLRELU_PASS_DDALPHA,
    CLRELU_PASS_Y, /* outputs from here on */
    CLRELU_PASS_Z,
    CLRELU_PASS_DX,
    CLRELU_PASS_DRESIDUAL,
    CLRELU_PASS_DALPHA, /* sums, in the order of cl/chain.cl */
    CLRELU_PASS_DBIAS,
    CLRELU_PASS_DSCALE,
    CLRELU_PASS_DDY,
    CLRELU_PASS_MASK, /* or an input, backward */
    CLRELU_PASS_WORKSPACE,
    CLRELU_PASS_ARRAYS
} clrelu_pass_array;

const clrelu_buffer *clrelu_pass_buffer(const clrelu_pass *pass,
                                        clrelu_pass_array id);

/* Finds the arrays that the direction has and that are given. */
void clrelu_pass_find_given(clrelu_pass *pass);

static inline bool clrelu_pass_has(const clrelu_pass *pass,
                                   clrelu_pass_array id)
{
    return pass->given >> id & 1;
}

static inline bool clrelu_pass_has_one_alpha(const clrelu_pass *pass)
{
    return pass->chain.alpha_count == 1;
}

/* Elements of a sum's array. */
uint64_t clrelu_pass_sum_count(const clrelu_pass *pass, clrelu_pass_array id);

/* Whether the flags have that of the output. */
bool clrelu_pass_accumulates(const clrelu_pass *pass, clrelu_pass_array id);

/* Checks flags, and that there is an output. */
clrelu_status clrelu_pass_check_flags(const clrelu_pass *pass);

/* Checks the arrays. */
clrelu_status clrelu_pass_check_arrays(const clrelu_call *call,
                                       const clrelu_pass *pass,
                                       uint64_t workspace_bytes);

#endif
