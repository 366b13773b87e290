/* plan.c - which kernel, which work sizes, how many bytes
 * SPDX-License-Identifier: MIT */
#include "plan/plan.h"

#include <string.h>

enum {
    MIN_SPAN = 8192,   /* elements that repay a work-group of one work-item */
    NEAR_SPAN = 32768, /* ... and to wake another core, from its own cache */
    SPAN_STEP = 64,    /* whole vectors of cl/wide.cl, and lines of a cache */
    TASKS_OF_CORE = 8,
    REDUCE_STEPS = 16,
    FOLD = 32,                      /* as in cl/finish.cl */
    NON_TEMPORAL_SHARE = 32u << 20, /* bytes, for each core */
    CORE_BYTES = 2u << 20           /* in a core's own cache */
};

static uint64_t round_up(uint64_t a, uint64_t step)
{
    return (a + step - 1) / step * step;
}

static uint64_t clamp(uint64_t a, uint64_t min, uint64_t max)
{
    if (a < min)
        return min;
    return a > max ? max : a;
}

/* The rest of the cache is others', or of what comes next; and a virtual
 * machine of few cores is told of the cache of the whole processor. */
uint64_t clrelu_plan_non_temporal_bytes(uint64_t cache, unsigned compute_units)
{
    const uint64_t share = (uint64_t)NON_TEMPORAL_SHARE * compute_units;

    return cache / 2 < share ? cache / 2 : share;
}

/* A plain store reads the line it overwrites; past the caches it does not, but
 * then the next reader waits for memory. */
static cl_uint choose_non_temporal(const clrelu_device_params *t,
                                   const clrelu_plan *plan)
{
    const bool past =
        t->non_temporal_bytes > 0 &&
        plan->bytes_read + plan->bytes_written > t->non_temporal_bytes;

    return past ? 1u + t->prefetch_far : 0;
}

/* Twice as many accesses of 16 bits, which are of half the bytes, and again
 * where cl/flat.cl does not read two vectors at once. */
static uint64_t choose_team_span(const clrelu_device_params *t,
                                 const clrelu_program_key *key)
{
    const bool is_short = clrelu_dtype_size(key->dtype) == 2;
    const unsigned more = is_short ? 1u + (key->op == CLRELU_PRELU) : 0;
    const unsigned work = t->work << more;

    return (uint64_t)t->group * clrelu_program_vector(t, key) * work;
}

/* What the cores' own caches hold is best where it was before. */
static bool is_near(const clrelu_device_params *t, uint64_t bytes)
{
    return t->group == 1 && bytes <= (uint64_t)CORE_BYTES * t->compute_units;
}

/* PoCL gives the first core that asks half of the work-groups, or its share,
 * then the next: if they are odd in number that core ends last, and is the
 * first to ask for the next kernel's. */
static uint64_t near_groups(uint64_t n)
{
    return n / NEAR_SPAN | 1;
}

static uint64_t choose_span(const clrelu_device_params *t, uint64_t n,
                            uint64_t bytes)
{
    const uint64_t groups = near_groups(n);
    const uint64_t span = is_near(t, bytes) ? (n + groups - 1) / groups
                                            : clamp(n / (4 * t->compute_units),
                                                    MIN_SPAN, t->work);

    return round_up(span, SPAN_STEP);
}

void clrelu_plan_elementwise(const clrelu_device_params *t, clrelu_op op,
                             clrelu_dtype dtype, bool backward, bool accumulate,
                             uint64_t n, clrelu_plan *plan)
{
    const uint64_t bytes = n * clrelu_dtype_size(dtype);
    const uint64_t inputs = backward ? 2u + accumulate : 1u;

    memset(plan, 0, sizeof(*plan));
    plan->key.op = op;
    plan->key.dtype = dtype;
    plan->key.accumulate = accumulate;
    plan->kernel = backward ? CLRELU_KERNEL_BACKWARD : CLRELU_KERNEL_FORWARD;
    plan->group_size = t->group;
    plan->bytes_read = inputs * bytes;
    plan->bytes_written = bytes;
    plan->span = t->group > 1 ? choose_team_span(t, &plan->key)
                              : choose_span(t, n, (inputs + 1) * bytes);
    plan->groups = (n + plan->span - 1) / plan->span;
    plan->stream = choose_non_temporal(t, plan);
}

/* Vectors of alphas that a team adds side by side: the more of its work-items
 * an alpha's blocks keep busy, the fewer; and no more than give each compute
 * unit its share. */
