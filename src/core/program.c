/* program.c - compile each kernel once, and lend it to one thread at a time
 * SPDX-License-Identifier: MIT */
#include "core/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fork.h"
#include "base/status.h"
#include "core/program_load.h"
#include "plan/tiling.h"

struct clrelu_program {
    struct clrelu_program *next;
    clrelu_program_key key;
    cl_program program;
    bool unsaved; /* compiled here, and to go into the cache */
    clrelu_kernel *idle[CLRELU_KERNELS]; /* kernels that nobody uses */
};

/* Several implementations' compilers are not safe to run twice at a time, in
 * whatever context. */
static pthread_mutex_t compiler_lock = PTHREAD_MUTEX_INITIALIZER;

void clrelu_compiler_lock(void)
{
    pthread_mutex_lock(&compiler_lock);
}

void clrelu_compiler_unlock(void)
{
    pthread_mutex_unlock(&compiler_lock);
}

const char *clrelu_kernel_name(clrelu_kernel_id id)
{
    static const char *const names[] = {
        [CLRELU_KERNEL_FORWARD] = "forward",
        [CLRELU_KERNEL_BACKWARD] = "backward",
        [CLRELU_KERNEL_PRELU_FORWARD] = "prelu_forward",
        [CLRELU_KERNEL_PRELU_BACKWARD] = "prelu_backward",
        [CLRELU_KERNEL_PRELU_REDUCE] = "prelu_reduce",
        [CLRELU_KERNEL_INITIALIZE] = "initialize",
        [CLRELU_KERNEL_SUM_TERMS] = "sum_terms",
        [CLRELU_KERNEL_SUM_ROWS] = "sum_rows",
        [CLRELU_KERNEL_ADD_PENALTY_GRADIENT] = "add_penalty_gradient",
        [CLRELU_KERNEL_DESCEND] = "descend",
        [CLRELU_KERNEL_SUM_PARTIALS] = "sum_partials",
        [CLRELU_KERNEL_NON_NEG] = "non_neg",
        [CLRELU_KERNEL_RESCALE] = "rescale",
        [CLRELU_KERNEL_TAKE_DIAGONAL] = "take_diagonal",
        [CLRELU_KERNEL_FILL_RINGS] = "fill_rings",
        [CLRELU_KERNEL_DOT_VECTORS] = "dot_vectors",
        [CLRELU_KERNEL_FIND_COSINES] = "find_cosines",
        [CLRELU_KERNEL_ADD_COSINE_GRADIENT] = "add_cosine_gradient",
        [CLRELU_KERNEL_DENSE_FORWARD] = "dense_forward",
        [CLRELU_KERNEL_DENSE_BACKWARD] = "dense_backward",
        [CLRELU_KERNEL_ARITHMETIC] = "arithmetic",
    };
    return names[id];
}

static bool same_key(const clrelu_program_key *a, const clrelu_program_key *b)
{
    return a->op == b->op && a->dtype == b->dtype &&
           a->alpha_dtype == b->alpha_dtype && a->dx == b->dx &&
           a->dalpha == b->dalpha && a->accumulate == b->accumulate &&
           a->kind == b->kind;
}

static bool has_sums(const clrelu_program_key *key)
{
    return key->op == CLRELU_PRELU && key->kind == CLRELU_PROGRAM_ACTIVATION &&
           key->dalpha;
}

unsigned clrelu_program_vector(const clrelu_device_params *t,
                               const clrelu_program_key *key)
{
    const bool prelu =
        key->op == CLRELU_PRELU && key->kind == CLRELU_PROGRAM_ACTIVATION;
    const unsigned vector = prelu ? t->prelu_vector : t->vector;

    if (key->dtype == CLRELU_FLOAT64 && vector > 1)
        return vector / 2;
    /* A CPU computes as many at a time as before, a GPU's access is wider; but
     * sums take registers, and with dx to add to, too, Intel's compiler
     * spills. */
    if (clrelu_dtype_size(key->dtype) == 2 && !key->accumulate &&
        !has_sums(key) && t->group > 1 && vector > 1 && vector < 16)
        return vector * 2;
    return vector;
}

