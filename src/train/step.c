/* step.c - a step of stochastic gradient descent
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/status.h"
#include "core/check.h"
#include "core/trace.h"
#include "train/parameter.h"

clrelu_status clrelu_sgd_check(double learning_rate, double momentum)
{
    if (!isfinite((float)learning_rate))
        return clrelu_fail(CLRELU_INVALID_SCALAR,
                           "learning_rate is %g, must be finite in float32",
                           learning_rate);
    if (!isfinite((float)momentum))
        return clrelu_fail(CLRELU_INVALID_SCALAR,
                           "momentum is %g, must be finite in float32",
                           momentum);
    return CLRELU_OK;
}

clrelu_step clrelu_step_make(double learning_rate, double momentum, size_t n,
                             const clrelu_parameter *p)
{
    const bool has_velocity = clrelu_is_given(p->velocity);

    /* An argument that is not used must be valid, too. */
    return (clrelu_step){
        .n = n,
        .factors = {{(cl_float)learning_rate, (cl_float)momentum, 0, 0}},
        .values = p->values,
        .gradient = p->gradient,
        .velocity = has_velocity ? p->velocity : p->values};
}

void clrelu_step_trace(const clrelu_step *step)
{
    const uint64_t arrays = step->factors.s[1] != 0.0f ? 6 : 4;

    clrelu_trace_bytes(sizeof(float) * (uint64_t)step->n * arrays);
}

clrelu_status clrelu_step_add(clrelu_batch *batch, const clrelu_step *s,
                              bool non_neg)
{
    const cl_ulong size = s->n, span = clrelu_batch_span(batch->context, size);
    const cl_uint is_non_neg = non_neg;
    const clrelu_arg args[] = {
        CLRELU_ARG(size),          CLRELU_ARG(span),
        CLRELU_ARG(s->factors),    CLRELU_ARG(is_non_neg),
        CLRELU_ARRAY(s->values),   CLRELU_ARRAY(s->gradient),
        CLRELU_ARRAY(s->velocity),
    };

    if (size == 0)
        return CLRELU_OK;
    CLRELU_TRACE(clrelu_step_trace(s));
    return clrelu_parameter_add(batch, CLRELU_KERNEL_SGD_STEP, size, span,
                                CLRELU_ARGS(args));
}

static clrelu_status check_arrays(const clrelu_call *call, double momentum,
                                  size_t n, const clrelu_parameter *p)
{
    const unsigned inout = CLRELU_READ | CLRELU_WRITE;
    const bool moves = clrelu_is_given(p->velocity) || (float)momentum != 0.0f;
    const clrelu_array arrays[] = {
        {"values", p->values, sizeof(float), n, inout},
        {"gradient", p->gradient, sizeof(float), n, inout},
        {"velocity", p->velocity, sizeof(float), n, moves ? inout : 0}};

    return clrelu_check_arrays(call, CLRELU_ARRAYS(arrays));
}

static clrelu_status add(clrelu_batch *batch, double learning_rate,
                         double momentum, size_t n,
                         const clrelu_parameter *parameter)
{
    const clrelu_step step =
        clrelu_step_make(learning_rate, momentum, n, parameter);

    return clrelu_step_add(batch, &step, false);
}

clrelu_status clrelu_sgd_step(clrelu_context *context, const clrelu_exec *exec,
                              double learning_rate, double momentum,
                              const clrelu_parameter *parameter)
{
    const clrelu_call call = {context, exec};
    clrelu_batch batch = {.context = context};
    size_t n = 0;
    clrelu_status status;

    CLRELU_TRACE(clrelu_trace_begin(__func__));
    CLRELU_TRACE(clrelu_trace_parameter(NULL, parameter));
    status = clrelu_parameter_check(&call, parameter, &n);
    if (!status)
        status = clrelu_sgd_check(learning_rate, momentum);
    if (!status && n > 0)
        status = check_arrays(&call, momentum, n, parameter);
    if (!status)
        status = add(&batch, learning_rate, momentum, n, parameter);
    return clrelu_traced(clrelu_batch_finish(&call, &batch, status));
}
