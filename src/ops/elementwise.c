/* elementwise.c - the operations with a scalar parameter
 * SPDX-License-Identifier: MIT */
#include "core/check.h"
#include "core/launch.h"
#include "plan/plan.h"

/* Of either direction.  Forward has no dy, and y in the place of dx. */
typedef struct arguments {
    clrelu_op op;
    clrelu_dtype dtype;
    double scalar;
    unsigned flags;
    size_t n;
    clrelu_buffer x, dy, dx;
    bool backward;
} arguments;

static clrelu_status check_buffers(const clrelu_call *call, const arguments *a)
{
    const size_t size = clrelu_dtype_size(a->dtype);
    const unsigned access =
        CLRELU_WRITE | (a->flags & CLRELU_ACCUMULATE_DX ? CLRELU_READ : 0u);
    clrelu_span x, dy, dx;
    clrelu_status status =
        clrelu_check_buffer(call, "x", a->x, size, a->n, CLRELU_READ, &x);

    if (!status && a->backward)
        status = clrelu_check_buffer(call, "dy", a->dy, size, a->n, CLRELU_READ,
                                     &dy);
    if (!status)
        status = clrelu_check_buffer(call, a->backward ? "dx" : "y", a->dx,
                                     size, a->n, access, &dx);
    if (!status)
        status = clrelu_check_disjoint(&dx, &x, true);
    if (!status && a->backward)
        status = clrelu_check_disjoint(&dx, &dy, true);
    return status;
}

static clrelu_status check(const clrelu_call *call, const arguments *a)
{
    clrelu_status status = clrelu_check_call(call);

    if (!status)
        status = clrelu_check_dtype(call->context, a->dtype);
    if (!status)
        status = clrelu_check_scalar(a->op, a->dtype, a->scalar);
    if (!status)
        status = clrelu_check_flags(a->flags, CLRELU_ACCUMULATE_DX);
    if (!status)
        status = clrelu_check_n(a->n);
    if (!status && a->n > 0)
        status = check_buffers(call, a);
    return status;
}

static clrelu_status set_args(clrelu_kernel *kernel, const clrelu_plan *plan,
                              const arguments *a)
{
    const cl_double f64 = a->scalar;
    const cl_float f32 = (cl_float)a->scalar;
    const clrelu_arg scalar =
        a->dtype == CLRELU_FLOAT64 ? CLRELU_ARG(f64) : CLRELU_ARG(f32);
    const cl_uint non_temporal = plan->non_temporal;
    const cl_ulong n = a->n, x_offset = a->x.offset, dy_offset = a->dy.offset,
                   dx_offset = a->dx.offset;
    const clrelu_arg args[] = {
        CLRELU_ARG(n),
        scalar,
        CLRELU_ARG(plan->span),
        CLRELU_FIRST_GROUP,
        CLRELU_ARG(non_temporal),
        CLRELU_ARG(a->x.mem),
        CLRELU_ARG(x_offset),
        CLRELU_ARG_IF(a->backward, a->dy.mem),
        CLRELU_ARG_IF(a->backward, dy_offset),
        CLRELU_ARG(a->dx.mem),
        CLRELU_ARG(dx_offset),
    };

    return clrelu_set_args(kernel, CLRELU_ARGS(args));
}

static clrelu_status run(const clrelu_call *call, const arguments *a)
{
    clrelu_plan plan;
    clrelu_kernel *kernel = NULL;
    clrelu_status status = check(call, a);

    if (status)
        return status;
    if (a->n == 0)
        return clrelu_enqueue_nothing(call);
    clrelu_plan_elementwise(&call->context->params, a->op, a->dtype,
                            a->backward, a->flags & CLRELU_ACCUMULATE_DX, a->n,
                            &plan);
    /* In place the output's lines are read anyway. */
    if (clrelu_in_place(a->dx, a->x) || clrelu_in_place(a->dx, a->dy))
        plan.non_temporal = false;
    status =
        clrelu_kernel_acquire(call->context, &plan.key, plan.kernel, &kernel);
    if (!status)
        status = set_args(kernel, &plan, a);
    if (!status) {
        const clrelu_launch launch = {kernel, plan.groups, plan.group_size};
        status = clrelu_enqueue(call, &launch, 1);
    }
    clrelu_kernel_release(call->context, kernel);
    return status;
}

clrelu_status clrelu_forward(clrelu_context *context, cl_command_queue queue,
                             clrelu_op op, clrelu_dtype dtype, double scalar,
                             size_t n, clrelu_buffer x, clrelu_buffer y,
                             cl_uint wait_count, const cl_event *wait_list,
                             cl_event *event)
{
    const clrelu_call call = {context, queue, wait_count, wait_list, event};
    const arguments a = {
        .op = op, .dtype = dtype, .scalar = scalar, .n = n, .x = x, .dx = y};

    return run(&call, &a);
}

clrelu_status clrelu_backward(clrelu_context *context, cl_command_queue queue,
                              clrelu_op op, clrelu_dtype dtype, double scalar,
                              unsigned flags, size_t n, clrelu_buffer x,
                              clrelu_buffer dy, clrelu_buffer dx,
                              cl_uint wait_count, const cl_event *wait_list,
                              cl_event *event)
{
    const clrelu_call call = {context, queue, wait_count, wait_list, event};
    const arguments a = {.op = op,
                         .dtype = dtype,
                         .scalar = scalar,
                         .flags = flags,
                         .n = n,
                         .x = x,
                         .dy = dy,
                         .dx = dx,
                         .backward = true};

    return run(&call, &a);
}
