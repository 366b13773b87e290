/* test_from_output.c - backward from y
 * SPDX-License-Identifier: MIT
 *
 * With the argument "all": all types, scalars and shapes.  Compiling is most of
 * the time. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "expect.h"
#include "output.h"
#include "random.h"
#include "reference.h"
#include "storage.h"
#include "tap.h"
#include "typed.h"
#include "values.h"

enum { SMALL = 5000 };

static const clrelu_dtype dtypes[] = {CLRELU_FLOAT32, CLRELU_FLOAT16,
                                      CLRELU_BFLOAT16, CLRELU_FLOAT64};

enum place { APART, ON_Y, ON_DY, PLACES };
static const char *const place_names[] = {"", ", on y", ", on dy"};

/* The same call from x and from y. */
struct step {
    clrelu_op op;
    double scalar;
    clrelu_dtype dtype;
    const clrelu_shape *shape; /* of CLRELU_PRELU */
    size_t n, alphas, in_at, dy_at, out_at;
    enum place place;
    bool accumulate;
    float *x;
    void *dy, *old, *alpha;
};

static struct step make_step(clrelu_op op, double scalar, clrelu_dtype dtype,
                             size_t n, size_t i)
{
    enum { COUNT = COUNT_OF(case_offsets) };
    struct step s = {.op = op,
                     .scalar = scalar,
                     .dtype = dtype,
                     .n = n,
                     .in_at = case_offsets[i % COUNT],
                     .dy_at = case_offsets[(i / COUNT + i) % COUNT],
                     .out_at = case_offsets[(i / COUNT + 3 * i) % COUNT]};
    float *values = must_alloc((n + 1) * sizeof(*values));

    s.x = must_alloc((n + 1) * sizeof(*s.x));
    fill_x(scalar, i, n, s.x);
    fill_dy(i, n, values);
    s.dy = typed_convert(dtype, n, values);
    s.old = typed_uniform(dtype, n, -2, 2, &(uint64_t){i});
    free(values);
    return s;
}

static void free_step(struct step *s)
{
    free(s->x);
    free(s->dy);
    free(s->old);
    free(s->alpha);
}

static clrelu_status run(const struct device *d, const struct step *s,
                         uint32_t flags, const struct typed *in,
                         const struct typed *alpha, const struct typed *dy,
                         const struct typed *out)
{
    clrelu_elementwise e = typed_call(s->op, s->dtype, s->scalar, in, dy, out);

    e.flags = flags;
    if (flags & CLRELU_FROM_OUTPUT) {
        e.y = e.x;
        e.x = (clrelu_buffer){0};
    }
    return call_op(
        d, dy, &e,
        (clrelu_prelu){.shape = s->shape, .alpha = typed_buffer(alpha)});
}

/* x as its output tells it, for the same bits as from y. */
static struct typed seen_x(const struct device *d, const struct step *s)
{
    float *x = must_alloc((s->n + 1) * sizeof(*x));

    for (size_t i = 0; i < s->n; i++)
        x[i] = output_seen_x(s->op, s->scalar, s->x[i]);
    const struct typed seen = typed_of(d, s->dtype, 0, s->n, x);
    free(x);
    return seen;
}

/* The elements of elu's dx that the bound is for. */
static bool elu_is_near(const struct step *s, const void *y, const void *dx)
{
    for (size_t i = 0; i < s->n; i++) {
        const void *x = s->x;
        const struct output_elu e = {
            s->dtype, s->scalar, typed_value(CLRELU_FLOAT32, x, i),
            typed_value(s->dtype, s->dy, i), typed_value(s->dtype, y, i)};
        const double got = typed_value(s->dtype, dx, i);
        if (output_elu_error(&e, got) <= 1)
            continue;
        diag("[%zu] x %a dy %a y %a: got %a, %g of the bound", i, e.x, e.dy,
             e.y, got, output_elu_error(&e, got));
        return false;
    }
    return true;
}

/* y as forward makes it from x, in x's place. */
static struct typed make_y(const struct device *d, const struct step *s,
                           const struct typed *alpha)
{
    struct typed y = typed_of(d, s->dtype, s->in_at, s->n, s->x);

    if (run(d, s, 0, &y, alpha, NULL, &y))
        diag("forward: %s", clrelu_error());
    typed_fetch(d, &y);
    memcpy(y.sent, y.got, (y.offset + y.n) * y.size);
    return y;
}

