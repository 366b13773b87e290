/* kernel_pool.h - compiled programs and their idle kernels
 * SPDX-License-Identifier: MIT
 *
 * A cl_kernel is not thread-safe: each thread acquires one of its own. */
#ifndef CLRELU_CORE_KERNEL_POOL_H
#define CLRELU_CORE_KERNEL_POOL_H

#include "core/context.h"
#include "core/program_key.h"

/* An acquired kernel.  Only its owner sets its arguments; clrelu_set_args keeps
 * a copy of their bytes, one after the other, for the next call. */
typedef struct clrelu_kernel {
    cl_kernel handle;
    bool known; /* values holds the arguments that are set */
    const clrelu_pointers *pointers;
    int first_group; /* index of that argument, -1: none */
    unsigned char values[1024];
    /* The pool's. */
    struct clrelu_kernel *next;
    struct clrelu_program *program;
    clrelu_kernel_id id;
} clrelu_kernel;

/* Loads or compiles the program if needed. */
clrelu_status clrelu_kernel_acquire(clrelu_context *context,
                                    const clrelu_program_key *key,
                                    clrelu_kernel_id id,
                                    clrelu_kernel **kernel);

/* Accepts NULL. */
void clrelu_kernel_release(clrelu_context *context, clrelu_kernel *kernel);

/* Calls visit with each program until it fails; returns its status. */
clrelu_status clrelu_programs_visit(
    clrelu_context *context,
    clrelu_status (*visit)(void *data, const clrelu_program_key *key,
                           cl_program program),
    void *data);

/* Writes compiled programs to the cache that are not there yet. */
void clrelu_programs_save(clrelu_context *context);

/* Saves and releases them. */
void clrelu_programs_destroy(clrelu_context *context);

#endif
