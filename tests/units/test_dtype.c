/* test_dtype.c - float16 and bfloat16 for every input, float64 on samples
 * SPDX-License-Identifier: MIT */
#include <float.h>
#include <stdlib.h>

#include "device.h"
#include "random.h"
#include "reference.h"
#include "storage.h"
#include "tap.h"
#include "ulp.h"

enum { ALL = 65536 };

static const char *dtype_name(clrelu_dtype dtype)
{
    static const char *const names[] = {"", "float32", "float16", "bfloat16",
                                        "float64"};
    return names[dtype];
}

static clrelu_buffer buffer_of(const struct device *d, const void *values,
                               size_t bytes)
{
    return clrelu_at(device_buffer(d, bytes, values), 0);
}

/* All inputs of a 16-bit type, and a dy for each. */
struct halves {
    const struct device *device;
    clrelu_dtype dtype;
    uint16_t x[ALL], dy[ALL], got[ALL];
    clrelu_buffer bx, bdy, by;
};

static struct halves *halves_make(const struct device *d, clrelu_dtype dtype)
{
    struct halves *h = must_alloc(sizeof(*h));

    h->device = d;
    h->dtype = dtype;
    for (int i = 0; i < ALL; i++) {
        h->x[i] = (uint16_t)i;
        h->dy[i] = (uint16_t)((unsigned)i * 40503u);
    }
    h->bx = buffer_of(d, h->x, sizeof(h->x));
    h->bdy = buffer_of(d, h->dy, sizeof(h->dy));
    h->by = buffer_of(d, NULL, sizeof(h->got));
    return h;
}

static void halves_free(struct halves *h)
{
    clReleaseMemObject(h->bx.mem);
    clReleaseMemObject(h->bdy.mem);
    clReleaseMemObject(h->by.mem);
    free(h);
}

static bool flushes;

/* want rounded once; with slack, what any value within a relative 2^-22 of it
 * rounds to: a float32 ulp and its own rounding; or, of a device that takes
 * subnormals for 0, any value within the least normal number.  Such a device
 * also makes 0 of products of bfloat16, whose factor is brought down by 2^-16
 * to be rounded, and of a factor up to 2 here. */
static bool fits(clrelu_dtype dtype, uint16_t got, double want, bool slack)
{
    const double v = storage_value(dtype, got);
    const double tiny = slack && flushes ? (double)FLT_MIN : 0;
    const double width = slack ? fabs(want) * 0x1p-22 + tiny : 0;
    const double a = storage_value(dtype, storage_round(dtype, want - width));
    const double b = storage_value(dtype, storage_round(dtype, want + width));

    if (isnan(want) || isnan(v))
        return isnan(want) && isnan(v);
    if (flushes && dtype == CLRELU_BFLOAT16 && v == 0 &&
        fabs(want) < (double)FLT_MIN * 0x1p17)
        return true;
    if (!slack || isinf(want))
        return got == storage_round(dtype, want);
    return a <= v && v <= b &&
           (v != 0 || signbit(v) == signbit(want) || fabs(want) < tiny);
}

/* prelu with one alpha for each of 256 columns, of x's type or float32. */
struct prelu_case {
    struct halves *h;
    bool wide;
    float alpha[256];
    uint16_t alpha16[256];
};

static struct prelu_case prelu;

static double prelu_alpha(int i)
{
    return prelu.wide ? (double)prelu.alpha[i % 256]
                      : storage_value(prelu.h->dtype, prelu.alpha16[i % 256]);
}

/* What a call computes: of y or of dx. */
struct question {
    clrelu_op op;
    double scalar; /* prelu's alphas are in prelu                             */
    bool backward, slack;
    const char *what;
};

static double expected(const struct halves *h, const struct question *q, int i)
{
    const double x = storage_value(h->dtype, h->x[i]);
    const double scalar = q->op == CLRELU_PRELU ? prelu_alpha(i) : q->scalar;

    return q->backward ? reference_backward(q->op, scalar, x,
                                            storage_value(h->dtype, h->dy[i]))
                       : reference_forward(q->op, scalar, x);
}