static bool is_right(const struct device *d, const struct step *s)
{
    const size_t size = clrelu_dtype_size(s->dtype);
    const uint32_t add = s->accumulate ? CLRELU_ACCUMULATE_DX : 0;
    struct typed alpha = typed_make(d, size, 1, s->alphas, s->alpha);
    struct typed y = make_y(d, s, &alpha);
    struct typed dy = typed_make(d, size, s->dy_at, s->n, s->dy);
    struct typed dx = typed_make(d, size, s->out_at, s->n, s->old);
    struct typed *out = s->place == ON_Y ? &y : s->place == ON_DY ? &dy : &dx;
    struct typed seen = seen_x(d, s);
    struct typed plain =
        typed_make(d, size, 0, s->n, out->sent + out->offset * out->size);
    bool good = !run(d, s, add, &seen, &alpha, &dy, &plain) &&
                !run(d, s, add | CLRELU_FROM_OUTPUT, &y, &alpha, &dy, out);
    const void *want = typed_fetch(d, &plain), *got = typed_fetch(d, out);
    if (!good)
        diag("%s", clrelu_error());
    good = good && (s->op != CLRELU_ELU
                        ? typed_same(s->dtype, s->n, got, want)
                        : s->accumulate ||
                              elu_is_near(s, y.sent + y.offset * size, got));
    typed_fetch(d, &y);
    typed_fetch(d, &dy);
    good = good && typed_guarded(out) && (out == &y || typed_untouched(&y)) &&
           (out == &dy || typed_untouched(&dy));
    typeds_free(&alpha, &y, &dy, &dx, &seen, &plain);
    return good;
}

static void test_step(const struct device *d, struct step *s, const char *what,
                      bool accumulates)
{
    for (size_t k = 0; k < s->n; k++)
        s->x[k] = (float)storage_nearest(s->dtype, (double)s->x[k]);
    for (int i = 0; i < PLACES * (1 + accumulates); i++) {
        s->place = (enum place)(i % PLACES);
        s->accumulate = i >= PLACES;
        ok(is_right(d, s), "%s %s, %g, type %d, n=%zu, offsets %zu %zu %zu%s%s",
           clrelu_op_name(s->op), what, s->scalar, (int)s->dtype, s->n,
           s->in_at, s->dy_at, s->out_at, place_names[s->place],
           s->accumulate ? ", accumulated" : "");
    }
    free_step(s);
}

static void test_prelu(const struct device *d, const struct case_shape *c,
                       clrelu_dtype dtype, size_t i)
{
    const clrelu_shape shape = case_to_shape(c);
    const size_t n = reference_count(&shape);

    if (!device_runs(n, SMALL, c->name))
        return;
    struct step s = make_step(CLRELU_PRELU, 1, dtype, n, i);
    s.shape = &shape;
    s.alphas = reference_alpha_count(&shape);
    s.alpha = typed_uniform(dtype, s.alphas, 0x1p-5f, 2, &(uint64_t){s.alphas});
    test_step(d, &s, c->name, true);
}

static void test_case(const struct device *d, const struct case_scalar *c,
                      clrelu_dtype dtype, bool accumulates)
{
    static const size_t sizes[] = {1, 17, 100, 1025, 16385};

    for (size_t k = 0; k < COUNT_OF(sizes); k++) {
        if (!device_runs(sizes[k], SMALL, "a longer array"))
            continue;
        struct step s = make_step(c->op, c->scalar, dtype, sizes[k], 7 * k);
        test_step(d, &s, "from y", accumulates);
    }
}

static void test_dtype(const struct device *d, clrelu_dtype dtype)
{
    static const struct case_scalar cases[] = {{CLRELU_LEAKY_RELU, 0.3},
                                               {CLRELU_LEAKY_RELU, 0.0},
                                               {CLRELU_LEAKY_RELU, 1e-30},
                                               {CLRELU_THRESHOLDED_RELU, 1.0},
                                               {CLRELU_THRESHOLDED_RELU, 0.0},
                                               {CLRELU_ELU, 1.0},
                                               {CLRELU_ELU, 0.3},
                                               {CLRELU_ELU, 2.5}};

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        test_case(d, &cases[i], dtype, true);
    for (size_t i = 0; i < COUNT_OF(case_patterns); i++)
        test_prelu(d, &case_patterns[i].shape, dtype, i);
}

