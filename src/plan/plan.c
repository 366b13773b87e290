/* plan.c - kernel, work sizes, bytes and workspace of a call
 * SPDX-License-Identifier: MIT */
#include "plan/plan.h"

#include <string.h>

#include "base/integer.h"
#include "base/types.h"
#include "core/call.h"

enum {
    MIN_SPAN = 8192,    /* elements that repay a work-group of one work-item */
    L2_SPAN = 32768,    /* ... and that repay waking another core */
    SPAN_STEP = 64,     /* a multiple of all vectors and cache lines */
    MASK_UNIT = 8,      /* a GPU's, at least; must match cl/mask.cl */
    CORE_TASKS = 8,     /* tasks of a core that balance the load */
    REDUCE_STEPS = 16,  /* vectors of alphas of a work-group of one work-item */
    REDUCE_MAX = 32,    /* must match LANES in cl/prelu_reduce.cl */
    L2_BYTES = 2u << 20 /* of a core */
};

static uint64_t clamp(uint64_t a, uint64_t min, uint64_t max)
{
    return min_u64(max_u64(a, min), max);
}

/* An ordinary store reads the line that it overwrites.  A non-temporal store
 * does not, but the next reader then waits for memory: it pays for calls that
 * the caches cannot hold anyway. */
static void choose_stores(const clrelu_device_params *p, clrelu_plan *plan)
{
    plan->non_temporal =
        p->non_temporal_bytes > 0 &&
        plan->bytes_read + plan->bytes_written > p->non_temporal_bytes;
    plan->prefetch_far = plan->non_temporal && p->prefetch_far;
}

/* A 16-bit access has half the bytes: twice as many are in flight, and four
 * times where PReLU's kernel does not read two vectors at once. */
static uint64_t choose_gpu_span(const clrelu_device_params *p,
                                const clrelu_program_key *key)
{
    const bool is_short = clrelu_dtype_size(key->dtype) == 2;
    const unsigned shift = is_short ? 1u + (key->op == CLRELU_PRELU) : 0;

    return (uint64_t)p->group * clrelu_program_vector(p, key) *
           (p->gpu_accesses << shift);
}

/* Arrays in the cores' L2 caches should stay with the same cores. */
static bool fits_l2(const clrelu_device_params *p, uint64_t bytes)
{
    return p->group == 1 && bytes <= (uint64_t)L2_BYTES * p->compute_units;
}

/* PoCL gives the first core half of the work-groups, or its share, then the
 * next one.  With an odd number the first core ends last, and so is the first
 * again in the next kernel. */
static uint64_t l2_groups(uint64_t n)
{
    return n / L2_SPAN | 1;
}

static uint64_t choose_cpu_span(const clrelu_device_params *p, uint64_t n,
                                uint64_t bytes)
{
    const uint64_t span = fits_l2(p, bytes) ? ceil_div(n, l2_groups(n))
                                            : clamp(n / (4 * p->compute_units),
                                                    MIN_SPAN, p->cpu_span);

    return round_up(span, SPAN_STEP);
}

/* plan->key is set. */
static void plan_mask(const clrelu_device_params *p, uint64_t n,
                      clrelu_plan *plan)
{
    const clrelu_program_key *key = &plan->key;
    const uint64_t bytes = n * clrelu_dtype_size(key->dtype);
    const uint64_t mask = ceil_div(n, 32) * sizeof(cl_uint);
    const unsigned inputs = 1u + key->accumulate;

    plan->kernel = CLRELU_KERNEL_MASK_PASS;
    plan->group_size = p->group;
    plan->bytes_read = inputs * bytes + (key->dx ? mask : 0);
    plan->bytes_written = bytes + (key->dx ? 0 : mask);
    plan->span = p->group > 1
                     ? round_up(round_up(choose_gpu_span(p, key),
                                         (uint64_t)MASK_UNIT * p->group),
                                32)
                     : choose_cpu_span(p, n, (inputs + 1) * bytes);
    plan->groups = ceil_div(n, plan->span);
    choose_stores(p, plan);
}

void clrelu_plan_elementwise(const clrelu_device_params *p,
                             const clrelu_elementwise *call, bool backward,
                             clrelu_plan *plan)
{
    const uint64_t n = call->n, bytes = n * clrelu_dtype_size(call->dtype);
    const bool accumulate = call->flags & CLRELU_ACCUMULATE_DX;
    const uint64_t inputs = backward ? 2u + accumulate : 1u;

    memset(plan, 0, sizeof(*plan));
    plan->key.op = call->op;
    plan->key.dtype = call->dtype;
    plan->key.accumulate = accumulate;
    if (clrelu_is_given(call->mask)) {
        plan->key.kind = CLRELU_PROGRAM_MASK;
        plan->key.dx = backward;
        plan_mask(p, n, plan);
        return;
    }
    /* y > theta where x > theta: the program from x will do. */
    plan->key.from_output = (call->flags & CLRELU_FROM_OUTPUT) &&
                            call->op != CLRELU_THRESHOLDED_RELU;
    plan->kernel = backward ? CLRELU_KERNEL_BACKWARD : CLRELU_KERNEL_FORWARD;
    plan->group_size = p->group;
    plan->bytes_read = inputs * bytes;
    plan->bytes_written = bytes;
    plan->span = p->group > 1 ? choose_gpu_span(p, &plan->key)
                              : choose_cpu_span(p, n, (inputs + 1) * bytes);
    plan->groups = ceil_div(n, plan->span);
    choose_stores(p, plan);
}

