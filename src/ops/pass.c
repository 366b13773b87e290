/* pass.c - the kernels of a chain or of PReLU
 * SPDX-License-Identifier: MIT */
#include "ops/pass.h"

#include "base/types.h"
#include "core/trace.h"
#include "ops/pass_prelu.h"
#include "ops/sum_partials.h"

/* How a sum is stored; must match the kernels. */
typedef enum sum_mode { SET, ADD, PARTIAL } sum_mode;

/* A pass with its plan, and its workspace: the blocks' sums, then dalpha's of
 * all columns. */
typedef struct task {
    const clrelu_pass *p;
    const clrelu_plan *plan;
    clrelu_buffer workspace;
} task;

static bool has(const clrelu_pass *p, clrelu_pass_array id)
{
    return clrelu_pass_has(p, id);
}

/* ------------------------------------------------------------------ plan -- */

/* The array of each element's output. */
static clrelu_pass_array first_output(const clrelu_pass *p)
{
    if (!p->backward)
        return CLRELU_PASS_Y;
    return p->is_double && !has(p, CLRELU_PASS_DX) ? CLRELU_PASS_DDY
                                                   : CLRELU_PASS_DX;
}

/* ... and of another one. */
static clrelu_pass_array second_output(const clrelu_pass *p)
{
    if (!p->backward)
        return CLRELU_PASS_Z;
    return p->is_double ? CLRELU_PASS_DDY : CLRELU_PASS_DRESIDUAL;
}

static unsigned find_parts(const clrelu_pass *p)
{
    static const struct {
        clrelu_pass_array id;
        unsigned part;
    } of_arrays[] = {
        {CLRELU_PASS_SCALE, CLRELU_PART_SCALE},
        {CLRELU_PASS_BIAS, CLRELU_PART_BIAS},
        {CLRELU_PASS_RESIDUAL, CLRELU_PART_RESIDUAL},
        {CLRELU_PASS_DBIAS, CLRELU_PART_DBIAS},
        {CLRELU_PASS_DSCALE, CLRELU_PART_DSCALE},
        {CLRELU_PASS_DDX, CLRELU_PART_DDX},
        {CLRELU_PASS_DDSCALE, CLRELU_PART_DDSCALE},
        {CLRELU_PASS_DDBIAS, CLRELU_PART_DDBIAS},
        {CLRELU_PASS_DDALPHA, CLRELU_PART_DDALPHA},
    };
    const clrelu_pass_array second = second_output(p);
    unsigned parts = (p->backward ? CLRELU_PART_BACKWARD : 0u) |
                     (p->is_double ? CLRELU_PART_DOUBLE : 0u);

    for (size_t i = 0; i < sizeof(of_arrays) / sizeof(of_arrays[0]); i++)
        if (has(p, of_arrays[i].id))
            parts |= of_arrays[i].part;
    if (p->chain.op == CLRELU_PRELU)
        parts |= clrelu_pass_has_one_alpha(p) ? CLRELU_PART_ONE_ALPHA
                                              : CLRELU_PART_ALPHAS;
    if (has(p, CLRELU_PASS_DDY) && !has(p, CLRELU_PASS_DX))
        parts |= CLRELU_PART_DDY;
    if (has(p, second) && first_output(p) != second)
        parts |= CLRELU_PART_SECOND;
    if (clrelu_pass_accumulates(p, second))
        parts |= CLRELU_PART_ADD_SECOND;
    return parts;
}

void clrelu_pass_plan(const clrelu_device_params *params, const clrelu_pass *p,
                      clrelu_plan *plan)
{
    const bool dx = p->backward && has(p, first_output(p)),
               mask = has(p, CLRELU_PASS_MASK);
    const clrelu_program_key key = {
        .op = p->chain.op,
        .dtype = p->chain.dtype,
        .alpha_dtype = p->alpha_dtype,
        .dx = dx,
        .dalpha = has(p, CLRELU_PASS_DALPHA),
        .accumulate = dx && clrelu_pass_accumulates(p, first_output(p)),
        .from_output = p->from_output,
        .parts = p->is_prelu ? 0 : find_parts(p),
        .kind = mask          ? CLRELU_PROGRAM_MASK
                : p->is_prelu ? CLRELU_PROGRAM_ACTIVATION
                              : CLRELU_PROGRAM_CHAIN};

    if (mask)
        clrelu_plan_prelu_mask(params, &key, &p->merged, plan);
    else
        clrelu_plan_chain(params, &key, &p->merged, plan);
    clrelu_plan_layout(params, &p->layout, plan);
}