unsigned clrelu_program_group(const clrelu_device_params *t,
                              const clrelu_program_key *key)
{
    const unsigned twice = 2 * t->group;
    const bool fits = t->group > 1 && twice <= t->max_group &&
                      twice * clrelu_program_vector(t, key) <= CLRELU_ROW_MAX;

    /* Sums take registers: a vector of them is enough for a work-item. */
    return has_sums(key) && fits ? twice : t->group;
}

void clrelu_program_options(const clrelu_device_params *t,
                            const clrelu_program_key *key, char *options,
                            size_t size)
{
    char common[128];

    snprintf(common, sizeof(common),
             "-cl-std=CL1.2 -DDTYPE=%d -DVECTOR=%u -DGROUP=%u", (int)key->dtype,
             clrelu_program_vector(t, key), clrelu_program_group(t, key));
    if (key->kind == CLRELU_PROGRAM_DENSE)
        snprintf(options, size, "%s -DOP=%s -DPRELU=%d -DDALPHA=%d", common,
                 clrelu_op_name(key->op == CLRELU_PRELU ? CLRELU_LEAKY_RELU
                                                        : key->op),
                 key->op == CLRELU_PRELU, key->dalpha);
    else if (key->kind != CLRELU_PROGRAM_ACTIVATION)
        snprintf(options, size, "%s", common);
    else if (key->op == CLRELU_PRELU)
        snprintf(options, size,
                 "%s -DALPHA_DTYPE=%d -DFORWARD=%d -DDX=%d -DDALPHA=%d "
                 "-DACCUMULATE=%d",
                 common, (int)key->alpha_dtype, !key->dx && !key->dalpha,
                 key->dx, key->dalpha, key->accumulate);
    else
        snprintf(options, size, "%s -DOP=%s -DACCUMULATE=%d", common,
                 clrelu_op_name(key->op), key->accumulate);
}

/* Under context->lock. */
static struct clrelu_program *find(clrelu_context *context,
                                   const clrelu_program_key *key)
{
    struct clrelu_program *p = context->programs;

    while (p && !same_key(&p->key, key))
        p = p->next;
    return p;
}

/* Under compiler_lock. */
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

/* A kernel that nobody uses, or NULL; program is NULL if it is unknown. */
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
                                   clrelu_kernel_id id, clrelu_kernel **out)
{
    cl_int error;
    clrelu_kernel *kernel = calloc(1, sizeof(*kernel));

    if (!kernel)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for a kernel");
    kernel->handle =
        clCreateKernel(program->program, clrelu_kernel_name(id), &error);
    kernel->program = program;
    kernel->id = id;
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

    *kernel = take_idle(context, key, id, &program);
    if (*kernel)
        return CLRELU_OK;
    pthread_mutex_lock(&compiler_lock);
    /* Another thread may have compiled it while this one waited. */
    *kernel = take_idle(context, key, id, &program);
    if (!*kernel && !program)
        status = add(context, key, &program);
    if (!*kernel && !status)
        status = create_kernel(program, id, kernel);
    pthread_mutex_unlock(&compiler_lock);
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

    pthread_mutex_lock(&compiler_lock);
    for (struct clrelu_program *p = context->programs; p && !status;
         p = p->next)
        status = visit(data, &p->key, p->program);
    pthread_mutex_unlock(&compiler_lock);
    return status;
}

void clrelu_programs_save(clrelu_context *context)
{
    pthread_mutex_lock(&compiler_lock);
    for (struct clrelu_program *p = context->programs; p; p = p->next) {
        if (p->unsaved)
            clrelu_program_save(context, &p->key, p->program);
        p->unsaved = false;
    }
    pthread_mutex_unlock(&compiler_lock);
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
