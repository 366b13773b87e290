/* double_mpfr.c - a chain's second derivatives against MPFR
 * SPDX-License-Identifier: MIT
 *
 * In float32 and float64, each operation alone and with scale, bias and gain,
 * from the rounded z.  docs/numerics.md has the bounds. */
#include <math.h>
#include <mpfr.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "expect.h"
#include "random.h"
#include "tap.h"

enum { BITS = 300, ROWS = 3000, COLUMNS = 40, N = ROWS * COLUMNS };
static const size_t dims[] = {ROWS, COLUMNS};
static const clrelu_shape shape = {.rank = 2, .dims = dims};

enum {
    X,
    DY,
    DDX,
    SCALE,
    BIAS,
    ALPHA,
    DDSCALE,
    DDBIAS,
    DDALPHA,
    DX, /* outputs from here on */
    DDY,
    DSCALE,
    DBIAS,
    DALPHA,
    ARRAYS
};
static const char *const names[ARRAYS] = {
    "x",      "dy",      "ddx", "scale", "bias",   "alpha", "ddscale",
    "ddbias", "ddalpha", "dx",  "ddy",   "dscale", "dbias", "dalpha"};

/* What an output should be, with the bound of its error. */
struct want {
    mpfr_t value;
    double bound;
};

struct problem {
    clrelu_op op;
    clrelu_dtype dtype;
    bool parts; /* scale, bias, their gradients, and a gain */
    double scalar, gain, u;
    double *values[ARRAYS];
    cl_mem mems[ARRAYS];
    struct want sums[3][COLUMNS]; /* from DSCALE on */
    double worst[ARRAYS];
};

static bool is_of_columns(int array)
{
    return (array >= SCALE && array <= DDALPHA) || array >= DSCALE;
}

static size_t count_of(int array)
{
    return is_of_columns(array) ? COLUMNS : N;
}

static bool is_given(const struct problem *p, int array)
{
    switch (array) {
    case ALPHA:
    case DDALPHA:
    case DALPHA:
        return p->op == CLRELU_PRELU;
    case SCALE:
    case BIAS:
    case DDSCALE:
    case DDBIAS:
    case DSCALE:
    case DBIAS:
        return p->parts;
    default:
        return true;
    }
}

static double fl(const struct problem *p, double v)
{
    return p->dtype == CLRELU_FLOAT64 ? v : (double)(float)v;
}

/* ---------------------------------------------------------------- arrays -- */

static size_t size_of(const struct problem *p)
{
    return clrelu_dtype_size(p->dtype);
}

static void make_array(const struct device *d, struct problem *p, int array,
                       uint64_t *state)
{
    const size_t n = count_of(array);
    double *v = must_alloc(n * sizeof(*v));
    float *floats = must_alloc(n * sizeof(*floats));

    for (size_t i = 0; i < n; i++) {
        const double rest = ldexp((double)(random_bits(state) >> 40), -48);
        v[i] = fl(p, (double)random_wide(state, -6, 4) * (1 + rest));
        floats[i] = (float)v[i];
    }
    p->values[array] = v;
    p->mems[array] = device_buffer(
        d, n * size_of(p), p->dtype == CLRELU_FLOAT64 ? (void *)v : floats);
    free(floats);
}

static void fetch(const struct device *d, struct problem *p, int array)
{
    const size_t n = count_of(array);
    double *v = p->values[array];
    float *floats = must_alloc(n * sizeof(*floats));

    device_read(d, p->mems[array], 0, n * size_of(p),
                p->dtype == CLRELU_FLOAT64 ? (void *)v : floats);
    for (size_t i = 0; i < n && p->dtype != CLRELU_FLOAT64; i++)
        v[i] = (double)floats[i];
    free(floats);
}

static clrelu_buffer on(const struct problem *p, int array)
{
    return p->mems[array] ? clrelu_at(p->mems[array], 0) : (clrelu_buffer){0};
}