/* Vectors of alphas of a GPU's work-group.  Fewer, the more work-items add the
 * blocks of one alpha, and no more than a compute unit's share of all. */
static unsigned reduce_vectors(const clrelu_device_params *p,
                               const clrelu_plan *plan)
{
    const uint64_t vector = clrelu_program_vector(p, &plan->key);
    const uint64_t share = plan->alphas / (vector * p->compute_units) + 1;
    uint64_t items = 1;

    while (items < plan->tiling.blocks && items < REDUCE_MAX &&
           items < plan->group_size)
        items *= 2;
    return (unsigned)min_u64(share, plan->group_size / items);
}

static void plan_reduce(const clrelu_device_params *p, clrelu_plan *plan)
{
    const unsigned vectors =
        p->group > 1 ? reduce_vectors(p, plan) : REDUCE_STEPS;

    plan->workspace_bytes =
        plan->sums *
        clrelu_tiling_workspace(&plan->tiling, plan->key.dtype, plan->alphas);
    if (plan->workspace_bytes == 0)
        return;
    plan->reduce_span =
        (cl_ulong)vectors * clrelu_program_vector(p, &plan->key);
    plan->reduce_groups = ceil_div(plan->alphas, plan->reduce_span);
}

/* Beyond the caches, neighbouring tiles are read as one as long as each core
 * has enough tasks. */
static uint64_t choose_strip(const clrelu_device_params *p,
                             const clrelu_plan *plan)
{
    const uint64_t min = (uint64_t)CORE_TASKS * p->compute_units;
    uint64_t strip = min_u64(plan->tiling.tiles, CLRELU_STRIP);

    if (!plan->non_temporal)
        return 1;
    while (strip > 1 && plan->groups / strip < min)
        strip--;
    return strip;
}

static void plan_rows(const clrelu_device_params *p,
                      const clrelu_merged_shape *merged, clrelu_plan *plan)
{
    clrelu_tiling *t = &plan->tiling;
    const bool sums = plan->sums > 0;

    clrelu_tiling_make(merged, sums, p->tasks, plan->non_temporal, t);
    if (!sums && t->tiles == 1 &&
        fits_l2(p, plan->bytes_read + plan->bytes_written))
        clrelu_tiling_cut(t, l2_groups(merged->n));
    plan->groups = t->tiles * t->outer_alphas * t->blocks;
    if (sums && p->group == 1) {
        t->strip = choose_strip(p, plan);
        plan->groups =
            ceil_div(t->tiles, t->strip) * t->outer_alphas * t->blocks;
    }
}

void clrelu_plan_prelu_mask(const clrelu_device_params *p,
                            const clrelu_program_key *key,
                            const clrelu_merged_shape *merged,
                            clrelu_plan *plan)
{
    memset(plan, 0, sizeof(*plan));
    plan->key = *key;
    plan_mask(p, merged->n, plan);
    plan->alphas = merged->alphas;
    plan->bytes_read += merged->alphas * clrelu_dtype_size(key->alpha_dtype);
    clrelu_direct_make(merged, plan->span, 1, &plan->tiling, &plan->direct);
}

static void plan_direct(const clrelu_device_params *p,
                        const clrelu_merged_shape *merged, clrelu_plan *plan)
{
    clrelu_direct_make(merged, choose_gpu_span(p, &plan->key),
                       clrelu_program_vector(p, &plan->key), &plan->tiling,
                       &plan->direct);
    plan->groups = ceil_div(merged->n, plan->direct.span);
}

/* Without arrays and sums that columns have of their own. */
static bool is_flat(const clrelu_program_key *key)
{
    return key->kind == CLRELU_PROGRAM_CHAIN &&
           !(key->parts &
             (CLRELU_PART_ALPHAS | CLRELU_PART_SCALE | CLRELU_PART_BIAS |
              CLRELU_PART_DBIAS | CLRELU_PART_DSCALE | CLRELU_PART_DDSCALE |
              CLRELU_PART_DDBIAS));
}

