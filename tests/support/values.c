/* values.c - inputs that go wrong, and what a result may be
 * SPDX-License-Identifier: MIT */
#include "values.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "array.h"
#include "random.h"
#include "reference.h"
#include "tap.h"
#include "ulp.h"

void special_x(double scalar, float *x)
{
    static const float fixed[SPECIAL_X - 3] = {
        0.0f,         -0.0f,         INFINITY,    -INFINITY,   NAN,
        -NAN,         FLT_MIN,       -FLT_MIN,    FLT_MAX,     -FLT_MAX,
        FLT_TRUE_MIN, -FLT_TRUE_MIN, 1e-40f,      -1e-40f,     -1e-8f,
        -1e-4f,       -0.1f,         -0.3465735f, -0.3465736f, -0.5f,
        -0.6931472f,  -1.0f,         1.0f,        -1.0397208f, -2.5f,
        -16.0f,       -17.328680f,   -17.4f,      -25.0f,      -30.0f,
        -50.0f,       -87.0f,        -87.3366f,   -88.5f,      -103.9f,
        -104.0f,      -105.0f,       -1000.0f,    -128.9f,     -129.0f,
        -180.0001f,   -1e30f,        1e30f,
    };
    const float theta = (float)scalar;

    x[0] = theta;
    x[1] = nextafterf(theta, INFINITY);
    x[2] = nextafterf(theta, -INFINITY);
    memcpy(x + 3, fixed, sizeof(fixed));
}

void special_dy(float *dy)
{
    static const float fixed[SPECIAL_DY] = {
        1.0f,    -1.0f,   0.0f,    -0.0f,   INFINITY,     -INFINITY, NAN,
        FLT_MAX, FLT_MIN, -1e-40f, 3.1e-7f, FLT_TRUE_MIN, -1e30f,    0.75f,
    };

    memcpy(dy, fixed, sizeof(fixed));
}

void fill_x(double scalar, uint64_t seed, size_t n, float *x)
{
    float special[SPECIAL_X];
    uint64_t random = seed;

    special_x(scalar, special);
    for (size_t i = 0; i < n; i++)
        if ((i + seed) % 3 == 0)
            x[i] = special[(i / 3 + seed) % SPECIAL_X];
        else if (i % 8 == 1)
            x[i] = random_wide(&random, -140, 120);
        else
            x[i] = random_uniform(&random, -6.0f, 3.0f);
}

void fill_dy(uint64_t seed, size_t n, float *dy)
{
    float special[SPECIAL_DY];
    uint64_t random = ~seed;

    special_dy(special);
    for (size_t i = 0; i < n; i++)
        dy[i] = (i + seed) % 5 == 0 ? special[(i / 5 + seed) % SPECIAL_DY]
                                    : random_uniform(&random, -2.0f, 2.0f);
}

static bool report(clrelu_op op, double scalar, size_t i, float x, float dy,
                   float got, double want)
{
    diag("[%zu] %s scalar=%.9g x=%.9g (%a) dy=%.9g: got %.9g (%a)%s, want "
         "%.17g, off by %.3g ulp",
         i, clrelu_op_name(op), scalar, (double)x, (double)x, (double)dy,
         (double)got, (double)got, is_unset(got) ? ", never written" : "", want,
         ulp_error(got, want));
    return false;
}

/* expm1 and exp are the only results that are not correctly rounded. */
static bool is_exact(clrelu_op op, float x)
{
    return op != CLRELU_ELU || !(x < 0.0f);
}

static struct {
    bool flushed;
    size_t passed;
} subnormal;

void allow_subnormal(cl_device_id device)
{
    subnormal.flushed = !device_subnormal(device);
}

void report_subnormal(void)
{
    if (subnormal.passed)
        skip("the device has no CL_FP_DENORM",
             "%zu results of elu where one or its x is subnormal",
             subnormal.passed);
    subnormal.passed = 0;
}

static bool is_flushed(float got, double want, double factor)
{
    const double bound = (double)FLT_MIN * fmax(1.0, fabs(factor));
    const bool good = subnormal.flushed && fabs((double)got - want) <= bound;

    subnormal.passed += good;
    return good;
}

bool check_y(clrelu_op op, double scalar, size_t i, float x, float y)
{
    const double want = reference_forward(op, scalar, (double)x);
    const double ulps = scalar == 1.0 ? 1.0 : 1.5;
    bool good;

    if (is_exact(op, x))
        good = same_float(y, (float)want);
    else
        good = (ulp_error(y, want) <= ulps &&
                (want != 0.0 || !signbit(y) == !signbit(want))) ||
               is_flushed(y, want, 1.0) ||
               (fabsf(x) < FLT_MIN && is_flushed(y, 0.0, 1.0));
    return (good && !is_unset(y)) || report(op, scalar, i, x, NAN, y, want);
}

/* Within 2 ulp as the header states it; a tiny alpha may make any product with
 * exp(x) subnormal. */
static bool check_elu_product(double scalar, float dy, const float *old,
                              float dx, double exact)
{
    const double want = old ? (double)*old + exact : exact;
    double bound = 2.0 * ulp_of(exact);

    if (scalar != 0.0 && fabs(scalar) < 0x1p-20) {
        if (isinf(dy))
            return !isfinite(dx);
        bound += fabs((double)dy) * 0x1p-148;
    }
    if (!isfinite(want) || fabs(want) > (double)FLT_MAX)
        return ulp_error(dx, want) <= 2.0;
    if (old)
        bound += 0.5 * ulp_of(want);
    return fabs((double)dx - want) <= bound;
}

/* Below -129, exp(x) may count as 0. */
static bool check_elu_dx(double scalar, float x, float dy, const float *old,
                         float dx, double product)
{
    return check_elu_product(scalar, dy, old, dx, product) ||
           (x < -129.0f &&
            check_elu_product(scalar, dy, old, dx, scalar * 0.0 * (double)dy));
}

bool check_dx(clrelu_op op, double scalar, size_t i, float x, float dy,
              const float *old, float dx)
{
    const double product =
        reference_backward(op, scalar, (double)x, (double)dy);
    const float rounded = (float)product;
    bool good;

    if (is_exact(op, x))
        good = same_float(dx, old ? *old + rounded : rounded);
    else
        good =
            check_elu_dx(scalar, x, dy, old, dx, product) ||
            is_flushed(dx, old ? (double)*old + product : product, (double)dy);
    return (good && !is_unset(dx)) ||
           report(op, scalar, i, x, dy, dx,
                  old ? (double)*old + product : product);
}

float *wide_values(size_t n, uint64_t seed)
{
    float *values = must_alloc((n + 1) * sizeof(*values));

    for (size_t i = 0; i < n; i++)
        values[i] = i % 11 == 5 ? 0.0f : random_wide(&seed, -12, 3);
    return values;
}