static clrelu_status call(const struct device *d, const struct problem *p)
{
    const clrelu_chain chain = {.op = p->op,
                                .dtype = p->dtype,
                                .scalar = p->scalar,
                                .gain = p->gain,
                                .shape = &shape,
                                .x = on(p, X),
                                .scale = on(p, SCALE),
                                .bias = on(p, BIAS),
                                .alpha = on(p, ALPHA),
                                .dy = on(p, DY),
                                .dx = on(p, DX),
                                .dscale = on(p, DSCALE),
                                .dbias = on(p, DBIAS),
                                .dalpha = on(p, DALPHA)};
    const clrelu_second second = {.ddx = on(p, DDX),
                                  .ddscale = on(p, DDSCALE),
                                  .ddbias = on(p, DDBIAS),
                                  .ddalpha = on(p, DDALPHA),
                                  .ddy = on(p, DDY)};

    return clrelu_chain_double_backward(d->context, &d->exec, &chain, &second);
}

/* ------------------------------------------------------------- the wanted --
 */

/* An element's inputs, and its exact values: f1 is f', f2 is f''. */
struct element {
    double x, ddx, scale, ddscale, ddalpha, z;
    mpfr_t f1, f2, g, df, gz, term;
    double g_magnitude;
};

static double value(const struct problem *p, int array, size_t i,
                    double missing)
{
    return p->values[array] ? p->values[array][i] : missing;
}

static void find_slopes(const struct problem *p, struct element *e,
                        double alpha)
{
    mpfr_set_d(e->f1, 1, MPFR_RNDN);
    mpfr_set_d(e->f2, 0, MPFR_RNDN);
    if (p->op == CLRELU_THRESHOLDED_RELU) {
        mpfr_set_d(e->f1, e->z > alpha, MPFR_RNDN);
    } else if (e->z < 0) {
        mpfr_set_d(e->f1, p->op == CLRELU_ELU ? e->z : 0, MPFR_RNDN);
        mpfr_exp(e->f1, e->f1, MPFR_RNDN);
        mpfr_mul_d(e->f1, e->f1, alpha, MPFR_RNDN);
        if (p->op == CLRELU_ELU)
            mpfr_set(e->f2, e->f1, MPFR_RNDN);
    }
}

static void find_element(const struct problem *p, struct element *e, size_t i)
{
    const size_t j = i % COLUMNS;
    const double ddbias = value(p, DDBIAS, j, 0);

    e->x = p->values[X][i];
    e->ddx = p->values[DDX][i];
    e->scale = value(p, SCALE, j, 1);
    e->ddscale = value(p, DDSCALE, j, 0);
    e->ddalpha = value(p, DDALPHA, j, 0);
    e->z = p->parts ? fl(p, fl(p, e->x * e->scale) + p->values[BIAS][j]) : e->x;
    find_slopes(p, e, value(p, ALPHA, j, p->scalar));
    mpfr_set_d(e->g, e->ddx, MPFR_RNDN);
    mpfr_mul_d(e->g, e->g, e->scale, MPFR_RNDN);
    mpfr_set_d(e->term, e->x, MPFR_RNDN);
    mpfr_mul_d(e->term, e->term, e->ddscale, MPFR_RNDN);
    mpfr_add(e->g, e->g, e->term, MPFR_RNDN);
    mpfr_add_d(e->g, e->g, ddbias, MPFR_RNDN);
    e->g_magnitude =
        fabs(e->ddx * e->scale) + fabs(e->x * e->ddscale) + fabs(ddbias);
    mpfr_set_d(e->df, p->values[DY][i], MPFR_RNDN);
    mpfr_mul_d(e->df, e->df, p->gain, MPFR_RNDN);
    mpfr_mul(e->gz, e->f2, e->df, MPFR_RNDN);
    mpfr_mul(e->gz, e->gz, e->g, MPFR_RNDN);
    mpfr_mul_d(e->term, e->df, e->z < 0 ? e->ddalpha : 0, MPFR_RNDN);
    mpfr_add(e->gz, e->gz, e->term, MPFR_RNDN);
}

