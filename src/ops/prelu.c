/* prelu.c - the operation whose alpha is an array
 * SPDX-License-Identifier: MIT */
#include "base/status.h"
#include "core/check.h"
#include "core/launch.h"
#include "plan/plan.h"

/* What becomes of dalpha, as in cl/prelu.cl. */
enum { SET, ADD, PARTIAL };

/* A call of either direction; forward calls its output dx. */
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

/* Bytes of what the kernels compute in. */
static size_t real_size(const arguments *a)
{
    return a->dtype == CLRELU_FLOAT64 ? sizeof(cl_double) : sizeof(cl_float);
}

static size_t dalpha_size(const arguments *a)
{
    return is_partial(a) ? real_size(a) : clrelu_dtype_size(a->alpha_dtype);
}

static uint64_t dalpha_count(const arguments *a,
                             const clrelu_merged_shape *chain)
{
    return is_partial(a) ? 2 * chain->alphas : chain->alphas;
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

/* Spans of the arguments that take part; an absent one has no root, and so
 * overlaps nothing. */
typedef struct spans {
    clrelu_span x, alpha, dy, dx, dalpha, workspace;
} spans;

static clrelu_status find_spans(const clrelu_call *call, const arguments *a,
                                const clrelu_merged_shape *chain, spans *s)
{
    const size_t size = clrelu_dtype_size(a->dtype);
    const size_t alpha_size = clrelu_dtype_size(a->alpha_dtype);
    clrelu_status status = CLRELU_OK;

    *s = (spans){{0}, {0}, {0}, {0}, {0}, {0}};
    if (chain->n > 0) {
        status = clrelu_check_buffer(call, "x", a->x, size, chain->n,
                                     CLRELU_READ, &s->x);
        if (!status && wants_dx(a))
            status = clrelu_check_buffer(call, "alpha", a->alpha, alpha_size,
                                         chain->alphas, CLRELU_READ, &s->alpha);
        if (!status && a->backward)
            status = clrelu_check_buffer(call, "dy", a->dy, size, chain->n,
                                         CLRELU_READ, &s->dy);
        if (!status && wants_dx(a))
            status = clrelu_check_buffer(
                call, a->backward ? "dx" : "y", a->dx, size, chain->n,
                output_access(a->flags, CLRELU_ACCUMULATE_DX), &s->dx);
    }
    if (!status && a->dalpha.mem && chain->alphas > 0)
        status = clrelu_check_buffer(
            call, "dalpha", a->dalpha, dalpha_size(a), dalpha_count(a, chain),
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
                           clrelu_merged_shape *chain, spans *s)
{
    clrelu_status status = clrelu_check_call(call);

    if (!status)
        status = clrelu_check_dtype(call->context, a->dtype);
    if (!status)
        status = clrelu_merge_shape(shape, chain);
    if (!status)
        status = clrelu_check_alpha_dtype(a->dtype, shape, &a->alpha_dtype);
    if (!status)
        status =
            clrelu_check_flags(a->flags, CLRELU_ACCUMULATE_DX | DALPHA_FLAGS);
    if (!status)
        status = check_outputs(a);
    if (!status)
        status = find_spans(call, a, chain, s);
    return status;
}

/* The caller's workspace checked, or a new one to be released. */
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

/* An empty sum is 0. */
static clrelu_status write_empty(const clrelu_call *call, const arguments *a,
                                 const clrelu_merged_shape *chain)
{
    const size_t size = dalpha_size(a);
    const cl_uchar zero = 0; /* in every type */
    cl_int error;

    if (!a->dalpha.mem || chain->alphas == 0 ||
        (a->flags & CLRELU_ACCUMULATE_DALPHA))
        return clrelu_enqueue_nothing(call);
    error = clEnqueueFillBuffer(call->queue, a->dalpha.mem, &zero, sizeof(zero),
                                a->dalpha.offset * size,
                                (size_t)dalpha_count(a, chain) * size,
                                call->wait_count, call->wait_list, call->event);
    return error ? clrelu_fail_cl(error, "clEnqueueFillBuffer") : CLRELU_OK;
}

static clrelu_status set_forward_args(clrelu_kernel *kernel,
                                      const clrelu_plan *plan,
                                      const arguments *a)
{
    const cl_ulong first = 0, x_offset = a->x.offset,
                   alpha_offset = a->alpha.offset, y_offset = a->dx.offset;
    const clrelu_arg args[] = {
        CLRELU_ARG(plan->tiling), CLRELU_ARG(first),
        CLRELU_ARG(plan->stream), CLRELU_ARG(a->x.mem),
        CLRELU_ARG(x_offset),     CLRELU_ARG(a->alpha.mem),
        CLRELU_ARG(alpha_offset), CLRELU_ARG(a->dx.mem),
        CLRELU_ARG(y_offset),     CLRELU_ARG(plan->direct),
    };
    return clrelu_set_args(kernel, args, plan->direct.span > 0 ? 10 : 9);
}

/* sums takes the workspace if there is a finish, else dalpha, which a partial
 * is written to as the sums of one block. */
static clrelu_status set_backward_args(clrelu_kernel *kernel,
                                       const clrelu_plan *plan,
                                       const arguments *a, clrelu_buffer sums)
{
    const cl_ulong sums_offset = sums.offset;
    const cl_ulong first = 0, x_offset = a->x.offset, dy_offset = a->dy.offset,
                   alpha_offset = a->alpha.offset, dx_offset = a->dx.offset,
                   dalpha_offset = a->dalpha.offset, count = plan->alphas;
    const cl_uint mode = dalpha_mode(a);
    clrelu_arg args[17] = {
        CLRELU_ARG(plan->tiling), CLRELU_ARG(first),     CLRELU_ARG(a->x.mem),
        CLRELU_ARG(x_offset),     CLRELU_ARG(a->dy.mem), CLRELU_ARG(dy_offset),
    };
    const clrelu_arg dx_args[] = {
        CLRELU_ARG(plan->stream), CLRELU_ARG(a->alpha.mem),
        CLRELU_ARG(alpha_offset), CLRELU_ARG(a->dx.mem),
        CLRELU_ARG(dx_offset),
    };
    const clrelu_arg dalpha_args[] = {
        CLRELU_ARG(sums.mem),      CLRELU_ARG(sums_offset),
        CLRELU_ARG(count),         CLRELU_ARG(mode),
        CLRELU_ARG(a->dalpha.mem), CLRELU_ARG(dalpha_offset),
    };
    cl_uint used = 6;

    for (unsigned i = 0; plan->key.dx && i < 5; i++)
        args[used++] = dx_args[i];
    for (unsigned i = 0; plan->key.dalpha && i < 6; i++)
        args[used++] = dalpha_args[i];
    if (plan->direct.span > 0)
        args[used++] = CLRELU_ARG(plan->direct);
    return clrelu_set_args(kernel, args, used);
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
    return clrelu_set_args(kernel, args, sizeof(args) / sizeof(args[0]));
}

/* Everything that can fail is done before the first command is enqueued. */
static clrelu_status launch(const clrelu_call *call, const arguments *a,
                            const clrelu_plan *plan, clrelu_buffer workspace)
{
    clrelu_kernel *pass = NULL, *finish = NULL;
    /* In reals. */
    const clrelu_buffer sums =
        plan->reduce_groups
            ? (clrelu_buffer){workspace.mem, workspace.offset / real_size(a)}
            : a->dalpha;
    clrelu_status status =
        clrelu_kernel_acquire(call->context, &plan->key, plan->kernel, &pass);

    if (!status)
        status = a->backward ? set_backward_args(pass, plan, a, sums)
                             : set_forward_args(pass, plan, a);
    if (!status && plan->reduce_groups)
        status = clrelu_kernel_acquire(call->context, &plan->key,
                                       CLRELU_KERNEL_PRELU_REDUCE, &finish);
    if (!status && plan->reduce_groups)
        status = set_reduce_args(finish, plan, a, sums);
    if (!status) {
        const clrelu_launch launches[] = {
            {pass, plan->groups, plan->group_size, 1},
            {finish, plan->reduce_groups, plan->group_size, -1},
        };
        status = clrelu_enqueue(call, launches, plan->reduce_groups ? 2 : 1);
    }
    clrelu_kernel_release(call->context, finish);
    clrelu_kernel_release(call->context, pass);
    return status;
}

static clrelu_status run(const clrelu_call *call, arguments *a,
                         const clrelu_shape *shape)
{
    clrelu_merged_shape chain;
    clrelu_plan plan;
    clrelu_buffer workspace = {NULL, 0};
    cl_mem owned = NULL;
    spans s;
    clrelu_status status = check(call, a, shape, &chain, &s);

    if (status)
        return status;
    if (chain.n > 0) {
        clrelu_plan_prelu(&call->context->params, a->dtype, a->alpha_dtype,
                          a->backward && a->dx.mem, a->dalpha.mem != NULL,
                          a->flags & CLRELU_ACCUMULATE_DX, &chain, &plan);
        /* In place the lines are read anyway. */
        if (clrelu_in_place(a->dx, a->x) || clrelu_in_place(a->dx, a->dy))
            plan.stream = 0;
        status = get_workspace(call, a, plan.workspace_bytes, &s, &workspace,
                               &owned);
    }
    if (!status)
        status = check_overlaps(&s);
    if (!status)
        status = chain.n > 0 ? launch(call, a, &plan, workspace)
                             : write_empty(call, a, &chain);
    /* The commands that use it keep it until they have run. */
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
    const clrelu_buffer none = {NULL, 0};
    arguments a = {dtype, dtype, 0, x, alpha, none, y, none, none, false};

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
    arguments a = {dtype, dtype, flags,  x,         alpha,
                   dy,    dx,    dalpha, workspace, true};

    return run(&call, &a, shape);
}

clrelu_status clrelu_prelu_workspace(clrelu_dtype dtype,
                                     const clrelu_shape *shape, size_t *bytes)
{
    clrelu_merged_shape chain;
    clrelu_tiling tiling;
    clrelu_status status = clrelu_check_dtype(NULL, dtype);

    if (!status && !bytes)
        status = clrelu_fail(CLRELU_INVALID_NULL, "bytes is NULL");
    if (!status)
        status = clrelu_merge_shape(shape, &chain);
    if (status)
        return status;
    *bytes = 0;
    if (chain.n > 0) {
        clrelu_tiling_make(&chain, true, 0, false, &tiling);
        *bytes = (size_t)clrelu_tiling_workspace(&tiling, dtype, chain.alphas);
    }
    return CLRELU_OK;
}
