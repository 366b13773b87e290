/* test_elementwise.c - leaky_relu, elu and thresholded_relu on arrays
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "device.h"
#include "random.h"
#include "tap.h"
#include "values.h"

enum place { APART, ON_X, ON_DY };
static const char *const place_names[] = {"", ", on x", ", on dy"};

struct run {
    clrelu_op op;
    double scalar;
    size_t n;
    size_t x_offset, dy_offset, out_offset;
    enum place place;
    bool accumulate;
    uint64_t seed;
};

/* x and dy as on the host, and the arrays; out is one of the others in place.
 */
struct data {
    float *x, *dy, *old;
    struct array dev_x, dev_dy, dev_out;
    struct array *out;
};

static float *floats(size_t n)
{
    float *values = malloc((n + 1) * sizeof(*values));

    if (!values)
        bail("no memory for %zu floats", n);
    return values;
}

static void make_data(const struct device *d, const struct run *r,
                      struct data *data)
{
    uint64_t random = r->seed;

    data->x = floats(r->n);
    data->dy = floats(r->n);
    data->old = floats(r->n);
    fill_x(r->scalar, r->seed, r->n, data->x);
    fill_dy(r->seed, r->n, data->dy);
    for (size_t i = 0; i < r->n; i++)
        data->old[i] = random_wide(&random, -20, 4);
    data->dev_x = array_make(d, r->x_offset, r->n, data->x);
    data->dev_dy = array_make(d, r->dy_offset, r->n, data->dy);
    data->dev_out =
        array_make(d, r->out_offset, r->n, r->accumulate ? data->old : NULL);
    data->out = r->place == ON_X    ? &data->dev_x
                : r->place == ON_DY ? &data->dev_dy
                                    : &data->dev_out;
    if (r->place != APART)
        memcpy(data->old, r->place == ON_X ? data->x : data->dy,
               r->n * sizeof(float));
}

static void free_data(struct data *data)
{
    array_free(&data->dev_x);
    array_free(&data->dev_dy);
    array_free(&data->dev_out);
    free(data->x);
    free(data->dy);
    free(data->old);
}

/* Guards, and inputs that are not the output. */
static bool check_around(const struct device *d, struct data *data)
{
    struct array *const arrays[] = {&data->dev_x, &data->dev_dy,
                                    &data->dev_out};
    static const char *const names[] = {"x", "dy", "the output"};
    bool good = true;

    for (size_t i = 0; i < 3; i++) {
        array_fetch(d, arrays[i]);
        const bool intact = arrays[i] == data->out ? array_guarded(arrays[i])
                                                   : array_untouched(arrays[i]);
        if (!intact)
            diag("written to what must stay: around or in %s", names[i]);
        good &= intact;
    }
    return good;
}

static bool forward(const struct device *d, const struct run *r)
{
    struct data data;
    make_data(d, r, &data);
    const clrelu_status status = clrelu_forward(
        d->context, d->queue, r->op, CLRELU_FLOAT32, r->scalar, r->n,
        array_buffer(&data.dev_x), array_buffer(data.out), 0, NULL, NULL);
    const float *y = array_fetch(d, data.out);
    bool good = status == CLRELU_OK;

    if (!good)
        diag("clrelu_forward: %s", clrelu_error());
    for (size_t i = 0; i < r->n && good; i++)
        good = check_y(r->op, r->scalar, i, data.x[i], y[i]);
    good &= check_around(d, &data);
    free_data(&data);
    return good;
}

static bool backward(const struct device *d, const struct run *r)
{
    struct data data;
    make_data(d, r, &data);
    const clrelu_status status =
        clrelu_backward(d->context, d->queue, r->op, CLRELU_FLOAT32, r->scalar,
                        r->accumulate ? CLRELU_ACCUMULATE_DX : 0, r->n,
                        array_buffer(&data.dev_x), array_buffer(&data.dev_dy),
                        array_buffer(data.out), 0, NULL, NULL);
    const float *dx = array_fetch(d, data.out);
    bool good = status == CLRELU_OK;

    if (!good)
        diag("clrelu_backward: %s", clrelu_error());
    for (size_t i = 0; i < r->n && good; i++)
        good = check_dx(r->op, r->scalar, i, data.x[i], data.dy[i],
                        r->accumulate ? &data.old[i] : NULL, dx[i]);
    good &= check_around(d, &data);
    free_data(&data);
    return good;
}

static void test_forward(const struct device *d, const struct run *r)
{
    ok(forward(d, r), "%s forward, scalar %g, n=%zu, offsets %zu %zu%s",
       clrelu_op_name(r->op), r->scalar, r->n, r->x_offset, r->out_offset,
       place_names[r->place]);
}

