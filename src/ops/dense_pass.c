/* dense_pass.c - the element-wise pass between a dense layer's products
 * SPDX-License-Identifier: MIT */
#include "ops/dense_pass.h"

#include "base/integer.h"
#include "base/limits.h"

enum {
    WIDTH = 1024,        /* max columns of a tile; must match cl/dense.cl */
    VECTOR = 16,         /* max elements of an access */
    TASKS = 512,         /* work-groups that the largest devices hold */
    TASK_PACKS = 32,     /* packs that repay the sums of a work-group */
    MIN_ELEMENTS = 4096, /* elements that repay a work-group without sums */
    MAX_ELEMENTS = 65536 /* ... of a CPU, for the load balance */
};

/* z as packs: whole rows, together at most WIDTH elements, or one longer row in
 * tiles.  Must match the struct in cl/dense.cl. */
typedef struct packs {
    cl_ulong columns, elements; /* of z */
    cl_ulong pack;              /* elements of a pack */
    cl_ulong count;             /* packs */
    cl_ulong block;             /* packs of a work-group */
    cl_ulong tiles;             /* of a pack */
} packs;

/* Rows of a pack: a whole number of vectors, if possible. */
static uint64_t pack_rows(uint64_t rows, uint64_t columns)
{
    const uint64_t max = columns < WIDTH ? WIDTH / columns : 1;
    uint64_t step = VECTOR;

    while (step > 1 && columns * step / 2 % VECTOR == 0)
        step /= 2;
    return min_u64(max < step ? max : max / step * step, rows);
}

/* May not depend on the device: it is the order of the sums. */
static packs make_packs(const clrelu_dense *d)
{
    const uint64_t rows = pack_rows(d->rows, d->outputs);
    packs p = {.columns = d->outputs, .elements = d->rows * d->outputs};

    p.pack = rows * p.columns;
    p.count = ceil_div(d->rows, rows);
    p.tiles = ceil_div(p.pack, WIDTH);
    return p;
}

/* Blocks of task_packs packs, but at most max blocks. */
static void make_blocks(packs *p, uint64_t task_packs, uint64_t max)
{
    p->block = ceil_div(p->count, min_u64(ceil_div(p->count, task_packs), max));
}

static uint64_t count_blocks(const packs *p)
{
    return ceil_div(p->count, p->block);
}

static clrelu_program_key make_key(const clrelu_dense *d, bool dalpha)
{
    return (clrelu_program_key){.op = d->op,
                                .dtype = CLRELU_FLOAT32,
                                .dalpha = dalpha,
                                .kind = CLRELU_PROGRAM_DENSE};
}

/* Above the limit a non-temporal store saves reading the line it overwrites. */
static bool is_non_temporal(const clrelu_context *context, uint64_t elements)
{
    const uint64_t bytes = context->params.non_temporal_bytes;

    return bytes > 0 && elements > bytes / sizeof(float);
}

/* Elements of a work-group without sums, which may depend on the device. */
static uint64_t task_elements(const clrelu_context *context, uint64_t elements)
{
    const clrelu_device_params *p = &context->params;
    const uint64_t share = elements / (4 * p->compute_units);

    return p->group > 1 ? MIN_ELEMENTS
                        : min_u64(max_u64(share, MIN_ELEMENTS), MAX_ELEMENTS);
}

static packs plan_forward(const clrelu_context *context, const clrelu_dense *d)
{
    packs p = make_packs(d);

    make_blocks(&p, ceil_div(task_elements(context, p.elements), p.pack),
                CLRELU_MAX_GROUPS);
    return p;
}

static packs plan_backward(const clrelu_dense *d)
{
    packs p = make_packs(d);

    make_blocks(&p, TASK_PACKS, ceil_div(TASKS, min_u64(p.tiles, TASKS)));
    return p;
}

/* Elements that the pass reads or writes. */
static uint64_t count_moved(const packs *p, const clrelu_dense *d,
                            bool backward)
{
    return p->elements * (backward || clrelu_is_given(d->z) ? 3 : 2);
}

/* Launches that sum the pass's partial sums to count columns. */
static unsigned count_sums(const packs *p, uint64_t count)
{
    return p->pack == count ? 1 : 2;
}

uint64_t clrelu_plan_dense(const clrelu_context *context, const clrelu_dense *d,
                           bool backward, clrelu_plan *plan)
{
    const bool prelu = d->op == CLRELU_PRELU, dalpha = backward && prelu;
    const packs p = backward ? plan_backward(d) : plan_forward(context, d);
    const uint64_t columns = p.columns + (prelu ? d->alpha_count : 0);
    const uint64_t half_sums = count_blocks(&p) * p.pack;
    const uint64_t inputs = backward ? 2 : 1;

    *plan = (clrelu_plan){
        .key = make_key(d, dalpha),
        .kernel = backward ? CLRELU_KERNEL_DENSE_BACKWARD
                           : CLRELU_KERNEL_DENSE_FORWARD,
        .group_size = context->params.group,
        .groups = count_blocks(&p) * (backward ? p.tiles : 1),
        .non_temporal = is_non_temporal(context, count_moved(&p, d, backward)),
        .bytes_read = (inputs * p.elements + columns) * sizeof(float),
        .bytes_written = (count_moved(&p, d, backward) - inputs * p.elements +
                          (backward ? columns : 0)) *
                         sizeof(float),
    };
    if (!backward)
        return 1;
    plan->workspace_bytes = (dalpha ? 4 : 2) * half_sums * sizeof(float);
    return 1 + count_sums(&p, p.columns) +
           (dalpha ? count_sums(&p, d->alpha_count) : 0);
}

