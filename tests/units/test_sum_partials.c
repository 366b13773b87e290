/* test_sum_partials.c - dalpha of a batch in shards, on whatever computed them
 * SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "ill_conditioned.h"
#include "storage.h"
#include "typed.h"
#include "ulp.h"

enum { MAX_SHARDS = 8, COLUMNS = 37 };

static const struct columns layouts[] = {
    {8, 1, 1}, {40000, 1, 1}, {5000, 3, 1}, {19, 1025, 1}, {16, 2, 3001},
};

/* Shard s of rows; the first ones may be longer. */
static size_t shard_start(size_t rows, size_t shards, size_t s)
{
    return rows / shards * s + (s < rows % shards ? s : rows % shards);
}

/* One shard's partial, from d, into the host's array of two rows. */
static bool find_partial(const struct device *d, const clrelu_shape *shape,
                         const float *x, const float *dy, float *partial)
{
    const size_t n = reference_count(shape);
    const size_t alphas = reference_alpha_count(shape);
    struct array dev_x = array_make(d, 1, n, x);
    struct array dev_dy = array_make(d, 2, n, dy);
    struct array dev_partial = array_make(d, 3, 2 * alphas, NULL);
    bool good = !clrelu_prelu_backward_partial(
        d->context, &d->exec,
        &(clrelu_prelu){.dtype = CLRELU_FLOAT32,
                        .shape = shape,
                        .x = array_buffer(&dev_x),
                        .dy = array_buffer(&dev_dy),
                        .dalpha = array_buffer(&dev_partial)});

    if (!good)
        diag("clrelu_prelu_backward: %s", clrelu_error());
    memcpy(partial, array_fetch(d, &dev_partial), 2 * alphas * sizeof(float));
    good = good && array_guarded(&dev_partial);
    arrays_free(&dev_x, &dev_dy, &dev_partial);
    return good;
}

static bool sum_on_device(const struct device *d, size_t rows, size_t count,
                          const float *partials, float *out)
{
    struct array in = array_make(d, 5, rows * count, partials);
    struct array to = array_make(d, 1, count, NULL);
    bool good =
        !clrelu_sum_partials(d->context, &d->exec, CLRELU_FLOAT32, rows, count,
                             array_buffer(&in), array_buffer(&to));

    if (!good)
        diag("clrelu_sum_partials: %s", clrelu_error());
    memcpy(out, array_fetch(d, &to), count * sizeof(*out));
    good = good && array_guarded(&to);
    arrays_free(&in, &to);
    return good;
}

/* Shard s goes to device s % devices. */
static bool find_partials(const struct device *d, size_t devices,
                          const struct columns *l, size_t shards,
                          const float *x, const float *dy, float *partials)
{
    const size_t row = l->columns * l->inner;
    bool good = true;

    for (size_t s = 0; s < shards; s++) {
        const size_t start = shard_start(l->rows, shards, s);
        const struct columns part = {
            shard_start(l->rows, shards, s + 1) - start, l->columns, l->inner};
        size_t dims[3];
        const clrelu_shape shape = columns_shape(&part, dims);
        good = find_partial(&d[s % devices], &shape, x + start * row,
                            dy + start * row, partials + 2 * s * l->columns) &&
               good;
    }
    return good;
}

static double worst_of(const struct columns *l, const float *x, const float *dy,
                       size_t rows, const float *dalpha)
{
    size_t dims[3];
    const clrelu_shape shape = columns_shape(l, dims);
    const double m =
        320 + (double)reference_count(&shape) / 0x1p17 + (double)rows;
    double *want = must_alloc(2 * l->columns * sizeof(*want)), worst = 0.0;
    double *magnitude = want + l->columns;

    reference_prelu_backward(&shape, x, NULL, dy, NULL, want, magnitude);
    for (size_t j = 0; j < l->columns; j++) {
        const double bound = 0x1p-24 * fabs(want[j]) +
                             2.0 * pow(m * 0x1p-24, 2.0) * magnitude[j];
        const double error = fabs((double)dalpha[j] - want[j]) / bound;
        worst = worse(worst, error);
    }
    free(want);
    return worst;
}