static void check_all(struct halves *h, clrelu_status status,
                      const struct question *q)
{
    int bad = 0;

    if (!ok(status == CLRELU_OK, "%s %s %g runs%s%s", dtype_name(h->dtype),
            q->what, q->scalar, status ? ": " : "",
            status ? clrelu_error() : ""))
        return;
    device_read(h->device, h->by.mem, 0, sizeof(h->got), h->got);
    for (int i = 0; i < ALL; i++)
        if (!fits(h->dtype, h->got[i], expected(h, q, i), q->slack) &&
            bad++ == 0)
            diag("x %a dy %a got %a want %a", storage_value(h->dtype, h->x[i]),
                 storage_value(h->dtype, h->dy[i]),
                 storage_value(h->dtype, h->got[i]), expected(h, q, i));
    ok(bad == 0, "%s %s %g: %s for all 65536 inputs (%d are not)",
       dtype_name(h->dtype), q->what, q->scalar,
       q->slack ? "within a float32 ulp and one rounding" : "correctly rounded",
       bad);
}

static void test_elementwise(struct halves *h)
{
    static const struct {
        clrelu_op op;
        double scalar;
    } cases[] = {
        {CLRELU_LEAKY_RELU, 0.3},
        {CLRELU_LEAKY_RELU, 1.7},
        {CLRELU_LEAKY_RELU, 0},
        /* Products whose last digits float32 cannot hold. */
        {CLRELU_LEAKY_RELU, 0x1.fffffep-9},
        {CLRELU_LEAKY_RELU, 0x1.234568p-60},
        {CLRELU_THRESHOLDED_RELU, 1},
        {CLRELU_THRESHOLDED_RELU, 0.1},
        {CLRELU_ELU, 1},
        {CLRELU_ELU, -0.7},
    };
    const struct device *d = h->device;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const bool is_elu = cases[i].op == CLRELU_ELU;
        const clrelu_elementwise call = {.op = cases[i].op,
                                         .dtype = h->dtype,
                                         .scalar = cases[i].scalar,
                                         .n = ALL,
                                         .x = h->bx,
                                         .y = h->by,
                                         .dy = h->bdy,
                                         .dx = h->by};
        struct question q = {call.op, call.scalar, false,
                             is_elu && (call.scalar != 1 || flushes),
                             clrelu_op_name(call.op)};
        check_all(h, clrelu_forward(d->context, &d->exec, &call), &q);
        const clrelu_status status =
            clrelu_backward(d->context, &d->exec, &call);
        q.backward = true;
        q.what = "backward";
        /* exp's one ulp more is within the slack; NaN from 0*inf is the
         * formula's own where exp(x) is 0. */
        if (!is_elu)
            check_all(h, status, &q);
    }
}

/* dx += exp(x)*1 where exp(x) is far below float16's numbers, too. */
static void test_accumulated_elu(const struct device *d)
{
    struct halves *h = halves_make(d, CLRELU_FLOAT16);
    uint16_t ones[ALL];
    int bad = 0;

    for (int i = 0; i < ALL; i++)
        ones[i] = 0x3c00;
    clReleaseMemObject(h->bdy.mem);
    clReleaseMemObject(h->by.mem);
    h->bdy = buffer_of(d, ones, sizeof(ones));
    h->by = buffer_of(d, ones, sizeof(ones));
    const clrelu_elementwise call = {.op = CLRELU_ELU,
                                     .dtype = CLRELU_FLOAT16,
                                     .flags = CLRELU_ACCUMULATE_DX,
                                     .scalar = 1,
                                     .n = ALL,
                                     .x = h->bx,
                                     .dy = h->bdy,
                                     .dx = h->by};
    must_succeed(clrelu_backward(d->context, &d->exec, &call));
    device_read(d, h->by.mem, 0, sizeof(h->got), h->got);
    for (int i = 0; i < ALL; i++) {
        const double x = storage_value(CLRELU_FLOAT16, h->x[i]);
        bad += !isnan(x) &&
               !fits(CLRELU_FLOAT16, h->got[i], 1 + (x < 0 ? exp(x) : 1), true);
    }
    ok(bad == 0, "float16 elu 1, dx +=, for all inputs (%d are wrong)", bad);
    halves_free(h);
}

