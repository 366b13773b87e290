/* prelu.c - the operation whose alpha is an array
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/status.h"
#include "base/types.h"
#include "core/check.h"
#include "core/launch.h"
#include "core/trace.h"
#include "ops/calls.h"
#include "plan/plan.h"

/* How dalpha is stored; must match the kernels. */
typedef enum dalpha_mode { SET, ADD, PARTIAL } dalpha_mode;

/* A call in either direction; out is y or dx. */
typedef struct arguments {
    const clrelu_prelu *p;
    clrelu_dtype alpha_dtype;
    clrelu_buffer out;
    bool backward, partial;
} arguments;

static cl_uint find_mode(const arguments *a)
{
    if (a->partial)
        return PARTIAL;
    return a->p->flags & CLRELU_ACCUMULATE_DALPHA ? ADD : SET;
}

/* Bytes of an element. */
static size_t dalpha_size(const arguments *a)
{
    return a->partial ? clrelu_compute_size(a->p->dtype)
                      : clrelu_dtype_size(a->alpha_dtype);
}

static uint64_t dalpha_count(const arguments *a,
                             const clrelu_merged_shape *merged)
{
    return a->partial ? 2 * merged->alphas : merged->alphas;
}

static bool wants_out(const arguments *a)
{
    return !a->backward || clrelu_is_given(a->out);
}

static bool wants_dalpha(const arguments *a)
{
    return a->backward && clrelu_is_given(a->p->dalpha);
}

static clrelu_status check_outputs(const arguments *a)
{
    const uint32_t flags = a->p->flags;

    if (a->partial && !wants_dalpha(a))
        return clrelu_fail(CLRELU_INVALID_NULL,
                           "dalpha: no buffer: mem and pointer are NULL");
    if (!wants_out(a) && !wants_dalpha(a))
        return clrelu_fail(CLRELU_INVALID_NULL,
                           "dx and dalpha: no buffer: mem and pointer are NULL "
                           "in both, at least one output must be given");
    if ((flags & CLRELU_ACCUMULATE_DX) && !wants_out(a))
        return clrelu_fail(CLRELU_INVALID_FLAGS,
                           "flags has CLRELU_ACCUMULATE_DX, but dx is left "
                           "out");
    if ((flags & CLRELU_ACCUMULATE_DALPHA) && !wants_dalpha(a))
        return clrelu_fail(CLRELU_INVALID_FLAGS,
                           "flags has CLRELU_ACCUMULATE_DALPHA, but dalpha is "
                           "left out");
    return CLRELU_OK;
}

static unsigned output_access(uint32_t flags, unsigned accumulate)
{
    return CLRELU_WRITE | (flags & accumulate ? CLRELU_READ : 0u);
}

typedef struct spans {
    clrelu_span x, alpha, dy, out, dalpha, workspace;
} spans;

static clrelu_status find_spans(const clrelu_call *call, const arguments *a,
                                const clrelu_merged_shape *merged, spans *s)
{
    const clrelu_prelu *p = a->p;
    const size_t size = clrelu_dtype_size(p->dtype);
    const size_t alpha_size = clrelu_dtype_size(a->alpha_dtype);
    clrelu_status status = CLRELU_OK;

    memset(s, 0, sizeof(*s));
    if (merged->n > 0) {
        status = clrelu_check_buffer(call, "x", p->x, size, merged->n,
                                     CLRELU_READ, &s->x);
        if (!status && wants_out(a))
            status =
                clrelu_check_buffer(call, "alpha", p->alpha, alpha_size,
                                    merged->alphas, CLRELU_READ, &s->alpha);
        if (!status && a->backward)
            status = clrelu_check_buffer(call, "dy", p->dy, size, merged->n,
                                         CLRELU_READ, &s->dy);
        if (!status && wants_out(a))
            status = clrelu_check_buffer(
                call, a->backward ? "dx" : "y", a->out, size, merged->n,
                output_access(p->flags, CLRELU_ACCUMULATE_DX), &s->out);
    }
    if (!status && wants_dalpha(a) && merged->alphas > 0)
        status = clrelu_check_buffer(
            call, "dalpha", p->dalpha, dalpha_size(a), dalpha_count(a, merged),
            output_access(p->flags, CLRELU_ACCUMULATE_DALPHA), &s->dalpha);
    return status;
}

static clrelu_status check_overlaps(const spans *s)
{
    const struct {
        const clrelu_span *output, *other;
        bool same;
    } pairs[] = {
        {&s->out, &s->x, true},          {&s->out, &s->dy, true},
        {&s->out, &s->alpha, false},     {&s->dalpha, &s->x, false},
        {&s->dalpha, &s->dy, false},     {&s->dalpha, &s->alpha, false},
        {&s->dalpha, &s->out, false},    {&s->workspace, &s->x, false},
        {&s->workspace, &s->dy, false},  {&s->workspace, &s->alpha, false},
        {&s->workspace, &s->out, false}, {&s->workspace, &s->dalpha, false},
    };
    clrelu_status status = CLRELU_OK;

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]) && !status; i++)
        if (pairs[i].output->root && pairs[i].other->root)
            status = clrelu_check_disjoint(pairs[i].output, pairs[i].other,
                                           pairs[i].same);
    return status;
}

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
    return status ? status : clrelu_check_alpha_dtype(p, alpha_dtype);
}