uint64_t clrelu_pass_launches(const clrelu_plan *plan)
{
    return clrelu_launch_count(plan->groups, plan->group_size) +
           plan->sums *
               clrelu_launch_count(plan->reduce_groups, plan->group_size) +
           plan->reduce_alphas + plan->divides;
}

size_t clrelu_pass_workspace(const clrelu_pass *p)
{
    /* No value of them changes it. */
    const clrelu_device_params params = {.group = 1,
                                         .vector = 1,
                                         .prelu_vector = 1,
                                         .tasks = 1,
                                         .compute_units = 1};
    clrelu_plan plan;

    if (p->merged.n == 0)
        return 0;
    clrelu_pass_plan(&params, p, &plan);
    return (size_t)plan.workspace_bytes / clrelu_compute_size(p->chain.dtype);
}

/* ---------------------------------------------------------------- launch -- */

/* dalpha's sums of all columns, where they are not dalpha yet. */
static clrelu_buffer columns_of(const task *t)
{
    const clrelu_plan *plan = t->plan;
    clrelu_buffer b = t->workspace;

    if (plan->reduce_groups)
        b.offset +=
            (size_t)(plan->sums * 2 * plan->tiling.blocks * plan->alphas);
    return b;
}

/* Where a sum goes at first, and how. */
static clrelu_buffer find_output(const task *t, clrelu_pass_array id,
                                 cl_uint *mode)
{
    *mode = clrelu_pass_accumulates(t->p, id) ? ADD : SET;
    if (id == CLRELU_PASS_DALPHA &&
        (t->plan->reduce_alphas || t->plan->divides)) {
        *mode = PARTIAL;
        return columns_of(t);
    }
    if (t->p->partial)
        *mode = PARTIAL;
    return *clrelu_pass_buffer(t->p, id);
}

/* The array, or x: arguments that are not used must be valid, too. */
static const clrelu_buffer *buffer_or_x(const clrelu_pass *p,
                                        clrelu_pass_array id)
{
    return clrelu_pass_buffer(p, has(p, id) ? id : CLRELU_PASS_X);
}

static const clrelu_pass_array sum_ids[] = {
    CLRELU_PASS_DALPHA, CLRELU_PASS_DBIAS, CLRELU_PASS_DSCALE};
enum { SUM_IDS = sizeof(sum_ids) / sizeof(sum_ids[0]) };

/* The outputs of the sums, and the modes of those that there are: two bits
 * each. */
static cl_uint find_outputs(const task *t, clrelu_buffer outputs[SUM_IDS])
{
    cl_uint modes = 0, mode;
    unsigned count = 0;

    for (unsigned i = 0; i < SUM_IDS; i++) {
        outputs[i] = *buffer_or_x(t->p, CLRELU_PASS_X);
        if (!has(t->p, sum_ids[i]))
            continue;
        outputs[i] = find_output(t, sum_ids[i], &mode);
        modes |= mode << 2 * count++;
    }
    return modes;
}

/* OpenCL takes 1024 bytes of arguments. */
static size_t tiling_size(const clrelu_plan *plan)
{
    return plan->key.strided ? offsetof(clrelu_tiling, group) +
                                   CLRELU_STRIDED_GROUPS * sizeof(cl_ulong)
                             : sizeof(plan->tiling);
}

