/* prelu.c - the operation whose alpha is an array
 * SPDX-License-Identifier: MIT */
#include "base/status.h"
#include "base/types.h"
#include "core/trace.h"
#include "ops/calls.h"
#include "ops/pass.h"

clrelu_status clrelu_check_prelu(const clrelu_context *context,
                                 const clrelu_prelu *p,
                                 clrelu_merged_shape *merged,
                                 clrelu_dtype *alpha_dtype)
{
    clrelu_status status = p ? CLRELU_CHECK_RESERVED("call", p->reserved)
                             : clrelu_fail(CLRELU_INVALID_NULL, "call is NULL");

    if (!status)
        status = CLRELU_CHECK_RESERVED("call", p->reserved_32);
    if (!status)
        status = clrelu_check_dtype(context, p->dtype);
    if (!status)
        status = clrelu_merge_shape(p->shape, merged);
    return status ? status
                  : clrelu_check_alpha_dtype(p->dtype, p->alpha_dtype,
                                             alpha_dtype);
}

/* The chain of PReLU alone. */
static clrelu_chain chain_of(const clrelu_prelu *p)
{
    return (clrelu_chain){.op = CLRELU_PRELU,
                          .dtype = p->dtype,
                          .flags = p->flags,
                          .x = p->x,
                          .alpha = p->alpha,
                          .y = p->y,
                          .dy = p->dy,
                          .dx = p->dx,
                          .dalpha = p->dalpha,
                          .workspace = p->workspace};
}

static clrelu_status run(const clrelu_call *call, const clrelu_prelu *p,
                         bool backward, bool partial)
{
    clrelu_pass pass;
    clrelu_status status;

    CLRELU_TRACE(clrelu_trace_prelu(p));
    status = clrelu_check_call(call);
    if (!status)
        status = clrelu_check_prelu(call->context, p, &pass.merged,
                                    &pass.alpha_dtype);
    if (status)
        return status;
    pass.is_prelu = true;
    pass.backward = backward;
    pass.partial = partial;
    pass.chain = chain_of(p);
    clrelu_pass_find_given(&pass);
    return clrelu_pass_run(call, &pass);
}

clrelu_status clrelu_prelu_forward(clrelu_context *context,
                                   const clrelu_exec *exec,
                                   const clrelu_prelu *call)
{
    const clrelu_call where = {context, exec};

    CLRELU_TRACE(clrelu_trace_begin(__func__));
    return clrelu_traced(run(&where, call, false, false));
}

clrelu_status clrelu_prelu_backward(clrelu_context *context,
                                    const clrelu_exec *exec,
                                    const clrelu_prelu *call)
{
    const clrelu_call where = {context, exec};

    CLRELU_TRACE(clrelu_trace_begin(__func__));
    return clrelu_traced(run(&where, call, true, false));
}

clrelu_status clrelu_prelu_backward_partial(clrelu_context *context,
                                            const clrelu_exec *exec,
                                            const clrelu_prelu *call)
{
    const clrelu_call where = {context, exec};

    CLRELU_TRACE(clrelu_trace_begin(__func__));
    return clrelu_traced(run(&where, call, true, true));
}

clrelu_status clrelu_prelu_workspace(const clrelu_prelu *call, size_t *count)
{
    clrelu_merged_shape merged;
    clrelu_tiling tiling;
    clrelu_dtype alpha_dtype;
    clrelu_status status =
        clrelu_check_prelu(NULL, call, &merged, &alpha_dtype);

    if (!status && !count)
        status = clrelu_fail(CLRELU_INVALID_NULL, "count is NULL");
    if (status)
        return status;
    *count = 0;
    if (merged.n > 0) {
        clrelu_tiling_make(&merged, true, 0, false, &tiling);
        *count = (size_t)clrelu_tiling_workspace(&tiling, call->dtype,
                                                 merged.alphas) /
                 clrelu_compute_size(call->dtype);
    }
    return CLRELU_OK;
}
