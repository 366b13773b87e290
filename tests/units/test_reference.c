/* test_reference.c - the reference against values worked out by hand
 * SPDX-License-Identifier: MIT */
#include "reference.h"

#include <float.h>
#include <math.h>

#include "tap.h"
#include "ulp.h"

#define LEAKY CLRELU_LEAKY_RELU
#define PRELU CLRELU_PRELU
#define ELU CLRELU_ELU
#define THRESHOLDED CLRELU_THRESHOLDED_RELU

/* 0.3 and 0.1 as float32, by which scalars are rounded. */
#define F03 0.300000011920928955078125
#define F01 0.100000001490116119384765625

/* y for x, and dx for x and dy = 3; exp(-1) and its kin to 17 digits. */
static const struct row {
    clrelu_op op;
    double scalar, x, y, dx;
} rows[] = {
    {LEAKY, 0.3, -2.0, -2 * F03, 3 * F03},
    {LEAKY, 0.3, 2.0, 2.0, 3.0},
    {LEAKY, 0.3, 0.0, 0.0, 3.0},
    {LEAKY, 0.3, -0.0, -0.0, 3.0},
    {LEAKY, 0.0, -2.0, -0.0, 0.0},
    {LEAKY, 0.3, -INFINITY, -INFINITY, 3 * F03},
    {LEAKY, 0.0, -INFINITY, NAN, 0.0},
    {LEAKY, 0.0, INFINITY, INFINITY, 3.0},
    {LEAKY, 0.3, NAN, NAN, 3.0},
    {PRELU, -0.5, -2.0, 1.0, -1.5},
    {PRELU, -0.5, -0.0, -0.0, 3.0},
    {PRELU, INFINITY, -2.0, -INFINITY, INFINITY},
    {PRELU, INFINITY, 0.0, 0.0, 3.0},
    {PRELU, NAN, 2.0, 2.0, 3.0},
    {PRELU, NAN, -2.0, NAN, NAN},
    {ELU, 1.0, -1.0, -0.63212055882855768, 3 * 0.36787944117144232},
    {ELU, 1.0, 1.0, 1.0, 3.0},
    {ELU, 1.0, -0.0, -0.0, 3.0},
    {ELU, 2.0, -1e-8, -1.9999999900000000e-8, 5.9999999400000003},
    {ELU, -0.5, -1.0, 0.31606027941427884, -1.5 * 0.36787944117144232},
    {ELU, 1.0, -INFINITY, -1.0, 0.0},
    {ELU, 0.0, -1.0, -0.0, 0.0},
    {ELU, 1.0, -1e30, -1.0, 0.0},
    {ELU, 1.0, INFINITY, INFINITY, 3.0},
    {ELU, 1.0, NAN, NAN, 3.0},
    {THRESHOLDED, 1.0, 2.0, 2.0, 3.0},
    {THRESHOLDED, 1.0, 1.0, 0.0, 0.0},
    {THRESHOLDED, 1.0, 0.5, 0.0, 0.0},
    {THRESHOLDED, 1.0, -2.0, 0.0, 0.0},
    {THRESHOLDED, 0.0, -0.0, 0.0, 0.0},
    {THRESHOLDED, 0.0, FLT_TRUE_MIN, FLT_TRUE_MIN, 3.0},
    {THRESHOLDED, 0.1, F01, 0.0, 0.0},
    {THRESHOLDED, 1.0, INFINITY, INFINITY, 3.0},
    {THRESHOLDED, 1.0, -INFINITY, 0.0, 0.0},
    {THRESHOLDED, 1.0, NAN, 0.0, 0.0},
};

static bool close_to(double got, double want)
{
    if (isnan(want) || isinf(want) || want == 0.0)
        return (isnan(got) && isnan(want)) ||
               (got == want && !signbit(got) == !signbit(want));
    return fabs(got - want) <= 4e-16 * fabs(want);
}

static void test_rows(void)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct row *r = &rows[i];
        const double y = reference_forward(r->op, r->scalar, r->x);
        const double dx = reference_backward(r->op, r->scalar, r->x, 3.0);
        ok(close_to(y, r->y), "%s(%g; %g) = %.17g, got %.17g",
           clrelu_op_name(r->op), r->scalar, r->x, r->y, y);
        ok(close_to(dx, r->dx), "%s'(%g; %g) * 3 = %.17g, got %.17g",
           clrelu_op_name(r->op), r->scalar, r->x, r->dx, dx);
    }
}

/* Symmetric differences, away from the kinks at 0 and theta = 1. */
static void test_differences(void)
{
    static const clrelu_op ops[] = {LEAKY, PRELU, ELU, THRESHOLDED};
    static const double scalars[] = {0.3, -0.7, 1.5, 1.0};
    const double h = 1e-5;

    for (size_t i = 0; i < COUNT_OF(ops); i++) {
        double worst = 0.0;
        for (double x = -4.03; x < 4.0; x += 0.1) {
            const double up = reference_forward(ops[i], scalars[i], x + h);
            const double down = reference_forward(ops[i], scalars[i], x - h);
            const double dx = reference_backward(ops[i], scalars[i], x, 1.0);
            worst = fmax(worst, fabs((up - down) / (2 * h) - dx));
        }
        ok(worst < 1e-9, "the slope of %s, off by %g", clrelu_op_name(ops[i]),
           worst);
    }
}