static unsigned reduce_vectors(const clrelu_device_params *t,
                               const clrelu_plan *plan)
{
    const uint64_t vector = clrelu_program_vector(t, &plan->key);
    const uint64_t share = plan->alphas / (vector * t->compute_units) + 1;
    uint64_t lanes = 1;

    while (lanes < plan->tiling.blocks && lanes < FOLD &&
           lanes < plan->group_size)
        lanes *= 2;
    const uint64_t max = plan->group_size / lanes;
    return (unsigned)(share < max ? share : max);
}

static void plan_reduce(const clrelu_device_params *t, clrelu_plan *plan)
{
    const unsigned vectors =
        t->group > 1 ? reduce_vectors(t, plan) : REDUCE_STEPS;

    plan->workspace_bytes =
        clrelu_tiling_workspace(&plan->tiling, plan->key.dtype, plan->alphas);
    if (plan->workspace_bytes == 0)
        return;
    plan->reduce_span =
        (cl_ulong)vectors * clrelu_program_vector(t, &plan->key);
    plan->reduce_groups =
        (plan->alphas + plan->reduce_span - 1) / plan->reduce_span;
}

/* Tiles that are neighbours in memory are read as one, if each core is left
 * some tasks to choose from. */
static uint64_t choose_strip(const clrelu_device_params *t,
                             const clrelu_plan *plan)
{
    const uint64_t min = (uint64_t)TASKS_OF_CORE * t->compute_units;
    uint64_t strip = plan->tiling.tiles;

    if (!plan->stream)
        return 1;
    if (strip > CLRELU_STRIP)
        strip = CLRELU_STRIP;
    while (strip > 1 && plan->groups / strip < min)
        strip--;
    return strip;
}

static void take_strips(const clrelu_device_params *t, clrelu_plan *plan)
{
    clrelu_tiling *tiling = &plan->tiling;
    const uint64_t strip = choose_strip(t, plan);

    tiling->strip = strip;
    plan->groups =
        (tiling->tiles + strip - 1) / strip * tiling->keeps * tiling->blocks;
}

/* A GPU finds alphas faster than it walks. */
static void plan_walk(const clrelu_device_params *t,
                      const clrelu_merged_shape *chain, clrelu_plan *plan)
{
    clrelu_tiling *tiling = &plan->tiling;

    if (plan->key.dalpha || t->group == 1) {
        clrelu_tiling_make(chain, plan->key.dalpha, t->tasks, plan->stream,
                           tiling);
        if (!plan->key.dalpha && tiling->tiles == 1 &&
            is_near(t, plan->bytes_read + plan->bytes_written))
            clrelu_tiling_cut(tiling, near_groups(chain->n));
        plan->groups = tiling->tiles * tiling->keeps * tiling->blocks;
        if (plan->key.dalpha && t->group == 1)
            take_strips(t, plan);
        return;
    }
    clrelu_direct_make(chain, choose_team_span(t, &plan->key),
                       clrelu_program_vector(t, &plan->key), tiling,
                       &plan->direct);
    plan->groups = (chain->n + plan->direct.span - 1) / plan->direct.span;
}

void clrelu_plan_prelu(const clrelu_device_params *t, clrelu_dtype dtype,
                       clrelu_dtype alpha_dtype, bool dx, bool dalpha,
                       bool accumulate, const clrelu_merged_shape *chain,
                       clrelu_plan *plan)
{
    const bool forward = !dx && !dalpha;
    const uint64_t inputs = forward ? 1 : 2u + (dx && accumulate);
    const uint64_t bytes = chain->n * clrelu_dtype_size(dtype);
    const uint64_t alpha_bytes = chain->alphas * clrelu_dtype_size(alpha_dtype);

    memset(plan, 0, sizeof(*plan));
    plan->key = (clrelu_program_key){CLRELU_PRELU,
                                     dtype,
                                     alpha_dtype,
                                     dx,
                                     dalpha,
                                     dx && accumulate,
                                     CLRELU_PROGRAM_ACTIVATION};
    plan->kernel =
        forward ? CLRELU_KERNEL_PRELU_FORWARD : CLRELU_KERNEL_PRELU_BACKWARD;
    plan->group_size = clrelu_program_group(t, &plan->key);
    plan->alphas = chain->alphas;
    plan->bytes_read = inputs * bytes + (forward || dx ? alpha_bytes : 0);
    plan->bytes_written =
        (forward || dx ? bytes : 0) + (dalpha ? alpha_bytes : 0);
    plan->stream = choose_non_temporal(t, plan);
    plan_walk(t, chain, plan);
    if (dalpha)
        plan_reduce(t, plan);
}