static bool dalpha_fits(int column, double got)
{
    double sum = 0, magnitude = 0;

    for (int i = column; i < ALL; i += 256) {
        const double x = storage_value(prelu.h->dtype, prelu.h->x[i]);
        const double p = x * storage_value(prelu.h->dtype, prelu.h->dy[i]);
        if (x < 0) {
            sum += p;
            magnitude += fabs(p);
        }
    }
    if (!isfinite(sum) || magnitude > FLT_MAX)
        return true;
    const double bound = 0x1p-24 * fabs(sum) + 0x1p-27 * magnitude + 0x1p-149;
    if (prelu.wide)
        return fabs(got - sum) <= bound;
    return got >= storage_value(prelu.h->dtype,
                                storage_round(prelu.h->dtype, sum - bound)) &&
           got <= storage_value(prelu.h->dtype,
                                storage_round(prelu.h->dtype, sum + bound));
}

static void check_dalpha(clrelu_buffer b)
{
    uint16_t narrow[256];
    float wide[256];
    int bad = 0;

    device_read(prelu.h->device, b.mem, 0,
                prelu.wide ? sizeof(wide) : sizeof(narrow),
                prelu.wide ? (void *)wide : (void *)narrow);
    for (int i = 0; i < 256; i++)
        bad += !dalpha_fits(i, prelu.wide
                                   ? (double)wide[i]
                                   : storage_value(prelu.h->dtype, narrow[i]));
    ok(bad == 0, "... dalpha within its bound");
}

static void test_prelu(struct halves *h, bool wide)
{
    const struct device *d = h->device;
    const size_t dims[] = {256, 256};
    const clrelu_shape shape = reference_shape(2, dims, 0, NULL);
    const clrelu_dtype alpha_dtype = wide ? CLRELU_FLOAT32 : (clrelu_dtype)0;
    uint64_t seed = 7;

    prelu.h = h;
    prelu.wide = wide;
    for (int i = 0; i < 256; i++) {
        prelu.alpha[i] = random_uniform(&seed, -2.0f, 2.0f);
        prelu.alpha16[i] = storage_round(h->dtype, (double)prelu.alpha[i]);
    }
    const clrelu_buffer alpha =
        wide ? buffer_of(d, prelu.alpha, sizeof(prelu.alpha))
             : buffer_of(d, prelu.alpha16, sizeof(prelu.alpha16));
    const clrelu_buffer dalpha = buffer_of(d, NULL, sizeof(prelu.alpha));
    const char *what = wide ? "prelu, float32 alpha" : "prelu, alpha alike";
    const clrelu_prelu call = {.dtype = h->dtype,
                               .alpha_dtype = alpha_dtype,
                               .shape = &shape,
                               .x = h->bx,
                               .alpha = alpha,
                               .y = h->by,
                               .dy = h->bdy,
                               .dx = h->by,
                               .dalpha = dalpha};
    check_all(h, clrelu_prelu_forward(d->context, &d->exec, &call),
              &(struct question){.op = CLRELU_PRELU, .what = what});
    check_all(h, clrelu_prelu_backward(d->context, &d->exec, &call),
              &(struct question){.op = CLRELU_PRELU,
                                 .backward = true,
                                 .what = "... backward"});
    check_dalpha(dalpha);
    clReleaseMemObject(alpha.mem);
    clReleaseMemObject(dalpha.mem);
}

