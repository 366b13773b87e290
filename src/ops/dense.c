/* dense.c - a dense layer with its activation
 * SPDX-License-Identifier: MIT */
#include "base/status.h"
#include "core/check.h"
#include "ops/dense_pass.h"
#include "ops/gemm.h"

enum { MAX_ARRAYS = 12 };

/* dz may be in place of an argument MAY_BE_DZ; all others are disjoint. */
typedef enum aliasing { DISJOINT, DZ, MAY_BE_DZ } aliasing;

typedef struct argument {
    const char *name;
    clrelu_buffer buffer;
    size_t n;
    unsigned access; /* 0: left out */
    aliasing aliasing;
} argument;

static bool fits(size_t a, size_t b)
{
    return a > 0 && b > 0 && a <= SIZE_MAX / 8 / b;
}

static clrelu_status check_dense(const clrelu_dense *d)
{
    if (!d)
        return clrelu_fail(CLRELU_INVALID_NULL, "dense is NULL");
    if (!fits(d->rows, d->inputs) || !fits(d->inputs, d->outputs) ||
        !fits(d->rows, d->outputs))
        return clrelu_fail(CLRELU_INVALID_SIZE,
                           "dense: rows, inputs and outputs are %zu, %zu and "
                           "%zu, must be positive, and the bytes of each two's "
                           "product fit %zu bits",
                           d->rows, d->inputs, d->outputs, 8 * sizeof(size_t));
    if (d->op != CLRELU_PRELU)
        return clrelu_check_scalar(d->op, CLRELU_FLOAT32, d->scalar);
    if (d->alphas != 1 && d->alphas != d->outputs)
        return clrelu_fail(CLRELU_INVALID_ALPHA_SHAPE,
                           "dense: alphas is %zu, must be outputs (%zu) or 1",
                           d->alphas, d->outputs);
    return CLRELU_OK;
}

static clrelu_status check_call(const clrelu_call *call, clrelu_dtype dtype,
                                const clrelu_dense *d)
{
    clrelu_status status = clrelu_gemm_check();

    if (!status)
        status = clrelu_check_call(call);
    if (!status && dtype != CLRELU_FLOAT32)
        status = clrelu_fail(CLRELU_INVALID_DTYPE,
                             "dtype is %d, must be CLRELU_FLOAT32 (%d)",
                             (int)dtype, CLRELU_FLOAT32);
    return status ? status : check_dense(d);
}

/* Checks each array, and each output against all others. */
static clrelu_status check_arrays(const clrelu_call *call, const argument *args)
{
    clrelu_span spans[MAX_ARRAYS];
    clrelu_status status = CLRELU_OK;
    unsigned count = 0;

    for (; count < MAX_ARRAYS && args[count].name && !status; count++)
        if (args[count].access)
            status = clrelu_check_buffer(
                call, args[count].name, args[count].buffer, sizeof(float),
                args[count].n, args[count].access, &spans[count]);
    for (unsigned i = 0; i < count && !status; i++)
        for (unsigned k = 0; k < count && !status; k++)
            if (k != i && (args[i].access & CLRELU_WRITE) && args[k].access)
                status = clrelu_check_disjoint(
                    &spans[i], &spans[k],
                    args[i].aliasing * args[k].aliasing == DZ * MAY_BE_DZ);
    return status;
}

/* CLBlast takes no wait list: a barrier before its commands waits. */
static clrelu_status enqueue_wait(const clrelu_call *call, cl_uint count,
                                  const cl_event *list)
{
    cl_int error = CL_SUCCESS;

    if (count > 0)
        error = clEnqueueBarrierWithWaitList(call->queue, count, list, NULL);
    return error ? clrelu_fail_cl(error, "clEnqueueBarrierWithWaitList")
                 : CLRELU_OK;
}

static clrelu_status check_forward(const clrelu_call *call,
                                   const clrelu_dense *d,
                                   const clrelu_dense_arrays *a)
{
    const unsigned in = CLRELU_READ, inout = CLRELU_READ | CLRELU_WRITE;
    const bool prelu = d->op == CLRELU_PRELU;
    const size_t n = d->rows * d->outputs;
    const argument args[MAX_ARRAYS] = {
        {"x", a->x, d->rows * d->inputs, in, DISJOINT},
        {"w", a->w, d->inputs * d->outputs, in, DISJOINT},
        {"b", a->b, d->outputs, in, DISJOINT},
        {"alpha", a->alpha, d->alphas, prelu ? in : 0, DISJOINT},
        {"z", a->z, n, a->z.mem ? inout : 0, DISJOINT},
        {"y", a->y, n, a->z.mem ? CLRELU_WRITE : inout, DISJOINT},
    };

    return check_arrays(call, args);
}

