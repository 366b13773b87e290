/* test_float_check.c - which devices promise the same bits, and are they right?
 * SPDX-License-Identifier: MIT */
#include "core/float_check.h"

#include <math.h>
#include <string.h>

#include "array.h"
#include "reference.h"
#include "tap.h"
#include "ulp.h"

/* --- the verdict on devices of these operations --- */

struct machine {
    float (*add)(float, float);
    float (*multiply)(float, float);
    float (*multiply_add)(float, float, float);
    float (*fma)(float, float, float);
    bool (*is_negative)(float);
};

static float add(float a, float b)
{
    return a + b;
}

static float multiply(float a, float b)
{
    return a * b;
}

static float multiply_add(float a, float b, float c)
{
    const float product = a * b;
    return product + c;
}

static bool is_negative(float a)
{
    return a < 0;
}

static const struct machine ieee = {add, multiply, multiply_add, fmaf,
                                    is_negative};

static float flush(float v)
{
    return fabsf(v) < 0x1p-126f ? copysignf(0, v) : v;
}

static float flushing_add(float a, float b)
{
    return flush(flush(a) + flush(b));
}

static float flushing_multiply(float a, float b)
{
    return flush(flush(a) * flush(b));
}

static float flushing_fma(float a, float b, float c)
{
    return flush(fmaf(flush(a), flush(b), flush(c)));
}

static bool flushing_is_negative(float a)
{
    return flush(a) < 0;
}

static float fma_by_double(float a, float b, float c)
{
    return (float)((double)a * (double)b + (double)c);
}

/* Towards zero, of what is exact in double. */
static float truncate_double(double v)
{
    const float nearest = (float)v;

    return fabs((double)nearest) > fabs(v) ? nextafterf(nearest, 0) : nearest;
}

static float truncating_add(float a, float b)
{
    return truncate_double((double)a + (double)b);
}

static float truncating_multiply(float a, float b)
{
    return truncate_double((double)a * (double)b);
}

static float add_without_minus_zero(float a, float b)
{
    return a + b == 0 ? 0 : a + b;
}

static void compute(const struct machine *m, float *out)
{
    float in[CLRELU_FLOAT_CHECK_INPUTS];

    clrelu_float_check_fill(in);
    for (size_t i = 0; i < CLRELU_FLOAT_CHECK_ROWS; i++) {
        const float *const from = in + i / 4 * 12 + i % 4;
        float *const to = out + i / 4 * 20 + i % 4;
        to[0] = m->multiply(from[0], from[4]);
        to[4] = m->add(from[0], from[4]);
        to[8] = m->multiply_add(from[0], from[4], from[8]);
        to[12] = m->fma(from[0], from[4], from[8]);
        to[16] = m->is_negative(from[0]) ? from[4] : from[8];
    }
}

static void test_machine(const char *name, struct machine m, const char *want)
{
    float out[CLRELU_FLOAT_CHECK_OUTPUTS];
    clrelu_float_check a;

    compute(&m, out);
    clrelu_float_check_judge(out, &a);
    ok(a.is_ieee == !want[0] && strcmp(a.differs, want) == 0, "%s: \"%s\"",
       name, a.differs);
}

static void test_machines(void)
{
    struct machine m = ieee;

    test_machine("IEEE 754", m, "");
    m.fma = flushing_fma;
    test_machine("fma flushes", m, "subnormal numbers in fma");
    m = (struct machine){flushing_add, flushing_multiply, multiply_add,
                         flushing_fma, flushing_is_negative};
    test_machine("all flushes", m,
                 "subnormal numbers in *, + or <; subnormal numbers in fma");
    m = ieee;
    m.add = flushing_add;
    test_machine("sums flush", m, "subnormal numbers in *, + or <");
    m = ieee;
    m.multiply = flushing_multiply;
    test_machine("products flush", m, "subnormal numbers in *, + or <");
    m = ieee;
    m.is_negative = flushing_is_negative;
    test_machine("comparisons flush", m, "subnormal numbers in *, + or <");
    m = ieee;
    m.fma = multiply_add;
    test_machine("no fma", m,
                 "fma, which rounds twice; subnormal numbers in fma");
    m.fma = fma_by_double;
    test_machine("fma by way of double", m, "fma, which rounds twice");
    m = ieee;
    m.multiply_add = fmaf;
    test_machine("contraction", m, "a*b + c, which is contracted");
    m = ieee;
    m.add = truncating_add;
    test_machine("sums truncate", m, "rounding to nearest even");
    m = ieee;
    m.multiply = truncating_multiply;
    test_machine("products truncate", m,
                 "rounding to nearest even; subnormal numbers in *, + or <; "
                 "infinities, NaN or the sign of 0");
    m = ieee;
    m.add = add_without_minus_zero;
    test_machine("no -0.0", m, "infinities, NaN or the sign of 0");
}

/* --- the verdict on this device, compared with results --- */

/* Two products that cancel but for their rounding errors, the smaller of them
 * subnormal: the sum that only subnormal numbers in fma make right. */
static bool dalpha_has_subnormals(const struct device *d)
{
    const float x[] = {-0x1.000002p-50f, -1};
    const float dy[] = {0x1.000002p-50f, -0x1.000004p-100f};
    const size_t dims[] = {2, 1};
    const clrelu_shape shape = reference_shape(2, dims, 0, NULL);
    struct array bx = array_make(d, 0, 2, x), bdy = array_make(d, 0, 2, dy);
    struct array dalpha = array_make(d, 0, 1, NULL);

    if (array_prelu_backward(d, &shape, 0, &bx, NULL, &bdy, NULL, &dalpha))
        bail("%s", clrelu_error());
    const float got = *array_fetch(d, &dalpha);
    diag("dalpha is %a, in IEEE 754 %a", (double)got, (double)-0x1p-146f);
    arrays_free(&bx, &bdy, &dalpha);
    return same_float(got, -0x1p-146f);
}

static void test_device(const struct device *d)
{
    clrelu_float_check a, again;

    memset(&a, 77, sizeof(a));
    const clrelu_status status = clrelu_context_float_check(d->context, &a);
    ok(!status && (a.is_ieee == 0 || a.is_ieee == 1) &&
           a.is_ieee == !a.differs[0],
       "is_ieee is %d, differs \"%s\"%s", a.is_ieee, a.differs,
       status ? clrelu_error() : "");
    ok(!clrelu_context_float_check(d->context, &again) &&
           again.is_ieee == a.is_ieee && strcmp(again.differs, a.differs) == 0,
       "... and the second time");
    ok(dalpha_has_subnormals(d) == a.is_ieee, "which dalpha shows");
}

static void test_arguments(const struct device *d)
{
    clrelu_float_check a;

    ok(clrelu_context_float_check(NULL, &a) == CLRELU_INVALID_NULL &&
           strstr(clrelu_error(), "context"),
       "no context: %s", clrelu_error());
    ok(clrelu_context_float_check(d->context, NULL) == CLRELU_INVALID_NULL &&
           strstr(clrelu_error(), "out"),
       "no out: %s", clrelu_error());
}

int main(void)
{
    struct device d;

    test_machines();
    device_open(&d);
    test_device(&d);
    test_arguments(&d);
    device_close(&d);
    return done_testing();
}
