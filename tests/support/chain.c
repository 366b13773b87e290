/* chain.c - a chain on random arrays, compared with plain C double
 * SPDX-License-Identifier: MIT */
#include "chain.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "cases.h"
#include "random.h"
#include "reference.h"
#include "storage.h"
#include "tap.h"
#include "typed.h"

/* A case with its arrays, and what they should become. */
struct chain_problem {
    const struct device *device;
    const struct chain_case *c;
    clrelu_shape shape;
    size_t n, alphas;
    struct typed arrays[CHAIN_ARRAYS];
    long double *want[CHAIN_ARRAYS]; /* so that sums of float64 are exact */
    double *slack[CHAIN_ARRAYS];
};

static const char *const names[CHAIN_ARRAYS] = {
    "x",   "scale",     "bias",   "alpha",   "residual", "dy",
    "ddx", "ddscale",   "ddbias", "ddalpha", "y",        "z",
    "dx",  "dresidual", "ddy",    "dalpha",  "dbias",    "dscale"};

const char *chain_text(const struct chain_case *c)
{
    static char text[256];
    size_t used = (size_t)snprintf(
        text, sizeof(text),
        "%s, %zu%s bytes, %s%s%s%s, flags %u:", clrelu_op_name(c->op),
        clrelu_dtype_size(c->dtype), c->dtype == CLRELU_BFLOAT16 ? "b" : "",
        c->double_backward ? "double backward"
        : c->backward      ? "backward"
                           : "forward",
        c->partial ? " partial" : "", c->one_alpha ? ", one alpha" : "",
        c->on_input ? ", in place" : "", c->flags);

    for (int i = 0; i < CHAIN_ARRAYS; i++)
        if (c->has & (1u << i))
            used += (size_t)snprintf(text + used, sizeof(text) - used, " %s",
                                     names[i]);
    return text;
}

struct chain_case chain_complete(struct chain_case c)
{
    if (c.dtype == 0)
        c.dtype = CLRELU_FLOAT32;
    if (c.scalar == 0)
        c.scalar = c.op == CLRELU_THRESHOLDED_RELU ? 0.25 : 0.3125;
    return c;
}

/* ---------------------------------------------------------------- values -- */

/* Rounded as it is computed. */
static double fl(const struct chain_case *c, double v)
{
    return storage_nearest(storage_computed(c->dtype), v);
}

static double gain_of(const struct chain_case *c)
{
    return c->gain != 0 ? fl(c, c->gain) : 1;
}

/* ---------------------------------------------------------------- arrays -- */

static bool is_sum(int array)
{
    return array >= CHAIN_DALPHA;
}

/* Of a row's columns, and no output. */
static bool is_of_columns(int array)
{
    return (array >= CHAIN_SCALE && array <= CHAIN_ALPHA) ||
           (array >= CHAIN_DDSCALE && array <= CHAIN_DDALPHA);
}

/* ddy alone needs no dy. */
static bool needs_dy(const struct chain_case *c)
{
    const unsigned others = CHAIN_HAS(DX) | CHAIN_HAS(DALPHA) |
                            CHAIN_HAS(DBIAS) | CHAIN_HAS(DSCALE);

    return c->backward && (!c->double_backward || (c->has & others));
}

static bool is_given(const struct chain_case *c, int array)
{
    if (array == CHAIN_X || (array == CHAIN_Y && !c->backward))
        return true;
    if (array == CHAIN_DY)
        return needs_dy(c);
    if (array == CHAIN_ALPHA)
        return c->op == CLRELU_PRELU;
    return c->has & (1u << array);
}

static clrelu_dtype dtype_of(const struct chain_case *c, int array)
{
    if (is_sum(array) && c->partial)
        return storage_computed(c->dtype);
    if (is_sum(array) || is_of_columns(array))
        return c->alpha_dtype ? c->alpha_dtype : c->dtype;
    return c->dtype;
}

