/* test_bits.c - every result has the bits of its IEEE operations in plain C
 * SPDX-License-Identifier: MIT
 *
 * And so the same hash on every OpenCL implementation: it is written down
 * here.  Nothing in it needs subnormal numbers in fma; test_arithmetic has what
 * does. */
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "emulate.h"
#include "random.h"
#include "reference.h"
#include "tap.h"
#include "ulp.h"

#define HASH UINT64_C(0xab9ca159dade7f9c)

enum { N = 60013 };

static uint64_t hash = UINT64_C(0xcbf29ce484222325);

/* FNV-1a over the bytes, least significant first; one NaN for all. */
static void hash_values(const float *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const float v = isnan(values[i]) ? (float)NAN : values[i];
        uint32_t bits;
        memcpy(&bits, &v, sizeof(bits));
        if (isnan(v))
            bits = 0x7fc00000;
        for (int byte = 0; byte < 4; byte++, bits >>= 8)
            hash = (hash ^ (bits & 0xff)) * UINT64_C(0x100000001b3);
    }
}

static bool same(const float *got, const float *want, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!same_float(got[i], want[i])) {
            diag("[%zu] got %a want %a", i, (double)got[i], (double)want[i]);
            return false;
        }
    return true;
}

/* Half of them where exp is neither 0 nor 1, half of any size. */
static void fill(float *values, size_t n, uint64_t seed)
{
    for (size_t i = 0; i < n; i++)
        values[i] = i % 2 ? random_uniform(&seed, -20.0f, 5.0f)
                          : random_wide(&seed, -126, 100);
}

static void test_op(const struct device *d, clrelu_op op, double scalar)
{
    static float x[N], dy[N], want[N];

    fill(x, N, 1);
    fill(dy, N, 2);
    struct array bx = array_make(d, 0, N, x);
    struct array bdy = array_make(d, 0, N, dy);
    struct array by = array_make(d, 3, N, NULL);
    clrelu_status status =
        clrelu_forward(d->context, d->queue, op, CLRELU_FLOAT32, scalar, N,
                       array_buffer(&bx), array_buffer(&by), 0, NULL, NULL);
    for (size_t i = 0; i < N; i++)
        want[i] = emulate_forward(op, (float)scalar, x[i]);
    const float *got = array_fetch(d, &by);
    ok(!status && same(got, want, N), "%s %g", clrelu_op_name(op), scalar);
    hash_values(got, N);
    status = clrelu_backward(d->context, d->queue, op, CLRELU_FLOAT32, scalar,
                             0, N, array_buffer(&bx), array_buffer(&bdy),
                             array_buffer(&by), 0, NULL, NULL);
    for (size_t i = 0; i < N; i++)
        want[i] = emulate_backward(op, (float)scalar, x[i], dy[i]);
    got = array_fetch(d, &by);
    ok(!status && same(got, want, N), "%s %g, backward", clrelu_op_name(op),
       scalar);
    hash_values(got, N);
    array_free(&bx);
    array_free(&bdy);
    array_free(&by);
}

static float *random_array(size_t n, uint64_t seed)
{
    float *values = malloc(n * sizeof(*values));

    if (!values)
        bail("no memory");
    for (size_t i = 0; i < n; i++)
        values[i] = random_wide(&seed, -20, 10);
    return values;
}

static void test_prelu(const struct device *d, const clrelu_shape *shape)
{
    const clrelu_buffer none = {NULL, 0};
    const size_t n = reference_count(shape);
    const size_t alphas = reference_alpha_count(shape);
    float *x = random_array(n, n), *dy = random_array(n, n + 1);
    float *alpha = random_array(alphas, 3), *dx = random_array(n, 0);
    float *dalpha = random_array(alphas, 0);
    struct array bx = array_make(d, 0, n, x), bdy = array_make(d, 0, n, dy);
    struct array balpha = array_make(d, 0, alphas, alpha);
    struct array bdx = array_make(d, 0, n, NULL);
    struct array bdalpha = array_make(d, 0, alphas, NULL);

    const clrelu_status status = clrelu_prelu_backward(
        d->context, d->queue, CLRELU_FLOAT32, shape, 0, array_buffer(&bx),
        array_buffer(&balpha), array_buffer(&bdy), array_buffer(&bdx),
        array_buffer(&bdalpha), none, 0, NULL, NULL);
    for (size_t i = 0; i < n; i++)
        dx[i] = emulate_backward(CLRELU_LEAKY_RELU,
                                 alpha[reference_alpha_index(shape, i)], x[i],
                                 dy[i]);
    const bool emulated = emulate_dalpha(shape, x, dy, dalpha);
    const float *got = array_fetch(d, &bdx);
    ok(!status && same(got, dx, n), "prelu dx, %zu elements, %zu alphas", n,
       alphas);
    hash_values(got, n);
    got = array_fetch(d, &bdalpha);
    ok(!status && emulated && same(got, dalpha, alphas), "... dalpha");
    hash_values(got, alphas);
    array_free(&bx);
    array_free(&bdy);
    array_free(&balpha);
    array_free(&bdx);
    array_free(&bdalpha);
    free(x);
    free(dy);
    free(alpha);
    free(dx);
    free(dalpha);
}

static void test_shapes(const struct device *d)
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
    };

    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        const clrelu_shape shape = reference_shape(
            shapes[i].rank, shapes[i].dims, shapes[i].shared, shapes[i].axes);
        test_prelu(d, &shape);
    }
}

int main(void)
{
    struct device d;

    device_open(&d);
    test_op(&d, CLRELU_LEAKY_RELU, 0.3);
    test_op(&d, CLRELU_ELU, 1.0);
    test_op(&d, CLRELU_ELU, -0.7);
    test_op(&d, CLRELU_THRESHOLDED_RELU, 0.1);
    test_shapes(&d);
    ok(hash == HASH, "the hash of all results is %016llx",
       (unsigned long long)hash);
    device_close(&d);
    return done_testing();
}
