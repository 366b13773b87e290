/* test_elementwise.c - leaky_relu, elu and thresholded_relu on arrays
 * SPDX-License-Identifier: MIT */
#include "array.h"
#include "cases.h"
#include "run.h"
#include "tap.h"
#include "values.h"

enum { SMALL = 5000 };

static const char *const in_place_names[] = {"", ", on x", ", on dy"};

static void test_forward(const struct device *d, const struct run *r)
{
    ok(run_forward(d, r), "%s forward, scalar %g, n=%zu, offsets %zu %zu%s",
       clrelu_op_name(r->op), r->scalar, r->n, r->x_offset, r->out_offset,
       in_place_names[r->in_place]);
}

static void test_backward(const struct device *d, const struct run *r)
{
    ok(run_backward(d, r),
       "%s backward, scalar %g, n=%zu, offsets %zu %zu %zu%s%s",
       clrelu_op_name(r->op), r->scalar, r->n, r->x_offset, r->dy_offset,
       r->out_offset, in_place_names[r->in_place],
       r->accumulate ? ", accumulated" : "");
}

static void test_sizes(const struct device *d, const struct case_scalar *c,
                       const size_t *sizes, size_t count, size_t step)
{
    for (size_t i = 0; i < count; i++) {
        if (!device_runs(sizes[i], SMALL, "a longer array"))
            continue;
        struct run r = run_make(c->op, c->scalar, sizes[i], step + i);
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
        struct run r =
            run_make(c->op, c->scalar, sizes[i % COUNT_OF(sizes)], i);
        if (!device_runs(r.n, SMALL, "a longer array in place"))
            continue;
        r.in_place = ON_X;
        test_forward(d, &r);
        test_backward(d, &r);
        r.in_place = ON_DY;
        test_backward(d, &r);
        r.accumulate = i % 2;
        test_backward(d, &r);
        r.in_place = ON_X;
        test_backward(d, &r);
    }
}

static void test_offsets(const struct device *d, const struct case_scalar *c)
{
    enum { COUNT = COUNT_OF(case_offsets) };

    for (size_t i = 0; i < COUNT * COUNT; i++) {
        const struct run r = run_make(c->op, c->scalar, 100 + i, i);
        test_forward(d, &r);
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
    bool good = !array_forward(d, c->op, c->scalar, &dev_x, &y) &&
                !array_backward(d, c->op, c->scalar, 0, &dev_x, &dev_dy, &dx);
    const float *got_y = array_fetch(d, &y), *got_dx = array_fetch(d, &dx);
    for (size_t i = 0; i < N; i++) {
        good &= check_y(c->op, c->scalar, i, x[i], got_y[i]);
        good &= check_dx(c->op, c->scalar, i, x[i], dy[i], NULL, got_dx[i]);
    }
    ok(good, "%s, scalar %g: special values", clrelu_op_name(c->op), c->scalar);
    arrays_free(&dev_x, &dev_dy, &y, &dx);
}

int main(void)
{
    struct device d;
    clrelu_op last = CLRELU_PRELU;

    device_open(&d);
    for (size_t i = 0; i < COUNT_OF(case_scalars); i++) {
        test_special(&d, &case_scalars[i]);
        test_sizes(&d, &case_scalars[i], case_sizes, COUNT_OF(case_sizes), 0);
        if (case_scalars[i].op == last)
            continue;
        last = case_scalars[i].op;
        test_offsets(&d, &case_scalars[i]);
        test_places(&d, &case_scalars[i]);
        test_sizes(&d, &case_scalars[i], case_large_sizes,
                   COUNT_OF(case_large_sizes), 1);
    }
    device_close(&d);
    return done_testing();
}
