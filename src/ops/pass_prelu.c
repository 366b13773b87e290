/* pass_prelu.c - the kernels that PReLU alone has
 * SPDX-License-Identifier: MIT */
#include "ops/pass_prelu.h"

#include "base/integer.h"

clrelu_status clrelu_pass_add_mask(clrelu_batch *batch, const clrelu_pass *p,
                                   const clrelu_plan *plan)
{
    const clrelu_chain *c = &p->chain;
    const clrelu_buffer *in = p->backward ? &c->dy : &c->x;
    const clrelu_buffer *out = p->backward ? &c->dx : &c->y;
    const cl_ulong n = p->merged.n;
    const cl_uint non_temporal = plan->non_temporal;
    const clrelu_arg args[] = {
        CLRELU_ARG(n),
        CLRELU_ARG(plan->tiling),
        CLRELU_ARG(plan->direct),
        CLRELU_ARRAY(c->alpha),
        CLRELU_ARG(plan->span),
        CLRELU_FIRST_GROUP,
        CLRELU_ARG(non_temporal),
        CLRELU_ARRAY(*in),
        CLRELU_ARRAY(*out),
        CLRELU_ARRAY(p->mask),
    };

    return clrelu_batch_add(batch, &plan->key, plan->kernel, plan->groups,
                            CLRELU_ARGS(args));
}

clrelu_status clrelu_pass_add_division(clrelu_batch *batch,
                                       const clrelu_pass *p,
                                       const clrelu_plan *plan,
                                       clrelu_buffer sums, cl_uint mode)
{
    const cl_ulong count = plan->alphas;
    const cl_ulong span = clrelu_batch_span(batch->context, count);
    const clrelu_arg args[] = {
        CLRELU_ARRAY(sums),
        CLRELU_ARG(count),
        CLRELU_ARG(span),
        CLRELU_ARG(mode),
        CLRELU_ARRAY(p->chain.alpha),
        CLRELU_ARRAY(p->chain.dalpha),
    };

    return clrelu_batch_add(batch, &plan->key, CLRELU_KERNEL_PRELU_DIVIDE,
                            ceil_div(count, span), CLRELU_ARGS(args));
}
