/* test_bits.c - every result has the bits of its IEEE operations in plain C
 * SPDX-License-Identifier: MIT
 *
 * And so the same hash on every OpenCL implementation: it is written down
 * here.  Nothing in it needs subnormal numbers in fma: those are tested in
 * test_float_check.c. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/types.h"
#include "core/context.h"
#include "emulate.h"
#include "random.h"
#include "reference.h"
#include "storage.h"
#include "tap.h"
#include "typed.h"
#include "variants.h"

#define HASH UINT64_C(0xc8fcc32badb83eb7)

enum { N = 65536 };

static uint64_t hash;

/* FNV-1a over the bytes, least significant first; one NaN for all. */
static void hash_values(clrelu_dtype dtype, size_t n, const void *values)
{
    for (size_t i = 0; i < n; i++) {
        const float v = (float)typed_value(dtype, values, i);
        uint32_t bits;
        memcpy(&bits, &v, sizeof(bits));
        if (isnan(v))
            bits = 0x7fc00000;
        for (int byte = 0; byte < 4; byte++, bits >>= 8)
            hash = (hash ^ (bits & 0xff)) * UINT64_C(0x100000001b3);
    }
}

/* Results as wanted, which go into the hash. */
static bool is_as(const struct device *d, clrelu_dtype dtype, struct typed *a,
                  const float *want)
{
    const void *got = typed_fetch(d, a);
    void *typed = typed_convert(dtype, a->n, want);
    const bool same = typed_same(dtype, a->n, got, typed);

    hash_values(dtype, a->n, got);
    free(typed);
    return same;
}

/* float32: half of them where exp is neither 0 nor 1, half of any size.  Of 16
 * bits: all numbers there are, but for bfloat16's least, step apart. */
static void fill(clrelu_dtype dtype, float *values, size_t n, uint64_t seed,
                 unsigned step)
{
    for (size_t i = 0; i < n; i++) {
        const uint16_t bits = (uint16_t)((unsigned)i * step);
        if (dtype != CLRELU_FLOAT32)
            values[i] = (float)storage_value(dtype, bits);
        else if (i % 2)
            values[i] = random_uniform(&seed, -20.0f, 5.0f);
        else
            values[i] = random_wide(&seed, -126, 100);
        if (fabsf(values[i]) < 0x1p-100f)
            values[i] = 0;
    }
}

static void test_op(const struct device *d, clrelu_dtype dtype, clrelu_op op,
                    double scalar)
{
    static float x[N], dy[N], want[N];

    fill(dtype, x, N, 1, 1);
    fill(dtype, dy, N, 2, 40503);
    struct typed bx = typed_of(d, dtype, 0, N, x);
    struct typed bdy = typed_of(d, dtype, 0, N, dy);
    struct typed by = typed_of(d, dtype, 0, N, NULL);
    const clrelu_elementwise call =
        typed_call(op, dtype, scalar, &bx, &bdy, &by);
    clrelu_status status = clrelu_forward(d->context, &d->exec, &call);
    for (size_t i = 0; i < N; i++)
        want[i] = emulate_forward(dtype, op, (float)scalar, x[i]);
    ok(!status && is_as(d, dtype, &by, want), "%s %s %g",
       clrelu_dtype_name(dtype), clrelu_op_name(op), scalar);
    status = clrelu_backward(d->context, &d->exec, &call);
    for (size_t i = 0; i < N; i++)
        want[i] = emulate_backward(dtype, op, (float)scalar, x[i], dy[i]);
    ok(!status && is_as(d, dtype, &by, want), "%s %s %g, backward",
       clrelu_dtype_name(dtype), clrelu_op_name(op), scalar);
    typeds_free(&bx, &bdy, &by);
}

static float rounded(clrelu_dtype dtype, float v)
{
    return (float)storage_nearest(dtype, (double)v);
}

static float *random_array(clrelu_dtype dtype, size_t n, uint64_t seed)
{
    const bool is_short = dtype != CLRELU_FLOAT32;
    float *values = must_alloc(n * sizeof(*values));

    for (size_t i = 0; i < n; i++)
        values[i] = rounded(
            dtype, random_wide(&seed, is_short ? -9 : -20, is_short ? 3 : 10));
    return values;
}

