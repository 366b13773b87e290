/* explain.c - a plan as text and numbers
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "core/check.h"
#include "core/launch.h"
#include "core/tune_store.h"
#include "plan/plan.h"

static void describe_merged(const clrelu_merged_shape *merged, char *text,
                            size_t size)
{
    size_t used = 0;

    if (merged->count == 0)
        snprintf(text, size, "%" PRIu64, merged->n);
    for (unsigned i = merged->count; i-- > 0 && used < size;) {
        const bool kept = clrelu_merged_kept(merged, i);
        used += (size_t)snprintf(text + used, size - used, "%s%" PRIu64 " %s",
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
    out->launches = clrelu_launch_count(plan->groups, plan->group_size) +
                    clrelu_launch_count(plan->reduce_groups, plan->group_size);
    out->bytes_read = plan->bytes_read;
    out->bytes_written = plan->bytes_written;
    out->workspace_bytes = plan->workspace_bytes;
}

static void describe_values(const clrelu_context *context,
                            clrelu_explanation *out)
{
    char values[TUNING_TEXT];

    clrelu_tuning_format(&context->params, values);
    snprintf(out->values, sizeof(out->values), "%s: %s",
             context->tuned ? "tuned" : "default", values);
}

static clrelu_status explain_prelu(const clrelu_device_params *params,
                                   clrelu_dtype dtype, bool backward,
                                   const clrelu_shape *shape,
                                   clrelu_explanation *out)
{
    clrelu_merged_shape merged;
    clrelu_plan plan;
    clrelu_dtype alpha_dtype;
    clrelu_status status = clrelu_merge_shape(shape, &merged);

    if (!status)
        status = clrelu_check_alpha_dtype(dtype, shape, &alpha_dtype);
    if (status)
        return status;
    describe_merged(&merged, out->shape, sizeof(out->shape));
    if (merged.n == 0)
        return CLRELU_OK;
    clrelu_plan_prelu(params, dtype, alpha_dtype, backward, backward, false,
                      &merged, &plan);
    describe_plan(params, &plan, out);
    return CLRELU_OK;
}

clrelu_status clrelu_explain(clrelu_context *context, clrelu_op op,
                             clrelu_dtype dtype, int backward, size_t n,
                             const clrelu_shape *shape, clrelu_explanation *out)
{
    clrelu_plan plan;
    clrelu_status status = clrelu_check_context(context);

    if (status)
        return status;
    if (!out)
        return clrelu_fail(CLRELU_INVALID_NULL, "out is NULL");
    memset(out, 0, sizeof(*out));
    status = clrelu_check_dtype(context, dtype);
    if (!status && !clrelu_op_name(op))
        status = clrelu_fail(CLRELU_INVALID_OP,
                             "op is %d, must be an enumerator of clrelu_op",
                             (int)op);
    if (status)
        return status;
    describe_values(context, out);
    if (op == CLRELU_PRELU)
        return explain_prelu(&context->params, dtype, backward, shape, out);
    status = clrelu_check_n(n);
    if (status)
        return status;
    snprintf(out->shape, sizeof(out->shape), "%zu", n);
    if (n == 0)
        return CLRELU_OK;
    clrelu_plan_elementwise(&context->params, op, dtype, backward, false, n,
                            &plan);
    describe_plan(&context->params, &plan, out);
    return CLRELU_OK;
}