static void test_backward(const struct device *d, const struct run *r)
{
    ok(backward(d, r), "%s backward, scalar %g, n=%zu, offsets %zu %zu %zu%s%s",
       clrelu_op_name(r->op), r->scalar, r->n, r->x_offset, r->dy_offset,
       r->out_offset, place_names[r->place],
       r->accumulate ? ", accumulated" : "");
}

/* Offsets that are another combination at each step. */
static struct run make_run(const struct case_scalar *c, size_t n, size_t step)
{
    enum { COUNT = COUNT_OF(case_offsets) };
    const struct run r = {
        .op = c->op,
        .scalar = c->scalar,
        .n = n,
        .x_offset = case_offsets[step % COUNT],
        .dy_offset = case_offsets[(step / COUNT + step) % COUNT],
        .out_offset = case_offsets[(step / COUNT + 3 * step) % COUNT],
        .seed = step,
    };
    return r;
}

static void test_sizes(const struct device *d, const struct case_scalar *c)
{
    for (size_t i = 0; i < COUNT_OF(case_sizes); i++) {
        struct run r = make_run(c, case_sizes[i], i);
        test_forward(d, &r);
        test_backward(d, &r);
        r.accumulate = true;
        test_backward(d, &r);
    }
}

/* In place the offsets are the same, whatever the other input's is. */
static void test_places(const struct device *d, const struct case_scalar *c)
{
    static const size_t sizes[] = {1, 17, 1000, 16385};

    for (size_t i = 0; i < COUNT_OF(sizes) * COUNT_OF(case_offsets); i++) {
        struct run r = make_run(c, sizes[i % COUNT_OF(sizes)], i);
        r.place = ON_X;
        test_forward(d, &r);
        test_backward(d, &r);
        r.place = ON_DY;
        test_backward(d, &r);
        r.accumulate = i % 2;
        test_backward(d, &r);
        r.place = ON_X;
        test_backward(d, &r);
    }
}

static void test_offsets(const struct device *d, const struct case_scalar *c)
{
    enum { COUNT = COUNT_OF(case_offsets) };

    for (size_t i = 0; i < COUNT * COUNT; i++) {
        const struct run r = make_run(c, 100 + i, i);
        test_forward(d, &r);
        test_backward(d, &r);
    }
}

static void test_large(const struct device *d, const struct case_scalar *c)
{
    for (size_t i = 0; i < COUNT_OF(case_large_sizes); i++) {
        struct run r = make_run(c, case_large_sizes[i], i + 1);
        test_forward(d, &r);
        test_backward(d, &r);
        r.accumulate = true;
        test_backward(d, &r);
    }
}

/* Every special x with every special dy. */
static void test_special(const struct device *d, const struct case_scalar *c)
{
    enum { N = SPECIAL_X * SPECIAL_DY };
    float specials_x[SPECIAL_X], specials_dy[SPECIAL_DY], x[N], dy[N];

    special_x(c->scalar, specials_x);
    special_dy(specials_dy);
    for (size_t i = 0; i < N; i++) {
        x[i] = specials_x[i % SPECIAL_X];
        dy[i] = specials_dy[i / SPECIAL_X];
    }
    struct array dev_x = array_make(d, 0, N, x);
    struct array dev_dy = array_make(d, 0, N, dy);
    struct array y = array_make(d, 0, N, NULL);
    struct array dx = array_make(d, 0, N, NULL);
    bool good =
        !clrelu_forward(d->context, d->queue, c->op, CLRELU_FLOAT32, c->scalar,
                        N, array_buffer(&dev_x), array_buffer(&y), 0, NULL,
                        NULL) &&
        !clrelu_backward(d->context, d->queue, c->op, CLRELU_FLOAT32, c->scalar,
                         0, N, array_buffer(&dev_x), array_buffer(&dev_dy),
                         array_buffer(&dx), 0, NULL, NULL);
    const float *got_y = array_fetch(d, &y), *got_dx = array_fetch(d, &dx);
    for (size_t i = 0; i < N; i++) {
        good &= check_y(c->op, c->scalar, i, x[i], got_y[i]);
        good &= check_dx(c->op, c->scalar, i, x[i], dy[i], NULL, got_dx[i]);
    }
    ok(good, "%s, scalar %g: special values", clrelu_op_name(c->op), c->scalar);
    array_free(&dev_x);
    array_free(&dev_dy);
    array_free(&y);
    array_free(&dx);
}

int main(void)
{
    struct device d;
    clrelu_op last = CLRELU_PRELU;

    device_open(&d);
    for (size_t i = 0; i < COUNT_OF(case_scalars); i++) {
        test_special(&d, &case_scalars[i]);
        test_sizes(&d, &case_scalars[i]);
        if (case_scalars[i].op == last)
            continue;
        last = case_scalars[i].op;
        test_offsets(&d, &case_scalars[i]);
        test_places(&d, &case_scalars[i]);
        test_large(&d, &case_scalars[i]);
    }
    device_close(&d);
    return done_testing();
}