static size_t count_of(const struct chain_problem *p, int array)
{
    const bool alpha =
        array == CHAIN_ALPHA || array == CHAIN_DALPHA || array == CHAIN_DDALPHA;
    const size_t columns = alpha && p->c->one_alpha ? 1 : p->alphas;

    if (is_sum(array))
        return p->c->partial ? 2 * columns : columns;
    return is_of_columns(array) ? columns : p->n;
}

static void make_array(struct chain_problem *p, int array, uint64_t *random)
{
    const clrelu_dtype dtype = dtype_of(p->c, array);
    const size_t step = p->c->step + (size_t)array * (p->c->step % 3);
    const size_t n = count_of(p, array);
    /* exp(x) of elu is 0 for some x. */
    const int high = array == CHAIN_X && p->c->op == CLRELU_ELU ? 9 : 2;
    float *values = must_alloc((n + 1) * sizeof(*values));

    for (size_t i = 0; i < n; i++)
        values[i] =
            random_below(random, 50) == 0 ? 0 : random_wide(random, -5, high);
    p->arrays[array] =
        typed_of(p->device, dtype, case_offsets[step % COUNT_OF(case_offsets)],
                 n, values);
    free(values);
}

/* The array that an output is in: an input, if it is in place. */
static int place_of(const struct chain_case *c, int array)
{
    if (c->on_input && (array == CHAIN_Y || array == CHAIN_DX))
        return c->in_place;
    if (c->ddy_on_ddx && array == CHAIN_DDY)
        return CHAIN_DDX;
    return c->z_on_x && array == CHAIN_Z ? CHAIN_X : array;
}

/* ------------------------------------------------------------- reference -- */

/* Adds a term to sum j of an array; magnitudes become the slack. */
static void add_term(struct chain_problem *p, int array, size_t j,
                     long double term, double relative)
{
    if (!p->want[array])
        return;
    if (p->c->one_alpha && array == CHAIN_DALPHA)
        j = 0;
    p->want[array][j] += term;
    p->slack[array][j] += fabs((double)term) * relative;
}

/* As stored. */
static double value(const struct chain_problem *p, int array, size_t i,
                    double missing)
{
    const struct typed *a = &p->arrays[array];

    return a->mem ? typed_value(dtype_of(p->c, array), a->sent, a->offset + i)
                  : missing;
}

/* The relative error that f is allowed. */
static double relative_of(const struct chain_case *c)
{
    if (c->op != CLRELU_ELU)
        return 0;
    return c->dtype == CLRELU_FLOAT64 ? 0x1p-50 : 0x1p-21;
}

static void expect_forward(struct chain_problem *p, size_t i, double z,
                           double alpha)
{
    const struct chain_case *c = p->c;
    const double f = fl(c, reference_forward(c->op, alpha, z));
    const double gained = fl(c, f * gain_of(c));

    const double residual = value(p, CHAIN_RESIDUAL, i, 0);

    p->want[CHAIN_Y][i] = fl(c, gained + residual);
    p->slack[CHAIN_Y][i] = relative_of(c) * 2 * (fabs(gained) + fabs(residual));
    if (p->want[CHAIN_Z])
        p->want[CHAIN_Z][i] = z;
}

/* The error of a sum, times its terms' magnitudes.  A long double's own errors
 * are below 2^-60. */
static double sum_error(const struct chain_problem *p, double m)
{
    const struct chain_case *c = p->c;
    const double u = c->dtype == CLRELU_FLOAT64 ? 0x1p-53 : 0x1p-24;

    return relative_of(c) + 2 * (m * u) * (m * u) +
           (c->dtype == CLRELU_FLOAT64 ? 0x1p-60 : 0);
}

/* The longest chain of additions. */
static double additions(const struct chain_problem *p)
{
    return 320 + (double)p->n / 0x1p17 + (double)p->alphas / 32 + 37;
}

