/* dense.c - a dense layer with its activation
 * SPDX-License-Identifier: MIT */
#include "base/status.h"
#include "core/check.h"
#include "core/trace.h"
#include "ops/calls.h"
#include "ops/dense_pass.h"
#include "ops/gemm.h"

static bool fits(size_t a, size_t b)
{
    return a > 0 && b > 0 && a <= SIZE_MAX / 8 / b;
}

clrelu_status clrelu_check_dense(const clrelu_dense *d)
{
    clrelu_status status = CLRELU_CHECK_STRUCT("call", d);

    if (status)
        return status;
    if (!fits(d->rows, d->inputs) || !fits(d->inputs, d->outputs) ||
        !fits(d->rows, d->outputs))
        return clrelu_fail(CLRELU_INVALID_SIZE,
                           "rows, inputs and outputs are %zu, %zu and %zu, "
                           "must be positive, and the bytes of each two's "
                           "product fit %zu bits",
                           d->rows, d->inputs, d->outputs, 8 * sizeof(size_t));
    if (d->op != CLRELU_PRELU)
        return clrelu_check_scalar(d->op, CLRELU_FLOAT32, d->scalar);
    if (d->alpha_count != 1 && d->alpha_count != d->outputs)
        return clrelu_fail(CLRELU_INVALID_ALPHA_SHAPE,
                           "alpha_count is %zu, must be outputs (%zu) or 1",
                           d->alpha_count, d->outputs);
    return CLRELU_OK;
}

static clrelu_status check_call(const clrelu_call *call, const clrelu_dense *d)
{
    clrelu_status status = clrelu_gemm_check();

    if (!status)
        status = clrelu_check_call(call);
    return status ? status : clrelu_check_dense(d);
}

static clrelu_status check_arrays(const clrelu_call *call,
                                  const clrelu_array *arrays, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (arrays[i].access && clrelu_pointer_is_usm(&call->context->pointers,
                                                      arrays[i].buffer.pointer))
            return clrelu_fail(CLRELU_UNSUPPORTED,
                               "%s: pointer is unified shared memory, which "
                               "CLBlast does not take",
                               arrays[i].name);
    return clrelu_check_arrays(call, arrays, count);
}

/* Only PReLU has alpha and dalpha. */
static clrelu_dense without_alpha(const clrelu_dense *call)
{
    clrelu_dense d = *call;

    if (d.op != CLRELU_PRELU)
        d.alpha = d.dalpha = (clrelu_buffer){0};
    return d;
}

/* CLBlast takes no wait list: a barrier before its commands waits. */
static clrelu_status enqueue_wait(const clrelu_call *call, cl_uint count,
                                  const cl_event *list)
{
    if (count == 0)
        return CLRELU_OK;
    return clrelu_check_cl(
        clEnqueueBarrierWithWaitList(call->exec->queue, count, list, NULL),
        "clEnqueueBarrierWithWaitList");
}

static void trace_bytes(const clrelu_call *call, const clrelu_dense *d,
                        bool backward)
{
    clrelu_plan plan;

    clrelu_dense_plan(call->context, d, backward, &plan);
    clrelu_trace_bytes(plan.bytes_read + plan.bytes_written);
}

/* Access to an array that may be left out. */
static unsigned if_given(clrelu_buffer buffer, unsigned access)
{
    return clrelu_is_given(buffer) ? access : 0;
}

static clrelu_status check_forward(const clrelu_call *call,
                                   const clrelu_dense *d)
{
    const unsigned in = CLRELU_READ, inout = CLRELU_READ | CLRELU_WRITE;
    const bool prelu = d->op == CLRELU_PRELU, has_z = clrelu_is_given(d->z);
    const size_t size = sizeof(float), n = d->rows * d->outputs;
    const clrelu_array arrays[] = {
        {"x", d->x, size, d->rows * d->inputs, in},
        {"w", d->w, size, d->inputs * d->outputs, in},
        {"b", d->b, size, d->outputs, in},
        {"alpha", d->alpha, size, d->alpha_count, prelu ? in : 0},
        {"z", d->z, size, n, has_z ? inout : 0},
        {"y", d->y, size, n, has_z ? CLRELU_WRITE : inout},
    };
    clrelu_status status = clrelu_check_flags(d->flags, 0);

    return status ? status : check_arrays(call, CLRELU_ARRAYS(arrays));
}

static clrelu_status run_forward(const clrelu_call *call, const clrelu_dense *d)
{
    const clrelu_gemm product = {.rows = d->rows,
                                 .columns = d->outputs,
                                 .inner = d->inputs,
                                 .a = d->x,
                                 .b = d->w,
                                 .c = clrelu_is_given(d->z) ? d->z : d->y};
    clrelu_batch batch = {.context = call->context};
    cl_event done = NULL;
    bool in_order;
    clrelu_status status =
        clrelu_queue_is_in_order(call->exec->queue, &in_order);

    if (!status)
        status = clrelu_dense_add(&batch, d, false);
    if (!status)
        status =
            enqueue_wait(call, call->exec->wait_count, call->exec->wait_list);
    if (!status)
        status = clrelu_gemm_enqueue(call, &product, in_order ? NULL : &done);
    if (!status) {
        const clrelu_exec exec = {.queue = call->exec->queue,
                                  .wait_count = done ? 1 : 0,
                                  .wait_list = done ? &done : NULL,
                                  .event = call->exec->event};
        const clrelu_call rest = {call->context, &exec};
        status = clrelu_batch_enqueue(&rest, &batch);
    }
    if (done)
        clReleaseEvent(done);
    clrelu_batch_end(&batch);
    return status;
}

