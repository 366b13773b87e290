/* prelu.c - the operation whose alpha is an array
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/status.h"
#include "base/types.h"
#include "core/check.h"
#include "core/launch.h"
#include "plan/plan.h"

/* How dalpha is stored; must match the kernels. */
enum { SET, ADD, PARTIAL };

/* Of either direction.  Forward has y in the place of dx. */
typedef struct arguments {
    clrelu_dtype dtype, alpha_dtype;
    unsigned flags;
    clrelu_buffer x, alpha, dy, dx, dalpha, workspace;
    bool backward;
} arguments;

static const unsigned DALPHA_FLAGS =
    CLRELU_ACCUMULATE_DALPHA | CLRELU_PARTIAL_DALPHA;

static bool is_partial(const arguments *a)
{
    return (a->flags & CLRELU_PARTIAL_DALPHA) != 0;
}

static cl_uint dalpha_mode(const arguments *a)
{
    if (is_partial(a))
        return PARTIAL;
    return a->flags & CLRELU_ACCUMULATE_DALPHA ? ADD : SET;
}

/* Bytes of an element. */
static size_t dalpha_size(const arguments *a)
{
    return is_partial(a) ? clrelu_compute_size(a->dtype)
                         : clrelu_dtype_size(a->alpha_dtype);
}

static uint64_t dalpha_count(const arguments *a,
                             const clrelu_merged_shape *merged)
{
    return is_partial(a) ? 2 * merged->alphas : merged->alphas;
}

static bool wants_dx(const arguments *a)
{
    return a->dx.mem != NULL || !a->backward;
}

static clrelu_status check_outputs(const arguments *a)
{
    if (!a->backward)
        return CLRELU_OK;
    if (!a->dx.mem && !a->dalpha.mem)
        return clrelu_fail(CLRELU_INVALID_NULL,
                           "dx and dalpha: mem is NULL in both, at least one "
                           "output must be given");
    if ((a->flags & CLRELU_ACCUMULATE_DX) && !a->dx.mem)
        return clrelu_fail(CLRELU_INVALID_FLAGS,
                           "flags has CLRELU_ACCUMULATE_DX, but dx's mem is "
                           "NULL");
    if ((a->flags & DALPHA_FLAGS) == DALPHA_FLAGS)
        return clrelu_fail(CLRELU_INVALID_FLAGS,
                           "flags has CLRELU_ACCUMULATE_DALPHA and "
                           "CLRELU_PARTIAL_DALPHA, must have one at most");
    if ((a->flags & DALPHA_FLAGS) && !a->dalpha.mem)
        return clrelu_fail(CLRELU_INVALID_FLAGS,
                           "flags has CLRELU_%s_DALPHA, but dalpha's mem is "
                           "NULL",
                           is_partial(a) ? "PARTIAL" : "ACCUMULATE");
    return CLRELU_OK;
}

static unsigned output_access(unsigned flags, unsigned accumulate)
{
    return CLRELU_WRITE | (flags & accumulate ? CLRELU_READ : 0u);
}

typedef struct spans {
    clrelu_span x, alpha, dy, dx, dalpha, workspace;
} spans;

static clrelu_status find_spans(const clrelu_call *call, const arguments *a,
                                const clrelu_merged_shape *merged, spans *s)
{
    const size_t size = clrelu_dtype_size(a->dtype);
    const size_t alpha_size = clrelu_dtype_size(a->alpha_dtype);
    clrelu_status status = CLRELU_OK;

    memset(s, 0, sizeof(*s));
    if (merged->n > 0) {
        status = clrelu_check_buffer(call, "x", a->x, size, merged->n,
                                     CLRELU_READ, &s->x);
        if (!status && wants_dx(a))
            status =
                clrelu_check_buffer(call, "alpha", a->alpha, alpha_size,
                                    merged->alphas, CLRELU_READ, &s->alpha);
        if (!status && a->backward)
            status = clrelu_check_buffer(call, "dy", a->dy, size, merged->n,
                                         CLRELU_READ, &s->dy);
        if (!status && wants_dx(a))
            status = clrelu_check_buffer(
                call, a->backward ? "dx" : "y", a->dx, size, merged->n,
                output_access(a->flags, CLRELU_ACCUMULATE_DX), &s->dx);
    }
    if (!status && a->dalpha.mem && merged->alphas > 0)
        status = clrelu_check_buffer(
            call, "dalpha", a->dalpha, dalpha_size(a), dalpha_count(a, merged),
            output_access(a->flags, CLRELU_ACCUMULATE_DALPHA), &s->dalpha);
    return status;
}

static clrelu_status check_overlaps(const spans *s)
{
    const struct {
        const clrelu_span *output, *other;
        bool same;
    } pairs[] = {
        {&s->dx, &s->x, true},          {&s->dx, &s->dy, true},
        {&s->dx, &s->alpha, false},     {&s->dalpha, &s->x, false},
        {&s->dalpha, &s->dy, false},    {&s->dalpha, &s->alpha, false},
        {&s->dalpha, &s->dx, false},    {&s->workspace, &s->x, false},
        {&s->workspace, &s->dy, false}, {&s->workspace, &s->alpha, false},
        {&s->workspace, &s->dx, false}, {&s->workspace, &s->dalpha, false},
    };
    clrelu_status status = CLRELU_OK;

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]) && !status; i++)
        if (pairs[i].output->root && pairs[i].other->root)
            status = clrelu_check_disjoint(pairs[i].output, pairs[i].other,
                                           pairs[i].same);
    return status;
}