static void test_prelu(const struct device *d, clrelu_dtype dtype,
                       const clrelu_shape *shape)
{
    const size_t n = reference_count(shape);
    const size_t alphas = reference_alpha_count(shape);
    float *x = random_array(dtype, n, n), *dy = random_array(dtype, n, n + 1);
    float *alpha = random_array(dtype, alphas, 3);
    float *dx = random_array(dtype, n, 0);
    float *partial = random_array(CLRELU_FLOAT32, 2 * alphas, 0);
    float *dalpha = random_array(dtype, alphas, 0);
    struct typed bx = typed_of(d, dtype, 0, n, x);
    struct typed bdy = typed_of(d, dtype, 0, n, dy);
    struct typed balpha = typed_of(d, dtype, 0, alphas, alpha);
    struct typed bdx = typed_of(d, dtype, 0, n, NULL);
    struct typed bdalpha = typed_of(d, dtype, 0, alphas, NULL);
    struct typed bpartial = typed_of(d, CLRELU_FLOAT32, 0, 2 * alphas, NULL);
    clrelu_prelu call = {.dtype = dtype,
                         .shape = shape,
                         .x = typed_buffer(&bx),
                         .alpha = typed_buffer(&balpha),
                         .dy = typed_buffer(&bdy),
                         .dx = typed_buffer(&bdx),
                         .dalpha = typed_buffer(&bdalpha)};
    clrelu_status status = clrelu_prelu_backward(d->context, &d->exec, &call);
    call.dalpha = typed_buffer(&bpartial);
    if (!status)
        status = clrelu_prelu_backward_partial(d->context, &d->exec, &call);
    for (size_t i = 0; i < n; i++)
        dx[i] = emulate_backward(dtype, CLRELU_LEAKY_RELU,
                                 alpha[reference_alpha_index(shape, i)], x[i],
                                 dy[i]);
    emulate_partial(shape, x, dy, partial);
    for (size_t i = 0; i < alphas; i++)
        dalpha[i] = rounded(dtype, partial[i] + partial[alphas + i]);
    ok(!status && is_as(d, dtype, &bdx, dx),
       "%s prelu dx, %zu elements, %zu alphas", clrelu_dtype_name(dtype), n,
       alphas);
    ok(!status && is_as(d, dtype, &bdalpha, dalpha), "... dalpha");
    ok(!status && is_as(d, CLRELU_FLOAT32, &bpartial, partial),
       "... and its sums before the last rounding, in their order");
    typeds_free(&bx, &bdy, &balpha, &bdx, &bdalpha, &bpartial);
    free(x);
    free(dy);
    free(alpha);
    free(dx);
    free(partial);
    free(dalpha);
}

static void test_shapes(const struct device *d, clrelu_dtype dtype)
{
    static const struct {
        size_t rank, dims[6], shared;
        int axes[5];
    } shapes[] = {
        {2, {60, 700}, 0, {0}},
        {2, {40, 1100}, 1, {1}},
        {3, {9, 5, 1030}, 1, {2}},
        {4, {20, 30, 7, 7}, 2, {2, 3}},
        {4, {3, 40, 40, 3}, 2, {1, 2}},
        {4, {8, 6, 15, 28}, 2, {1, 3}},
        {6, {3, 8, 4, 8, 4, 8}, 2, {2, 4}},
        {1, {5000}, 0, {0}},
        /* Bursts of 1 to 8 rows: src/plan/tiling.h. */
        {3, {16, 128, 1030}, 1, {2}},
        {2, {300, 1100}, 1, {1}},
        {2, {600, 1000}, 0, {0}},
        {3, {40, 16, 1500}, 1, {1}},
    };

    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        const clrelu_shape shape = reference_shape(
            shapes[i].rank, shapes[i].dims, shapes[i].shared, shapes[i].axes);
        test_prelu(d, dtype, &shape);
    }
}

static void test_all(const struct device *d, const char *name)
{
    hash = UINT64_C(0xcbf29ce484222325);
    for (int i = CLRELU_FLOAT32; i <= CLRELU_BFLOAT16; i++) {
        const clrelu_dtype dtype = (clrelu_dtype)i;
        test_op(d, dtype, CLRELU_LEAKY_RELU, 0.3);
        test_op(d, dtype, CLRELU_ELU, 1.0);
        test_op(d, dtype, CLRELU_ELU, -0.7);
        test_op(d, dtype, CLRELU_THRESHOLDED_RELU, 0.1);
        test_shapes(d, dtype);
    }
    ok(hash == HASH, "%s: the hash of all results is %016llx", name,
       (unsigned long long)hash);
}

int main(void)
{
    static const struct variant others[] = {{1, 8}, {128, 4}};
    struct device d, other;

    device_open(&d);
    test_all(&d, "the device");
    for (size_t i = 0; d.context->params.group == 1 && i < 2; i++)
        if (variant_open(&others[i], &d, &other)) {
            test_all(&other, i ? "... as if it were a GPU" : "... with AVX2");
            variant_close(&other);
        }
    device_close(&d);
    return done_testing();
}
