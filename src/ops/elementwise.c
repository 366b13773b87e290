/* elementwise.c - the operations with a scalar parameter
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/status.h"
#include "core/check.h"
#include "core/launch.h"
#include "core/trace.h"
#include "ops/calls.h"
#include "ops/gaps.h"
#include "plan/plan.h"

/* A call in either direction; out is y or dx. */
typedef struct arguments {
    const clrelu_elementwise *e;
    clrelu_buffer out;
    bool backward;
    clrelu_layout layout;
} arguments;

static bool has_mask(const arguments *a)
{
    return clrelu_is_given(a->e->mask);
}

static bool is_from_output(const arguments *a)
{
    return a->e->flags & CLRELU_FROM_OUTPUT;
}

/* x, or y in its place; not used where a mask takes it. */
static const clrelu_buffer *input_of(const arguments *a)
{
    return is_from_output(a) ? &a->e->y : &a->e->x;
}

/* All arrays have size bytes an element, but for the mask. */
static clrelu_status check_buffers(const clrelu_call *call, const arguments *a)
{
    const clrelu_elementwise *e = a->e;
    const size_t size = clrelu_dtype_size(e->dtype);
    const clrelu_layout *l = &a->layout;
    const unsigned access =
        CLRELU_WRITE | (e->flags & CLRELU_ACCUMULATE_DX ? CLRELU_READ : 0u);
    clrelu_span x = {0}, dy = {0}, out = {0}, mask = {0};
    clrelu_status status = CLRELU_OK;

    if (!a->backward || !has_mask(a))
        status = clrelu_check_buffer(
            call, is_from_output(a) ? "y" : "x", *input_of(a), size,
            clrelu_layout_extent(l, CLRELU_OPERAND_X), CLRELU_READ, &x);
    if (!status && a->backward)
        status = clrelu_check_buffer(call, "dy", e->dy, size,
                                     clrelu_layout_extent(l, CLRELU_OPERAND_DY),
                                     CLRELU_READ, &dy);
    if (!status)
        status = clrelu_check_buffer(
            call, a->backward ? "dx" : "y", a->out, size,
            clrelu_layout_extent(l, CLRELU_OPERAND_OUT), access, &out);
    if (!status)
        status = clrelu_check_mask(call, e->mask, e->n, a->backward, &mask);
    if (!status)
        status = clrelu_check_apart(l, size, CLRELU_OPERAND_OUT, &out,
                                    CLRELU_OPERAND_X, &x, true);
    if (!status)
        status = clrelu_check_apart(l, size, CLRELU_OPERAND_OUT, &out,
                                    CLRELU_OPERAND_DY, &dy, true);
    if (!status)
        status = clrelu_check_disjoint(&out, &mask, false);
    if (!status)
        status = clrelu_check_disjoint(&mask, &x, false);
    return status ? status : clrelu_check_disjoint(&mask, &dy, false);
}

/* What takes the place of x. */
static clrelu_status check_input(const clrelu_elementwise *e, bool backward)
{
    const bool from_output = e->flags & CLRELU_FROM_OUTPUT;
    const double alpha =
        e->dtype == CLRELU_FLOAT64 ? e->scalar : (double)(float)e->scalar;

    if (from_output && e->op == CLRELU_ELU && !(alpha > 0))
        return clrelu_fail(
            CLRELU_INVALID_SCALAR,
            "alpha is %g, %g in the type that computes, must be > 0 there "
            "with CLRELU_FROM_OUTPUT: y does not tell the sign of x",
            e->scalar, alpha);
    if (from_output && e->op == CLRELU_LEAKY_RELU && alpha == 0 &&
        signbit(alpha))
        return clrelu_fail(
            CLRELU_INVALID_SCALAR,
            "alpha is %g, must not be -0 with CLRELU_FROM_OUTPUT: y "
            "does not tell the sign of x",
            e->scalar);
    if (clrelu_is_given(e->mask) && e->op == CLRELU_ELU)
        return clrelu_fail(
            CLRELU_INVALID_OP,
            "op is CLRELU_ELU, which has no mask: its derivative "
            "is no function of one bit");
    return clrelu_check_input(e->x, e->mask, from_output, backward);
}