static void test_shards(const struct device *d, size_t devices,
                        const struct columns *l, size_t shards)
{
    const size_t n = columns_count(l);
    const size_t size = l->columns * sizeof(float), rows = 2 * shards;
    float *x = columns_floats(n), *dy = columns_floats(n);
    float *partials = columns_floats(rows * l->columns);
    float *others = columns_floats(rows * l->columns);
    float *dalpha = columns_floats(l->columns),
          *host = columns_floats(l->columns);

    sums_cancelling(n, x, dy);
    bool good = find_partials(d, 1, l, shards, x, dy, partials) &&
                sum_on_device(d, rows, l->columns, partials, dalpha);
    const double worst = worst_of(l, x, dy, rows, dalpha);
    ok(good && worst <= 1.0,
       "(%zu,%zu,%zu) in %zu shards is at %.2g of the bound", l->rows,
       l->columns, l->inner, shards, worst);
    good = !clrelu_sum_partials_host(CLRELU_FLOAT32, rows, l->columns, partials,
                                     host);
    ok(good && memcmp(host, dalpha, size) == 0, "... the host has its bits");
    if (devices > 1)
        good = find_partials(d, devices, l, shards, x, dy, others) &&
               memcmp(others, partials, rows * size) == 0 &&
               sum_on_device(&d[1], rows, l->columns, others, host);
    if (devices > 1)
        ok(good && memcmp(host, dalpha, size) == 0,
           "... and so have %zu devices", devices);
    free(x);
    free(dy);
    free(partials);
    free(others);
    free(dalpha);
    free(host);
}

/* An infinite term in one shard: rounding has taken nothing from that. */
static void test_infinite(const struct device *d, const struct columns *l)
{
    const size_t n = columns_count(l);
    float *x = columns_floats(n), *dy = columns_floats(n), partials[4],
          dalpha = 0.0f;
    bool good;

    for (size_t i = 0; i < n; i++)
        x[i] = dy[i] = -1.0f;
    dy[n / 4] = INFINITY;
    good = find_partials(d, 1, l, 2, x, dy, partials) &&
           sum_on_device(d, 4, 1, partials, &dalpha);
    ok(good && isinf(dalpha) && dalpha < 0.0f,
       "(%zu,%zu,%zu): an infinite term gives -inf", l->rows, l->columns,
       l->inner);
    free(x);
    free(dy);
}

/* Terms of a column that go wrong in a sum that is not careful. */
static const struct column {
    const char *name;
    float terms[6];
    double want;
} careful[] = {
    {"nothing", {0}, 0},
    {"big, small, -big", {0x1p30f, 1, -0x1p30f}, 1},
    {"inf, with no correction", {INFINITY, 0, 1, 0}, (double)INFINITY},
    {"inf - inf", {INFINITY, 0, -INFINITY}, (double)NAN},
    {"NaN", {1, 2, NAN}, (double)NAN},
    {"overflow", {FLT_MAX, FLT_MAX}, (double)INFINITY},
    {"beyond float16", {40000, 40000}, 80000},
    {"a tie of float16", {2048, 1}, 2049},
    {"a tie of bfloat16", {256, 1}, 257},
};

