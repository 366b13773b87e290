/* test_constraint.c - constraints against plain C
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "array.h"
#include "expect.h"
#include "random.h"
#include "ulp.h"

enum { MAX_RANK = 4 };

typedef struct shape {
    size_t rank, dims[MAX_RANK];
} shape;

static clrelu_status constrain(const struct device *d, const char *spec,
                               const shape *s, const struct array *a)
{
    return array_constrain(d, spec, s->rank, s->dims, a);
}

static size_t count(const shape *s)
{
    size_t n = 1;

    for (size_t i = 0; i < s->rank; i++)
        n *= s->dims[i];
    return n;
}

/* Whether two elements differ in reduced axes alone. */
static bool differ_reduced(const shape *s, unsigned reduced, size_t i, size_t k)
{
    for (size_t axis = s->rank; axis-- > 0;) {
        if (!(reduced >> axis & 1) && i % s->dims[axis] != k % s->dims[axis])
            return false;
        i /= s->dims[axis];
        k /= s->dims[axis];
    }
    return true;
}

static double norm_at(const shape *s, unsigned reduced, const float *a,
                      size_t i)
{
    double sum = 0.0;

    for (size_t k = 0; k < count(s); k++)
        if (differ_reduced(s, reduced, i, k))
            sum += (double)a[k] * (double)a[k];
    return sqrt(sum);
}

/* reduced has a bit for each axis.  low, high and rate are min_max_norm's, of
 * which the other norms are special cases. */
static const struct constraint {
    const char *spec;
    enum { NORM, NON_NEG, NONE } kind;
    size_t min_rank;
    unsigned reduced;
    double low, high, rate;
} constraints[] = {
    {"max_norm", NORM, 1, 1, 0, 2, 1},
    {"MaxNorm(2, axis=0)", NORM, 1, 1, 0, 2, 1},
    {"maxnorm(m=0.5, axis=[0, 1])", NORM, 2, 3, 0, 0.5, 1},
    {"max_norm(max_value=0.5,axis=-1)", NORM, 3, 4, 0, 0.5, 1},
    {"max_norm(0.5, [0, 2])", NORM, 4, 5, 0, 0.5, 1},
    {"max_norm(0.5, axis=[1, 3])", NORM, 4, 10, 0, 0.5, 1},
    {"max_norm(0.5, axis=None)", NORM, 1, 15, 0, 0.5, 1},
    {"max_norm(0.5, axis=[])", NORM, 1, 0, 0, 0.5, 1},
    {"unit_norm", NORM, 1, 1, 1, 1, 1},
    {"UnitNorm(axis=(1,))", NORM, 2, 2, 1, 1, 1},
    {"unitnorm((0, 1, 2))", NORM, 3, 7, 1, 1, 1},
    {"min_max_norm", NORM, 1, 1, 0, 1, 1},
    {"MinMaxNorm(min_value=0.5,max_value=1.5,rate=0.25,axis=[0,1])", NORM, 2, 3,
     0.5, 1.5, 0.25},
    {"non_neg", NON_NEG, 0, 0, 0, 0, 0},
    {"NonNeg()", NON_NEG, 0, 0, 0, 0, 0},
    {"None", NONE, 0, 0, 0, 0, 0},
};

/* What becomes of an element of a vector with this norm. */
static double constrained(const struct constraint *c, double v, double norm)
{
    const double clipped = fmin(fmax(norm, c->low), c->high);

    if (c->kind == NORM)
        return v * (c->rate * clipped + (1 - c->rate) * norm) / (1e-7 + norm);
    return c->kind == NON_NEG && v < 0 ? 0 : v;
}

static void test_values(const struct device *d, const struct constraint *c,
                        const shape *s)
{
    const size_t n = count(s);
    uint64_t state = n;
    float *values = must_alloc((n + 1) * sizeof(*values));
    double worst = 0.0;

    for (size_t i = 0; i < n; i++)
        values[i] = i % 7 == 3 ? 0.0f : random_wide(&state, -6, 1);
    struct array a = array_make(d, 3, n, values);
    const clrelu_status status = constrain(d, c->spec, s, &a);
    const float *got = array_fetch(d, &a);
    for (size_t i = 0; i < n; i++) {
        const double want = constrained(c, (double)values[i],
                                        norm_at(s, c->reduced, values, i));
        const double error = fabs((double)got[i] - want);
        worst = worse(worst, want == 0.0 ? error : error / fabs(want));
    }
    if (!ok(status == CLRELU_OK && worst <= 8 * 0x1p-23 && array_guarded(&a),
            "%s of rank %zu, %zu elements", c->spec, s->rank, n))
        diag("%s: off by %g", status ? clrelu_error() : "", worst);
    array_free(&a);
    free(values);
}