static clrelu_status check(const clrelu_call *call, arguments *a,
                           clrelu_merged_shape *merged, spans *s)
{
    uint32_t known = a->backward ? CLRELU_ACCUMULATE_DX : 0;
    clrelu_status status = clrelu_check_call(call);

    if (a->backward && !a->partial)
        known |= CLRELU_ACCUMULATE_DALPHA;
    if (!status)
        status =
            clrelu_check_prelu(call->context, a->p, merged, &a->alpha_dtype);
    if (!status)
        status = clrelu_check_flags(a->p->flags, known);
    if (!status)
        status = check_outputs(a);
    return status ? status : find_spans(call, a, merged, s);
}

/* The caller's workspace, or a new buffer, then also returned in owned. */
static clrelu_status get_workspace(const clrelu_call *call, const arguments *a,
                                   uint64_t bytes, spans *s,
                                   clrelu_buffer *workspace, cl_mem *owned)
{
    const size_t size = clrelu_compute_size(a->p->dtype);
    cl_int error;

    *workspace = a->p->workspace;
    if (bytes == 0)
        return CLRELU_OK;
    if (clrelu_is_given(*workspace))
        return clrelu_check_buffer(call, "workspace", *workspace, size,
                                   bytes / size, CLRELU_READ | CLRELU_WRITE,
                                   &s->workspace);
    *owned = clCreateBuffer(call->context->context, CL_MEM_READ_WRITE,
                            (size_t)bytes, NULL, &error);
    *workspace = clrelu_at(*owned, 0);
    return error ? clrelu_fail_cl(error, "clCreateBuffer for the workspace")
                 : CLRELU_OK;
}

/* For an empty x: dalpha is 0, the sum of no partials. */
static clrelu_status write_empty(const clrelu_call *call, const arguments *a,
                                 const clrelu_merged_shape *merged)
{
    const clrelu_dtype compute =
        a->p->dtype == CLRELU_FLOAT64 ? CLRELU_FLOAT64 : CLRELU_FLOAT32;

    if (!wants_dalpha(a) || (a->p->flags & CLRELU_ACCUMULATE_DALPHA))
        return clrelu_enqueue_nothing(call);
    return clrelu_sum_partials(
        call->context, call->exec, a->partial ? compute : a->alpha_dtype, 0,
        (size_t)dalpha_count(a, merged), (clrelu_buffer){0}, a->p->dalpha);
}

static clrelu_status set_forward_args(clrelu_kernel *kernel,
                                      const clrelu_plan *plan,
                                      const arguments *a)
{
    const cl_uint non_temporal = plan->non_temporal,
                  prefetch_far = plan->prefetch_far;
    const clrelu_arg args[] = {
        CLRELU_ARG(plan->tiling),
        CLRELU_FIRST_GROUP,
        CLRELU_ARG(non_temporal),
        CLRELU_ARG(prefetch_far),
        CLRELU_ARRAY(a->p->x),
        CLRELU_ARRAY(a->p->alpha),
        CLRELU_ARRAY(a->out),
        CLRELU_ARG_IF(plan->direct.span > 0, plan->direct),
    };
    return clrelu_set_args(kernel, CLRELU_ARGS(args));
}

/* sums is the workspace if there is a final reduction.  Else it is dalpha: a
 * partial is written like the sums of one block. */
static clrelu_status set_backward_args(clrelu_kernel *kernel,
                                       const clrelu_plan *plan,
                                       const arguments *a, clrelu_buffer sums)
{
    const bool dx = plan->key.dx, dalpha = plan->key.dalpha;
    const cl_uint mode = find_mode(a), non_temporal = plan->non_temporal,
                  prefetch_far = plan->prefetch_far;
    const cl_ulong count = plan->alphas;
    const clrelu_arg args[] = {
        CLRELU_ARG(plan->tiling),
        CLRELU_FIRST_GROUP,
        CLRELU_ARRAY(a->p->x),
        CLRELU_ARRAY(a->p->dy),
        CLRELU_ARG_IF(dx, non_temporal),
        CLRELU_ARG_IF(dx, prefetch_far),
        CLRELU_ARRAY_IF(dx, a->p->alpha),
        CLRELU_ARRAY_IF(dx, a->out),
        CLRELU_ARRAY_IF(dalpha, sums),
        CLRELU_ARG_IF(dalpha, count),
        CLRELU_ARG_IF(dalpha, mode),
        CLRELU_ARRAY_IF(dalpha, a->p->dalpha),
        CLRELU_ARG_IF(plan->direct.span > 0, plan->direct),
    };
    return clrelu_set_args(kernel, CLRELU_ARGS(args));
}

