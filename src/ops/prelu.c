/* prelu.c - the operation whose alpha is an array
 * SPDX-License-Identifier: MIT */
#include "base/status.h"
#include "core/trace.h"
#include "ops/calls.h"
#include "ops/pass.h"
#include "ops/pass_gaps.h"

/* The chain of PReLU alone; y may be in x's place. */
static clrelu_chain chain_of(const clrelu_prelu *p, bool from_output)
{
    return (clrelu_chain){.op = CLRELU_PRELU,
                          .dtype = p->dtype,
                          .flags = p->flags,
                          .shape = p->shape,
                          .x = from_output ? p->y : p->x,
                          .alpha = p->alpha,
                          .y = p->y,
                          .dy = p->dy,
                          .dx = p->dx,
                          .dalpha = p->dalpha,
                          .workspace = p->workspace};
}

clrelu_status clrelu_check_prelu(const clrelu_context *context,
                                 const clrelu_prelu *p, clrelu_pass *pass)
{
    clrelu_status status = CLRELU_CHECK_STRUCT("call", p);

    if (!status)
        status = CLRELU_CHECK_RESERVED("call", p->reserved_32);
    if (!status)
        status = clrelu_check_dtype(context, p->dtype);
    if (!status)
        status = clrelu_merge_shape(p->shape, &pass->merged);
    if (!status)
        status = clrelu_check_alpha_dtype(p->dtype, p->alpha_dtype,
                                          &pass->alpha_dtype);
    if (status)
        return status;
    pass->is_prelu = true;
    pass->from_output = pass->backward && (p->flags & CLRELU_FROM_OUTPUT);
    pass->chain = chain_of(p, pass->from_output);
    pass->mask = p->mask;
    clrelu_pass_find_given(pass);
    status = clrelu_pass_layout(p->strides, pass);
    if (status)
        return status;
    return clrelu_check_input(p->x, p->mask, pass->from_output, pass->backward);
}

static clrelu_status run(const char *function, const clrelu_call *call,
                         const clrelu_prelu *p, bool backward, bool partial)
{
    clrelu_pass pass;
    clrelu_status status;

    CLRELU_TRACE(clrelu_trace_begin(function));
    CLRELU_TRACE(clrelu_trace_prelu(p));
    pass.backward = backward;
    pass.partial = partial;
    pass.is_double = false;
    status = clrelu_check_call(call);
    if (!status)
        status = clrelu_check_prelu(call->context, p, &pass);
    return clrelu_traced(status ? status : clrelu_pass_run(call, &pass));
}

clrelu_status clrelu_prelu_forward(clrelu_context *context,
                                   const clrelu_exec *exec,
                                   const clrelu_prelu *call)
{
    return run(__func__, &(clrelu_call){context, exec}, call, false, false);
}

clrelu_status clrelu_prelu_backward(clrelu_context *context,
                                    const clrelu_exec *exec,
                                    const clrelu_prelu *call)
{
    return run(__func__, &(clrelu_call){context, exec}, call, true, false);
}

clrelu_status clrelu_prelu_backward_partial(clrelu_context *context,
                                            const clrelu_exec *exec,
                                            const clrelu_prelu *call)
{
    return run(__func__, &(clrelu_call){context, exec}, call, true, true);
}

clrelu_status clrelu_prelu_workspace(const clrelu_prelu *call, size_t *count)
{
    clrelu_prelu sums = call ? *call : (clrelu_prelu){0};
    clrelu_pass pass = {.backward = true};
    clrelu_status status;

    sums.x = sums.mask = (clrelu_buffer){0};
    status = clrelu_check_prelu(NULL, call ? &sums : NULL, &pass);
    if (!status && !count)
        status = clrelu_fail(CLRELU_INVALID_NULL, "count is NULL");
    pass.given = 1u << CLRELU_PASS_DALPHA;
    if (!status)
        *count = clrelu_pass_workspace(&pass);
    return status;
}