static clrelu_status add_pass(clrelu_batch *batch, const task *t)
{
    const clrelu_pass *p = t->p;
    const clrelu_chain *c = &p->chain;
    const clrelu_plan *plan = t->plan;
    const unsigned two = CLRELU_PART_RESIDUAL | CLRELU_PART_SECOND;
    const bool chain = !p->is_prelu, sums = plan->sums > 0,
               wide = c->dtype == CLRELU_FLOAT64,
               stores = !p->backward || plan->key.dx, arrays = chain || stores;
    const bool has_dy = p->backward || (plan->key.parts & two);
    const cl_uint non_temporal = stores && plan->non_temporal,
                  prefetch_far = plan->prefetch_far;
    const cl_ulong count = plan->alphas;
    const cl_double gain64 = c->gain != 0 ? c->gain : 1, scalar64 = c->scalar;
    const cl_float gain = (cl_float)gain64, scalar = (cl_float)scalar64;
    const clrelu_buffer *dy =
        buffer_or_x(p, p->backward ? CLRELU_PASS_DY : CLRELU_PASS_RESIDUAL);
    const clrelu_buffer *out = buffer_or_x(p, first_output(p));
    const clrelu_buffer *second = buffer_or_x(p, second_output(p));
    const clrelu_buffer *alpha = buffer_or_x(p, CLRELU_PASS_ALPHA);
    const clrelu_buffer *scale = buffer_or_x(p, CLRELU_PASS_SCALE);
    const clrelu_buffer *bias = buffer_or_x(p, CLRELU_PASS_BIAS);
    clrelu_buffer outputs[SUM_IDS];
    const cl_uint modes = sums ? find_outputs(t, outputs) : 0;
    const clrelu_buffer *workspace =
        plan->reduce_groups ? &t->workspace : &outputs[0];
    const clrelu_arg args[] = {
        {tiling_size(plan), &plan->tiling, CLRELU_ARG_VALUE},
        CLRELU_FIRST_GROUP,
        CLRELU_ARRAY(c->x),
        CLRELU_ARRAY_IF(has_dy, *dy),
        CLRELU_ARG_IF(arrays, non_temporal),
        CLRELU_ARG_IF(arrays, prefetch_far),
        CLRELU_ARRAY_IF(arrays, *alpha),
        CLRELU_ARRAY_IF(arrays, *out),
        CLRELU_ARG_IF(chain && wide, gain64),
        CLRELU_ARG_IF(chain && !wide, gain),
        CLRELU_ARG_IF(chain && wide, scalar64),
        CLRELU_ARG_IF(chain && !wide, scalar),
        CLRELU_ARRAY_IF(chain, *scale),
        CLRELU_ARRAY_IF(chain, *bias),
        CLRELU_ARRAY_IF(chain, *second),
        CLRELU_ARRAY_IF(p->is_double, *buffer_or_x(p, CLRELU_PASS_DDX)),
        CLRELU_ARRAY_IF(p->is_double, *buffer_or_x(p, CLRELU_PASS_DDSCALE)),
        CLRELU_ARRAY_IF(p->is_double, *buffer_or_x(p, CLRELU_PASS_DDBIAS)),
        CLRELU_ARRAY_IF(p->is_double, *buffer_or_x(p, CLRELU_PASS_DDALPHA)),
        CLRELU_ARRAY_IF(sums, *workspace),
        CLRELU_ARG_IF(sums, count),
        CLRELU_ARG_IF(sums, modes),
        CLRELU_ARRAY_IF(sums, outputs[0]),
        CLRELU_ARRAY_IF(sums && chain, outputs[1]),
        CLRELU_ARRAY_IF(sums && chain, outputs[2]),
        CLRELU_ARG_IF(plan->direct.span > 0, plan->direct),
        CLRELU_ARG_IF(plan->key.strided, plan->layout),
    };

    return clrelu_batch_add(batch, &plan->key, plan->kernel, plan->groups,
                            CLRELU_ARGS(args));
}

/* The final reduction of [2][blocks][count] sums into out. */
static clrelu_status add_reduction(clrelu_batch *batch, const task *t,
                                   clrelu_buffer sums, cl_ulong blocks,
                                   cl_ulong count, cl_uint mode,
                                   clrelu_buffer out)
{
    const clrelu_plan *plan = t->plan;
    const bool one = count == 1;
    const cl_ulong span =
        one ? clrelu_program_vector(&batch->context->params, &plan->key)
            : plan->reduce_span;
    const clrelu_arg args[] = {
        CLRELU_ARRAY(sums), CLRELU_ARG(count), CLRELU_ARG(blocks),
        CLRELU_ARG(span),   CLRELU_ARG(mode),  CLRELU_ARRAY(out),
    };

    return clrelu_batch_add(batch, &plan->key,
                            t->p->is_prelu ? CLRELU_KERNEL_PRELU_REDUCE
                                           : CLRELU_KERNEL_CHAIN_REDUCE,
                            one ? 1 : plan->reduce_groups, CLRELU_ARGS(args));
}