static clrelu_status check(const clrelu_call *call, arguments *a,
                           const clrelu_shape *shape,
                           clrelu_merged_shape *merged, spans *s)
{
    clrelu_status status = clrelu_check_call(call);

    if (!status)
        status = clrelu_check_dtype(call->context, a->dtype);
    if (!status)
        status = clrelu_merge_shape(shape, merged);
    if (!status)
        status = clrelu_check_alpha_dtype(a->dtype, shape, &a->alpha_dtype);
    if (!status)
        status =
            clrelu_check_flags(a->flags, CLRELU_ACCUMULATE_DX | DALPHA_FLAGS);
    if (!status)
        status = check_outputs(a);
    if (!status)
        status = find_spans(call, a, merged, s);
    return status;
}

/* The caller's workspace, or a new buffer, then also returned in owned. */
static clrelu_status get_workspace(const clrelu_call *call, const arguments *a,
                                   uint64_t bytes, spans *s,
                                   clrelu_buffer *workspace, cl_mem *owned)
{
    cl_int error;

    *workspace = a->workspace;
    if (bytes == 0)
        return CLRELU_OK;
    if (workspace->mem && workspace->offset % 8 != 0)
        return clrelu_fail(CLRELU_INVALID_BUFFER,
                           "workspace: offset is %zu bytes, must be a multiple "
                           "of 8",
                           workspace->offset);
    if (workspace->mem)
        return clrelu_check_buffer(call, "workspace", *workspace, 1, bytes,
                                   CLRELU_READ | CLRELU_WRITE, &s->workspace);
    *owned = clCreateBuffer(call->context->context, CL_MEM_READ_WRITE,
                            (size_t)bytes, NULL, &error);
    *workspace = (clrelu_buffer){*owned, 0};
    return error ? clrelu_fail_cl(error, "clCreateBuffer for the workspace")
                 : CLRELU_OK;
}

/* For an empty x: dalpha is 0. */
static clrelu_status write_empty(const clrelu_call *call, const arguments *a,
                                 const clrelu_merged_shape *merged)
{
    const size_t size = dalpha_size(a);
    const cl_uchar zero = 0; /* 0.0 in every type */
    cl_int error;

    if (!a->dalpha.mem || merged->alphas == 0 ||
        (a->flags & CLRELU_ACCUMULATE_DALPHA))
        return clrelu_enqueue_nothing(call);
    error = clEnqueueFillBuffer(call->queue, a->dalpha.mem, &zero, sizeof(zero),
                                a->dalpha.offset * size,
                                (size_t)dalpha_count(a, merged) * size,
                                call->wait_count, call->wait_list, call->event);
    return error ? clrelu_fail_cl(error, "clEnqueueFillBuffer") : CLRELU_OK;
}