/* The magnitudes of gz's terms. */
static double magnitude_of_gz(const struct element *e)
{
    const double df = fabs(mpfr_get_d(e->df, MPFR_RNDN));

    return df * (fabs(mpfr_get_d(e->f2, MPFR_RNDN)) * e->g_magnitude +
                 (e->z < 0 ? fabs(e->ddalpha) : 0));
}

/* The ratio of an error and its bound; spoils want. */
static double ratio_of(mpfr_t want, double got, double bound)
{
    mpfr_sub_d(want, want, got, MPFR_RNDN);
    mpfr_abs(want, want, MPFR_RNDN);
    const double error = mpfr_get_d(want, MPFR_RNDU);

    return error == 0 ? 0 : error / bound;
}

static void compare(struct problem *p, int array, size_t i, mpfr_t want,
                    double bound)
{
    const double tiny = p->dtype == CLRELU_FLOAT64 ? 0x1p-1060 : 0x1p-138;
    const double ratio = ratio_of(want, p->values[array][i], bound + tiny);

    if (!(ratio <= p->worst[array]))
        p->worst[array] = ratio;
}

static void check_element(struct problem *p, struct element *e, size_t i)
{
    const double f1 = fabs(mpfr_get_d(e->f1, MPFR_RNDN));
    const double df = fabs(mpfr_get_d(e->df, MPFR_RNDN));
    const double on_z = e->z < 0 ? e->ddalpha * e->z : 0;
    mpfr_t want;

    mpfr_init2(want, BITS);
    mpfr_mul(want, e->f1, e->g, MPFR_RNDN);
    mpfr_set_d(e->term, e->z < 0 ? e->ddalpha : 0, MPFR_RNDN);
    mpfr_mul_d(e->term, e->term, e->z, MPFR_RNDN);
    mpfr_add(want, want, e->term, MPFR_RNDN);
    mpfr_mul_d(want, want, p->gain, MPFR_RNDN);
    compare(p, DDY, i, want,
            9 * p->u * fabs(p->gain) * (f1 * e->g_magnitude + fabs(on_z)));
    mpfr_mul_d(want, e->gz, e->scale, MPFR_RNDN);
    mpfr_mul(e->term, e->f1, e->df, MPFR_RNDN);
    mpfr_mul_d(e->term, e->term, e->ddscale, MPFR_RNDN);
    mpfr_add(want, want, e->term, MPFR_RNDN);
    compare(
        p, DX, i, want,
        12 * p->u *
            (fabs(e->scale) * magnitude_of_gz(e) + fabs(e->ddscale) * f1 * df));
    mpfr_clear(want);
}

/* ------------------------------------------------------------------ sums -- */

static void add_sum(struct problem *p, int array, size_t j, mpfr_t term,
                    double magnitude, double m)
{
    struct want *w = &p->sums[array - DSCALE][j];
    const double mu = m * p->u;

    mpfr_add(w->value, w->value, term, MPFR_RNDN);
    w->bound += magnitude * (10 * p->u + 2 * mu * mu);
}

static void add_sums(struct problem *p, struct element *e, size_t i)
{
    const double m = 320 + N / 0x1p17, gz = magnitude_of_gz(e);
    const double df = fabs(mpfr_get_d(e->df, MPFR_RNDN));
    const double f1 = fabs(mpfr_get_d(e->f1, MPFR_RNDN));
    const size_t j = i % COLUMNS;

    add_sum(p, DBIAS, j, e->gz, gz, m);
    mpfr_mul_d(e->term, e->gz, e->x, MPFR_RNDN);
    add_sum(p, DSCALE, j, e->term, gz * fabs(e->x), 2 * m);
    mpfr_mul(e->term, e->f1, e->df, MPFR_RNDN);
    mpfr_mul_d(e->term, e->term, e->ddx, MPFR_RNDN);
    add_sum(p, DSCALE, j, e->term, f1 * df * fabs(e->ddx), 2 * m);
    if (!(e->z < 0))
        return;
    mpfr_mul(e->term, e->df, e->g, MPFR_RNDN);
    add_sum(p, DALPHA, j, e->term, df * e->g_magnitude, m);
}