/* One for each sum, as far as one work-group does not see all of it; then what
 * makes dalpha of a partial of all columns. */
static clrelu_status add_reductions(clrelu_batch *batch, const task *t)
{
    const clrelu_plan *plan = t->plan;
    clrelu_buffer sums = t->workspace;
    clrelu_status status = CLRELU_OK;
    cl_uint mode;

    for (unsigned i = 0; i < SUM_IDS && plan->reduce_groups && !status; i++) {
        if (!has(t->p, sum_ids[i]))
            continue;
        const clrelu_buffer out = find_output(t, sum_ids[i], &mode);
        status = add_reduction(batch, t, sums, plan->tiling.blocks,
                               plan->alphas, mode, out);
        sums.offset += (size_t)(2 * plan->tiling.blocks * plan->alphas);
    }
    if (status || !(plan->reduce_alphas || plan->divides))
        return status;
    mode = t->p->partial                                       ? PARTIAL
           : clrelu_pass_accumulates(t->p, CLRELU_PASS_DALPHA) ? ADD
                                                               : SET;
    if (plan->divides)
        return clrelu_pass_add_division(batch, t->p, plan, columns_of(t), mode);
    return add_reduction(batch, t, columns_of(t), plan->alphas, 1, mode,
                         t->p->chain.dalpha);
}

/* In place the output's lines are read anyway. */
static bool is_in_place(const clrelu_pass *p)
{
    const clrelu_chain *c = &p->chain;
    const clrelu_buffer out = *clrelu_pass_buffer(p, first_output(p));

    return clrelu_in_place(out, c->x) ||
           clrelu_in_place(out, p->backward ? c->dy : c->residual) ||
           (p->is_double && clrelu_in_place(out, p->second.ddx));
}

clrelu_status clrelu_pass_add(clrelu_batch *batch, const clrelu_pass *p,
                              clrelu_plan *plan)
{
    task t = {p, plan, p->chain.workspace};
    clrelu_status status = CLRELU_OK;

    if (is_in_place(p))
        plan->non_temporal = false;
    if (has(p, CLRELU_PASS_MASK))
        return clrelu_pass_add_mask(batch, p, plan);
    if (plan->workspace_bytes > 0 && !clrelu_is_given(t.workspace)) {
        t.workspace = (clrelu_buffer){0};
        status = clrelu_batch_scratch(batch, plan->workspace_bytes,
                                      &t.workspace.mem);
    }
    if (!status)
        status = add_pass(batch, &t);
    return status ? status : add_reductions(batch, &t);
}

/* For an empty x: sums are 0, the sum of no partials. */
static clrelu_status add_empty(clrelu_batch *batch, const clrelu_pass *p)
{
    const clrelu_dtype compute =
        p->chain.dtype == CLRELU_FLOAT64 ? CLRELU_FLOAT64 : CLRELU_FLOAT32;
    clrelu_status status = CLRELU_OK;

    for (unsigned i = 0; i < SUM_IDS && !status; i++)
        if (has(p, sum_ids[i]) && !clrelu_pass_accumulates(p, sum_ids[i]))
            status = clrelu_sum_partials_add(
                batch, p->partial ? compute : p->alpha_dtype, 0,
                (size_t)clrelu_pass_sum_count(p, sum_ids[i]),
                (clrelu_buffer){0}, *clrelu_pass_buffer(p, sum_ids[i]));
    return status;
}

clrelu_status clrelu_pass_run(const clrelu_call *call, const clrelu_pass *p)
{
    clrelu_batch batch;
    clrelu_plan plan;
    clrelu_status status = clrelu_pass_check_flags(p);

    if (status)
        return status;
    /* Not all of both: a call takes a microsecond. */
    batch.context = call->context;
    batch.count = batch.scratch_count = 0;
    plan.workspace_bytes = 0;
    if (p->merged.n > 0) {
        clrelu_pass_plan(&call->context->params, p, &plan);
        CLRELU_TRACE(clrelu_trace_bytes(plan.bytes_read + plan.bytes_written));
    }
    status = clrelu_pass_check_arrays(call, p, plan.workspace_bytes);
    if (!status)
        status = p->merged.n > 0 ? clrelu_pass_add(&batch, p, &plan)
                                 : add_empty(&batch, p);
    return clrelu_batch_finish(call, &batch, status);
}