/* Keras's own test of max_norm: columns (0,0,0), (1,0,0), (3,0,0), (3,3,3). */
static void test_keras(const struct device *d)
{
    static const float values[] = {0, 1, 3, 3, 0, 0, 0, 3, 0, 0, 0, 3};
    const float third = 2.0f / sqrtf(3.0f);
    const float want[] = {0, 1, 2, third, 0, 0, 0, third, 0, 0, 0, third};
    const shape s = {2, {3, 4}};
    struct array a = array_make(d, 0, 12, values);
    bool good = !constrain(d, "max_norm(2.0)", &s, &a);
    const float *got = array_fetch(d, &a);

    for (size_t i = 0; i < 12; i++)
        good = good && fabsf(got[i] - want[i]) < 2e-7f;
    ok(good, "max_norm(2.0) of Keras's example");
    array_free(&a);
}

/* Small norms are scaled too, as the formula has it; -0 and NaN stay. */
static void test_special(const struct device *d)
{
    const float values[] = {1e-7f, 0.0f, -0.0f, NAN, -INFINITY, -1.0f};
    const shape s = {2, {1, 6}};
    struct array a = array_make(d, 0, 6, values);

    constrain(d, "max_norm(2)", &s, &a);
    const float *got = array_fetch(d, &a);
    ok(fabsf(got[0] - 5e-8f) < 1e-14f, "max_norm halves 1e-7");
    ok(got[1] == 0.0f && isnan(got[3]), "... keeps 0 and NaN");
    array_reset(d, &a);
    constrain(d, "non_neg", &s, &a);
    got = array_fetch(d, &a);
    ok(signbit(got[2]) && isnan(got[3]) && got[4] == 0.0f && got[5] == 0.0f,
       "non_neg keeps -0 and NaN, and makes -inf and -1 zero");
    array_free(&a);
}

/* Keras's loop: an array that grows, padded with an element of the diagonal.
 * kernel and out are size x size. */
static void grow(size_t size, const float *kernel, float *out)
{
    const size_t start = size / 2;
    size_t held = size % 2 ? 1 : 2;
    float old[64];

    for (size_t i = 0; i < held * held; i++)
        out[i] = kernel[(start - 1) * size + start - 1];
    for (size_t index = size % 2 ? 0 : 1; index < start; index++) {
        const float pad = kernel[(start + index) * size + start + index];
        memcpy(old, out, held * held * sizeof(*out));
        for (size_t i = 0; i < (held + 2) * (held + 2); i++)
            out[i] = pad;
        for (size_t i = 0; i < held * held; i++)
            out[(i / held + 1) * (held + 2) + i % held + 1] = old[i];
        held += 2;
    }
}

static void test_radial(const struct device *d, size_t size, size_t channels,
                        size_t kernels)
{
    const shape s = {4, {size, size, channels, kernels}};
    const size_t many = channels * kernels, n = count(&s);
    float *values = must_alloc((n + 1) * sizeof(*values));
    struct array a;
    bool good;

    for (size_t i = 0; i < n; i++)
        values[i] = (float)i;
    a = array_make(d, 3, n, values);
    good = !constrain(d, size % 2 ? "radial_constraint" : "RadialConstraint()",
                      &s, &a);
    const float *got = array_fetch(d, &a);
    for (size_t k = 0; k < many; k++) {
        float kernel[64], want[64];
        for (size_t i = 0; i < size * size; i++)
            kernel[i] = values[i * many + k];
        if (size > 1)
            grow(size, kernel, want);
        else
            memcpy(want, kernel, size * sizeof(*want));
        for (size_t i = 0; i < size * size; i++)
            good = good && got[i * many + k] == want[i];
    }
    ok(good && array_guarded(&a), "radial_constraint of %zu x %zu x %zu x %zu",
       size, size, channels, kernels);
    array_free(&a);
    free(values);
}

static void test_radial_all(const struct device *d)
{
    /* By hand, of Keras's code: its own picture has the values swapped. */
    static const float values[] = {0, 1, 2,  3,  4,  5,  6,  7,
                                   8, 9, 10, 11, 12, 13, 14, 15};
    static const float want[] = {15, 15, 15, 15, 15, 5,  5,  15,
                                 15, 5,  5,  15, 15, 15, 15, 15};
    const shape s = {4, {4, 4, 1, 1}};
    struct array a = array_make(d, 0, 16, values);

    ok(!constrain(d, "radial_constraint", &s, &a) &&
           memcmp(array_fetch(d, &a), want, sizeof(want)) == 0,
       "radial_constraint of 4 x 4: the corner outside, (1, 1) inside");
    array_free(&a);
    for (size_t size = 0; size <= 8; size++)
        test_radial(d, size, 3, 2);
    test_radial(d, 3, 1, 1);
    test_radial(d, 3, 0, 4);
    test_radial(d, 5, 100, 70);
}