static clrelu_status set_forward_args(clrelu_kernel *kernel,
                                      const clrelu_plan *plan,
                                      const arguments *a)
{
    const cl_uint non_temporal = plan->non_temporal,
                  prefetch_far = plan->prefetch_far;
    const cl_ulong x_offset = a->x.offset, alpha_offset = a->alpha.offset,
                   y_offset = a->dx.offset;
    const clrelu_arg args[] = {
        CLRELU_ARG(plan->tiling),
        CLRELU_FIRST_GROUP,
        CLRELU_ARG(non_temporal),
        CLRELU_ARG(prefetch_far),
        CLRELU_ARG(a->x.mem),
        CLRELU_ARG(x_offset),
        CLRELU_ARG(a->alpha.mem),
        CLRELU_ARG(alpha_offset),
        CLRELU_ARG(a->dx.mem),
        CLRELU_ARG(y_offset),
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
    const cl_uint mode = dalpha_mode(a), non_temporal = plan->non_temporal,
                  prefetch_far = plan->prefetch_far;
    const cl_ulong x_offset = a->x.offset, dy_offset = a->dy.offset,
                   alpha_offset = a->alpha.offset, dx_offset = a->dx.offset,
                   dalpha_offset = a->dalpha.offset, sums_offset = sums.offset,
                   count = plan->alphas;
    const clrelu_arg args[] = {
        CLRELU_ARG(plan->tiling),
        CLRELU_FIRST_GROUP,
        CLRELU_ARG(a->x.mem),
        CLRELU_ARG(x_offset),
        CLRELU_ARG(a->dy.mem),
        CLRELU_ARG(dy_offset),
        CLRELU_ARG_IF(dx, non_temporal),
        CLRELU_ARG_IF(dx, prefetch_far),
        CLRELU_ARG_IF(dx, a->alpha.mem),
        CLRELU_ARG_IF(dx, alpha_offset),
        CLRELU_ARG_IF(dx, a->dx.mem),
        CLRELU_ARG_IF(dx, dx_offset),
        CLRELU_ARG_IF(dalpha, sums.mem),
        CLRELU_ARG_IF(dalpha, sums_offset),
        CLRELU_ARG_IF(dalpha, count),
        CLRELU_ARG_IF(dalpha, mode),
        CLRELU_ARG_IF(dalpha, a->dalpha.mem),
        CLRELU_ARG_IF(dalpha, dalpha_offset),
        CLRELU_ARG_IF(plan->direct.span > 0, plan->direct),
    };
    return clrelu_set_args(kernel, CLRELU_ARGS(args));
}

static clrelu_status set_reduce_args(clrelu_kernel *kernel,
                                     const clrelu_plan *plan,
                                     const arguments *a, clrelu_buffer sums)
{
    const cl_ulong count = plan->alphas, dalpha_offset = a->dalpha.offset,
                   sums_offset = sums.offset;
    const cl_uint mode = dalpha_mode(a);
    const clrelu_arg args[] = {
        CLRELU_ARG(sums.mem),
        CLRELU_ARG(sums_offset),
        CLRELU_ARG(count),
        CLRELU_ARG(plan->tiling.blocks),
        CLRELU_ARG(plan->reduce_span),
        CLRELU_ARG(mode),
        CLRELU_ARG(a->dalpha.mem),
        CLRELU_ARG(dalpha_offset),
    };
    return clrelu_set_args(kernel, CLRELU_ARGS(args));
}

/* Acquires and sets up both kernels before the first command is enqueued. */
static clrelu_status launch(const clrelu_call *call, const arguments *a,
                            const clrelu_plan *plan, clrelu_buffer workspace)
{
    clrelu_kernel *pass = NULL, *reduce = NULL;
    /* The workspace's offset is in bytes, that of sums in elements. */
    const clrelu_buffer elements = {
        workspace.mem, workspace.offset / clrelu_compute_size(a->dtype)};
    const clrelu_buffer sums = plan->reduce_groups ? elements : a->dalpha;
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

static clrelu_status run(const clrelu_call *call, arguments *a,
                         const clrelu_shape *shape)
{
    clrelu_merged_shape merged;
    clrelu_plan plan;
    clrelu_buffer workspace = {NULL, 0};
    cl_mem owned = NULL;
    spans s;
    clrelu_status status = check(call, a, shape, &merged, &s);

    if (status)
        return status;
    if (merged.n > 0) {
        clrelu_plan_prelu(&call->context->params, a->dtype, a->alpha_dtype,
                          a->backward && a->dx.mem, a->dalpha.mem != NULL,
                          a->flags & CLRELU_ACCUMULATE_DX, &merged, &plan);
        /* In place the output's lines are read anyway. */
        if (clrelu_in_place(a->dx, a->x) || clrelu_in_place(a->dx, a->dy))
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
                                   cl_command_queue queue, clrelu_dtype dtype,
                                   const clrelu_shape *shape, clrelu_buffer x,
                                   clrelu_buffer alpha, clrelu_buffer y,
                                   cl_uint wait_count,
                                   const cl_event *wait_list, cl_event *event)
{
    const clrelu_call call = {context, queue, wait_count, wait_list, event};
    arguments a = {.dtype = dtype, .x = x, .alpha = alpha, .dx = y};

    return run(&call, &a, shape);
}

clrelu_status clrelu_prelu_backward(clrelu_context *context,
                                    cl_command_queue queue, clrelu_dtype dtype,
                                    const clrelu_shape *shape, unsigned flags,
                                    clrelu_buffer x, clrelu_buffer alpha,
                                    clrelu_buffer dy, clrelu_buffer dx,
                                    clrelu_buffer dalpha,
                                    clrelu_buffer workspace, cl_uint wait_count,
                                    const cl_event *wait_list, cl_event *event)
{
    const clrelu_call call = {context, queue, wait_count, wait_list, event};
    arguments a = {.dtype = dtype,
                   .flags = flags,
                   .x = x,
                   .alpha = alpha,
                   .dy = dy,
                   .dx = dx,
                   .dalpha = dalpha,
                   .workspace = workspace,
                   .backward = true};

    return run(&call, &a, shape);
}

clrelu_status clrelu_prelu_workspace(clrelu_dtype dtype,
                                     const clrelu_shape *shape, size_t *bytes)
{
    clrelu_merged_shape merged;
    clrelu_tiling tiling;
    clrelu_status status = clrelu_check_dtype(NULL, dtype);

    if (!status && !bytes)
        status = clrelu_fail(CLRELU_INVALID_NULL, "bytes is NULL");
    if (!status)
        status = clrelu_merge_shape(shape, &merged);
    if (status)
        return status;
    *bytes = 0;
    if (merged.n > 0) {
        clrelu_tiling_make(&merged, true, 0, false, &tiling);
        *bytes = (size_t)clrelu_tiling_workspace(&tiling, dtype, merged.alphas);
    }
    return CLRELU_OK;
}