static void expect_backward(struct chain_problem *p, size_t i, size_t j,
                            double z, double alpha)
{
    const struct chain_case *c = p->c;
    const double relative = sum_error(p, additions(p));
    const double x = value(p, CHAIN_X, i, 0);
    const double dy = value(p, CHAIN_DY, i, 0);
    const double df = fl(c, dy * gain_of(c));
    const double dz = fl(c, reference_backward(c->op, alpha, z, df));
    const double dx = fl(c, dz * value(p, CHAIN_SCALE, j, 1));

    if (p->want[CHAIN_DX]) {
        p->want[CHAIN_DX][i] += dx;
        p->slack[CHAIN_DX][i] = relative_of(c) * 2 *
                                (fabs(dx) + fabs((double)p->want[CHAIN_DX][i]));
    }
    if (p->want[CHAIN_DRESIDUAL])
        p->want[CHAIN_DRESIDUAL][i] += dy;
    add_term(p, CHAIN_DALPHA, j, z < 0 ? (long double)z * df : 0, relative);
    add_term(p, CHAIN_DBIAS, j, dz, relative);
    add_term(p, CHAIN_DSCALE, j, (long double)x * dz, relative);
}

/* An output of an element, and the magnitude that elu's error is of.  In double
 * such an error may be rounded to 0. */
static void expect_element(struct chain_problem *p, int array, size_t i,
                           double v, double magnitude)
{
    const double relative = relative_of(p->c);

    if (!p->want[array])
        return;
    p->want[array][i] += v;
    magnitude += fabs((double)p->want[array][i]);
    p->slack[array][i] = relative > 0 ? relative * 4 * magnitude + DBL_MIN : 0;
}

static void expect_double(struct chain_problem *p, size_t i, size_t j, double z,
                          double alpha)
{
    const struct chain_case *c = p->c;
    const size_t k = c->one_alpha ? 0 : j;
    const double gain = gain_of(c);
    const double x = value(p, CHAIN_X, i, 0), ddx = value(p, CHAIN_DDX, i, 0),
                 scale = value(p, CHAIN_SCALE, j, 1),
                 ddscale = value(p, CHAIN_DDSCALE, j, 0),
                 ddalpha = value(p, CHAIN_DDALPHA, k, 0);
    const double by_ddx = fl(c, fl(c, scale * ddx) + fl(c, x * ddscale));
    const double g = fl(c, by_ddx + value(p, CHAIN_DDBIAS, j, 0));
    const double df = fl(c, value(p, CHAIN_DY, i, 0) * gain);
    const double dz = fl(c, reference_backward(c->op, alpha, z, df));
    const double slope = fl(c, reference_backward(c->op, alpha, z, g));
    const double f = z < 0 ? fl(c, slope + fl(c, ddalpha * z)) : slope;
    const double curved = c->op == CLRELU_ELU ? dz * g : ddalpha * df;
    const double gz = z < 0 ? fl(c, curved) : 0;
    const double by_z = fl(c, scale * gz), by_dscale = fl(c, ddscale * dz);

    expect_element(p, CHAIN_DDY, i, fl(c, f * gain), 0);
    expect_element(p, CHAIN_DX, i, fl(c, by_z + by_dscale),
                   fabs(by_z) + fabs(by_dscale));
    add_term(p, CHAIN_DALPHA, j, z < 0 ? (long double)df * g : 0,
             sum_error(p, additions(p)));
    add_term(p, CHAIN_DBIAS, j, gz, sum_error(p, additions(p)));
    add_term(p, CHAIN_DSCALE, j, (long double)x * gz,
             sum_error(p, 2 * additions(p)));
    add_term(p, CHAIN_DSCALE, j, (long double)ddx * dz,
             sum_error(p, 2 * additions(p)));
}

static void expect_all(struct chain_problem *p)
{
    const struct chain_case *c = p->c;

    for (size_t i = 0; i < p->n; i++) {
        const size_t j = reference_alpha_index(&p->shape, i);
        const double x = value(p, CHAIN_X, i, 0);
        const double alpha =
            value(p, CHAIN_ALPHA, c->one_alpha ? 0 : j, c->scalar);
        const double scaled = fl(c, x * value(p, CHAIN_SCALE, j, 1));
        const double z = fl(c, scaled + value(p, CHAIN_BIAS, j, 0));

        if (c->double_backward)
            expect_double(p, i, j, z, alpha);
        else if (c->backward)
            expect_backward(p, i, j, z, alpha);
        else
            expect_forward(p, i, z, alpha);
    }
}

