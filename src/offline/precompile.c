/* precompile.c - the programs of an operation, and their compilation in advance
 * SPDX-License-Identifier: MIT */
#include "offline/precompile.h"

#include <stdlib.h>

#include "base/status.h"
#include "core/check.h"
#include "core/kernel_pool.h"
#include "core/upload.h"
#include "train/parameter.h"

/* Output sets of PReLU's backward pass. */
static const struct outputs {
    bool dx, dalpha, accumulate;
} outputs[] = {{true, false, false},
               {true, false, true},
               {false, true, false},
               {true, true, false},
               {true, true, true}};

enum { OUTPUTS = sizeof(outputs) / sizeof(outputs[0]) };

/* The types of alpha for an x of dtype; returns their number. */
static size_t alpha_dtypes(clrelu_dtype dtype, clrelu_dtype out[2])
{
    out[0] = dtype;
    out[1] = CLRELU_FLOAT32;
    return clrelu_dtype_size(dtype) == 2 ? 2 : 1;
}

static size_t prelu_keys(clrelu_dtype dtype, clrelu_program_key *keys)
{
    clrelu_dtype alphas[2];
    const size_t alpha_count = alpha_dtypes(dtype, alphas);
    size_t count = 0;

    for (size_t a = 0; a < alpha_count; a++) {
        clrelu_program_key key = {
            .op = CLRELU_PRELU, .dtype = dtype, .alpha_dtype = alphas[a]};
        keys[count++] = key;
        for (size_t i = 0; i < OUTPUTS; i++) {
            key.dx = outputs[i].dx;
            key.dalpha = outputs[i].dalpha;
            key.accumulate = outputs[i].accumulate;
            keys[count++] = key;
        }
        keys[count++] = (clrelu_program_key){.dtype = alphas[a],
                                             .kind = CLRELU_PROGRAM_PARTIALS};
    }
    keys[count++] = (clrelu_program_key){.dtype = CLRELU_FLOAT32,
                                         .kind = CLRELU_PROGRAM_INITIALIZER};
    keys[count++] = clrelu_parameter_key();
    return count;
}

size_t clrelu_precompile_keys(clrelu_op op, clrelu_dtype dtype,
                              clrelu_program_key keys[PRECOMPILE_MAX])
{
    if (op == CLRELU_PRELU)
        return prelu_keys(dtype, keys);
    keys[0] = (clrelu_program_key){.op = op, .dtype = dtype};
    keys[1] =
        (clrelu_program_key){.op = op, .dtype = dtype, .accumulate = true};
    return 2;
}

clrelu_status clrelu_precompile_check(const clrelu_context *context,
                                      clrelu_op op, clrelu_dtype dtype)
{
    const clrelu_status status = clrelu_check_context(context);

    if (status)
        return status;
    if (!clrelu_op_name(op))
        return clrelu_fail(CLRELU_INVALID_OP, "op is %d, must be a clrelu_op",
                           (int)op);
    return clrelu_check_dtype(context, dtype);
}

/* ----------------------------------------------------------------- calls -- */

/* Each kernel runs once, on rows of WIDTH elements: some drivers compile only
 * then. */
enum { WIDTH = 256, MAX_ROWS = 1 << 16 };

typedef struct trial {
    clrelu_context *context;
    cl_command_queue queue;
    clrelu_dtype dtype;
    size_t rows, n;
    clrelu_buffer in, out, sum;
} trial;

static clrelu_status open_trial(trial *t)
{
    cl_mem *const mems[] = {&t->in.mem, &t->out.mem, &t->sum.mem};
    const size_t bytes = t->n * sizeof(double);
    void *zeros = calloc(1, bytes);
    clrelu_status status;
    cl_int error;

    if (!zeros)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY,
                           "no memory to run kernels once");
    t->queue = clCreateCommandQueue(t->context->context, t->context->device, 0,
                                    &error);
    status = clrelu_check_cl(error, "clCreateCommandQueue");
    for (size_t i = 0; i < 3 && !status; i++)
        status = clrelu_buffer_create(t->context, bytes, zeros, mems[i]);
    free(zeros);
    return status;
}

static void close_trial(trial *t)
{
    const cl_mem mems[] = {t->in.mem, t->out.mem, t->sum.mem};

    for (size_t i = 0; i < 3; i++)
        if (mems[i])
            clReleaseMemObject(mems[i]);
    if (t->queue)
        clReleaseCommandQueue(t->queue);
}

static clrelu_status run_elementwise(const trial *t, clrelu_op op)
{
    const clrelu_exec exec = {.queue = t->queue};
    clrelu_elementwise e = {.op = op,
                            .dtype = t->dtype,
                            .scalar = 0.5,
                            .n = t->n,
                            .x = t->in,
                            .y = t->out,
                            .dy = t->in,
                            .dx = t->out};
    clrelu_status status = clrelu_forward(t->context, &exec, &e);

    if (!status)
        status = clrelu_backward(t->context, &exec, &e);
    e.flags = CLRELU_ACCUMULATE_DX;
    return status ? status : clrelu_backward(t->context, &exec, &e);
}

