/* dense_pass.c - what stands between a dense layer's matrix products
 * SPDX-License-Identifier: MIT */
#include "ops/dense_pass.h"

enum {
    WIDTH = 1024,         /* as in cl/dense.cl                               */
    VECTOR = 16,          /* the widest access                               */
    TASKS = 512,          /* enough work-groups for the largest devices      */
    MAX_GROUPS = 1 << 20, /* within one launch, whatever their size          */
    TASK_PACKS = 32,      /* packs that repay the sums of a work-group       */
    GPU_ELEMENTS = 4096,  /* elements that repay a work-group without sums   */
    CPU_ELEMENTS = 65536  /* ... beyond which it only spoils the balance     */
};

/* The twin of struct walk in cl/dense.cl. */
typedef struct walk {
    cl_ulong columns, elements, pack, packs, block, tiles;
} walk;

static uint64_t ceil_div(uint64_t a, uint64_t b)
{
    return a / b + (a % b != 0);
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Rows that are a pack: a whole number of vectors, if there is one. */
static uint64_t pack_rows(uint64_t rows, uint64_t columns)
{
    const uint64_t max = columns < WIDTH ? WIDTH / columns : 1;
    uint64_t step = VECTOR;

    while (step > 1 && columns * step / 2 % VECTOR == 0)
        step /= 2;
    return min_u64(max < step ? max : max / step * step, rows);
}

/* Nothing here may depend on the device: the sums follow it. */
static walk make_walk(const clrelu_dense *d)
{
    const uint64_t rows = pack_rows(d->rows, d->outputs);
    walk t = {.columns = d->outputs, .elements = d->rows * d->outputs};

    t.pack = rows * t.columns;
    t.packs = ceil_div(d->rows, rows);
    t.tiles = ceil_div(t.pack, WIDTH);
    return t;
}

static void make_blocks(walk *t, uint64_t task_packs, uint64_t max)
{
    t->block = ceil_div(t->packs, min_u64(ceil_div(t->packs, task_packs), max));
}

static uint64_t count_blocks(const walk *t)
{
    return ceil_div(t->packs, t->block);
}

static clrelu_program_key make_key(const clrelu_dense *d, bool dalpha)
{
    return (clrelu_program_key){.op = d->op,
                                .dtype = CLRELU_FLOAT32,
                                .dalpha = dalpha,
                                .kind = CLRELU_PROGRAM_DENSE};
}

/* A store past the caches saves the read of the line it overwrites. */
static bool past_caches(const clrelu_context *context, uint64_t elements)
{
    const uint64_t cache = context->params.non_temporal_bytes;

    return cache > 0 && elements > cache / sizeof(float);
}

/* Of a pass without sums, which may depend on the device. */
static uint64_t task_elements(const clrelu_context *context, uint64_t elements)
{
    const clrelu_device_params *params = &context->params;
    const uint64_t share = elements / (4 * params->compute_units);

    if (params->group > 1 || share < GPU_ELEMENTS)
        return GPU_ELEMENTS;
    return min_u64(share, CPU_ELEMENTS);
}

clrelu_status clrelu_dense_forward_add(clrelu_batch *batch,
                                       const clrelu_dense *dense,
                                       const clrelu_dense_arrays *a)
{
    const clrelu_program_key key = make_key(dense, false);
    walk t = make_walk(dense);
    const cl_float scalar = (cl_float)dense->scalar;
    /* Something valid where there is no alpha. */
    const clrelu_buffer alpha = a->alpha.mem ? a->alpha : a->b;
    const clrelu_buffer z = a->z.mem ? a->z : a->y;
    const cl_uint keep = a->z.mem != NULL;
    const cl_uint stream = past_caches(batch->context, t.elements * (2 + keep));
    const cl_ulong alphas = dense->alphas, alpha_offset = alpha.offset,
                   b_offset = a->b.offset, z_offset = z.offset,
                   y_offset = a->y.offset;
    make_blocks(&t, ceil_div(task_elements(batch->context, t.elements), t.pack),
                MAX_GROUPS);
    const clrelu_arg args[] = {
        CLRELU_ARG(t),         CLRELU_ARG(scalar),
        CLRELU_ARG(alpha.mem), CLRELU_ARG(alpha_offset),
        CLRELU_ARG(alphas),    CLRELU_ARG(a->b.mem),
        CLRELU_ARG(b_offset),  CLRELU_ARG(keep),
        CLRELU_ARG(stream),    CLRELU_ARG(z.mem),
        CLRELU_ARG(z_offset),  CLRELU_ARG(a->y.mem),
        CLRELU_ARG(y_offset),
    };

    return clrelu_batch_add(batch, &key, CLRELU_KERNEL_DENSE_FORWARD,
                            count_blocks(&t), args, 13);
}

static clrelu_status add_pass(clrelu_batch *batch, const clrelu_dense *dense,
                              const clrelu_program_key *key, const walk *t,
                              const clrelu_dense_arrays *a, cl_mem sums)
{
    const cl_float scalar = (cl_float)dense->scalar;
    const clrelu_buffer alpha = a->alpha.mem ? a->alpha : a->z;
    const cl_uint stream = past_caches(batch->context, 3 * t->elements);
    const cl_ulong alphas = dense->alphas, alpha_offset = alpha.offset,
                   z_offset = a->z.offset, dy_offset = a->dy.offset,
                   dz_offset = a->dz.offset,
                   half_sums = count_blocks(t) * t->pack;
    const clrelu_arg args[] = {
        CLRELU_ARG(*t),           CLRELU_ARG(scalar),    CLRELU_ARG(alpha.mem),
        CLRELU_ARG(alpha_offset), CLRELU_ARG(alphas),    CLRELU_ARG(stream),
        CLRELU_ARG(a->z.mem),     CLRELU_ARG(z_offset),  CLRELU_ARG(a->dy.mem),
        CLRELU_ARG(dy_offset),    CLRELU_ARG(a->dz.mem), CLRELU_ARG(dz_offset),
        CLRELU_ARG(sums),         CLRELU_ARG(half_sums),
    };

    return clrelu_batch_add(batch, key, CLRELU_KERNEL_DENSE_BACKWARD,
                            t->tiles * count_blocks(t), args, 14);
}

/* Adds up the blocks' packs at sums, and then the pack's rows; one alpha's sum
 * is that of a pack of rows of one element. */
static clrelu_status add_sums(clrelu_batch *batch,
                              const clrelu_program_key *key, const walk *t,
                              clrelu_buffer sums, uint64_t count,
                              bool accumulate, clrelu_buffer out)
{
    clrelu_buffer pack = {NULL, 0};
    clrelu_status status;

    if (t->pack == count)
        return clrelu_batch_sum_rows(batch, key, sums, count_blocks(t), count,
                                     false, accumulate, out);
    status =
        clrelu_batch_scratch(batch, 2 * t->pack * sizeof(float), &pack.mem);
    if (!status)
        status = clrelu_batch_sum_rows(batch, key, sums, count_blocks(t),
                                       t->pack, true, false, pack);
    if (!status)
        status = clrelu_batch_sum_rows(batch, key, pack, t->pack / count, count,
                                       false, accumulate, out);
    return status;
}

clrelu_status clrelu_dense_backward_add(clrelu_batch *batch,
                                        const clrelu_dense *dense,
                                        unsigned flags,
                                        const clrelu_dense_arrays *a)
{
    const bool dalpha = a->dalpha.mem != NULL;
    const clrelu_program_key key = make_key(dense, dalpha);
    walk t = make_walk(dense);
    clrelu_buffer sums = {NULL, 0};
    clrelu_status status;

    make_blocks(&t, TASK_PACKS, ceil_div(TASKS, min_u64(t.tiles, TASKS)));
    const uint64_t half_sums = count_blocks(&t) * t.pack;
    status = clrelu_batch_scratch(
        batch, (dalpha ? 4 : 2) * half_sums * sizeof(float), &sums.mem);
    if (!status)
        status = add_pass(batch, dense, &key, &t, a, sums.mem);
    if (!status)
        status = add_sums(batch, &key, &t, sums, t.columns,
                          flags & CLRELU_ACCUMULATE_DW, a->db);
    sums.offset = (size_t)(2 * half_sums);
    if (!status && dalpha)
        status = add_sums(batch, &key, &t, sums, dense->alphas,
                          flags & CLRELU_ACCUMULATE_DALPHA, a->dalpha);
    return status;
}
