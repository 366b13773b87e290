/* program_key.h - the programs, their kernels and their build options
 * SPDX-License-Identifier: MIT
 *
 * Pure functions: no OpenCL call. */
#ifndef CLRELU_CORE_PROGRAM_KEY_H
#define CLRELU_CORE_PROGRAM_KEY_H

#include <stdbool.h>

#include "core/device_params.h"

enum { CLRELU_OPTIONS = 256, CLRELU_PROGRAM_NAME = 192 };

typedef enum clrelu_kernel_id {
    CLRELU_KERNEL_FORWARD,
    CLRELU_KERNEL_BACKWARD,
    CLRELU_KERNEL_PRELU_FORWARD,
    CLRELU_KERNEL_PRELU_BACKWARD,
    CLRELU_KERNEL_PRELU_REDUCE,
    CLRELU_KERNEL_INITIALIZE,
    CLRELU_KERNEL_SUM_TERMS,
    CLRELU_KERNEL_STEP_TERMS,
    CLRELU_KERNEL_SUM_ROWS,
    CLRELU_KERNEL_ADD_PENALTY_GRADIENT,
    CLRELU_KERNEL_SGD_STEP,
    CLRELU_KERNEL_SUM_PARTIALS,
    CLRELU_KERNEL_NON_NEG,
    CLRELU_KERNEL_RESCALE,
    CLRELU_KERNEL_TAKE_DIAGONAL,
    CLRELU_KERNEL_FILL_RINGS,
    CLRELU_KERNEL_DOT_VECTORS,
    CLRELU_KERNEL_FIND_COSINES,
    CLRELU_KERNEL_ADD_COSINE_GRADIENT,
    CLRELU_KERNEL_CHAIN_FORWARD,
    CLRELU_KERNEL_CHAIN_BACKWARD,
    CLRELU_KERNEL_CHAIN_REDUCE,
    CLRELU_KERNEL_FLOAT_CHECK,
    CLRELU_KERNEL_MASK_PASS,
    CLRELU_KERNEL_PRELU_DIVIDE,
    CLRELU_KERNELS
} clrelu_kernel_id;

/* A program is a set of kernel files: core/sources.c. */
typedef enum clrelu_program_kind {
    CLRELU_PROGRAM_ACTIVATION,
    CLRELU_PROGRAM_INITIALIZER,
    CLRELU_PROGRAM_PARAMETER,
    CLRELU_PROGRAM_PARTIALS,
    CLRELU_PROGRAM_CHAIN,
    CLRELU_PROGRAM_FLOAT_CHECK,
    CLRELU_PROGRAM_MASK /* forward with a mask, or with dx backward from one */
} clrelu_program_kind;

/* What a chain has; 0 for all other programs. */
typedef enum clrelu_part {
    CLRELU_PART_BACKWARD = 1 << 0,
    CLRELU_PART_ALPHAS = 1 << 1,    /* PReLU's: one for each column */
    CLRELU_PART_ONE_ALPHA = 1 << 2, /* ... one for all */
    CLRELU_PART_SCALE = 1 << 3,
    CLRELU_PART_BIAS = 1 << 4,
    CLRELU_PART_RESIDUAL = 1 << 5, /* forward only */
    CLRELU_PART_SECOND = 1 << 6,   /* another output: z, dresidual or ddy */
    CLRELU_PART_ADD_SECOND = 1 << 7,
    CLRELU_PART_DBIAS = 1 << 8,
    CLRELU_PART_DSCALE = 1 << 9,
    /* The double backward pass, with CLRELU_PART_BACKWARD.  Their order must
     * match cl/prelu.cl. */
    CLRELU_PART_DOUBLE = 1 << 10,
    CLRELU_PART_DDX = 1 << 11,
    CLRELU_PART_DDSCALE = 1 << 12,
    CLRELU_PART_DDBIAS = 1 << 13,
    CLRELU_PART_DDALPHA = 1 << 14,
    CLRELU_PART_DDY = 1 << 15 /* in place of dx; SECOND is ddy, too */
} clrelu_part;

/* Programs are specialised by these, never by a shape.  dx and dalpha are the
 * outputs of the backward pass of PReLU, of a chain, or from a mask; both are
 * false for other programs.  from_output: the backward pass reads y. */
typedef struct clrelu_program_key {
    clrelu_op op;
    clrelu_dtype dtype, alpha_dtype;
    bool dx, dalpha, accumulate, from_output;
    bool strided;   /* arrays have gaps */
    unsigned parts; /* bits of clrelu_part */
    clrelu_program_kind kind;
} clrelu_program_key;

/* Sums of the backward pass: dalpha, dbias and dscale. */
unsigned clrelu_program_sums(const clrelu_program_key *key);

/* Whether each element has another input than x: dy, or the residual. */
bool clrelu_program_has_dy(const clrelu_program_key *key);

bool clrelu_program_same_key(const clrelu_program_key *a,
                             const clrelu_program_key *b);

/* Such as prelu-float16-alpha-float32-dx-dalpha-add. */
void clrelu_program_name(const clrelu_program_key *key,
                         char name[CLRELU_PROGRAM_NAME]);

const char *clrelu_kernel_name(clrelu_kernel_id id);

/* Elements of one access of a program's kernels. */
unsigned clrelu_program_vector(const clrelu_device_params *params,
                               const clrelu_program_key *key);

/* Work-items of a program's work-groups. */
unsigned clrelu_program_group(const clrelu_device_params *params,
                              const clrelu_program_key *key);

/* A program's build options. */
void clrelu_program_options(const clrelu_device_params *params,
                            const clrelu_program_key *key,
                            char options[CLRELU_OPTIONS]);

#endif
