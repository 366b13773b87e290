/* explain.c - a plan as text and numbers
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "core/check.h"
#include "core/launch.h"
#include "core/tune_store.h"
#include "ops/calls.h"
#include "ops/dense_pass.h"
#include "ops/pass.h"

static void describe_merged(const clrelu_merged_shape *merged,
                            clrelu_explanation *out)
{
    const size_t size = sizeof(out->shape);
    size_t used = 0;

    if (merged->count == 0)
        snprintf(out->shape, size, "%" PRIu64, merged->n);
    for (unsigned i = merged->count; i-- > 0 && used < size;) {
        const bool kept = clrelu_merged_kept(merged, i);
        used +=
            (size_t)snprintf(out->shape + used, size - used, "%s%" PRIu64 " %s",
                             i + 1 < merged->count ? " x " : "",
                             merged->size[i], kept ? "kept" : "shared");
    }
}

static void describe_plan(const clrelu_device_params *params,
                          const clrelu_plan *plan, clrelu_explanation *out)
{
    snprintf(out->kernel, sizeof(out->kernel), "%s",
             clrelu_kernel_name(plan->kernel));
    clrelu_program_options(params, &plan->key, out->options);
    snprintf(out->stores, sizeof(out->stores), "%s",
             plan->non_temporal ? "non-temporal" : "cached");
    out->groups = plan->groups;
    out->local_size = plan->group_size;
    out->launches = clrelu_pass_launches(plan);
    out->bytes_read = plan->bytes_read;
    out->bytes_written = plan->bytes_written;
    out->workspace_bytes = plan->workspace_bytes;
}

static void describe_pass(const clrelu_context *context,
                          const clrelu_pass *pass, clrelu_explanation *out)
{
    clrelu_plan plan;

    describe_merged(&pass->merged, out);
    if (pass->merged.n == 0)
        return;
    clrelu_pass_plan(&context->params, pass, &plan);
    describe_plan(&context->params, &plan, out);
}

static void describe_values(const clrelu_context *context,
                            clrelu_explanation *out)
{
    char values[TUNING_TEXT];

    clrelu_tuning_format(&context->params, values);
    snprintf(out->values, sizeof(out->values), "%s: %s",
             context->tuned ? "tuned" : "default", values);
}

/* Checks what all calls have in common; clears out. */
static clrelu_status begin(const clrelu_context *context,
                           clrelu_direction direction, const void *call,
                           clrelu_explanation *out)
{
    const clrelu_status status = clrelu_check_context(context);

    if (status)
        return status;
    if (!out)
        return clrelu_fail(CLRELU_INVALID_NULL, "out is NULL");
    memset(out, 0, sizeof(*out));
    if (!call)
        return clrelu_fail(CLRELU_INVALID_NULL, "call is NULL");
    if (direction != CLRELU_FORWARD && direction != CLRELU_BACKWARD)
        return clrelu_fail(CLRELU_INVALID_ENUM,
                           "direction is %d, must be an enumerator of "
                           "clrelu_direction",
                           (int)direction);
    describe_values(context, out);
    return CLRELU_OK;
}

clrelu_status clrelu_explain_elementwise(clrelu_context *context,
                                         clrelu_direction direction,
                                         const clrelu_elementwise *call,
                                         clrelu_explanation *out)
{
    const bool backward = direction == CLRELU_BACKWARD;
    clrelu_layout layout;
    clrelu_plan plan;
    clrelu_status status = begin(context, direction, call, out);

    if (!status)
        status = clrelu_check_elementwise(context, call, backward, &layout);
    if (status)
        return status;
    snprintf(out->shape, sizeof(out->shape), "%zu", call->n);
    if (call->n == 0)
        return CLRELU_OK;
    clrelu_plan_elementwise(&context->params, call, backward, &plan);
    clrelu_plan_layout(&context->params, &layout, &plan);
    describe_plan(&context->params, &plan, out);
    return CLRELU_OK;
}

/* Those of a call with all outputs. */
static unsigned prelu_arrays(const clrelu_prelu *call, bool backward)
{
    const bool has_mask = clrelu_is_given(call->mask);
    unsigned given = has_mask ? 1u << CLRELU_PASS_MASK : 0;

    if (backward)
        given |= 1u << CLRELU_PASS_DX;
    if (backward && !has_mask)
        given |= 1u << CLRELU_PASS_DALPHA;
    return given;
}

clrelu_status clrelu_explain_prelu(clrelu_context *context,
                                   clrelu_direction direction,
                                   const clrelu_prelu *call,
                                   clrelu_explanation *out)
{
    const bool backward = direction == CLRELU_BACKWARD;
    clrelu_pass pass = {.backward = backward};
    clrelu_status status = begin(context, direction, call, out);

    if (!status)
        status = clrelu_check_prelu(context, call, &pass);
    if (!status)
        status = clrelu_check_flags(call->flags,
                                    backward ? CLRELU_ACCUMULATE_DX |
                                                   CLRELU_ACCUMULATE_DALPHA |
                                                   CLRELU_FROM_OUTPUT
                                             : 0);
    if (status)
        return status;
    pass.given = prelu_arrays(call, backward);
    describe_pass(context, &pass, out);
    return CLRELU_OK;
}

clrelu_status clrelu_explain_chain(clrelu_context *context,
                                   clrelu_direction direction,
                                   const clrelu_chain *call,
                                   clrelu_explanation *out)
{
    clrelu_pass pass = {.backward = direction == CLRELU_BACKWARD};
    clrelu_status status = begin(context, direction, call, out);

    if (!status)
        status = clrelu_check_chain(context, call, &pass);
    if (!status)
        status = clrelu_pass_check_flags(&pass);
    if (!status)
        describe_pass(context, &pass, out);
    return status;
}

clrelu_status clrelu_explain_dense(clrelu_context *context,
                                   clrelu_direction direction,
                                   const clrelu_dense *call,
                                   clrelu_explanation *out)
{
    const bool backward = direction == CLRELU_BACKWARD;
    clrelu_plan plan;
    clrelu_status status = begin(context, direction, call, out);

    if (!status)
        status = clrelu_check_dense(call);
    if (!status)
        status = clrelu_check_flags(call->flags,
                                    backward ? CLRELU_ACCUMULATE_DX |
                                                   CLRELU_ACCUMULATE_DALPHA |
                                                   CLRELU_ACCUMULATE_DW
                                             : 0);
    if (status)
        return status;
    snprintf(out->shape, sizeof(out->shape), "%zu x %zu", call->rows,
             call->outputs);
    clrelu_dense_plan(context, call, backward, &plan);
    describe_plan(&context->params, &plan, out);
    return CLRELU_OK;
}