/* -------------------------------------------------------------- dalpha -- */

/* A call of PReLU, forward and then backward from y. */
struct sums {
    clrelu_dtype dtype;
    clrelu_shape shape;
    size_t n, alphas;
    float *x, *dy, *alpha; /* as the type has them */
    double *dalpha, *magnitude;
};

static float *rounded_values(clrelu_dtype dtype, size_t n, float low,
                             uint64_t seed)
{
    float *values = must_alloc((n + 1) * sizeof(*values));

    for (size_t i = 0; i < n; i++)
        values[i] = (float)storage_nearest(
            dtype, (double)random_uniform(&seed, low, 2));
    return values;
}

static struct sums make_sums(const struct case_shape *c, clrelu_dtype dtype)
{
    struct sums s = {.dtype = dtype, .shape = case_to_shape(c)};

    s.n = reference_count(&s.shape);
    s.alphas = reference_alpha_count(&s.shape);
    s.x = rounded_values(dtype, s.n, -2, 1);
    s.dy = rounded_values(dtype, s.n, -2, 2);
    s.alpha = rounded_values(dtype, s.alphas, 0x1p-5f, 3);
    s.dalpha = must_alloc((s.alphas + 1) * sizeof(*s.dalpha));
    s.magnitude = must_alloc((s.alphas + 1) * sizeof(*s.magnitude));
    reference_prelu_backward(&s.shape, s.x, s.alpha, s.dy, NULL, s.dalpha,
                             s.magnitude);
    return s;
}

static void free_sums(struct sums *s)
{
    free(s->x);
    free(s->dy);
    free(s->alpha);
    free(s->dalpha);
    free(s->magnitude);
}

enum how { SET, ADD, PARTIAL };

/* The most that got may be off, as clrelu.h states it; and its rounding to 16
 * bits. */
static double sum_bound(const struct sums *s, enum how how, size_t j,
                        double want)
{
    const double v = s->dtype == CLRELU_FLOAT16    ? 0x1p-11
                     : s->dtype == CLRELU_BFLOAT16 ? 0x1p-8
                     : s->dtype == CLRELU_FLOAT64  ? 0x1p-53
                                                   : 0x1p-24;
    const double u = s->dtype == CLRELU_FLOAT64 ? 0x1p-53 : 0x1p-24;
    const double m = 320 + (double)s->n * 0x1p-17;
    const double last = how == PARTIAL ? u : v;

    return last * fabs(want) + u * fabs(s->dalpha[j]) +
           (v + 3 * m * u * m * u) * s->magnitude[j];
}

static bool sums_are_near(const struct sums *s, enum how how, const void *got)
{
    const clrelu_dtype real = storage_computed(s->dtype);

    for (size_t j = 0; j < s->alphas; j++) {
        const double old = how == ADD ? (double)s->alpha[j] : 0;
        const double want = s->dalpha[j] + old;
        const double sum = how == PARTIAL
                               ? typed_value(real, got, j) +
                                     typed_value(real, got, s->alphas + j)
                               : typed_value(s->dtype, got, j);
        if (fabs(sum - want) <= sum_bound(s, how, j, want))
            continue;
        diag("dalpha[%zu] is %.17g, wanted %.17g within %g", j, sum, want,
             sum_bound(s, how, j, want));
        return false;
    }
    return true;
}