/* The old value of an output that is added to, else 0. */
static void start_want(struct chain_problem *p, int array)
{
    static const uint32_t flags[CHAIN_ARRAYS] = {
        [CHAIN_DX] = CLRELU_ACCUMULATE_DX,
        [CHAIN_DRESIDUAL] = CLRELU_ACCUMULATE_DRESIDUAL,
        [CHAIN_DALPHA] = CLRELU_ACCUMULATE_DALPHA,
        [CHAIN_DBIAS] = CLRELU_ACCUMULATE_DBIAS,
        [CHAIN_DSCALE] = CLRELU_ACCUMULATE_DSCALE};
    const size_t n = count_of(p, array);

    p->want[array] = must_alloc((n + 1) * sizeof(long double));
    p->slack[array] = must_alloc((n + 1) * sizeof(double));
    for (size_t i = 0; i < n && (p->c->flags & flags[array]); i++)
        p->want[array][i] = value(p, place_of(p->c, array), i, 0);
}

/* ------------------------------------------------------------------- run -- */

static clrelu_status call_chain(const struct device *d,
                                const struct chain_case *c,
                                const clrelu_chain *chain,
                                const clrelu_second *second)
{
    if (c->double_backward)
        return (c->partial ? clrelu_chain_double_backward_partial
                           : clrelu_chain_double_backward)(d->context, &d->exec,
                                                           chain, second);
    if (!c->backward)
        return clrelu_chain_forward(d->context, &d->exec, chain);
    return c->partial
               ? clrelu_chain_backward_partial(d->context, &d->exec, chain)
               : clrelu_chain_backward(d->context, &d->exec, chain);
}

static clrelu_status call(const struct chain_problem *p)
{
    const struct chain_case *c = p->c;
    const struct device *d = p->device;
    clrelu_buffer at[CHAIN_ARRAYS];
    struct typed scratch = {0};
    clrelu_status status = CLRELU_OK;

    for (int i = 0; i < CHAIN_ARRAYS; i++)
        at[i] = typed_buffer(&p->arrays[is_given(c, i) ? place_of(c, i) : i]);
    clrelu_chain chain = {
        .op = c->op,
        .dtype = c->dtype,
        .alpha_dtype = c->alpha_dtype,
        .flags = c->flags,
        .scalar = c->scalar,
        .gain = c->gain,
        .alpha_count = c->one_alpha,
        .shape = &p->shape,
        .x = at[CHAIN_X],
        .scale = at[CHAIN_SCALE],
        .bias = at[CHAIN_BIAS],
        .alpha = at[CHAIN_ALPHA],
        .residual = at[CHAIN_RESIDUAL],
        .z = at[CHAIN_Z],
        .y = at[CHAIN_Y],
        .dy = at[CHAIN_DY],
        .dx = at[CHAIN_DX],
        .dscale = at[CHAIN_DSCALE],
        .dbias = at[CHAIN_DBIAS],
        .dalpha = at[CHAIN_DALPHA],
        .dresidual = at[CHAIN_DRESIDUAL],
    };
    const clrelu_second second = {.ddx = at[CHAIN_DDX],
                                  .ddscale = at[CHAIN_DDSCALE],
                                  .ddbias = at[CHAIN_DDBIAS],
                                  .ddalpha = at[CHAIN_DDALPHA],
                                  .ddy = at[CHAIN_DDY]};
    if (c->workspace) {
        size_t count = 0;
        status = clrelu_chain_workspace(&chain, &count);
        scratch = typed_make(d, clrelu_dtype_size(storage_computed(c->dtype)),
                             3, count, NULL);
        chain.workspace = typed_buffer(&scratch);
    }
    if (!status)
        status = call_chain(d, c, &chain, &second);
    if (c->workspace) {
        typed_fetch(d, &scratch);
        if (!typed_guarded(&scratch))
            bail("the workspace is too small");
        typed_free(&scratch);
    }
    return status;
}