/* In each type; float64's partials are float64. */
static void test_dtype(const struct device *d, clrelu_dtype dtype)
{
    enum { TERMS = 6, COUNT = COUNT_OF(careful) };
    const clrelu_dtype computed = storage_computed(dtype);
    float terms[TERMS * COUNT];
    double host[COUNT]; /* room for any type */

    for (size_t i = 0; i < TERMS * COUNT; i++)
        terms[i] = careful[i % COUNT].terms[i / COUNT];
    void *partials = typed_convert(computed, TERMS * COUNT, terms);
    struct typed in = typed_of(d, computed, 0, TERMS * COUNT, terms);
    struct typed out = typed_of(d, dtype, 0, COUNT, NULL);
    bool good = !clrelu_sum_partials(d->context, &d->exec, dtype, TERMS, COUNT,
                                     typed_buffer(&in), typed_buffer(&out)) &&
                !clrelu_sum_partials_host(dtype, TERMS, COUNT, partials, host);
    const void *got = typed_fetch(d, &out);
    for (size_t j = 0; j < COUNT; j++) {
        const double v = typed_value(dtype, got, j);
        double want = storage_nearest(dtype, careful[j].want);
        if (dtype == CLRELU_FLOAT64 && strcmp(careful[j].name, "overflow") == 0)
            want = 2.0 * (double)FLT_MAX;
        if (v != want && !(isnan(v) && isnan(want))) {
            good = false;
            diag("%s: got %a, want %a", careful[j].name, v, want);
        }
    }
    ok(good, "type %d: sums that need care", (int)dtype);
    ok(typed_same(dtype, COUNT, host, got),
       "... with the same bits on the host");
    typeds_free(&in, &out);
    free(partials);
}

/* A shard of no rows is zeros; no shards at all are zeros, too. */
static void test_empty(const struct device *d)
{
    const size_t dims[] = {0, COLUMNS};
    const clrelu_shape shape = reference_shape(2, dims, 0, NULL);
    float partial[2 * COLUMNS], out[COLUMNS], zero[2 * COLUMNS] = {0};
    bool good = find_partial(d, &shape, NULL, NULL, partial);

    ok(good && memcmp(partial, zero, sizeof(partial)) == 0,
       "an empty shard's partial is 0");
    good = sum_on_device(d, 0, COLUMNS, zero, out);
    ok(good && memcmp(out, zero, sizeof(out)) == 0, "no rows give 0");
    memset(out, 1, sizeof(out));
    good = !clrelu_sum_partials_host(CLRELU_FLOAT32, 0, COLUMNS, NULL, out);
    ok(good && memcmp(out, zero, sizeof(out)) == 0, "... on the host, too");
}

