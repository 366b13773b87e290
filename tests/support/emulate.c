/* emulate.c - the kernels' IEEE operations in plain C, one by one
 * SPDX-License-Identifier: MIT */
#include "emulate.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "order.h"
#include "storage.h"
#include "tap.h"

/* --- cl/exp.cl --- */

struct reduced {
    int n;
    float r, lost, tail;
};

static float tail_of(float r)
{
    static const float tail[] = {0x1.a1a2b8p-13f, 0x1.6d7598p-10f,
                                 0x1.11108ep-7f,  0x1.5554acp-5f,
                                 0x1.555556p-3f,  0.5f};
    float q = tail[0];

    for (int i = 1; i < 6; i++)
        q = fmaf(q, r, tail[i]);
    return q;
}

static float short_tail_of(float r)
{
    const float rr = r * r;
    const float a =
        fmaf(rr, 0x1.6bec08p-10f, fmaf(r, 0x1.122768p-7f, 0x1.cb29d4p-7f));

    return fmaf(a, rr + 0x1.3eba84p+4f, 0x1.c4537ep-3f);
}

static float any_tail_of(clrelu_dtype dtype, float r)
{
    return dtype == CLRELU_FLOAT32 ? tail_of(r) : short_tail_of(r);
}

static struct reduced reduce(clrelu_dtype dtype, float x)
{
    const float n = fmaf(x, 0x1.715476p+0f, 0x1.8p+23f) - 0x1.8p+23f;
    const float r = fmaf(n, -0x1.62e43p-1f, x);

    return (struct reduced){(int)n, r, n * 0x1.05c61p-29f,
                            any_tail_of(dtype, r)};
}

static float scaled_expm1_negative(clrelu_dtype dtype, float alpha, float x)
{
    const struct reduced e = reduce(dtype, x < -18.0f ? -18.0f : x);
    const float s = ldexpf(1.0f, e.n);
    const float a = s - 1;
    const float t = fmaf(e.r * e.r, e.tail, e.lost);
    const float v = fmaf(s, e.r + t, a);
    const float low = alpha * fmaf(s, t, (a - v) + s * e.r);

    if (alpha == 1)
        return fmaf(s, fmaf(e.r * e.r, e.tail, e.r), a);
    return low == 0 ? alpha * v : fmaf(alpha, v, low);
}

static int min_n(float alpha)
{
    int exponent;

    frexpf(alpha, &exponent);
    const int min = -60 - (exponent - 1);
    if (alpha == 0 || min > -60)
        return -60;
    return min < -126 ? -126 : min;
}

static float power_of_two(int n)
{
    return n > -127 ? ldexpf(1.0f, n) : 0;
}

static float exp_negative_times(clrelu_dtype dtype, struct reduced e, float dy)
{
    const float r = fmaf((float)e.n, 0x1.05c61p-29f, e.r);
    const float p = fmaf(r * r, any_tail_of(dtype, r), r);
    const int first = dtype == CLRELU_FLOAT16 ? e.n : (e.n - (e.n & 1)) / 2;
    const float s = power_of_two(first);

    return fmaf(s, p, s) * dy * power_of_two(e.n - first);
}

static float scaled_exp_negative(clrelu_dtype dtype, float alpha, float x,
                                 float dy)
{
    const struct reduced e = reduce(dtype, x < -176.0f ? -176.0f : x);
    const int min = min_n(alpha);
    const int n1 = e.n < min ? min : e.n;
    const int n2 = e.n - n1 < -127 ? -127 : e.n - n1;
    const float high = 1 + e.r;
    const float t = e.r * e.r * e.tail;
    const float low = (e.r - (high - 1)) + fmaf(e.lost, high + t, t);
    const float a = alpha * ldexpf(1.0f, n1);
    const float product = a * high;
    const float error = fmaf(a, high, -product);

    if (alpha == 1)
        return exp_negative_times(dtype, e, dy);
    return (product + fmaf(a, low, error)) * dy * power_of_two(n2);
}

