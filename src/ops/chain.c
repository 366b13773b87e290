/* chain.c - an activation with scale, bias, gain and residual
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/status.h"
#include "core/trace.h"
#include "ops/calls.h"
#include "ops/pass.h"
#include "ops/pass_gaps.h"

static clrelu_status check_numbers(const clrelu_chain *c)
{
    const double gain =
        c->dtype == CLRELU_FLOAT64 ? c->gain : (double)(float)c->gain;

    if (!isfinite(gain))
        return clrelu_fail(CLRELU_INVALID_SCALAR,
                           "gain is %g, must be finite in %s", c->gain,
                           c->dtype == CLRELU_FLOAT64 ? "float64" : "float32");
    return c->op == CLRELU_PRELU
               ? CLRELU_OK
               : clrelu_check_scalar(c->op, c->dtype, c->scalar);
}

clrelu_status clrelu_check_function(const clrelu_context *context,
                                    const clrelu_chain *c)
{
    clrelu_status status = CLRELU_CHECK_STRUCT("call", c);

    if (!status)
        status = clrelu_check_dtype(context, c->dtype);
    return status ? status : check_numbers(c);
}

static clrelu_status check_alpha_count(const clrelu_pass *p)
{
    const size_t count = p->chain.alpha_count;

    if (p->chain.op != CLRELU_PRELU || count <= 1 || count == p->merged.alphas)
        return CLRELU_OK;
    return clrelu_fail(CLRELU_INVALID_ALPHA_SHAPE,
                       "alpha_count is %zu, must be 0, 1 or the shape's %zu",
                       count, (size_t)p->merged.alphas);
}

clrelu_status clrelu_check_chain(const clrelu_context *context,
                                 const clrelu_chain *c, clrelu_pass *p)
{
    clrelu_status status = clrelu_check_function(context, c);

    if (status)
        return status;
    p->chain = *c;
    status = clrelu_merge_shape(c->shape, &p->merged);
    if (!status)
        status =
            clrelu_check_alpha_dtype(c->dtype, c->alpha_dtype, &p->alpha_dtype);
    if (!status)
        status = check_alpha_count(p);
    if (c->op != CLRELU_PRELU)
        p->chain.alpha = p->chain.dalpha = p->second.ddalpha =
            (clrelu_buffer){0};
    clrelu_pass_find_given(p);
    return status ? status : clrelu_pass_layout(c->strides, p);
}

enum kind { FORWARD = 0, BACKWARD = 1, PARTIAL = 2, DOUBLE = 4 };

static clrelu_status take_second(const clrelu_chain *chain,
                                 const clrelu_second *second, clrelu_pass *p)
{
    const clrelu_status status = CLRELU_CHECK_STRUCT("second", second);

    if (status)
        return status;
    p->second = *second;
    if (chain && chain->strides)
        return clrelu_fail(CLRELU_UNSUPPORTED,
                           "strides is given, must be NULL: second derivatives "
                           "take arrays without gaps");
    return CLRELU_OK;
}

/* kind has bits; second is only for DOUBLE. */
static clrelu_status run(const char *function, const clrelu_call *call,
                         const clrelu_chain *chain, const clrelu_second *second,
                         unsigned kind)
{
    clrelu_pass p = {.backward = kind & BACKWARD,
                     .partial = kind & PARTIAL,
                     .is_double = kind & DOUBLE};
    clrelu_status status;

    CLRELU_TRACE(clrelu_trace_begin(function));
    CLRELU_TRACE(clrelu_trace_chain(chain));
    status = clrelu_check_call(call);
    if (!status && p.is_double)
        status = take_second(chain, second, &p);
    if (!status)
        status = clrelu_check_chain(call->context, chain, &p);
    return clrelu_traced(status ? status : clrelu_pass_run(call, &p));
}

clrelu_status clrelu_chain_forward(clrelu_context *context,
                                   const clrelu_exec *exec,
                                   const clrelu_chain *call)
{
    return run(__func__, &(clrelu_call){context, exec}, call, NULL, FORWARD);
}

clrelu_status clrelu_chain_backward(clrelu_context *context,
                                    const clrelu_exec *exec,
                                    const clrelu_chain *call)
{
    return run(__func__, &(clrelu_call){context, exec}, call, NULL, BACKWARD);
}

clrelu_status clrelu_chain_backward_partial(clrelu_context *context,
                                            const clrelu_exec *exec,
                                            const clrelu_chain *call)
{
    return run(__func__, &(clrelu_call){context, exec}, call, NULL,
               BACKWARD | PARTIAL);
}

clrelu_status clrelu_chain_double_backward(clrelu_context *context,
                                           const clrelu_exec *exec,
                                           const clrelu_chain *call,
                                           const clrelu_second *second)
{
    return run(__func__, &(clrelu_call){context, exec}, call, second,
               BACKWARD | DOUBLE);
}

clrelu_status clrelu_chain_double_backward_partial(clrelu_context *context,
                                                   const clrelu_exec *exec,
                                                   const clrelu_chain *call,
                                                   const clrelu_second *second)
{
    return run(__func__, &(clrelu_call){context, exec}, call, second,
               BACKWARD | PARTIAL | DOUBLE);
}

clrelu_status clrelu_chain_workspace(const clrelu_chain *call, size_t *count)
{
    clrelu_pass p = {.backward = true};
    clrelu_status status = clrelu_check_chain(NULL, call, &p);

    if (!status && !count)
        status = clrelu_fail(CLRELU_INVALID_NULL, "count is NULL");
    if (!status)
        *count = clrelu_pass_workspace(&p);
    return status;
}