static void test_refused(const struct device *d)
{
    const size_t dims[] = {4, COLUMNS};
    const clrelu_shape shape = reference_shape(2, dims, 0, NULL);
    const size_t n = 4 * COLUMNS;
    struct array a = array_make(d, 0, n, NULL), b = array_make(d, 0, n, NULL);
    const clrelu_buffer none = {0}, x = array_buffer(&a),
                        out = array_buffer(&b);
    const clrelu_buffer last = clrelu_at(out.mem, n + GUARD - COLUMNS);
    const clrelu_buffer inside = clrelu_at(x.mem, COLUMNS);
    float host[4];

#define SUM(dtype, rows, count, in, to) \
    clrelu_sum_partials(d->context, &d->exec, dtype, rows, count, in, to)
#define BACKWARD(function, bits, to_dx, to_dalpha) \
    function(d->context, &d->exec, \
             &(clrelu_prelu){.dtype = CLRELU_FLOAT32, \
                             .flags = bits, \
                             .shape = &shape, \
                             .x = x, \
                             .alpha = x, \
                             .dy = x, \
                             .dx = to_dx, \
                             .dalpha = to_dalpha})
#define PARTIAL(bits, to_dx, to_dalpha) \
    BACKWARD(clrelu_prelu_backward_partial, bits, to_dx, to_dalpha)
    expect(SUM((clrelu_dtype)9, 2, 2, x, out), CLRELU_INVALID_DTYPE, "dtype",
           "a type of 9");
    expect(SUM(CLRELU_FLOAT32, SIZE_MAX / 16, 4, x, out), CLRELU_INVALID_SIZE,
           "rows*count", "too many rows");
    expect(SUM(CLRELU_FLOAT32, 2, 2, none, out), CLRELU_INVALID_NULL,
           "partials", "no partials");
    expect(SUM(CLRELU_FLOAT32, 2, 2, x, none), CLRELU_INVALID_NULL, "out",
           "no out");
    expect(SUM(CLRELU_FLOAT32, 99, COLUMNS, x, out), CLRELU_BUFFER_TOO_SMALL,
           "partials", "partials that end early");
    expect(SUM(CLRELU_FLOAT32, 4, COLUMNS, x, inside), CLRELU_BUFFER_OVERLAP,
           "out", "out within partials");
    expect(PARTIAL(0, out, none), CLRELU_INVALID_NULL, "dalpha",
           "a partial without dalpha");
    expect(PARTIAL(CLRELU_ACCUMULATE_DALPHA, none, out), CLRELU_INVALID_FLAGS,
           "flags", "a partial that accumulates");
    expect(PARTIAL(0, none, last), CLRELU_BUFFER_TOO_SMALL, "dalpha",
           "room for one row of a partial");
    ok(!BACKWARD(clrelu_prelu_backward, 0, none, last),
       "... which is enough for dalpha");
    expect(clrelu_sum_partials_host((clrelu_dtype)0, 1, 1, host, host + 1),
           CLRELU_INVALID_DTYPE, "dtype", "a type of 0 on the host");
    expect(clrelu_sum_partials_host(CLRELU_FLOAT32, 1, 1, NULL, host),
           CLRELU_INVALID_NULL, "partials", "no partials on the host");
    expect(clrelu_sum_partials_host(CLRELU_FLOAT32, 1, 1, host, NULL),
           CLRELU_INVALID_NULL, "out", "no out on the host");
    expect(clrelu_sum_partials_host(CLRELU_FLOAT32, 2, 2, host, host + 3),
           CLRELU_BUFFER_OVERLAP, "overlaps", "an overlap on the host");
    expect(
        clrelu_sum_partials_host(CLRELU_FLOAT32, 2, SIZE_MAX / 8, host, host),
        CLRELU_INVALID_SIZE, "rows*count", "too much on the host");
    arrays_free(&a, &b);
}

/* A second device with a cl_context of its own; false if there is none. */
static bool open_second(const struct device *first, struct device *d)
{
    clrelu_device listed[16];
    size_t count, i = 0;

    if (clrelu_device_list(NULL, COUNT_OF(listed), listed, &count))
        return false;
    for (; i < count && i < COUNT_OF(listed); i++)
        if (listed[i].device != first->id)
            break;
    if (i == count || i == COUNT_OF(listed))
        return false;
    clrelu_float_check arithmetic;
    device_open_on(d, listed[i].device);
    return !clrelu_context_float_check(d->context, &arithmetic) &&
           arithmetic.is_ieee;
}

int main(void)
{
    struct device d[2] = {{0}};
    size_t devices;

    device_open(&d[0]);
    devices = open_second(&d[0], &d[1]) ? 2 : 1;
    if (devices == 1)
        skip("there is one device", "the same bits from two");
    for (size_t i = 0; i < COUNT_OF(layouts); i++)
        for (size_t s = 1; s <= MAX_SHARDS; s = s == 1 ? 3 : s + 5)
            if (device_runs(columns_count(&layouts[i]), 25000, "shards"))
                test_shards(d, devices, &layouts[i], s);
    for (int dtype = CLRELU_FLOAT32; dtype <= CLRELU_FLOAT64; dtype++)
        if (device_has_dtype(&d[0], (clrelu_dtype)dtype))
            test_dtype(&d[0], (clrelu_dtype)dtype);
    test_infinite(&d[0], &(struct columns){8, 1, 1});
    test_infinite(&d[0], &(struct columns){80000, 1, 1});
    test_empty(&d[0]);
    test_refused(&d[0]);
    if (d[1].context)
        device_close(&d[1]);
    device_close(&d[0]);
    return done_testing();
}
