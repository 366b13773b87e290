/* test_dtype.c - float16 and bfloat16 for every input, float64 on samples
 * SPDX-License-Identifier: MIT */
#include <float.h>
#include <stdlib.h>

#include "random.h"
#include "reference.h"
#include "storage.h"
#include "tap.h"
#include "typed.h"
#include "ulp.h"

enum { ALL = 65536 };

/* All inputs of a 16-bit type, and a dy for each. */
struct halves {
    const struct device *device;
    clrelu_dtype dtype;
    const char *name;
    struct typed x, dy, y;
};

static struct halves halves_make(const struct device *d, clrelu_dtype dtype)
{
    static uint16_t x[ALL], dy[ALL];

    for (int i = 0; i < ALL; i++) {
        x[i] = (uint16_t)i;
        dy[i] = (uint16_t)((unsigned)i * 40503u);
    }
    return (struct halves){d,
                           dtype,
                           dtype == CLRELU_FLOAT16 ? "float16" : "bfloat16",
                           typed_make(d, 2, 0, ALL, x),
                           typed_make(d, 2, 0, ALL, dy),
                           typed_make(d, 2, 0, ALL, NULL)};
}

static double x_of(const struct halves *h, int i)
{
    return typed_value(h->dtype, h->x.sent, (size_t)i);
}