static void test_sums(const struct device *d, const struct case_shape *c,
                      clrelu_dtype dtype, enum how how)
{
    static const char *const names[] = {"dalpha", "dalpha added", "a partial"};
    struct sums s = make_sums(c, dtype);
    struct typed alpha = typed_of(d, dtype, 3, s.alphas, s.alpha);
    struct typed y = typed_of(d, dtype, 3, s.n, s.x),
                 dy = typed_of(d, dtype, 3, s.n, s.dy);
    struct typed out =
        how == PARTIAL
            ? typed_of(d, storage_computed(dtype), 3, 2 * s.alphas, NULL)
            : typed_of(d, dtype, 3, s.alphas, s.alpha);
    clrelu_prelu p = {.dtype = dtype,
                      .shape = &s.shape,
                      .x = typed_buffer(&y),
                      .alpha = typed_buffer(&alpha),
                      .y = typed_buffer(&y)};
    clrelu_status status = clrelu_prelu_forward(d->context, &d->exec, &p);

    p.x = (clrelu_buffer){0};
    p.dy = p.dx = typed_buffer(&dy);
    p.dalpha = typed_buffer(&out);
    p.flags = CLRELU_FROM_OUTPUT | (how == ADD ? CLRELU_ACCUMULATE_DALPHA : 0u);
    if (!status)
        status =
            (how == PARTIAL ? clrelu_prelu_backward_partial
                            : clrelu_prelu_backward)(d->context, &d->exec, &p);
    const void *got = typed_fetch(d, &out);
    ok(!status && sums_are_near(&s, how, got) && typed_guarded(&out),
       "%s from y, %s, type %d", names[how], c->name, (int)dtype);
    if (status)
        diag("%s", clrelu_error());
    typeds_free(&alpha, &y, &dy, &out);
    free_sums(&s);
}

static void test_dalpha(const struct device *d, clrelu_dtype dtype)
{
    for (size_t i = 0; i < COUNT_OF(case_patterns); i++)
        if (device_runs(SMALL + 1, SMALL, case_patterns[i].shape.name))
            test_sums(d, &case_patterns[i].shape, dtype, (enum how)(i % 3));
    for (int how = SET; how <= PARTIAL; how++)
        test_sums(d, &case_hostile[33], dtype, (enum how)how);
}

/* An alpha that y cannot be divided by makes NaN of its dalpha alone. */
static void test_bad_alphas(const struct device *d)
{
    static const size_t dims[] = {2, 6};
    static const float alphas[] = {0.5f, 0, -1, 0x1p-101f, NAN, 0x1p100f};
    static const float ys[12] = {-1, -1, -1, -1, -1, -0x1p20f,
                                 -1, -1, -1, -1, -1, -0x1p20f};
    const clrelu_shape shape = reference_shape(2, dims, 0, NULL);
    struct array y = array_make(d, 0, 12, ys), dx = array_make(d, 0, 12, NULL);
    struct array alpha = array_make(d, 0, 6, alphas);
    struct array dalpha = array_make(d, 0, 6, NULL);
    const clrelu_prelu p = {.dtype = CLRELU_FLOAT32,
                            .flags = CLRELU_FROM_OUTPUT,
                            .shape = &shape,
                            .alpha = array_buffer(&alpha),
                            .y = array_buffer(&y),
                            .dy = array_buffer(&y),
                            .dx = array_buffer(&dx),
                            .dalpha = array_buffer(&dalpha)};
    const clrelu_status status =
        clrelu_prelu_backward(d->context, &d->exec, &p);
    const float *got = array_fetch(d, &dalpha);

    ok(!status && got[0] == 4 && isnan(got[1]) && isnan(got[2]) &&
           isnan(got[3]) && isnan(got[4]) && got[5] == 0x1p-59f,
       "dalpha of alphas 0.5, 0, -1, 2^-101, NaN and 2^100: %g %g %g %g %g %g",
       (double)got[0], (double)got[1], (double)got[2], (double)got[3],
       (double)got[4], (double)got[5]);
    arrays_free(&y, &dx, &alpha, &dalpha);
}

/* --------------------------------------------------------------- errors -- */