static clrelu_status check_flags(const clrelu_dense *d)
{
    clrelu_status status = clrelu_check_flags(
        d->flags,
        CLRELU_ACCUMULATE_DX | CLRELU_ACCUMULATE_DALPHA | CLRELU_ACCUMULATE_DW);

    if (status)
        return status;
    if ((d->flags & CLRELU_ACCUMULATE_DX) && !clrelu_is_given(d->dx))
        return clrelu_fail(CLRELU_INVALID_FLAGS,
                           "flags has CLRELU_ACCUMULATE_DX, but dx is left "
                           "out");
    if ((d->flags & CLRELU_ACCUMULATE_DALPHA) && !clrelu_is_given(d->dalpha))
        return clrelu_fail(CLRELU_INVALID_FLAGS,
                           "flags has CLRELU_ACCUMULATE_DALPHA, but there is "
                           "no dalpha");
    return CLRELU_OK;
}

static clrelu_status check_backward(const clrelu_call *call,
                                    const clrelu_dense *d)
{
    const unsigned in = CLRELU_READ, inout = CLRELU_READ | CLRELU_WRITE;
    const size_t size = sizeof(float), n = d->rows * d->outputs,
                 inputs = d->rows * d->inputs, weights = d->inputs * d->outputs;
    /* dz may be in place of z or dy. */
    const clrelu_array arrays[] = {
        {"x", d->x, size, inputs, in},
        {"w", d->w, size, weights, in},
        {"alpha", d->alpha, size, d->alpha_count, if_given(d->alpha, in)},
        {"z", d->z, size, n, in | CLRELU_IN_PLACE},
        {"dy", d->dy, size, n, in | CLRELU_IN_PLACE},
        {"dz", d->dz, size, n, inout | CLRELU_IN_PLACE},
        {"dx", d->dx, size, inputs, if_given(d->dx, inout)},
        {"dw", d->dw, size, weights, inout},
        {"db", d->db, size, d->outputs, inout},
        {"dalpha", d->dalpha, size, d->alpha_count, if_given(d->dalpha, inout)},
    };
    clrelu_status status = check_flags(d);

    if (!status && d->op == CLRELU_PRELU && !clrelu_is_given(d->alpha))
        status = clrelu_fail(CLRELU_INVALID_NULL,
                             "alpha: no buffer: mem and pointer are NULL");
    return status ? status : check_arrays(call, CLRELU_ARRAYS(arrays));
}

/* dx waits for dw, as its event completes the call's. */
static clrelu_status run_products(const clrelu_call *call,
                                  const clrelu_dense *d, bool in_order)
{
    const clrelu_gemm dw = {.rows = d->inputs,
                            .columns = d->outputs,
                            .inner = d->rows,
                            .transpose_a = true,
                            .accumulate = d->flags & CLRELU_ACCUMULATE_DW,
                            .a = d->x,
                            .b = d->dz,
                            .c = d->dw};
    const clrelu_gemm dx = {.rows = d->rows,
                            .columns = d->inputs,
                            .inner = d->outputs,
                            .transpose_b = true,
                            .accumulate = d->flags & CLRELU_ACCUMULATE_DX,
                            .a = d->dz,
                            .b = d->w,
                            .c = d->dx};
    const bool both = clrelu_is_given(d->dx), wait = both && !in_order;
    cl_event done = NULL;
    clrelu_status status;

    if (!both)
        return clrelu_gemm_enqueue(call, &dw, call->exec->event);
    status = clrelu_gemm_enqueue(call, &dw, wait ? &done : NULL);
    if (!status && wait)
        status = enqueue_wait(call, 1, &done);
    if (!status)
        status = clrelu_gemm_enqueue(call, &dx, call->exec->event);
    if (done)
        clReleaseEvent(done);
    return status;
}

static clrelu_status run_backward(const clrelu_call *call,
                                  const clrelu_dense *d)
{
    clrelu_batch batch = {.context = call->context};
    cl_event passed = NULL;
    clrelu_exec exec = *call->exec;
    const clrelu_call pass = {call->context, &exec};
    bool in_order;
    clrelu_status status =
        clrelu_queue_is_in_order(call->exec->queue, &in_order);

    exec.event = in_order ? NULL : &passed;
    if (!status)
        status = clrelu_dense_add(&batch, d, true);
    if (!status)
        status = clrelu_batch_enqueue(&pass, &batch);
    if (!status && passed)
        status = enqueue_wait(call, 1, &passed);
    if (!status)
        status = run_products(call, d, in_order);
    if (passed)
        clReleaseEvent(passed);
    clrelu_batch_end(&batch);
    return status;
}

static clrelu_status run(const char *function, const clrelu_call *call,
                         const clrelu_dense *dense, bool backward)
{
    clrelu_status status;

    CLRELU_TRACE(clrelu_trace_begin(function));
    CLRELU_TRACE(clrelu_trace_dense(dense));
    status = check_call(call, dense);
    if (status)
        return clrelu_traced(status);
    const clrelu_dense d = without_alpha(dense);
    CLRELU_TRACE(trace_bytes(call, &d, backward));
    status = (backward ? check_backward : check_forward)(call, &d);
    if (!status)
        status = (backward ? run_backward : run_forward)(call, &d);
    return clrelu_traced(status);
}

clrelu_status clrelu_dense_forward(clrelu_context *context,
                                   const clrelu_exec *exec,
                                   const clrelu_dense *call)
{
    return run(__func__, &(clrelu_call){context, exec}, call, false);
}

clrelu_status clrelu_dense_backward(clrelu_context *context,
                                    const clrelu_exec *exec,
                                    const clrelu_dense *call)
{
    return run(__func__, &(clrelu_call){context, exec}, call, true);
}