static void count_bytes(const clrelu_program_key *key,
                        const clrelu_merged_shape *merged, clrelu_plan *plan)
{
    const uint64_t bytes = merged->n * clrelu_dtype_size(key->dtype);
    const uint64_t alpha_bytes =
        merged->alphas * clrelu_dtype_size(key->alpha_dtype);
    const bool prelu = key->kind == CLRELU_PROGRAM_ACTIVATION;
    const bool backward =
        clrelu_program_has_dy(key) && !(key->parts & CLRELU_PART_RESIDUAL);
    const bool stores = !backward || key->dx;
    const unsigned inputs = 1u + clrelu_program_has_dy(key) +
                            (key->dx && key->accumulate) +
                            !!(key->parts & CLRELU_PART_ADD_SECOND) +
                            !!(key->parts & CLRELU_PART_DDX);
    const unsigned alphas = !!(key->parts & CLRELU_PART_ALPHAS);
    const unsigned arrays = alphas + !!(key->parts & CLRELU_PART_SCALE) +
                            !!(key->parts & CLRELU_PART_BIAS) +
                            !!(key->parts & CLRELU_PART_DDSCALE) +
                            !!(key->parts & CLRELU_PART_DDBIAS) +
                            (key->parts & CLRELU_PART_DDALPHA ? alphas : 0);

    plan->bytes_read = inputs * bytes + (prelu ? stores : arrays) * alpha_bytes;
    plan->bytes_written =
        ((unsigned)stores + !!(key->parts & CLRELU_PART_SECOND)) * bytes +
        plan->sums * alpha_bytes;
}

void clrelu_plan_chain(const clrelu_device_params *p,
                       const clrelu_program_key *key,
                       const clrelu_merged_shape *shape, clrelu_plan *plan)
{
    const bool prelu = key->kind == CLRELU_PROGRAM_ACTIVATION;
    const bool backward =
        key->dx || key->dalpha || (key->parts & CLRELU_PART_BACKWARD);
    const clrelu_merged_shape *merged = shape;
    clrelu_merged_shape flat;

    if (is_flat(key)) {
        flat = (clrelu_merged_shape){.n = shape->n,
                                     .alphas = 1,
                                     .count = 1,
                                     .size = {shape->n},
                                     .line = shape->line};
        merged = &flat;
    }
    memset(plan, 0, sizeof(*plan));
    plan->key = *key;
    plan->sums = clrelu_program_sums(key);
    plan->kernel = prelu      ? backward ? CLRELU_KERNEL_PRELU_BACKWARD
                                         : CLRELU_KERNEL_PRELU_FORWARD
                   : backward ? CLRELU_KERNEL_CHAIN_BACKWARD
                              : CLRELU_KERNEL_CHAIN_FORWARD;
    plan->group_size = clrelu_program_group(p, key);
    plan->alphas = merged->alphas;
    count_bytes(key, merged, plan);
    choose_stores(p, plan);
    if (plan->sums > 0 || p->group == 1)
        plan_rows(p, merged, plan);
    else
        plan_direct(p, merged, plan);
    if (plan->sums == 0)
        return;
    plan_reduce(p, plan);
    plan->reduce_alphas =
        key->dalpha && plan->alphas > 1 && (key->parts & CLRELU_PART_ONE_ALPHA);
    plan->divides = key->dalpha && key->from_output;
    if (plan->reduce_alphas || plan->divides)
        plan->workspace_bytes +=
            2 * plan->alphas * clrelu_compute_size(key->dtype);
}

void clrelu_plan_prelu(const clrelu_device_params *p, clrelu_dtype dtype,
                       clrelu_dtype alpha_dtype, bool dx, bool dalpha,
                       bool accumulate, const clrelu_merged_shape *merged,
                       clrelu_plan *plan)
{
    const clrelu_program_key key = {.op = CLRELU_PRELU,
                                    .dtype = dtype,
                                    .alpha_dtype = alpha_dtype,
                                    .dx = dx,
                                    .dalpha = dalpha,
                                    .accumulate = dx && accumulate,
                                    .kind = CLRELU_PROGRAM_ACTIVATION};

    clrelu_plan_chain(p, &key, merged, plan);
}

/* Of a GPU, whose work-items take a vector of a line each; span is of that many
 * elements. */
static void plan_units(const clrelu_device_params *p, clrelu_plan *plan,
                       cl_ulong *span)
{
    clrelu_layout *l = &plan->layout;
    const unsigned vector = clrelu_program_vector(p, &plan->key);

    l->parts = ceil_div(l->size[0], vector);
    l->units = l->n / l->size[0] * l->parts;
    *span /= vector;
    plan->groups = ceil_div(l->units, *span);
}

void clrelu_plan_layout(const clrelu_device_params *p,
                        const clrelu_layout *layout, clrelu_plan *plan)
{
    const uint64_t line = layout->size[0];

    if (layout->axes == 0)
        return;
    plan->layout = *layout;
    plan->key.strided = true;
    if (p->group > 1 && plan->span > 0) {
        plan_units(p, plan, &plan->span);
    } else if (plan->direct.span > 0) {
        plan_units(p, plan, &plan->direct.span);
    } else if (plan->span > line) {
        plan->span = plan->span / line * line;
        plan->groups = ceil_div(layout->n, plan->span);
    }
}
