/* program.h - compile each kernel once, and lend it to one thread at a time
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_PROGRAM_H
#define CLRELU_CORE_PROGRAM_H

#include "core/context.h"

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
    CLRELU_KERNEL_DESCEND,
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
    CLRELU_KERNEL_ARITHMETIC,
    CLRELU_KERNELS
} clrelu_kernel_id;

/* Which kernel files make up a program. */
typedef enum clrelu_program_kind {
    CLRELU_PROGRAM_ACTIVATION,
    CLRELU_PROGRAM_INITIALIZER,
    CLRELU_PROGRAM_PARAMETER,
    CLRELU_PROGRAM_PARTIALS,
    CLRELU_PROGRAM_DENSE,
    CLRELU_PROGRAM_FLOAT_CHECK
} clrelu_program_kind;

/* What a program is specialised by: never a shape.  dx and dalpha are the
 * outputs of prelu's backward pass, both false for anything else; a dense
 * program of prelu has dalpha where it is wanted. */
typedef struct clrelu_program_key {
    clrelu_op op;
    clrelu_dtype dtype, alpha_dtype;
    bool dx, dalpha, accumulate;
    clrelu_program_kind kind;
} clrelu_program_key;

/* A kernel lent out: only the borrower sets its arguments, which stay as they
 * were set last, one after the other in values if known. */
typedef struct clrelu_kernel {
    cl_kernel handle;
    bool known;
    unsigned char values[1024];
    /* program.c's own */
    struct clrelu_kernel *next;
    struct clrelu_program *program;
    clrelu_kernel_id id;
} clrelu_kernel;

const char *clrelu_kernel_name(clrelu_kernel_id id);

/* Elements of one access of a program's kernels. */
unsigned clrelu_program_vector(const clrelu_device_params *params,
                               const clrelu_program_key *key);

/* Work-items of its work-groups. */
unsigned clrelu_program_group(const clrelu_device_params *params,
                              const clrelu_program_key *key);

/* The build options of a program. */
void clrelu_program_options(const clrelu_device_params *params,
                            const clrelu_program_key *key, char *options,
                            size_t size);

/* Compiles if need be. */
clrelu_status clrelu_kernel_acquire(clrelu_context *context,
                                    const clrelu_program_key *key,
                                    clrelu_kernel_id id,
                                    clrelu_kernel **kernel);

/* Accepts NULL. */
void clrelu_kernel_release(clrelu_context *context, clrelu_kernel *kernel);

/* Each program so far, until visit fails; its status. */
clrelu_status clrelu_programs_visit(
    clrelu_context *context,
    clrelu_status (*visit)(void *data, const clrelu_program_key *key,
                           cl_program program),
    void *data);

/* One thread of the process at a time compiles, or takes the cache's locks. */
void clrelu_compiler_lock(void);
void clrelu_compiler_unlock(void);

/* Puts into the cache what was compiled and is not there yet. */
void clrelu_programs_save(clrelu_context *context);

/* Saves them too. */
void clrelu_programs_destroy(clrelu_context *context);

#endif