/* --- cl/activations.cl --- */

static uint32_t bits_of(float v)
{
    uint32_t bits;

    memcpy(&bits, &v, sizeof(bits));
    return bits;
}

/* A result of ELU; what is inexact is no tie. */
static float stored(clrelu_dtype dtype, float v, bool inexact)
{
    if (dtype == CLRELU_BFLOAT16 && inexact && !isnan(v))
        return (float)storage_value(dtype,
                                    (uint16_t)((bits_of(v) + 0x8000) >> 16));
    return (float)storage_nearest(dtype, (double)v);
}

/* A product of two float32, rounded once. */
static float product(clrelu_dtype dtype, float a, float x)
{
    return (float)storage_nearest(dtype, (double)a * (double)x);
}

float emulate_forward(clrelu_dtype dtype, clrelu_op op, float scalar, float x)
{
    if (op == CLRELU_THRESHOLDED_RELU)
        return x > scalar ? x : 0;
    if (!(x < 0))
        return x;
    if (op != CLRELU_ELU)
        return product(dtype, scalar, x);
    return stored(dtype, scaled_expm1_negative(dtype, scalar, x), scalar == 1);
}

float emulate_backward(clrelu_dtype dtype, clrelu_op op, float scalar, float x,
                       float dy)
{
    if (op == CLRELU_THRESHOLDED_RELU)
        return x > scalar ? dy : 0;
    if (!(x < 0))
        return dy;
    if (op != CLRELU_ELU)
        return product(dtype, scalar, dy);
    return stored(dtype, scaled_exp_negative(dtype, scalar, x, dy),
                  scalar == 1);
}

/* --- cl/compensated.cl, cl/prelu_*.cl --- */

struct sum {
    float s, c;
};

static void join(struct sum *a, struct sum b)
{
    const float sum = a->s + b.s;
    const float z = sum - a->s;

    a->c += ((a->s - (sum - z)) + (b.s - z)) + b.c;
    a->s = sum;
}

/* Of 16 bits p is exact, unless it is tiny; cl/ adds it by fma, the same. */
static void add_product(struct sum *a, float x, float dy)
{
    const float s = a->s + (x < 0 ? x * dy : 0), z = s - a->s;
    const float rest = x < 0 ? fmaf(x, dy, -z) : 0;

    a->c += (a->s - (s - z)) + rest;
    a->s = s;
}

static int is_kept(const clrelu_tiling *t, uint64_t g)
{
    return (t->first_kept != 0) == (g % 2 == 0);
}

static uint64_t find_row(const clrelu_tiling *t, uint64_t tile, uint64_t row,
                         uint64_t outer, uint64_t *alpha)
{
    uint64_t segment = row / t->chunks, stride = t->segment;
    uint64_t alpha_stride = t->segment_alphas;
    uint64_t element = (tile + row % t->chunks) * t->width;

    *alpha = tile * t->row_alphas;
    for (uint64_t g = t->split_axis + 1; g < t->groups; g++) {
        uint64_t *counter = is_kept(t, g) ? &outer : &segment;
        const uint64_t index = *counter % t->group[g];
        *counter /= t->group[g];
        element += index * stride;
        stride *= t->group[g];
        if (is_kept(t, g)) {
            *alpha += index * alpha_stride;
            alpha_stride *= t->group[g];
        }
    }
    return element;
}

static void tree_reduce_group(struct sum *columns, uint64_t outer, uint64_t n,
                              uint64_t stride)
{
    const uint64_t set = n * stride;

    for (uint64_t half; n > 1; n = half) {
        half = (n + 1) / 2;
        for (uint64_t o = 0; o < outer; o++)
            for (uint64_t i = 0; i < (n - half) * stride; i++)
                join(&columns[o * set + i],
                     columns[o * set + i + half * stride]);
    }
}

