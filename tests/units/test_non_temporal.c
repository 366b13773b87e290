/* test_non_temporal.c - non-temporal stores write the same as plain ones
 * SPDX-License-Identifier: MIT
 *
 * Arrays that outgrow a cache take seconds to compare; a device whose cache
 * seems to hold one byte makes every array such a one. */
#include "cases.h"
#include "core/check.h"
#include "core/context.h"
#include "device.h"
#include "problem.h"
#include "run.h"
#include "tap.h"

enum { SMALL = 5000 };

static void test_elementwise(const struct device *d,
                             const struct case_scalar *c)
{
    for (size_t i = 0; i < COUNT_OF(case_sizes); i++)
        for (size_t step = i; step < i + 25; step += 7) {
            struct run r = run_make(c->op, c->scalar, case_sizes[i], step);
            if (!device_runs(r.n, SMALL, "a longer array"))
                continue;
            bool good = run_forward(d, &r) && run_backward(d, &r);
            r.accumulate = true;
            good &= run_backward(d, &r);
            r.in_place = ON_DY;
            good &= run_backward(d, &r);
            r.in_place = ON_X;
            good &= run_forward(d, &r);
            ok(good, "%s, n=%zu, offsets %zu %zu %zu", clrelu_op_name(c->op),
               r.n, r.x_offset, r.dy_offset, r.out_offset);
        }
}

static void test_prelu(const struct device *d, const struct case_shape *c)
{
    const clrelu_shape shape = case_to_shape(c);
    struct problem p = problem_make(&shape, 5);
    bool good = true;

    if (device_runs(p.n, SMALL, c->name)) {
        for (size_t i = 0; i < PROBLEM_VARIANTS; i++)
            good &= problem_run(d, &p, i, i);
        ok(good, "prelu, %s", c->name);
    }
    problem_free(&p);
}

/* One cl_mem may hold all of a program's arrays. */
static void test_in_place(const struct device *d)
{
    cl_mem mem = device_buffer(d, 64, NULL);
    const clrelu_buffer a = clrelu_at(mem, 0), b = clrelu_at(mem, 8),
                        none = {0};

    ok(clrelu_in_place(a, a) && !clrelu_in_place(a, b) &&
           !clrelu_in_place(a, none),
       "in place is the same elements, not the same cl_mem");
    clReleaseMemObject(mem);
}

static void test_explained(const struct device *d)
{
    clrelu_explanation e;

    ok(clrelu_explain_elementwise(d->context, CLRELU_FORWARD,
                                  &(clrelu_elementwise){.op = CLRELU_ELU,
                                                        .dtype = CLRELU_FLOAT32,
                                                        .scalar = 1,
                                                        .n = 1000},
                                  &e) == CLRELU_OK &&
           e.stores[0] == 'n',
       "stores are %s", e.stores);
}

int main(void)
{
    struct device d;

    device_open(&d);
    d.context->params.non_temporal_bytes = 1;
    /* Strips of tiles are for who has tasks enough for each core. */
    d.context->params.compute_units = 1;
    test_explained(&d);
    test_in_place(&d);
    for (size_t i = 0; i < COUNT_OF(case_scalars); i++)
        if (i == 0 || case_scalars[i].op != case_scalars[i - 1].op)
            test_elementwise(&d, &case_scalars[i]);
    for (int far = 0; far <= 1; far++) {
        d.context->params.prefetch_far = far;
        for (size_t i = 0; i < COUNT_OF(case_patterns); i++)
            test_prelu(&d, &case_patterns[i].shape);
        for (size_t i = 0; i < COUNT_OF(case_hostile); i++)
            test_prelu(&d, &case_hostile[i]);
    }
    device_close(&d);
    return done_testing();
}
