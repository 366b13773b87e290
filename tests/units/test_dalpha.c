/* test_dalpha.c - the sums of prelu's dalpha: accuracy, overflow, nothing to
 * add SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "array.h"
#include "columns.h"
#include "ill_conditioned.h"
#include "random.h"
#include "ulp.h"

static const struct columns layouts[] = {
    {12, 1, 1},  {70001, 1, 1}, {5000, 3, 1}, {40, 1025, 1},  {3, 2, 20011},
    {64, 5, 64}, {2000, 7, 9},  {2, 900, 6},  {1, 513, 1023},
};

/* dalpha of every column; old may be NULL. */
static bool find_dalpha(const struct device *d, const clrelu_shape *shape,
                        const float *x, const float *dy, const float *old,
                        float *dalpha)
{
    const size_t n = reference_count(shape);
    const size_t alphas = reference_alpha_count(shape);
    struct array dev_x = array_make(d, 1, n, x);
    struct array dev_dy = array_make(d, 2, n, dy);
    struct array dev_dalpha = array_make(d, 3, alphas, old);
    const bool good =
        !array_prelu_backward(d, shape, old ? CLRELU_ACCUMULATE_DALPHA : 0,
                              &dev_x, NULL, &dev_dy, NULL, &dev_dalpha);
    const float *got = array_fetch(d, &dev_dalpha);

    if (!good)
        diag("clrelu_prelu_backward: %s", clrelu_error());
    for (size_t j = 0; j < alphas; j++)
        dalpha[j] = got[j];
    arrays_free(&dev_x, &dev_dy, &dev_dalpha);
    return good;
}

/* Terms that are added to old, ending with x = 1; want is their exact sum, to
 * be met within bound. */
static const struct sum {
    const char *name;
    float terms[6][2];
    float old, want, bound;
} sums[] = {
    {"nothing", {{1, 0}}, .want = 0},
    {"x >= 0 with any dy",
     {{0.0f, INFINITY}, {-0.0f, NAN}, {INFINITY, 0}, {NAN, 3}, {1, 0}},
     .want = 0},
    {"x = -inf", {{-INFINITY, 2}, {-1, 1}, {1, 0}}, .want = -INFINITY},
    {"x = -inf and dy = 0", {{-INFINITY, 0}, {1, 0}}, .want = NAN},
    {"dy = inf", {{-1, INFINITY}, {-1, 5}, {1, 0}}, .want = -INFINITY},
    {"dy = NaN", {{-1, 5}, {-1, NAN}, {1, 0}}, .want = NAN},
    {"inf - inf", {{-1, INFINITY}, {-1, -INFINITY}, {1, 0}}, .want = NAN},
    {"the largest", {{-1, FLT_MAX}, {1, 0}}, .want = -FLT_MAX},
    {"a sum that overflows",
     {{-1, FLT_MAX}, {-1, FLT_MAX}, {1, 0}},
     .want = -INFINITY},
    {"a product that overflows",
     {{-1e30f, 1e30f}, {-1, 1}, {1, 0}},
     .want = -INFINITY},
    {"old = inf", {{-1, 1}, {1, 0}}, .old = INFINITY, .want = INFINITY},
    {"old = NaN", {{-1, 1}, {1, 0}}, .old = NAN, .want = NAN},
    {"old and a sum overflow",
     {{-1, -FLT_MAX}, {1, 0}},
     .old = FLT_MAX,
     .want = INFINITY},
    {"old alone", {{1, 0}}, .old = 7, .want = 7},
    {"a subnormal product", {{-FLT_MIN, 0.5f}, {1, 0}}, .want = -0x1p-127f},
    {"a low part, rounded once with old",
     {{-1, -1}, {-1, -0x1p-24f}, {1, 0}},
     .old = -1,
     .want = 0x1p-24f,
     .bound = 0x1p-29f},
    {"low parts of products, after their high parts cancel",
     {{-0x1.000002p0f, 0x1.000002p0f}, {-1, -0x1.000004p0f}, {1, 0}},
     .want = -0x1p-46f},
    {"big, small, -big",
     {{-1, -0x1p24f}, {-1, -1}, {-1, 0x1p24f}, {1, 0}},
     .want = 1,
     .bound = 0x1p-3f},
};

/* The terms lie far apart in one column, between x = 1 with dy = NaN. */
static void place_terms(const struct sum *s, const struct columns *l,
                        size_t column, float *x, float *dy)
{
    const size_t slots = l->rows * l->inner, n = slots * l->columns;

    for (size_t i = 0; i < n; i++) {
        x[i] = 1.0f;
        dy[i] = NAN;
    }
    for (size_t k = 0; s->terms[k][0] != 1.0f; k++) {
        const size_t slot = k * (slots - 1) / 5;
        const size_t i = (slot / l->inner * l->columns + column) * l->inner +
                         slot % l->inner;
        x[i] = s->terms[k][0];
        dy[i] = s->terms[k][1];
    }
}