static void tree_reduce(const clrelu_tiling *t, struct sum *columns)
{
    uint64_t inside = 1, stride = t->width, outer = 1;

    for (uint64_t g = 0; g < t->split_axis; g++)
        inside *= t->group[g];
    for (uint64_t g = t->split_axis + 1; g-- > 0;) {
        const uint64_t size =
            g == t->split_axis ? t->width / inside : t->group[g];
        stride /= size;
        if (!is_kept(t, g))
            tree_reduce_group(columns, outer, size, stride);
        if (g < t->split_axis || is_kept(t, g))
            outer *= size;
    }
}

static uint64_t column_of_alpha(const clrelu_tiling *t, uint64_t alpha)
{
    uint64_t column = 0, stride = 1;

    for (uint64_t g = 0; g < t->split_axis; g++) {
        if (is_kept(t, g)) {
            column += alpha % t->group[g] * stride;
            alpha /= t->group[g];
        }
        stride *= t->group[g];
    }
    return column + alpha * stride;
}

/* One task's sums go to sums[0..alphas). */
static void run_task(const clrelu_tiling *t, uint64_t tile, uint64_t outer,
                     uint64_t block, const float *x, const float *dy,
                     struct sum *sums)
{
    struct sum columns[CLRELU_ROW_MAX] = {{0, 0}};
    const uint64_t left = t->segment_alphas - tile * t->row_alphas;
    const uint64_t alphas = left < t->row_alphas ? left : t->row_alphas;
    uint64_t alpha = 0;

    for (uint64_t k = 0; k < t->block; k++) {
        const uint64_t row = row_of_sums(t, block, k);
        if (row >= t->rows)
            continue;
        const uint64_t element = find_row(t, tile, row, outer, &alpha);
        const uint64_t rest = t->segment - (tile + row % t->chunks) * t->width;
        for (uint64_t i = 0; i < t->width && i < rest; i++)
            add_product(&columns[i], x[element + i], dy[element + i]);
    }
    tree_reduce(t, columns);
    for (uint64_t k = 0; k < alphas; k++)
        sums[alpha + k] = columns[column_of_alpha(t, k)];
}

/* --- prelu_reduce --- */

static struct sum final_reduce(const struct sum *sums, uint64_t count,
                               uint64_t blocks)
{
    enum { LANES = 32 };
    struct sum lanes[LANES] = {{0, 0}};

    for (uint64_t b = 0; b < blocks; b++) {
        struct sum *lane = &lanes[b % LANES];
        const float s = sums[b * count].s, c = sums[b * count].c;
        lane->c += c;
        join(lane, (struct sum){s, 0});
    }
    for (uint64_t n = blocks < LANES ? blocks : LANES, half; n > 1; n = half) {
        half = (n + 1) / 2;
        for (uint64_t i = 0; i < n - half; i++) {
            lanes[i].c += lanes[i + half].c;
            join(&lanes[i], (struct sum){lanes[i + half].s, 0});
        }
    }
    return (struct sum){lanes[0].s, isfinite(lanes[0].s) ? lanes[0].c : 0};
}

void emulate_partial(const clrelu_shape *shape, const float *x, const float *dy,
                     float *partial)
{
    clrelu_merged_shape merged;
    clrelu_tiling t;

    if (clrelu_merge_shape(shape, &merged))
        bail("%s", clrelu_error());
    clrelu_tiling_make(&merged, true, 0, false, &t);
    struct sum *sums = must_alloc(t.blocks * merged.alphas * sizeof(*sums));
    for (uint64_t block = 0; block < t.blocks; block++)
        for (uint64_t outer = 0; outer < t.outer_alphas; outer++)
            for (uint64_t tile = 0; tile < t.tiles; tile++)
                run_task(&t, tile, outer, block, x, dy,
                         sums + block * merged.alphas);
    for (uint64_t j = 0; j < merged.alphas; j++) {
        const struct sum all = final_reduce(sums + j, merged.alphas, t.blocks);
        partial[j] = all.s;
        partial[merged.alphas + j] = all.c;
    }
    free(sums);
}