static clrelu_status run_prelu(const trial *t, clrelu_dtype alpha_dtype)
{
    const clrelu_exec exec = {.queue = t->queue};
    const size_t dims[] = {t->rows, WIDTH};
    const clrelu_shape shape = {.rank = 2, .dims = dims};
    const clrelu_buffer none = {0};
    const clrelu_prelu p = {.dtype = t->dtype,
                            .alpha_dtype = alpha_dtype,
                            .shape = &shape,
                            .x = t->in,
                            .alpha = t->in,
                            .y = t->out,
                            .dy = t->in};
    clrelu_status status = clrelu_prelu_forward(t->context, &exec, &p);

    for (size_t i = 0; i < OUTPUTS && !status; i++) {
        clrelu_prelu back = p;
        back.flags = outputs[i].accumulate ? CLRELU_ACCUMULATE_DX : 0;
        back.dx = outputs[i].dx ? t->out : none;
        back.dalpha = outputs[i].dalpha ? t->sum : none;
        status = clrelu_prelu_backward(t->context, &exec, &back);
    }
    if (!status)
        status = clrelu_sum_partials(t->context, &exec, alpha_dtype, 1, WIDTH,
                                     t->in, t->sum);
    return status;
}

/* The step that comes before a norm. */
static clrelu_status run_update(const trial *t)
{
    const clrelu_exec exec = {.queue = t->queue};
    const size_t dims[] = {1, WIDTH};
    const clrelu_prelu_layer_params params = {
        .rank = 2, .dims = dims, .constraint = "max_norm"};
    clrelu_prelu_layer *layer;
    clrelu_status status =
        clrelu_prelu_layer_create(t->context, &exec, &params, &layer);

    if (!status)
        status = clrelu_prelu_layer_update(layer, &exec, 0.5, 0.5);
    clrelu_prelu_layer_destroy(&layer);
    return status;
}

static clrelu_status run_layer(const trial *t)
{
    static const char *const constraints[] = {"non_neg", "max_norm(1,axis=0)"};
    const clrelu_exec exec = {.queue = t->queue};
    const size_t dims[] = {t->rows, WIDTH}, few[] = {2, 2, 1, 1};
    const clrelu_parameter p = {.rank = 2,
                                .dims = dims,
                                .values = t->in,
                                .gradient = t->out,
                                .velocity = t->sum};
    clrelu_parameter square = p, kernel = p;
    clrelu_status status =
        clrelu_initialize(t->context, &exec, "random_uniform(0,1)", 1, &p);

    square.dims = kernel.dims = few;
    kernel.rank = 4;
    if (!status)
        status =
            clrelu_penalty(t->context, &exec, "l1_l2(0.5,0.5)", &p, t->sum);
    if (!status)
        status = clrelu_penalty(t->context, &exec, "orthogonal_regularizer",
                                &square, t->sum);
    for (size_t i = 0; i < 2 && !status; i++)
        status = clrelu_constrain(t->context, &exec, constraints[i], &p);
    if (!status)
        status =
            clrelu_constrain(t->context, &exec, "radial_constraint", &kernel);
    if (!status)
        status = clrelu_sgd_step(t->context, &exec, 0.5, 0.5, &p);
    return status ? status : run_update(t);
}

/* Enough rows that dalpha needs the final reduction. */
static size_t choose_rows(clrelu_dtype dtype)
{
    size_t dims[] = {1, WIDTH}, count = 0;
    const clrelu_shape shape = {.rank = 2, .dims = dims};
    const clrelu_prelu p = {.dtype = dtype, .shape = &shape};

    while (dims[0] < MAX_ROWS && !clrelu_prelu_workspace(&p, &count) &&
           count == 0)
        dims[0] *= 2;
    return dims[0];
}

clrelu_status clrelu_precompile(clrelu_context *context, clrelu_op op,
                                clrelu_dtype dtype)
{
    clrelu_dtype alphas[2];
    const size_t alpha_count = alpha_dtypes(dtype, alphas);
    trial t = {.context = context, .dtype = dtype, .rows = 1};
    clrelu_status status = clrelu_precompile_check(context, op, dtype);
    cl_int error;

    if (status)
        return status;
    if (op == CLRELU_PRELU)
        t.rows = choose_rows(dtype);
    t.n = t.rows * WIDTH;
    status = open_trial(&t);
    if (!status && op != CLRELU_PRELU)
        status = run_elementwise(&t, op);
    for (size_t i = 0; op == CLRELU_PRELU && i < alpha_count && !status; i++)
        status = run_prelu(&t, alphas[i]);
    if (!status && op == CLRELU_PRELU)
        status = run_layer(&t);
    error = t.queue ? clFinish(t.queue) : CL_SUCCESS;
    if (!status)
        status = clrelu_check_cl(error, "clFinish");
    close_trial(&t);
    clrelu_programs_save(context);
    return status;
}