/* x is (2, 3, 2) and counts 0..11; indices written down from its shape. */
static void test_alpha_index(void)
{
    static const size_t dims[] = {2, 3, 2};
    static const int both[] = {2, 1}, first[] = {1}, last[] = {2, 2};
    static const struct {
        const char *name;
        size_t count;
        const int *axes;
        size_t alphas;
        size_t index[12];
    } cases[] = {
        {"none", 0, NULL, 6, {0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5}},
        {"axis 1", 1, first, 2, {0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1}},
        {"axis 2 twice", 2, last, 3, {0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2}},
        {"both axes", 2, both, 1, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
    };

    for (size_t c = 0; c < COUNT_OF(cases); c++) {
        const clrelu_shape shape =
            reference_shape(3, dims, cases[c].count, cases[c].axes);
        bool same = reference_alpha_count(&shape) == cases[c].alphas &&
                    reference_count(&shape) == 12;
        for (size_t i = 0; i < 12; i++)
            same &= reference_alpha_index(&shape, i) == cases[c].index[i];
        ok(same, "alpha's index, shared: %s", cases[c].name);
    }
}

static void test_prelu(void)
{
    static const size_t dims[] = {2, 3};
    const clrelu_shape shape = reference_shape(2, dims, 0, NULL);
    const float x[] = {-1.0f, 2.0f, -3.0f, -4.0f, NAN, -0.0f};
    const float alpha[] = {0.5f, INFINITY, -2.0f};
    const float dy[] = {7.0f, INFINITY, 2.0f, -0.25f, 5.0f, NAN};
    const double want_y[] = {-0.5, 2.0, 6.0, -2.0, NAN, -0.0};
    const double want_dx[] = {3.5, INFINITY, -4.0, -0.125, 5.0, NAN};
    const double want_dalpha[] = {-6.0, 0.0, -6.0};
    const double want_magnitude[] = {8.0, 0.0, 6.0};
    double y[6], dx[6], dalpha[3], magnitude[3];
    bool same = true;

    reference_prelu_forward(&shape, x, alpha, y);
    reference_prelu_backward(&shape, x, alpha, dy, dx, dalpha, magnitude);
    for (size_t i = 0; i < 6; i++)
        same &= close_to(y[i], want_y[i]) && close_to(dx[i], want_dx[i]);
    ok(same, "prelu's y and dx");
    for (size_t j = 0; j < 3; j++)
        ok(dalpha[j] == want_dalpha[j] && magnitude[j] == want_magnitude[j],
           "prelu's dalpha[%zu] is %g of %g, got %g of %g", j, want_dalpha[j],
           want_magnitude[j], dalpha[j], magnitude[j]);
}

/* The sum of one alpha over three terms that no plain double sum survives. */
static void test_sum(void)
{
    static const size_t dims[] = {3};
    const clrelu_shape shape = reference_shape(1, dims, 0, NULL);
    const float x[] = {-0x1p60f, -1.0f, -0x1p60f};
    const float dy[] = {-0x1p60f, -3.0f, 0x1p60f};
    const float dy_inf[] = {INFINITY, -3.0f, 1.0f};
    double dalpha;

    reference_prelu_backward(&shape, x, NULL, dy, NULL, &dalpha, NULL);
    ok(dalpha == 3.0, "2^120 + 3 - 2^120 = 3, got %g", dalpha);
    reference_prelu_backward(&shape, x, NULL, dy_inf, NULL, &dalpha, NULL);
    ok(isinf(dalpha) && dalpha < 0, "a sum with -inf is -inf, got %g", dalpha);
}

static void test_ulp(void)
{
    ok(ulp_error(1.0f, 1.0) == 0.0, "0 ulp");
    ok(ulp_error(nextafterf(1.0f, 2.0f), 1.0) == 1.0, "1 ulp above 1");
    ok(ulp_error(-1.0f, -1.0 - 0x1p-24) == 0.5, "half an ulp beyond -1");
    ok(ulp_error(0.0f, FLT_TRUE_MIN) == 1.0, "1 ulp at the smallest subnormal");
    ok(ulp_error(INFINITY, 1e39) == 0.0, "1e39 rounds to infinity");
    ok(ulp_error(INFINITY, (double)FLT_MAX) == 1.0, "infinity, for FLT_MAX");
    ok(ulp_error(-INFINITY, 1e39) > 1e7, "the other infinity is far off");
    ok(isinf(ulp_error(1.0f, NAN)) && isinf(ulp_error(NAN, 1.0)), "NaN or not");
    ok(ulp_error(NAN, NAN) == 0.0, "NaN for NaN");
    ok(!same_float(0.0f, -0.0f) && same_float(NAN, -NAN), "the same bits");
}

int main(void)
{
    test_ulp();
    test_rows();
    test_differences();
    test_alpha_index();
    test_prelu();
    test_sum();
    return done_testing();
}
