/* chain.c - a chain on random arrays, compared with plain C double
 * SPDX-License-Identifier: MIT */
#include "chain.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "random.h"
#include "reference.h"
#include "storage.h"
#include "tap.h"

/* An array of any type, with guards around it. */
struct typed {
    clrelu_dtype dtype;
    size_t offset, n, bytes;
    cl_mem mem;
    double *values; /* as stored */
    unsigned char *sent, *got;
};

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

/* ---------------------------------------------------------------- values -- */

static void put(clrelu_dtype dtype, unsigned char *bytes, size_t i, double v)
{
    const float f = (float)v;
    const size_t size = clrelu_dtype_size(dtype);
    uint16_t half = 0;

    if (size == 2)
        half = storage_round(dtype, v);
    memcpy(bytes + i * size,
           dtype == CLRELU_FLOAT64   ? (const void *)&v
           : dtype == CLRELU_FLOAT32 ? (const void *)&f
                                     : (const void *)&half,
           size);
}

static double take(clrelu_dtype dtype, const unsigned char *bytes, size_t i)
{
    const size_t size = clrelu_dtype_size(dtype);
    double v;
    float f;
    uint16_t half;

    if (dtype == CLRELU_FLOAT64) {
        memcpy(&v, bytes + i * size, size);
        return v;
    }
    if (dtype == CLRELU_FLOAT32) {
        memcpy(&f, bytes + i * size, size);
        return (double)f;
    }
    memcpy(&half, bytes + i * size, size);
    return storage_value(dtype, half);
}

/* Rounded as it is stored, or as it is computed. */
static double stored(clrelu_dtype dtype, double v)
{
    unsigned char bytes[8];

    put(dtype, bytes, 0, v);
    return take(dtype, bytes, 0);
}

static double fl(const struct chain_case *c, double v)
{
    return c->dtype == CLRELU_FLOAT64 ? v : (double)(float)v;
}

static clrelu_dtype computed(clrelu_dtype dtype)
{
    return dtype == CLRELU_FLOAT64 ? CLRELU_FLOAT64 : CLRELU_FLOAT32;
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
        return computed(c->dtype);
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
    struct typed *a = &p->arrays[array];
    const size_t size = clrelu_dtype_size(dtype_of(p->c, array));
    const size_t step = p->c->step + (size_t)array * (p->c->step % 3);
    cl_int error;

    *a = (struct typed){.dtype = dtype_of(p->c, array),
                        .offset = case_offsets[step % COUNT_OF(case_offsets)],
                        .n = count_of(p, array)};
    a->bytes = (a->offset + a->n + GUARD) * size;
    a->values = must_alloc((a->n + 1) * sizeof(double));
    a->sent = must_alloc(a->bytes);
    a->got = must_alloc(a->bytes);
    /* exp(x) of elu is 0 for some x. */
    const int high = array == CHAIN_X && p->c->op == CLRELU_ELU ? 9 : 2;

    memset(a->sent, 0xa5, a->bytes);
    for (size_t i = 0; i < a->n; i++) {
        const double v = random_below(random, 50) == 0
                             ? 0.0
                             : (double)random_wide(random, -5, high);
        put(a->dtype, a->sent, a->offset + i, v);
        a->values[i] = stored(a->dtype, v);
    }
    a->mem =
        clCreateBuffer(p->device->cl, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR,
                       a->bytes, a->sent, &error);
    device_must(error, "clCreateBuffer");
}

static clrelu_buffer buffer_of(const struct chain_problem *p, int array)
{
    const struct typed *a = &p->arrays[array];

    return a->mem ? clrelu_at(a->mem, a->offset) : (clrelu_buffer){0};
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

static double value(const struct chain_problem *p, int array, size_t i,
                    double missing)
{
    return p->arrays[array].mem ? p->arrays[array].values[i] : missing;
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
    const double gained = fl(c, f * (c->gain != 0 ? fl(c, c->gain) : 1));

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
    const double x = p->arrays[CHAIN_X].values[i];
    const double dy = p->arrays[CHAIN_DY].values[i];
    const double df = fl(c, dy * (c->gain != 0 ? fl(c, c->gain) : 1));
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
    const double gain = c->gain != 0 ? fl(c, c->gain) : 1;
    const double x = p->arrays[CHAIN_X].values[i],
                 ddx = value(p, CHAIN_DDX, i, 0),
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
        const double x = p->arrays[CHAIN_X].values[i];
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
        p->want[array][i] = p->arrays[place_of(p->c, array)].values[i];
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
    struct array scratch = {0};
    clrelu_status status = CLRELU_OK;

    for (int i = 0; i < CHAIN_ARRAYS; i++)
        at[i] = buffer_of(p, is_given(c, i) ? place_of(c, i) : i);
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
        if (c->dtype == CLRELU_FLOAT64)
            count *= 2;
        scratch =
            array_make(d, c->dtype == CLRELU_FLOAT64 ? 2 : 3, count, NULL);
        chain.workspace = array_buffer(&scratch);
        if (c->dtype == CLRELU_FLOAT64)
            chain.workspace.offset = 1;
    }
    if (!status)
        status = call_chain(d, c, &chain, &second);
    if (c->workspace) {
        array_fetch(d, &scratch);
        if (!array_guarded(&scratch))
            bail("the workspace is too small");
        array_free(&scratch);
    }
    return status;
}

static bool check_guards(const struct typed *a, bool is_output)
{
    const size_t size = clrelu_dtype_size(a->dtype);
    const size_t begin = a->offset * size, end = begin + a->n * size;

    return memcmp(a->got, a->sent, begin) == 0 &&
           memcmp(a->got + end, a->sent + end, a->bytes - end) == 0 &&
           (is_output || memcmp(a->got, a->sent, a->bytes) == 0);
}

/* want, which is in reals, rounded to storage; with slack, what lies between
 * the least and the largest of what it may be. */
static bool check_value(const struct chain_problem *p, int array, size_t i,
                        double got)
{
    const struct typed *a = &p->arrays[place_of(p->c, array)];
    const double want = (double)p->want[array][i];
    const double u = p->c->dtype == CLRELU_FLOAT64 ? 0x1p-53 : 0x1p-24;
    double slack = p->slack[array][i];

    if (is_sum(array))
        slack += u * fabs(want);
    if (slack > 0)
        slack += 0x1p-140; /* elu's results may be subnormal in between */
    if (slack == 0)
        return got == stored(a->dtype, fl(p->c, want));
    return got >= stored(a->dtype, want - slack) &&
           got <= stored(a->dtype, want + slack);
}

static bool check_output(const struct chain_problem *p, int array)
{
    const struct typed *a = &p->arrays[place_of(p->c, array)];
    const bool pair = is_sum(array) && p->c->partial;
    const size_t n = pair ? a->n / 2 : a->n;

    for (size_t i = 0; i < n; i++) {
        double got = take(a->dtype, a->got, a->offset + i);
        if (pair)
            got += take(a->dtype, a->got, a->offset + n + i);
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
        device_must(clEnqueueReadBuffer(p->device->queue, a->mem, CL_TRUE, 0,
                                        a->bytes, a->got, 0, NULL, NULL),
                    "clEnqueueReadBuffer");
        if (!check_guards(a, is_output[i])) {
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
        if (p.arrays[i].mem)
            clReleaseMemObject(p.arrays[i].mem);
        free(p.arrays[i].values);
        free(p.arrays[i].sent);
        free(p.arrays[i].got);
        free(p.want[i]);
        free(p.slack[i]);
    }
    return good;
}