/* float64 against long double, where that is wider. */
static double error64(double got, long double want)
{
    int exponent;

    if (isnan(got) || isnan(want))
        return isnan(got) && isnan(want) ? 0 : INFINITY;
    if ((long double)got == want)
        return 0;
    frexpl(want, &exponent);
    if (exponent < -1021)
        exponent = -1021;
    return (double)(fabsl(got - want) / ldexpl(1, exponent - 53));
}

static long double want64(clrelu_op op, bool backward, double scalar, double x,
                          double dy)
{
    const long double in = backward ? dy : x;

    switch (op) {
    case CLRELU_LEAKY_RELU:
        return x < 0 ? (long double)scalar * in : in;
    case CLRELU_ELU:
        if (backward)
            return x < 0 ? scalar * expl(x) * dy : (long double)dy;
        return x < 0 ? scalar * expm1l(x) : (long double)x;
    default:
        return x > scalar ? in : 0;
    }
}

static double sample64(uint64_t *seed, size_t i)
{
    static const double edges[] = {0.0,      -0.0,   -1e-300, -5e-324, -36.7,
                                   -37.5,    -700,   -708.5,  -0.3465, -0.3467,
                                   -1e-17,   0.7,    1e308,   -1e308,  1.0,
                                   INFINITY, -745.2, -2e-16};

    if (i < COUNT_OF(edges))
        return edges[i];
    return i % 2 ? (double)random_wide(seed, -60, 9)
                 : (double)random_uniform(seed, -50.0f, 10.0f) +
                       (double)random_uniform(seed, 0.0f, 1e-7f);
}

static void test_float64(const struct device *d, clrelu_op op, bool backward,
                         double scalar, double bound)
{
    enum { N = 50021 };
    static double x[N], dy[N], got[N];
    uint64_t seed = 3;
    double worst = 0;

    for (size_t i = 0; i < N; i++) {
        x[i] = sample64(&seed, i);
        dy[i] = (double)random_uniform(&seed, -2.0f, 2.0f);
    }
    const clrelu_buffer bx = buffer_of(d, x, sizeof(x));
    const clrelu_buffer bdy = buffer_of(d, dy, sizeof(dy));
    const clrelu_buffer by = buffer_of(d, NULL, sizeof(got));
    const clrelu_elementwise call = {.op = op,
                                     .dtype = CLRELU_FLOAT64,
                                     .scalar = scalar,
                                     .n = N,
                                     .x = bx,
                                     .y = by,
                                     .dy = bdy,
                                     .dx = by};
    const clrelu_status status = (backward ? clrelu_backward : clrelu_forward)(
        d->context, &d->exec, &call);
    if (status)
        diag("%s", clrelu_error());
    device_read(d, by.mem, 0, sizeof(got), got);
    for (size_t i = 0; i < N; i++) {
        const double e =
            error64(got[i], want64(op, backward, scalar, x[i], dy[i]));
        if (e > worst) {
            worst = e;
            if (e > bound)
                diag("x %a got %a want %La", x[i], got[i],
                     want64(op, backward, scalar, x[i], dy[i]));
        }
    }
    ok(status == CLRELU_OK && worst <= bound,
       "float64 %s%s %g: %.3f ulp of at most %.1f", clrelu_op_name(op),
       backward ? " backward" : "", scalar, worst, bound);
    clReleaseMemObject(bx.mem);
    clReleaseMemObject(bdy.mem);
    clReleaseMemObject(by.mem);
}