static bool runs(const struct device *d, const struct sum *s,
                 const struct columns *l)
{
    char text[128];

    snprintf(text, sizeof(text), "(%zu,%zu,%zu): %s", l->rows, l->columns,
             l->inner, s->name);
    if (s->want != 0.0f && fabsf(s->want) < FLT_MIN &&
        !device_subnormal(d->id)) {
        skip("the device has no CL_FP_DENORM", "%s", text);
        return false;
    }
    return device_runs(columns_count(l), 25000, text);
}

static void test_sum(const struct device *d, const struct sum *s,
                     const struct columns *l)
{
    size_t dims[3];
    const clrelu_shape shape = columns_shape(l, dims);
    const size_t n = reference_count(&shape), column = l->columns / 2;
    float *x = columns_floats(n), *dy = columns_floats(n);
    float *old = columns_floats(l->columns),
          *dalpha = columns_floats(l->columns);
    bool good;

    place_terms(s, l, column, x, dy);
    for (size_t j = 0; j < l->columns; j++)
        old[j] = s->old;
    good = find_dalpha(d, &shape, x, dy, s->old != 0.0f ? old : NULL, dalpha);
    for (size_t j = 0; j < l->columns && good; j++) {
        const float want = j == column ? s->want : s->old;
        const float bound = j == column ? s->bound : 0.0f;
        good = dalpha[j] == want || same_float(dalpha[j], want) ||
               fabsf(dalpha[j] - want) <= bound;
        if (!good)
            diag("dalpha[%zu]: got %a, want %a", j, (double)dalpha[j],
                 (double)want);
    }
    ok(good, "(%zu,%zu,%zu): %s", l->rows, l->columns, l->inner, s->name);
    free(x);
    free(dy);
    free(old);
    free(dalpha);
}

static void test_accuracy(const struct device *d, const char *name,
                          const struct columns *l,
                          void (*fill)(size_t, float *, float *))
{
    size_t dims[3];
    const clrelu_shape shape = columns_shape(l, dims);
    const size_t n = reference_count(&shape);
    float *x = columns_floats(n), *dy = columns_floats(n),
          *dalpha = columns_floats(l->columns);
    double *want = must_alloc(l->columns * sizeof(double));
    double *magnitude = must_alloc(l->columns * sizeof(double));
    double worst = 0.0;

    fill(n, x, dy);
    reference_prelu_backward(&shape, x, NULL, dy, NULL, want, magnitude);
    if (l->columns == 1)
        ok(sums_are_ill_conditioned(n, x, dy, want[0], magnitude[0]),
           "%s: a running sum of %zu terms fails", name, n);
    const bool good = find_dalpha(d, &shape, x, dy, NULL, dalpha);
    for (size_t j = 0; j < l->columns && good; j++)
        worst =
            worse(worst, fabs((double)dalpha[j] - want[j]) /
                             reference_dalpha_bound(n, want[j], magnitude[j]));
    ok(good && worst <= 1.0, "%s: (%zu,%zu,%zu) is at %.2g of the bound", name,
       l->rows, l->columns, l->inner, worst);
    free(x);
    free(dy);
    free(dalpha);
    free(want);
    free(magnitude);
}

/* Nothing to add to any alpha: zeros, or the old values. */
static void test_empty(const struct device *d)
{
    static const struct columns empty[] = {
        {0, 5, 1}, {0, 1, 1}, {3, 1030, 0}, {3, 0, 4}};
    static float old[1030];
    float dalpha[1030];
    size_t dims[3];

    for (size_t j = 0; j < COUNT_OF(old); j++)
        old[j] = (float)j - 2.5f;
    for (size_t i = 0; i < COUNT_OF(empty); i++) {
        const clrelu_shape shape = columns_shape(&empty[i], dims);
        bool good = find_dalpha(d, &shape, NULL, NULL, NULL, dalpha);
        for (size_t j = 0; j < empty[i].columns; j++)
            good &= same_float(dalpha[j], 0.0f);
        ok(good, "(%zu,%zu,%zu): dalpha is 0", dims[0], dims[1], dims[2]);
        good = find_dalpha(d, &shape, NULL, NULL, old, dalpha);
        for (size_t j = 0; j < empty[i].columns; j++)
            good &= dalpha[j] == old[j];
        ok(good, "(%zu,%zu,%zu): += leaves dalpha as it was", dims[0], dims[1],
           dims[2]);
    }
}

int main(void)
{
    static const struct columns long_layouts[] = {
        {1000003, 1, 1}, {1, 1, 1000003}, {100, 1, 10000}, {300000, 3, 1},
        {33, 7, 4100},   {20000, 5, 9},   {6000, 130, 1}};
    struct device d;

    device_open(&d);
    for (size_t i = 0; i < COUNT_OF(layouts); i++)
        for (size_t s = 0; s < COUNT_OF(sums); s++)
            if (runs(&d, &sums[s], &layouts[i]))
                test_sum(&d, &sums[s], &layouts[i]);
    for (size_t i = 0; i < COUNT_OF(long_layouts); i++) {
        if (!device_runs(1000000, 25000, "long sums"))
            break;
        test_accuracy(&d, "same sign", &long_layouts[i], sums_same_sign);
        test_accuracy(&d, "cancelling", &long_layouts[i], sums_cancelling);
    }
    test_empty(&d);
    device_close(&d);
    return done_testing();
}