static void test_errors(const struct device *d)
{
    static const struct invalid_text bad[] = {
        {"max_nrom", CLRELU_UNKNOWN_NAME, "max_norm"},
        {"max_norm(-1)", CLRELU_INVALID_SCALAR, "max_value"},
        {"max_norm(nan)", CLRELU_INVALID_SCALAR, "max_value"},
        {"max_norm(inf)", CLRELU_INVALID_SCALAR, "max_value"},
        {"min_max_norm(-1)", CLRELU_INVALID_SCALAR, "min_value"},
        {"min_max_norm(2, 1)", CLRELU_INVALID_SCALAR, "max_value"},
        {"min_max_norm(rate=1.5)", CLRELU_INVALID_SCALAR, "rate"},
        {"min_max_norm(rate=-0.5)", CLRELU_INVALID_SCALAR, "rate"},
        {"radial_constraint", CLRELU_INVALID_RANK, "rank is 2, must be 4"},
        {"radial_constraint(1)", CLRELU_INVALID_SPEC, "unknown argument"},
        {"max_norm(axis=2)", CLRELU_INVALID_AXIS, "axis 2"},
        {"max_norm(axis=-3)", CLRELU_INVALID_AXIS, "axis -3"},
        {"unit_norm([0, 5])", CLRELU_INVALID_AXIS, "axis 5"},
        {"unit_norm(axis=0.5)", CLRELU_INVALID_SPEC, "axis"},
        {"non_neg(1)", CLRELU_INVALID_SPEC, "unknown argument"},
    };
    const float values[6] = {1.0f};
    const shape s = {2, {2, 3}}, scalar = {0, {0}}, larger = {1, {1000}};
    const shape oblong = {4, {1, 2, 1, 3}};
    struct array a = array_make(d, 0, 6, values);

    for (size_t i = 0; i < COUNT_OF(bad); i++)
        expect_invalid(constrain(d, bad[i].text, &s, &a), &bad[i]);
    expect(constrain(d, "max_norm", &scalar, &a), CLRELU_INVALID_AXIS, "rank 0",
           "max_norm of rank 0");
    expect(constrain(d, "radial_constraint", &oblong, &a),
           CLRELU_INVALID_ALPHA_SHAPE, "(1, 2, 1, 3)", "oblong kernels");
    expect(constrain(d, "max_norm", &larger, &a), CLRELU_BUFFER_TOO_SMALL, "a",
           "a small buffer");
    array_fetch(d, &a);
    ok(array_untouched(&a), "... and no call wrote");
    array_free(&a);
}

/* Ones, whose norm is known: some devices end long loops early. */
static void test_long(const struct device *d, const shape *s)
{
    const size_t n = count(s);
    const float want = 1.0f / sqrtf((float)s->dims[1]);
    float *values = must_alloc(n * sizeof(*values));
    bool good = true;

    for (size_t i = 0; i < n; i++)
        values[i] = 1.0f;
    struct array a = array_make(d, 0, n, values);
    good = !constrain(d, "unit_norm(axis=1)", s, &a);
    const float *got = array_fetch(d, &a);
    for (size_t i = 0; i < n && good; i++) {
        good = fabsf(got[i] - want) <= 1e-6f * want;
        if (!good)
            diag("[%zu] is %g, must be %g", i, (double)got[i], (double)want);
    }
    ok(good, "a norm of %zu in %zu x %zu x %zu", s->dims[1], s->dims[0],
       s->dims[1], s->dims[2]);
    array_free(&a);
    free(values);
}

int main(void)
{
    static const shape lengthy[] = {{3, {3, 5003, 7}}, {3, {1, 260000, 15}}};
    static const shape shapes[] = {
        {0, {0}},           {1, {1}},        {1, {1500}},    {2, {64, 1}},
        {2, {9, 33}},       {3, {1, 1, 24}}, {3, {5, 7, 3}}, {4, {2, 9, 4, 7}},
        {4, {3, 1, 1, 50}}, {3, {40, 0, 2}}};
    struct device d;

    device_open(&d);
    for (size_t i = 0; i < COUNT_OF(constraints); i++)
        for (size_t s = 0; s < COUNT_OF(shapes); s++)
            if (shapes[s].rank >= constraints[i].min_rank &&
                (constraints[i].reduced != 4 || shapes[s].rank == 3))
                test_values(&d, &constraints[i], &shapes[s]);
    for (size_t i = 0; i < COUNT_OF(lengthy); i++)
        if (device_runs(count(&lengthy[i]), 5000, "a norm of many"))
            test_long(&d, &lengthy[i]);
    test_keras(&d);
    test_radial_all(&d);
    test_special(&d);
    test_errors(&d);
    device_close(&d);
    return done_testing();
}
