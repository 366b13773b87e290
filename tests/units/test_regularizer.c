/* test_regularizer.c - penalties and their gradients against plain C
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "array.h"
#include "ulp.h"
#include "values.h"

static const struct regularizer {
    const char *spec;
    double l1, l2;
} regularizers[] = {
    {"l1", 0.01, 0.0},
    {"l2", 0.0, 0.01},
    {"l1_l2", 0.01, 0.01},
    {"L1L2", 0.0, 0.0},
    {"L1(0.5)", 0.5, 0.0},
    {"l2(l2=3)", 0.0, 3.0},
    {"l1(l=0.25)", 0.25, 0.0},
    {"l1_l2(0.01,0.02)", 0.01, 0.02},
    {"L1L2(l2=1e-4)", 0.0, 1e-4},
    {"None", 0.0, 0.0},
};

static clrelu_status regularize(const struct device *d, const char *spec,
                                size_t n, const struct array *a,
                                const struct array *penalty,
                                const struct array *da)
{
    return array_penalty(d, spec, 1, &n, a, da, penalty);
}

static double sign(float v)
{
    return (v > 0.0f) - (v < 0.0f);
}

static void test_values(const struct device *d, const struct regularizer *r,
                        size_t n)
{
    const double l1 = (double)(float)r->l1, l2 = (double)(float)r->l2;
    float *values = wide_values(n, n), *old = wide_values(n, n + 1);
    struct array a = array_make(d, 5, n, values);
    struct array da = array_make(d, 2, n, old);
    struct array penalty = array_make(d, 1, 1, NULL);
    double sum = 0.0, worst = 0.0;
    const clrelu_status status = regularize(d, r->spec, n, &a, &penalty, &da);
    const float *gradient = array_fetch(d, &da);

    for (size_t i = 0; i < n; i++) {
        const double v = (double)values[i];
        const double want =
            (double)old[i] + l1 * sign(values[i]) + 2.0 * l2 * v;
        const double size = fabs((double)old[i]) + l1 + 2.0 * l2 * fabs(v);
        sum += l1 * fabs(v) + l2 * v * v;
        const double off = fabs((double)gradient[i] - want);
        worst = worse(worst, off == 0.0 ? 0.0 : off / size);
    }
    const double got = (double)*array_fetch(d, &penalty);
    const bool good =
        status == CLRELU_OK && fabs(got - sum) <= 4.0 * 0x1p-23 * sum &&
        worst <= 0x1p-23 && array_guarded(&da) && array_guarded(&penalty);
    array_fetch(d, &a);
    if (!ok(good && array_untouched(&a), "%s of %zu", r->spec, n))
        diag("%s: penalty %.9g, want %.9g; gradient off by %g",
             status ? clrelu_error() : "", got, sum, worst);
    arrays_free(&a, &da, &penalty);
    free(values);
    free(old);
}

/* Worked out by hand. */
static void test_fixed(const struct device *d)
{
    const float values[] = {1.0f, -2.0f, 0.0f, 0.5f};
    const float want[] = {0.25f + 0.25f, -0.25f - 0.5f, 0.0f, 0.25f + 0.125f};
    const float zeros[4] = {0.0f};
    struct array a = array_make(d, 0, 4, values);
    struct array da = array_make(d, 0, 4, zeros);
    struct array penalty = array_make(d, 0, 1, NULL);

    expect_ok(regularize(d, "l1_l2(0.25, 0.125)", 4, &a, &penalty, &da),
              "l1_l2(0.25, 0.125) of 1, -2, 0, 0.5");
    /* 0.25*3.5 + 0.125*5.25 */
    ok(*array_fetch(d, &penalty) == 1.53125f, "... is 1.53125");
    ok(memcmp(array_fetch(d, &da), want, sizeof(want)) == 0,
       "... with the gradient 0.5, -0.75, 0, 0.375");
    arrays_free(&a, &da, &penalty);
}

/* A zero factor drops its term, so that nothing comes of 0*inf. */
static void test_special(const struct device *d)
{
    const float values[] = {INFINITY, 1.0f};
    const float zeros[2] = {0.0f};
    struct array a = array_make(d, 0, 2, values);
    struct array da = array_make(d, 0, 2, zeros);
    struct array penalty = array_make(d, 0, 1, NULL);

    regularize(d, "l1", 2, &a, &penalty, &da);
    ok(*array_fetch(d, &penalty) == INFINITY, "l1 of infinity is infinity");
    ok(array_fetch(d, &da)[0] == 0.01f, "... its gradient is finite");
    regularize(d, "L1L2", 2, &a, &penalty, NULL);
    ok(*array_fetch(d, &penalty) == 0.0f, "L1L2 of infinity is 0");
    regularize(d, NULL, 2, &a, &penalty, &da);
    ok(*array_fetch(d, &penalty) == 0.0f, "no regularizer gives 0");
    arrays_free(&a, &da, &penalty);
}

static void test_errors(const struct device *d)
{
    static const struct invalid_text bad[] = {
        {"l3", CLRELU_UNKNOWN_NAME, "l1_l2"},
        {"l1(-0.5)", CLRELU_INVALID_SCALAR, "l1"},
        {"l2(nan)", CLRELU_INVALID_SCALAR, "l2"},
        {"l1(1,2)", CLRELU_INVALID_SPEC, "unknown argument"},
    };
    const float values[8] = {1.0f};
    struct array a = array_make(d, 0, 8, values);
    struct array p = array_make(d, 0, 1, NULL);

    for (size_t i = 0; i < COUNT_OF(bad); i++)
        expect_invalid(regularize(d, bad[i].text, 8, &a, &p, NULL), &bad[i]);
    expect(regularize(d, "l1", 8, &a, NULL, NULL), CLRELU_INVALID_NULL,
           "penalty", "no output");
    expect(regularize(d, "l1", 8, &a, NULL, &a), CLRELU_BUFFER_OVERLAP,
           "gradient", "da on a");
    expect(regularize(d, "l1", 8, &a, &a, NULL), CLRELU_BUFFER_OVERLAP,
           "penalty", "penalty in a");
    expect(regularize(d, "l1", SIZE_MAX / 4, &a, &p, NULL), CLRELU_INVALID_SIZE,
           "dims", "an n beyond 64 bits");
    array_fetch(d, &a);
    array_fetch(d, &p);
    ok(array_untouched(&a) && array_untouched(&p), "... and no call wrote");
    arrays_free(&a, &p);
}

int main(void)
{
    static const size_t sizes[] = {0, 1, 7, 1000, 300001};
    struct device d;

    device_open(&d);
    for (size_t i = 0; i < COUNT_OF(regularizers); i++)
        for (size_t s = 0; s < COUNT_OF(sizes); s++)
            test_values(&d, &regularizers[i], sizes[s]);
    test_fixed(&d);
    test_special(&d);
    test_errors(&d);
    device_close(&d);
    return done_testing();
}