clrelu_status clrelu_check_elementwise(const clrelu_context *context,
                                       const clrelu_elementwise *e,
                                       bool backward, clrelu_layout *layout)
{
    clrelu_status status = CLRELU_CHECK_STRUCT("call", e);

    if (!status)
        status = CLRELU_CHECK_RESERVED("call", e->reserved_32);
    if (!status)
        status = clrelu_check_dtype(context, e->dtype);
    if (!status)
        status = clrelu_check_scalar(e->op, e->dtype, e->scalar);
    if (!status)
        status = clrelu_check_flags(
            e->flags, backward ? CLRELU_ACCUMULATE_DX | CLRELU_FROM_OUTPUT : 0);
    if (!status)
        status = check_input(e, backward);
    if (!status)
        status = clrelu_check_n(e->n);
    return status ? status : clrelu_elementwise_layout(e, backward, layout);
}

static clrelu_status set_args(clrelu_kernel *kernel, const clrelu_plan *plan,
                              const arguments *a)
{
    const clrelu_elementwise *e = a->e;
    const cl_double f64 = e->scalar;
    const cl_float f32 = (cl_float)e->scalar;
    const clrelu_arg scalar =
        e->dtype == CLRELU_FLOAT64 ? CLRELU_ARG(f64) : CLRELU_ARG(f32);
    const cl_uint non_temporal = plan->non_temporal;
    const cl_ulong n = e->n;
    const bool gaps = plan->key.strided;
    const clrelu_arg args[] = {
        CLRELU_ARG_IF(!gaps, n),
        CLRELU_ARG_IF(gaps, plan->layout),
        scalar,
        CLRELU_ARG(plan->span),
        CLRELU_FIRST_GROUP,
        CLRELU_ARG(non_temporal),
        CLRELU_ARRAY_IF(!a->backward || !has_mask(a), *input_of(a)),
        CLRELU_ARRAY_IF(a->backward, e->dy),
        CLRELU_ARRAY(a->out),
        CLRELU_ARRAY_IF(has_mask(a), e->mask),
    };

    return clrelu_set_args(kernel, CLRELU_ARGS(args));
}

static clrelu_status launch(const clrelu_call *call, const arguments *a)
{
    const clrelu_elementwise *e = a->e;
    clrelu_plan plan;
    clrelu_kernel *kernel = NULL;
    clrelu_status status;

    clrelu_plan_elementwise(&call->context->params, e, a->backward, &plan);
    clrelu_plan_layout(&call->context->params, &a->layout, &plan);
    CLRELU_TRACE(clrelu_trace_bytes(plan.bytes_read + plan.bytes_written));
    /* In place the output's lines are read anyway. */
    if (clrelu_in_place(a->out, *input_of(a)) ||
        (a->backward && clrelu_in_place(a->out, e->dy)))
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

static clrelu_status check_and_launch(const clrelu_call *call, arguments *a)
{
    clrelu_status status = clrelu_check_call(call);

    if (!status)
        status = clrelu_check_elementwise(call->context, a->e, a->backward,
                                          &a->layout);
    if (status)
        return status;
    a->out = a->backward ? a->e->dx : a->e->y;
    if (a->e->n == 0)
        return clrelu_enqueue_nothing(call);
    status = check_buffers(call, a);
    return status ? status : launch(call, a);
}

static clrelu_status run(const char *function, const clrelu_call *call,
                         const clrelu_elementwise *e, bool backward)
{
    arguments a = {.e = e, .backward = backward};

    CLRELU_TRACE(clrelu_trace_begin(function));
    CLRELU_TRACE(clrelu_trace_elementwise(e));
    return clrelu_traced(check_and_launch(call, &a));
}

clrelu_status clrelu_forward(clrelu_context *context, const clrelu_exec *exec,
                             const clrelu_elementwise *call)
{
    return run(__func__, &(clrelu_call){context, exec}, call, false);
}

clrelu_status clrelu_backward(clrelu_context *context, const clrelu_exec *exec,
                              const clrelu_elementwise *call)
{
    return run(__func__, &(clrelu_call){context, exec}, call, true);
}