clrelu_status clrelu_dense_forward_add(clrelu_batch *batch,
                                       const clrelu_dense *dense)
{
    const clrelu_program_key key = make_key(dense, false);
    const packs p = plan_forward(batch->context, dense);
    const cl_float scalar = (cl_float)dense->scalar;
    /* Arguments that are not used must be valid, too. */
    const clrelu_buffer alpha =
        clrelu_is_given(dense->alpha) ? dense->alpha : dense->b;
    const clrelu_buffer z = clrelu_is_given(dense->z) ? dense->z : dense->y;
    const cl_uint stores_z = clrelu_is_given(dense->z);
    const cl_uint non_temporal =
        is_non_temporal(batch->context, count_moved(&p, dense, false));
    const cl_ulong alphas = dense->alpha_count;
    const clrelu_arg args[] = {
        CLRELU_ARG(p),
        CLRELU_ARG(scalar),
        CLRELU_ARRAY(alpha),
        CLRELU_ARG(alphas),
        CLRELU_ARRAY(dense->b),
        CLRELU_ARG(stores_z),
        CLRELU_ARG(non_temporal),
        CLRELU_ARRAY(z),
        CLRELU_ARRAY(dense->y),
    };

    return clrelu_batch_add(batch, &key, CLRELU_KERNEL_DENSE_FORWARD,
                            count_blocks(&p), CLRELU_ARGS(args));
}

static clrelu_status add_pass(clrelu_batch *batch, const clrelu_dense *dense,
                              const clrelu_program_key *key, const packs *p,
                              cl_mem sums)
{
    const cl_float scalar = (cl_float)dense->scalar;
    const clrelu_buffer alpha =
        clrelu_is_given(dense->alpha) ? dense->alpha : dense->z;
    const cl_uint non_temporal =
        is_non_temporal(batch->context, count_moved(p, dense, true));
    const cl_ulong alphas = dense->alpha_count,
                   half_sums = count_blocks(p) * p->pack;
    const clrelu_arg args[] = {
        CLRELU_ARG(*p),           CLRELU_ARG(scalar),
        CLRELU_ARRAY(alpha),      CLRELU_ARG(alphas),
        CLRELU_ARG(non_temporal), CLRELU_ARRAY(dense->z),
        CLRELU_ARRAY(dense->dy),  CLRELU_ARRAY(dense->dz),
        CLRELU_ARG(sums),         CLRELU_ARG(half_sums),
    };

    return clrelu_batch_add(batch, key, CLRELU_KERNEL_DENSE_BACKWARD,
                            p->tiles * count_blocks(p), CLRELU_ARGS(args));
}

/* Sums the blocks' packs, then the rows of the pack, count columns each.  A
 * single alpha has one column. */
static clrelu_status add_sums(clrelu_batch *batch,
                              const clrelu_program_key *key, const packs *p,
                              clrelu_buffer sums, uint64_t count,
                              bool accumulate, clrelu_buffer out)
{
    clrelu_buffer pack = {0};
    clrelu_status status;

    if (count_sums(p, count) == 1)
        return clrelu_batch_sum_rows(batch, key, sums, count_blocks(p), count,
                                     false, accumulate, out);
    status =
        clrelu_batch_scratch(batch, 2 * p->pack * sizeof(float), &pack.mem);
    if (!status)
        status = clrelu_batch_sum_rows(batch, key, sums, count_blocks(p),
                                       p->pack, true, false, pack);
    if (!status)
        status = clrelu_batch_sum_rows(batch, key, pack, p->pack / count, count,
                                       false, accumulate, out);
    return status;
}

clrelu_status clrelu_dense_backward_add(clrelu_batch *batch,
                                        const clrelu_dense *dense)
{
    const bool dalpha = clrelu_is_given(dense->dalpha);
    const clrelu_program_key key = make_key(dense, dalpha);
    const packs p = plan_backward(dense);
    clrelu_buffer sums = {0};
    clrelu_status status;

    const uint64_t half_sums = count_blocks(&p) * p.pack;
    status = clrelu_batch_scratch(
        batch, (dalpha ? 4 : 2) * half_sums * sizeof(float), &sums.mem);
    if (!status)
        status = add_pass(batch, dense, &key, &p, sums.mem);
    if (!status)
        status = add_sums(batch, &key, &p, sums, p.columns,
                          dense->flags & CLRELU_ACCUMULATE_DW, dense->db);
    sums.offset = (size_t)(2 * half_sums);
    if (!status && dalpha)
        status =
            add_sums(batch, &key, &p, sums, dense->alpha_count,
                     dense->flags & CLRELU_ACCUMULATE_DALPHA, dense->dalpha);
    return status;
}