static clrelu_status run_forward(const clrelu_call *call, const clrelu_dense *d,
                                 const clrelu_dense_arrays *a)
{
    const clrelu_gemm product = {.rows = d->rows,
                                 .columns = d->outputs,
                                 .inner = d->inputs,
                                 .a = a->x,
                                 .b = a->w,
                                 .c = a->z.mem ? a->z : a->y};
    clrelu_batch batch = {.context = call->context};
    cl_event done = NULL;
    bool in_order;
    clrelu_status status = clrelu_queue_is_in_order(call->queue, &in_order);

    if (!status)
        status = clrelu_dense_forward_add(&batch, d, a);
    if (!status)
        status = enqueue_wait(call, call->wait_count, call->wait_list);
    if (!status)
        status =
            clrelu_gemm_enqueue(call->queue, &product, in_order ? NULL : &done);
    if (!status) {
        const clrelu_call rest = {call->context, call->queue, done ? 1 : 0,
                                  done ? &done : NULL, call->event};
        status = clrelu_batch_enqueue(&rest, &batch);
    }
    if (done)
        clReleaseEvent(done);
    clrelu_batch_end(&batch);
    return status;
}

clrelu_status clrelu_dense_forward(clrelu_context *context,
                                   cl_command_queue queue, clrelu_dtype dtype,
                                   const clrelu_dense *dense, clrelu_buffer x,
                                   clrelu_buffer w, clrelu_buffer b,
                                   clrelu_buffer alpha, clrelu_buffer z,
                                   clrelu_buffer y, cl_uint wait_count,
                                   const cl_event *wait_list, cl_event *event)
{
    const clrelu_call call = {context, queue, wait_count, wait_list, event};
    clrelu_dense_arrays a = {
        .x = x, .w = w, .b = b, .alpha = alpha, .z = z, .y = y};
    clrelu_status status = check_call(&call, dtype, dense);

    if (!status && dense->op != CLRELU_PRELU)
        a.alpha.mem = NULL;
    if (!status)
        status = check_forward(&call, dense, &a);
    return status ? status : run_forward(&call, dense, &a);
}

static clrelu_status check_flags(const clrelu_dense *d, unsigned flags,
                                 const clrelu_dense_arrays *a)
{
    clrelu_status status = clrelu_check_flags(
        flags,
        CLRELU_ACCUMULATE_DX | CLRELU_ACCUMULATE_DALPHA | CLRELU_ACCUMULATE_DW);

    if (status)
        return status;
    if ((flags & CLRELU_ACCUMULATE_DX) && !a->dx.mem)
        return clrelu_fail(CLRELU_INVALID_FLAGS,
                           "flags has CLRELU_ACCUMULATE_DX, but dx's mem is "
                           "NULL");
    if ((flags & CLRELU_ACCUMULATE_DALPHA) &&
        (!a->dalpha.mem || d->op != CLRELU_PRELU))
        return clrelu_fail(CLRELU_INVALID_FLAGS,
                           "flags has CLRELU_ACCUMULATE_DALPHA, but there is "
                           "no dalpha");
    return CLRELU_OK;
}