static void test_errors(const struct device *d)
{
    enum { N = 70 };
    struct array a = array_make(d, 0, 4 * N, NULL);
    const clrelu_buffer none = {0};
    const clrelu_elementwise good = {.op = CLRELU_LEAKY_RELU,
                                     .dtype = CLRELU_FLOAT32,
                                     .flags = CLRELU_FROM_OUTPUT,
                                     .scalar = 0.3,
                                     .n = N,
                                     .y = clrelu_at(a.mem, 0),
                                     .dy = clrelu_at(a.mem, N),
                                     .dx = clrelu_at(a.mem, 2 * N)};
    clrelu_elementwise e = good;

    expect_ok(clrelu_backward(d->context, &d->exec, &e), "y, and no x");
    e.x = e.y;
    expect(clrelu_backward(d->context, &d->exec, &e), CLRELU_INVALID_BUFFER,
           "x: is given", "x and y");
    e = good;
    e.y = none;
    expect(clrelu_backward(d->context, &d->exec, &e), CLRELU_INVALID_NULL, "y",
           "neither x nor y");
    e = good;
    e.dx.offset = 1;
    expect(clrelu_backward(d->context, &d->exec, &e), CLRELU_BUFFER_OVERLAP,
           "y", "dx across y");
    e = good;
    e.x = e.dy;
    expect(clrelu_forward(d->context, &d->exec, &e), CLRELU_INVALID_FLAGS,
           "flags", "forward");
    e = good;
    e.op = CLRELU_ELU;
    e.scalar = 0;
    expect(clrelu_backward(d->context, &d->exec, &e), CLRELU_INVALID_SCALAR,
           "alpha", "elu with alpha 0");
    e.scalar = 1e-60;
    expect(clrelu_backward(d->context, &d->exec, &e), CLRELU_INVALID_SCALAR,
           "alpha", "elu with an alpha that is 0 in float32");
    e.scalar = -0.7;
    expect(clrelu_backward(d->context, &d->exec, &e), CLRELU_INVALID_SCALAR,
           "alpha", "elu with a negative alpha");
    e.op = CLRELU_LEAKY_RELU;
    e.scalar = -0.0;
    expect(clrelu_backward(d->context, &d->exec, &e), CLRELU_INVALID_SCALAR,
           "alpha is -0", "leaky_relu with alpha -0");
    array_free(&a);
}

static void test_prelu_errors(const struct device *d)
{
    static const size_t dims[] = {10, 7};
    const clrelu_shape shape = reference_shape(2, dims, 0, NULL);
    struct array a = array_make(d, 0, 400, NULL);
    clrelu_prelu p = {.dtype = CLRELU_FLOAT32,
                      .flags = CLRELU_FROM_OUTPUT,
                      .shape = &shape,
                      .alpha = clrelu_at(a.mem, 0),
                      .y = clrelu_at(a.mem, 300),
                      .dy = clrelu_at(a.mem, 10),
                      .dx = clrelu_at(a.mem, 100),
                      .dalpha = clrelu_at(a.mem, 200)};

    expect_ok(clrelu_prelu_backward(d->context, &d->exec, &p), "from y");
    p.alpha = (clrelu_buffer){0};
    p.dx = p.alpha;
    expect(clrelu_prelu_backward(d->context, &d->exec, &p), CLRELU_INVALID_NULL,
           "alpha", "dalpha from y without alpha");
    p.x = p.y;
    expect(clrelu_prelu_backward(d->context, &d->exec, &p),
           CLRELU_INVALID_BUFFER, "x: is given", "dx from y and x");
    p.y = p.alpha;
    expect(clrelu_prelu_backward(d->context, &d->exec, &p),
           CLRELU_INVALID_BUFFER, "reads y", "dx from x, without y");
    array_free(&a);
}

static void test_quick(const struct device *d)
{
    static const struct case_scalar cases[] = {{CLRELU_LEAKY_RELU, 0.3},
                                               {CLRELU_LEAKY_RELU, 0.0},
                                               {CLRELU_THRESHOLDED_RELU, 1.0},
                                               {CLRELU_ELU, 1.0}};

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        test_case(d, &cases[i], CLRELU_FLOAT32, false);
    test_dalpha(d, CLRELU_FLOAT32);
}

int main(int argc, char **argv)
{
    struct device d;

    (void)argv;
    device_open(&d);
    if (argc <= 1)
        test_quick(&d);
    for (size_t i = 0; argc > 1 && i < COUNT_OF(dtypes); i++)
        if (device_has_dtype(&d, dtypes[i])) {
            test_dtype(&d, dtypes[i]);
            test_dalpha(&d, dtypes[i]);
        }
    test_bad_alphas(&d);
    test_errors(&d);
    test_prelu_errors(&d);
    device_close(&d);
    return done_testing();
}
