/* kernel_pool.c - compiled programs and their idle kernels
 * SPDX-License-Identifier: MIT */
#include "core/kernel_pool.h"

#include <stdlib.h>

#include "base/fork.h"
#include "base/status.h"
#include "core/build.h"
#include "core/program_load.h"
#include "core/trace.h"

struct clrelu_program {
    struct clrelu_program *next;
    clrelu_program_key key;
    cl_program program;
    bool unsaved; /* compiled here, not in the cache yet */
    clrelu_kernel *idle[CLRELU_KERNELS];
};

/* Under context->lock. */
static struct clrelu_program *find(clrelu_context *context,
                                   const clrelu_program_key *key)
{
    struct clrelu_program *p = context->programs;

    while (p && !clrelu_program_same_key(&p->key, key))
        p = p->next;
    return p;
}

/* Under the build lock. */
static clrelu_status add(clrelu_context *context, const clrelu_program_key *key,
                         struct clrelu_program **out)
{
    clrelu_status status;
    struct clrelu_program *p = calloc(1, sizeof(*p));

    if (!p)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for a program");
    p->key = *key;
    status = clrelu_program_load(context, key, &p->program, &p->unsaved);
    if (status) {
        free(p);
        return status;
    }
    pthread_mutex_lock(&context->lock);
    p->next = context->programs;
    context->programs = p;
    pthread_mutex_unlock(&context->lock);
    *out = p;
    return CLRELU_OK;
}

/* An idle kernel or NULL; *program is NULL if the context does not have it. */
static clrelu_kernel *take_idle(clrelu_context *context,
                                const clrelu_program_key *key,
                                clrelu_kernel_id id,
                                struct clrelu_program **program)
{
    clrelu_kernel *kernel = NULL;

    pthread_mutex_lock(&context->lock);
    *program = find(context, key);
    if (*program)
        kernel = (*program)->idle[id];
    if (kernel)
        (*program)->idle[id] = kernel->next;
    pthread_mutex_unlock(&context->lock);
    return kernel;
}

static clrelu_status create_kernel(struct clrelu_program *program,
                                   clrelu_kernel_id id,
                                   const clrelu_pointers *pointers,
                                   clrelu_kernel **out)
{
    cl_int error;
    clrelu_kernel *kernel = calloc(1, sizeof(*kernel));

    if (!kernel)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for a kernel");
    kernel->handle =
        clCreateKernel(program->program, clrelu_kernel_name(id), &error);
    kernel->program = program;
    kernel->id = id;
    kernel->pointers = pointers;
    if (error) {
        free(kernel);
        return clrelu_fail_cl(error, "clCreateKernel");
    }
    *out = kernel;
    return CLRELU_OK;
}

clrelu_status clrelu_kernel_acquire(clrelu_context *context,
                                    const clrelu_program_key *key,
                                    clrelu_kernel_id id, clrelu_kernel **kernel)
{
    struct clrelu_program *program;
    clrelu_status status = CLRELU_OK;

    CLRELU_TRACE(clrelu_trace_program(CLRELU_FROM_POOL));
    *kernel = take_idle(context, key, id, &program);
    if (*kernel)
        return CLRELU_OK;
    clrelu_build_lock();
    /* Another thread may have compiled it while this one waited. */
    *kernel = take_idle(context, key, id, &program);
    if (!*kernel && !program)
        status = add(context, key, &program);
    if (!*kernel && !status)
        status = create_kernel(program, id, &context->pointers, kernel);
    clrelu_build_unlock();
    return status;
}

void clrelu_kernel_release(clrelu_context *context, clrelu_kernel *kernel)
{
    if (!kernel)
        return;
    pthread_mutex_lock(&context->lock);
    kernel->next = kernel->program->idle[kernel->id];
    kernel->program->idle[kernel->id] = kernel;
    pthread_mutex_unlock(&context->lock);
}

clrelu_status clrelu_programs_visit(
    clrelu_context *context,
    clrelu_status (*visit)(void *data, const clrelu_program_key *key,
                           cl_program program),
    void *data)
{
    clrelu_status status = CLRELU_OK;

    clrelu_build_lock();
    for (struct clrelu_program *p = context->programs; p && !status;
         p = p->next)
        status = visit(data, &p->key, p->program);
    clrelu_build_unlock();
    return status;
}

void clrelu_programs_save(clrelu_context *context)
{
    struct clrelu_program *p;

    pthread_mutex_lock(&context->lock);
    p = context->programs;
    pthread_mutex_unlock(&context->lock);
    /* One at a time: the messages of each are delivered without the lock. */
    for (; p; p = p->next) {
        clrelu_build_lock();
        if (p->unsaved)
            clrelu_program_save(context, &p->key, p->program);
        p->unsaved = false;
        clrelu_build_unlock();
    }
}

void clrelu_programs_destroy(clrelu_context *context)
{
    const bool is_child = clrelu_fork_is_child();

    if (!is_child)
        clrelu_programs_save(context);
    while (context->programs) {
        struct clrelu_program *p = context->programs;
        context->programs = p->next;
        for (int id = 0; id < CLRELU_KERNELS; id++)
            while (p->idle[id]) {
                clrelu_kernel *kernel = p->idle[id];
                p->idle[id] = kernel->next;
                if (!is_child)
                    clReleaseKernel(kernel->handle);
                free(kernel);
            }
        if (!is_child)
            clReleaseProgram(p->program);
        free(p);
    }
}