static void check_sums(struct problem *p)
{
    for (int array = DSCALE; array < ARRAYS; array++)
        for (size_t j = 0; j < COLUMNS && is_given(p, array); j++) {
            struct want *w = &p->sums[array - DSCALE][j];
            const double last = p->u * fabs(mpfr_get_d(w->value, MPFR_RNDN));
            compare(p, array, j, w->value, w->bound + last);
        }
}

static void each_sum(struct problem *p, bool clear)
{
    for (int k = 0; k < 3; k++)
        for (size_t j = 0; j < COLUMNS; j++) {
            if (clear)
                mpfr_clear(p->sums[k][j].value);
            else
                mpfr_init2(p->sums[k][j].value, BITS);
            if (!clear)
                mpfr_set_d(p->sums[k][j].value, 0, MPFR_RNDN);
            p->sums[k][j].bound = 0;
        }
}

/* ------------------------------------------------------------------ test -- */

static void check(struct problem *p)
{
    struct element e;

    mpfr_inits2(BITS, e.f1, e.f2, e.g, e.df, e.gz, e.term, (mpfr_ptr)NULL);
    each_sum(p, false);
    for (size_t i = 0; i < N; i++) {
        find_element(p, &e, i);
        check_element(p, &e, i);
        add_sums(p, &e, i);
    }
    check_sums(p);
    each_sum(p, true);
    mpfr_clears(e.f1, e.f2, e.g, e.df, e.gz, e.term, (mpfr_ptr)NULL);
}

static void test(const struct device *d, clrelu_op op, clrelu_dtype dtype,
                 bool parts)
{
    const bool wide = dtype == CLRELU_FLOAT64;
    static struct problem p;
    uint64_t state = 11;

    p = (struct problem){.op = op,
                         .dtype = dtype,
                         .parts = parts,
                         .u = wide ? 0x1p-53 : 0x1p-24};
    p.scalar = fl(&p, op == CLRELU_THRESHOLDED_RELU ? 0.25 : 0.7);
    p.gain = parts ? fl(&p, -1.3) : 1;
    for (int i = 0; i < ARRAYS; i++)
        if (is_given(&p, i))
            make_array(d, &p, i, &state);
    must_succeed(call(d, &p));
    for (int i = DX; i < ARRAYS; i++)
        if (is_given(&p, i))
            fetch(d, &p, i);
    check(&p);
    for (int i = 0; i < ARRAYS; i++) {
        if (i >= DX && is_given(&p, i))
            ok(p.worst[i] <= 1, "%s, %s%s: %s, %.3f of its bound",
               clrelu_op_name(op), wide ? "float64" : "float32",
               parts ? " chain" : "", names[i], p.worst[i]);
        free(p.values[i]);
        if (p.mems[i])
            clReleaseMemObject(p.mems[i]);
    }
}

int main(void)
{
    struct device d;

    device_open(&d);
    for (int dtype = CLRELU_FLOAT32; dtype <= CLRELU_FLOAT64; dtype++) {
        if (dtype != CLRELU_FLOAT32 &&
            (dtype != CLRELU_FLOAT64 || !device_has_float64(&d)))
            continue;
        for (int op = CLRELU_LEAKY_RELU; clrelu_op_name((clrelu_op)op); op++)
            for (int parts = 0; parts < 2; parts++)
                test(&d, (clrelu_op)op, (clrelu_dtype)dtype, parts);
    }
    device_close(&d);
    return done_testing();
}
