/* program_key.h - the programs, their kernels and their build options
 * SPDX-License-Identifier: MIT
 *
 * Pure functions: no OpenCL call. */
#ifndef CLRELU_CORE_PROGRAM_KEY_H
#define CLRELU_CORE_PROGRAM_KEY_H

#include <stdbool.h>

#include "core/device_params.h"

enum { CLRELU_OPTIONS = 256, CLRELU_PROGRAM_NAME = 128 };

typedef enum clrelu_kernel_id {
    CLRELU_KERNEL_FORWARD,
    CLRELU_KERNEL_BACKWARD,
    CLRELU_KERNEL_PRELU_FORWARD,
    CLRELU_KERNEL_PRELU_BACKWARD,
    CLRELU_KERNEL_PRELU_REDUCE,
    CLRELU_KERNEL_INITIALIZE,
    CLRELU_KERNEL_SUM_TERMS,
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
    CLRELU_KERNEL_DENSE_FORWARD,
    CLRELU_KERNEL_DENSE_BACKWARD,
    CLRELU_KERNEL_FLOAT_CHECK,
    CLRELU_KERNELS
} clrelu_kernel_id;

/* A program is a set of kernel files: core/sources.c. */
typedef enum clrelu_program_kind {
    CLRELU_PROGRAM_ACTIVATION,
    CLRELU_PROGRAM_INITIALIZER,
    CLRELU_PROGRAM_PARAMETER,
    CLRELU_PROGRAM_PARTIALS,
    CLRELU_PROGRAM_DENSE,
    CLRELU_PROGRAM_FLOAT_CHECK
} clrelu_program_kind;

/* Programs are specialised by these, never by a shape.  dx and dalpha are the
 * outputs of PReLU's backward pass; both are false for other programs, except
 * that a dense program of PReLU sets dalpha if it sums dalpha. */
typedef struct clrelu_program_key {
    clrelu_op op;
    clrelu_dtype dtype, alpha_dtype;
    bool dx, dalpha, accumulate;
    clrelu_program_kind kind;
} clrelu_program_key;

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