/* want, which is in reals, rounded to storage; with slack, what lies between
 * the least and the largest of what it may be. */
static bool check_value(const struct chain_problem *p, int array, size_t i,
                        double got)
{
    const clrelu_dtype dtype = dtype_of(p->c, array);
    const double want = (double)p->want[array][i];
    const double u = p->c->dtype == CLRELU_FLOAT64 ? 0x1p-53 : 0x1p-24;
    double slack = p->slack[array][i];

    if (is_sum(array))
        slack += u * fabs(want);
    if (slack > 0)
        slack += 0x1p-140; /* elu's results may be subnormal in between */
    if (slack == 0)
        return got == storage_nearest(dtype, fl(p->c, want));
    return got >= storage_nearest(dtype, want - slack) &&
           got <= storage_nearest(dtype, want + slack);
}

static bool check_output(const struct chain_problem *p, int array)
{
    const struct typed *a = &p->arrays[place_of(p->c, array)];
    const clrelu_dtype dtype = dtype_of(p->c, array);
    const bool pair = is_sum(array) && p->c->partial;
    const size_t n = pair ? a->n / 2 : a->n;

    for (size_t i = 0; i < n; i++) {
        double got = typed_value(dtype, a->got, a->offset + i);
        if (pair)
            got += typed_value(dtype, a->got, a->offset + n + i);
        if (check_value(p, array, i, got))
            continue;
        diag("%s[%zu]: got %a want %a, slack %a", names[array], i, got,
             (double)p->want[array][i], p->slack[array][i]);
        return false;
    }
    return true;
}

static bool fetch_and_check(struct chain_problem *p)
{
    bool is_output[CHAIN_ARRAYS] = {false}, good = true;

    for (int i = CHAIN_Y; i < CHAIN_ARRAYS; i++)
        if (p->want[i])
            is_output[place_of(p->c, i)] = true;
    for (int i = 0; i < CHAIN_ARRAYS; i++) {
        struct typed *a = &p->arrays[i];
        if (!a->mem)
            continue;
        typed_fetch(p->device, a);
        if (!(is_output[i] ? typed_guarded(a) : typed_untouched(a))) {
            diag("%s: changed outside", names[i]);
            good = false;
        }
    }
    for (int i = CHAIN_Y; i < CHAIN_ARRAYS; i++)
        if (p->want[i])
            good = check_output(p, i) && good;
    return good;
}

bool chain_run(const struct device *d, const clrelu_shape *shape,
               const struct chain_case *c)
{
    struct chain_problem p = {.device = d,
                              .c = c,
                              .shape = *shape,
                              .n = reference_count(shape),
                              .alphas = reference_alpha_count(shape)};
    uint64_t random = c->step;

    for (int i = 0; i < CHAIN_ARRAYS; i++)
        if (is_given(c, i) && place_of(c, i) == i)
            make_array(&p, i, &random);
    for (int i = CHAIN_Y; i < CHAIN_ARRAYS; i++)
        if (is_given(c, i))
            start_want(&p, i);
    expect_all(&p);
    const clrelu_status status = call(&p);
    if (status)
        diag("%s", clrelu_error());
    const bool good = !status && fetch_and_check(&p);
    for (int i = 0; i < CHAIN_ARRAYS; i++) {
        typed_free(&p.arrays[i]);
        free(p.want[i]);
        free(p.slack[i]);
    }
    return good;
}

bool chain_run_patterns(const struct device *d, struct chain_case c)
{
    for (size_t i = 0; i < COUNT_OF(case_patterns); i++) {
        const char *name = case_patterns[i].shape.name;
        const clrelu_shape shape = case_to_shape(&case_patterns[i].shape);
        c.step = i;
        if (!device_runs(reference_count(&shape), 1 << 14, name) ||
            chain_run(d, &shape, &c))
            continue;
        diag("%s", name);
        return false;
    }
    return true;
}