static void test_float64_prelu(const struct device *d)
{
    enum { ROWS = 300, COLUMNS = 70, N = ROWS * COLUMNS };
    static double x[N], dy[N], dx[N], alpha[COLUMNS], dalpha[COLUMNS];
    const size_t dims[] = {ROWS, COLUMNS};
    const clrelu_shape shape = reference_shape(2, dims, 0, NULL);
    uint64_t seed = 5;
    int bad = 0;

    for (size_t i = 0; i < N; i++) {
        x[i] = (double)random_uniform(&seed, -2.0f, 2.0f) / 3;
        dy[i] = (double)random_uniform(&seed, -2.0f, 2.0f) / 7;
    }
    for (size_t j = 0; j < COLUMNS; j++)
        alpha[j] = (double)random_uniform(&seed, 0.0f, 1.0f) / 9;
    const clrelu_buffer bx = buffer_of(d, x, sizeof(x));
    const clrelu_buffer bdy = buffer_of(d, dy, sizeof(dy));
    const clrelu_buffer ba = buffer_of(d, alpha, sizeof(alpha));
    const clrelu_buffer bdx = buffer_of(d, NULL, sizeof(dx));
    const clrelu_buffer bda = buffer_of(d, NULL, sizeof(dalpha));
    const clrelu_status status =
        clrelu_prelu_backward(d->context, &d->exec,
                              &(clrelu_prelu){.dtype = CLRELU_FLOAT64,
                                              .shape = &shape,
                                              .x = bx,
                                              .alpha = ba,
                                              .dy = bdy,
                                              .dx = bdx,
                                              .dalpha = bda});
    device_read(d, bdx.mem, 0, sizeof(dx), dx);
    device_read(d, bda.mem, 0, sizeof(dalpha), dalpha);
    for (size_t i = 0; i < N; i++)
        bad += dx[i] != (x[i] < 0 ? alpha[i % COLUMNS] * dy[i] : dy[i]);
    ok(status == CLRELU_OK && bad == 0, "float64 prelu dx: the right bits");
    bad = 0;
    for (size_t j = 0; j < COLUMNS; j++) {
        long double sum = 0;
        for (size_t i = j; i < N; i += COLUMNS)
            sum += x[i] < 0 ? (long double)x[i] * dy[i] : 0;
        bad += error64(dalpha[j], sum) > 0.51;
    }
    ok(bad == 0, "float64 prelu dalpha: rounded once");
    clReleaseMemObject(bx.mem);
    clReleaseMemObject(bdy.mem);
    clReleaseMemObject(ba.mem);
    clReleaseMemObject(bdx.mem);
    clReleaseMemObject(bda.mem);
}

static void test_all_float64(const struct device *d)
{
    if (!device_has_float64(d)) {
        skip("the device has no cl_khr_fp64", "float64");
        return;
    }
    test_float64(d, CLRELU_LEAKY_RELU, false, 0.3, 0.5);
    test_float64(d, CLRELU_LEAKY_RELU, true, 0.3, 0.5);
    test_float64(d, CLRELU_THRESHOLDED_RELU, false, 0.1, 0);
    test_float64(d, CLRELU_THRESHOLDED_RELU, true, 0.1, 0);
    test_float64(d, CLRELU_ELU, false, 1.0, 1.0);
    test_float64(d, CLRELU_ELU, false, 0.3, 1.5);
    test_float64(d, CLRELU_ELU, true, 1.0, 2.0);
    test_float64(d, CLRELU_ELU, true, 0.3, 2.0);
    test_float64_prelu(d);
}

int main(void)
{
    const clrelu_dtype dtypes[] = {CLRELU_FLOAT16, CLRELU_BFLOAT16};
    struct device d;

    device_open(&d);
    flushes = !device_subnormal(d.id);
    if (flushes)
        skip("the device has no CL_FP_DENORM",
             "subnormal results of elu, products of bfloat16 below 2^-109");
    for (size_t i = 0; i < COUNT_OF(dtypes); i++) {
        struct halves *h = halves_make(&d, dtypes[i]);
        test_elementwise(h);
        test_prelu(h, true);
        test_prelu(h, false);
        halves_free(h);
    }
    test_accumulated_elu(&d);
    test_all_float64(&d);
    device_close(&d);
    return done_testing();
}