static double dy_of(const struct halves *h, int i)
{
    return typed_value(h->dtype, h->dy.sent, (size_t)i);
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
    const double a = storage_nearest(dtype, want - width);
    const double b = storage_nearest(dtype, want + width);

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
enum { COLUMNS = 256 };
static struct prelu_case {
    struct halves *h;
    clrelu_dtype dtype;
    struct typed alpha;
} prelu;

/* What a call computes: of y or of dx. */
struct question {
    clrelu_op op;
    double scalar; /* prelu's alphas are in prelu                             */
    bool backward, slack;
    const char *what;
};

static double expected(const struct halves *h, const struct question *q, int i)
{
    const double scalar =
        q->op == CLRELU_PRELU
            ? typed_value(prelu.dtype, prelu.alpha.sent, (size_t)i % COLUMNS)
            : q->scalar;

    return q->backward
               ? reference_backward(q->op, scalar, x_of(h, i), dy_of(h, i))
               : reference_forward(q->op, scalar, x_of(h, i));
}

static void check_all(struct halves *h, clrelu_status status,
                      const struct question *q)
{
    int bad = 0;

    if (!ok(status == CLRELU_OK, "%s %s %g runs%s%s", h->name, q->what,
            q->scalar, status ? ": " : "", status ? clrelu_error() : ""))
        return;
    const uint16_t *got = typed_fetch(h->device, &h->y);
    for (int i = 0; i < ALL; i++)
        if (!fits(h->dtype, got[i], expected(h, q, i), q->slack) && bad++ == 0)
            diag("x %a dy %a got %a want %a", x_of(h, i), dy_of(h, i),
                 storage_value(h->dtype, got[i]), expected(h, q, i));
    ok(bad == 0, "%s %s %g: %s for all 65536 inputs (%d are not)", h->name,
       q->what, q->scalar,
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
        const clrelu_elementwise call = typed_call(
            cases[i].op, h->dtype, cases[i].scalar, &h->x, &h->dy, &h->y);
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
    struct halves h = halves_make(d, CLRELU_FLOAT16);
    static uint16_t ones[ALL];
    int bad = 0;

    for (int i = 0; i < ALL; i++)
        ones[i] = 0x3c00;
    struct typed dy = typed_make(d, 2, 0, ALL, ones);
    struct typed dx = typed_make(d, 2, 0, ALL, ones);
    clrelu_elementwise call =
        typed_call(CLRELU_ELU, CLRELU_FLOAT16, 1, &h.x, &dy, &dx);
    call.flags = CLRELU_ACCUMULATE_DX;
    must_succeed(clrelu_backward(d->context, &d->exec, &call));
    const uint16_t *got = typed_fetch(d, &dx);
    for (int i = 0; i < ALL; i++) {
        const double x = x_of(&h, i);
        bad += !isnan(x) &&
               !fits(CLRELU_FLOAT16, got[i], 1 + (x < 0 ? exp(x) : 1), true);
    }
    ok(bad == 0, "float16 elu 1, dx +=, for all inputs (%d are wrong)", bad);
    typeds_free(&h.x, &h.dy, &h.y, &dy, &dx);
}

static bool dalpha_fits(int column, double got)
{
    double sum = 0, magnitude = 0;

    for (int i = column; i < ALL; i += COLUMNS) {
        const double x = x_of(prelu.h, i);
        const double p = x * dy_of(prelu.h, i);
        if (x < 0) {
            sum += p;
            magnitude += fabs(p);
        }
    }
    if (!isfinite(sum) || magnitude > FLT_MAX)
        return true;
    const double bound = 0x1p-24 * fabs(sum) + 0x1p-27 * magnitude + 0x1p-149;
    if (prelu.dtype == CLRELU_FLOAT32)
        return fabs(got - sum) <= bound;
    return got >= storage_nearest(prelu.dtype, sum - bound) &&
           got <= storage_nearest(prelu.dtype, sum + bound);
}

static void check_dalpha(const void *got)
{
    int bad = 0;

    for (int i = 0; i < COLUMNS; i++)
        bad += !dalpha_fits(i, typed_value(prelu.dtype, got, (size_t)i));
    ok(bad == 0, "... dalpha within its bound");
}

static void test_prelu(struct halves *h, bool wide)
{
    const struct device *d = h->device;
    const size_t dims[] = {ALL / COLUMNS, COLUMNS};
    const clrelu_shape shape = reference_shape(2, dims, 0, NULL);
    const clrelu_dtype dtype = wide ? CLRELU_FLOAT32 : h->dtype;
    const char *what = wide ? "prelu, float32 alpha" : "prelu, alpha alike";
    uint64_t seed = 7;
    void *alpha = typed_uniform(dtype, COLUMNS, -2, 2, &seed);

    prelu = (struct prelu_case){
        h, dtype, typed_make(d, clrelu_dtype_size(dtype), 0, COLUMNS, alpha)};
    struct typed dalpha = typed_of(d, dtype, 0, COLUMNS, NULL);
    const clrelu_prelu call = {.dtype = h->dtype,
                               .alpha_dtype = wide ? dtype : (clrelu_dtype)0,
                               .shape = &shape,
                               .x = typed_buffer(&h->x),
                               .alpha = typed_buffer(&prelu.alpha),
                               .y = typed_buffer(&h->y),
                               .dy = typed_buffer(&h->dy),
                               .dx = typed_buffer(&h->y),
                               .dalpha = typed_buffer(&dalpha)};
    check_all(h, clrelu_prelu_forward(d->context, &d->exec, &call),
              &(struct question){.op = CLRELU_PRELU, .what = what});
    check_all(h, clrelu_prelu_backward(d->context, &d->exec, &call),
              &(struct question){.op = CLRELU_PRELU,
                                 .backward = true,
                                 .what = "... backward"});
    check_dalpha(typed_fetch(d, &dalpha));
    typeds_free(&prelu.alpha, &dalpha);
    free(alpha);
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
    static double x[N], dy[N];
    uint64_t seed = 3;
    double worst = 0;

    for (size_t i = 0; i < N; i++) {
        x[i] = sample64(&seed, i);
        dy[i] = (double)random_uniform(&seed, -2.0f, 2.0f);
    }
    struct typed bx = typed_make(d, 8, 0, N, x);
    struct typed bdy = typed_make(d, 8, 0, N, dy);
    struct typed by = typed_make(d, 8, 0, N, NULL);
    const clrelu_elementwise call =
        typed_call(op, CLRELU_FLOAT64, scalar, &bx, &bdy, &by);
    const clrelu_status status = (backward ? clrelu_backward : clrelu_forward)(
        d->context, &d->exec, &call);
    if (status)
        diag("%s", clrelu_error());
    const double *got = typed_fetch(d, &by);
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
    typeds_free(&bx, &bdy, &by);
}

static void test_float64_prelu(const struct device *d)
{
    enum { ROWS = 300, WIDTH = 70, N = ROWS * WIDTH };
    static double x[N], dy[N], alpha[WIDTH];
    const size_t dims[] = {ROWS, WIDTH};
    const clrelu_shape shape = reference_shape(2, dims, 0, NULL);
    uint64_t seed = 5;
    int bad = 0;

    for (size_t i = 0; i < N; i++) {
        x[i] = (double)random_uniform(&seed, -2.0f, 2.0f) / 3;
        dy[i] = (double)random_uniform(&seed, -2.0f, 2.0f) / 7;
    }
    for (size_t j = 0; j < WIDTH; j++)
        alpha[j] = (double)random_uniform(&seed, 0.0f, 1.0f) / 9;
    struct typed bx = typed_make(d, 8, 0, N, x);
    struct typed bdy = typed_make(d, 8, 0, N, dy);
    struct typed ba = typed_make(d, 8, 0, WIDTH, alpha);
    struct typed bdx = typed_make(d, 8, 0, N, NULL);
    struct typed bda = typed_make(d, 8, 0, WIDTH, NULL);
    const clrelu_status status =
        clrelu_prelu_backward(d->context, &d->exec,
                              &(clrelu_prelu){.dtype = CLRELU_FLOAT64,
                                              .shape = &shape,
                                              .x = typed_buffer(&bx),
                                              .alpha = typed_buffer(&ba),
                                              .dy = typed_buffer(&bdy),
                                              .dx = typed_buffer(&bdx),
                                              .dalpha = typed_buffer(&bda)});
    const double *dx = typed_fetch(d, &bdx), *dalpha = typed_fetch(d, &bda);
    for (size_t i = 0; i < N; i++)
        bad += dx[i] != (x[i] < 0 ? alpha[i % WIDTH] * dy[i] : dy[i]);
    ok(status == CLRELU_OK && bad == 0, "float64 prelu dx: the right bits");
    bad = 0;
    for (size_t j = 0; j < WIDTH; j++) {
        long double sum = 0;
        for (size_t i = j; i < N; i += WIDTH)
            sum += x[i] < 0 ? (long double)x[i] * dy[i] : 0;
        bad += error64(dalpha[j], sum) > 0.51;
    }
    ok(bad == 0, "float64 prelu dalpha: rounded once");
    typeds_free(&bx, &bdy, &ba, &bdx, &bda);
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
        struct halves h = halves_make(&d, dtypes[i]);
        test_elementwise(&h);
        test_prelu(&h, true);
        test_prelu(&h, false);
        typeds_free(&h.x, &h.dy, &h.y);
    }
    test_accumulated_elu(&d);
    test_all_float64(&d);
    device_close(&d);
    return done_testing();
}