static clrelu_status check_backward(const clrelu_call *call,
                                    const clrelu_dense *d, unsigned flags,
                                    const clrelu_dense_arrays *a)
{
    const unsigned in = CLRELU_READ, inout = CLRELU_READ | CLRELU_WRITE;
    const size_t n = d->rows * d->outputs, inputs = d->rows * d->inputs;
    const argument args[MAX_ARRAYS] = {
        {"x", a->x, inputs, in, DISJOINT},
        {"w", a->w, d->inputs * d->outputs, in, DISJOINT},
        {"alpha", a->alpha, d->alphas, a->alpha.mem ? in : 0, DISJOINT},
        {"z", a->z, n, in, MAY_BE_DZ},
        {"dy", a->dy, n, in, MAY_BE_DZ},
        {"dz", a->dz, n, inout, DZ},
        {"dx", a->dx, inputs, a->dx.mem ? inout : 0, DISJOINT},
        {"dw", a->dw, d->inputs * d->outputs, inout, DISJOINT},
        {"db", a->db, d->outputs, inout, DISJOINT},
        {"dalpha", a->dalpha, d->alphas, a->dalpha.mem ? inout : 0, DISJOINT},
    };
    clrelu_status status = check_flags(d, flags, a);

    if (!status && d->op == CLRELU_PRELU && !a->alpha.mem)
        status = clrelu_fail(CLRELU_INVALID_NULL, "alpha: mem is NULL");
    return status ? status : check_arrays(call, args);
}

/* dx waits for dw, as its event completes the call's. */
static clrelu_status run_products(const clrelu_call *call,
                                  const clrelu_dense *d, unsigned flags,
                                  const clrelu_dense_arrays *a, bool in_order)
{
    const clrelu_gemm dw = {.rows = d->inputs,
                            .columns = d->outputs,
                            .inner = d->rows,
                            .transpose_a = true,
                            .accumulate = flags & CLRELU_ACCUMULATE_DW,
                            .a = a->x,
                            .b = a->dz,
                            .c = a->dw};
    const clrelu_gemm dx = {.rows = d->rows,
                            .columns = d->inputs,
                            .inner = d->outputs,
                            .transpose_b = true,
                            .accumulate = flags & CLRELU_ACCUMULATE_DX,
                            .a = a->dz,
                            .b = a->w,
                            .c = a->dx};
    const bool both = a->dx.mem != NULL, wait = both && !in_order;
    cl_event done = NULL;
    clrelu_status status;

    if (!both)
        return clrelu_gemm_enqueue(call->queue, &dw, call->event);
    status = clrelu_gemm_enqueue(call->queue, &dw, wait ? &done : NULL);
    if (!status && wait)
        status = enqueue_wait(call, 1, &done);
    if (!status)
        status = clrelu_gemm_enqueue(call->queue, &dx, call->event);
    if (done)
        clReleaseEvent(done);
    return status;
}

static clrelu_status run_backward(const clrelu_call *call,
                                  const clrelu_dense *d, unsigned flags,
                                  const clrelu_dense_arrays *a)
{
    clrelu_batch batch = {.context = call->context};
    cl_event passed = NULL;
    clrelu_call pass = *call;
    bool in_order;
    clrelu_status status = clrelu_queue_is_in_order(call->queue, &in_order);

    pass.event = in_order ? NULL : &passed;
    if (!status)
        status = clrelu_dense_backward_add(&batch, d, flags, a);
    if (!status)
        status = clrelu_batch_enqueue(&pass, &batch);
    if (!status && passed)
        status = enqueue_wait(call, 1, &passed);
    if (!status)
        status = run_products(call, d, flags, a, in_order);
    if (passed)
        clReleaseEvent(passed);
    clrelu_batch_end(&batch);
    return status;
}

clrelu_status clrelu_dense_backward(
    clrelu_context *context, cl_command_queue queue, clrelu_dtype dtype,
    const clrelu_dense *dense, unsigned flags, clrelu_buffer x, clrelu_buffer w,
    clrelu_buffer alpha, clrelu_buffer z, clrelu_buffer dy, clrelu_buffer dz,
    clrelu_buffer dx, clrelu_buffer dw, clrelu_buffer db, clrelu_buffer dalpha,
    cl_uint wait_count, const cl_event *wait_list, cl_event *event)
{
    const clrelu_call call = {context, queue, wait_count, wait_list, event};
    clrelu_dense_arrays a = {.x = x,
                             .w = w,
                             .alpha = alpha,
                             .z = z,
                             .dy = dy,
                             .dz = dz,
                             .dx = dx,
                             .dw = dw,
                             .db = db,
                             .dalpha = dalpha};
    clrelu_status status = check_call(&call, dtype, dense);

    if (!status && dense->op != CLRELU_PRELU)
        a.alpha.mem = a.dalpha.mem = NULL;
    if (!status)
        status = check_backward(&call, dense, flags, &a);
    return status ? status : run_backward(&call, dense, flags, &a);
}