static clrelu_status set_reduce_args(clrelu_kernel *kernel,
                                     const clrelu_plan *plan,
                                     const arguments *a, clrelu_buffer sums)
{
    const cl_ulong count = plan->alphas;
    const cl_uint mode = find_mode(a);
    const clrelu_arg args[] = {
        CLRELU_ARRAY(sums),
        CLRELU_ARG(count),
        CLRELU_ARG(plan->tiling.blocks),
        CLRELU_ARG(plan->reduce_span),
        CLRELU_ARG(mode),
        CLRELU_ARRAY(a->p->dalpha),
    };
    return clrelu_set_args(kernel, CLRELU_ARGS(args));
}

/* Acquires and sets up both kernels before the first command is enqueued. */
static clrelu_status launch(const clrelu_call *call, const arguments *a,
                            const clrelu_plan *plan, clrelu_buffer workspace)
{
    clrelu_kernel *pass = NULL, *reduce = NULL;
    const clrelu_buffer sums = plan->reduce_groups ? workspace : a->p->dalpha;
    clrelu_status status =
        clrelu_kernel_acquire(call->context, &plan->key, plan->kernel, &pass);

    if (!status)
        status = a->backward ? set_backward_args(pass, plan, a, sums)
                             : set_forward_args(pass, plan, a);
    if (!status && plan->reduce_groups)
        status = clrelu_kernel_acquire(call->context, &plan->key,
                                       CLRELU_KERNEL_PRELU_REDUCE, &reduce);
    if (!status && plan->reduce_groups)
        status = set_reduce_args(reduce, plan, a, sums);
    if (!status) {
        const clrelu_launch launches[] = {
            {pass, plan->groups, plan->group_size},
            {reduce, plan->reduce_groups, plan->group_size},
        };
        status = clrelu_enqueue(call, launches, plan->reduce_groups ? 2 : 1);
    }
    clrelu_kernel_release(call->context, reduce);
    clrelu_kernel_release(call->context, pass);
    return status;
}

static clrelu_status run(const clrelu_call *call, arguments *a)
{
    const clrelu_prelu *p = a->p;
    clrelu_merged_shape merged;
    clrelu_plan plan;
    clrelu_buffer workspace = {0};
    cl_mem owned = NULL;
    spans s;
    clrelu_status status = check(call, a, &merged, &s);

    CLRELU_TRACE(clrelu_trace_prelu(p));
    if (status)
        return status;
    if (merged.n > 0) {
        clrelu_plan_prelu(&call->context->params, p->dtype, a->alpha_dtype,
                          a->backward && wants_out(a), wants_dalpha(a),
                          p->flags & CLRELU_ACCUMULATE_DX, &merged, &plan);
        CLRELU_TRACE(clrelu_trace_bytes(plan.bytes_read + plan.bytes_written));
        /* In place the output's lines are read anyway. */
        if (clrelu_in_place(a->out, p->x) ||
            (a->backward && clrelu_in_place(a->out, p->dy)))
            plan.non_temporal = false;
        status = get_workspace(call, a, plan.workspace_bytes, &s, &workspace,
                               &owned);
    }
    if (!status)
        status = check_overlaps(&s);
    if (!status)
        status = merged.n > 0 ? launch(call, a, &plan, workspace)
                              : write_empty(call, a, &merged);
    /* Enqueued commands keep a reference until they have run. */
    if (owned)
        clReleaseMemObject(owned);
    return status;
}

clrelu_status clrelu_prelu_forward(clrelu_context *context,
                                   const clrelu_exec *exec,
                                   const clrelu_prelu *call)
{
    const clrelu_call where = {context, exec};
    arguments a = {.p = call, .out = call ? call->y : (clrelu_buffer){0}};

    CLRELU_TRACE(clrelu_trace_begin(__func__));
    return clrelu_traced(run(&where, &a));
}

clrelu_status clrelu_prelu_backward(clrelu_context *context,
                                    const clrelu_exec *exec,
                                    const clrelu_prelu *call)
{
    const clrelu_call where = {context, exec};
    arguments a = {.p = call,
                   .out = call ? call->dx : (clrelu_buffer){0},
                   .backward = true};

    CLRELU_TRACE(clrelu_trace_begin(__func__));
    return clrelu_traced(run(&where, &a));
}

clrelu_status clrelu_prelu_backward_partial(clrelu_context *context,
                                            const clrelu_exec *exec,
                                            const clrelu_prelu *call)
{
    const clrelu_call where = {context, exec};
    arguments a = {.p = call,
                   .out = call ? call->dx : (clrelu_buffer){0},
                   .backward = true,
                   .partial = true};

    CLRELU_TRACE(clrelu_trace_begin(__func__));
    return clrelu_traced(run(&where, &a));
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
