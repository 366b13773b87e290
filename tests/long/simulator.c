/* simulator.c - every kernel on few elements, for Oclgrind
 * SPDX-License-Identifier: MIT
 *
 * tests/long/simulator.sh runs it and reads Oclgrind's log: it finds what a
 * device lets pass, such as reads beyond a buffer, of elements never written,
 * and races between work-items.  Sizes are such that they cross the ends of
 * vectors and work-groups, and no larger. */
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "cases.h"
#include "core/context.h"
#include "problem.h"
#include "run.h"
#include "tap.h"

/* As devices are: a CPU, a GPU, and one without vectors. */
static const struct {
    const char *name;
    unsigned group, vector;
} kinds[] = {{"a CPU", 1, 16}, {"a GPU", 64, 4}, {"narrow", 16, 1}};

static const struct case_shape shapes[] = {
    {"dense", 2, {3, 70}, 0, {0}},
    {"many rows", 2, {66, 512}, 0, {0}},
    {"one alpha", 2, {5, 67}, 1, {1}},
    {"NCHW", 4, {2, 3, 5, 7}, 2, {2, 3}},
    {"NHWC", 4, {2, 5, 7, 3}, 2, {1, 2}},
    {"alternating", 5, {2, 3, 2, 5, 3}, 2, {1, 3}},
};

static void test_elementwise(const struct device *d, const char *kind)
{
    static const size_t sizes[] = {1, 17, 300};
    bool good = true;

    for (size_t i = 0; i < COUNT_OF(case_scalars); i++) {
        if (i > 0 && case_scalars[i].op == case_scalars[i - 1].op)
            continue;
        for (size_t k = 0; k < COUNT_OF(sizes); k++) {
            struct run r = run_make(case_scalars[i].op, case_scalars[i].scalar,
                                    sizes[k], k + 1);
            good &= run_forward(d, &r) && run_backward(d, &r);
            r.accumulate = true;
            good &= run_backward(d, &r);
        }
    }
    ok(good, "%s: element by element", kind);
}

static void test_prelu(const struct device *d, const char *kind)
{
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        const clrelu_shape shape = case_to_shape(&shapes[i]);
        struct problem p = problem_make(&shape, 3);
        bool good = true;
        for (size_t v = 0; v < PROBLEM_VARIANTS; v++)
            good &= problem_run(d, &p, v, v);
        ok(good, "%s: prelu, %s", kind, shapes[i].name);
        problem_free(&p);
    }
}

/* Parameters from their first values to a step; results are for other tests
 * to judge. */
static void test_parameters(const struct device *d, const char *kind)
{
    /* Not orthogonal: Oclgrind takes copies from a buffer released since as
     * never written. */
    static const char *const initializers[] = {
        "ones", "random_uniform", "random_normal", "he_normal", "identity"};
    static const char *const constraints[] = {
        "max_norm(1)", "non_neg", "unit_norm(axis=[0, 1])", "min_max_norm"};
    const size_t dims[] = {9, 30}, kernels[] = {3, 3, 5, 6}, n = 270;
    struct array a = array_make(d, 1, n, NULL), da = array_make(d, 2, n, NULL),
                 v = array_make(d, 0, n, NULL), sum = array_make(d, 1, 1, NULL);
    bool good = true;

    for (size_t i = 0; i < COUNT_OF(initializers); i++)
        good &= !array_initialize(d, initializers[i], 1, 2, dims, &a);
    good &= !array_initialize(d, "zeros", 1, 2, dims, &da) &&
            !array_initialize(d, "zeros", 1, 2, dims, &v);
    for (size_t i = 0; i < COUNT_OF(constraints); i++)
        good &= !array_penalty(d, "l1_l2", 2, dims, &a, &da, &sum) &&
                !array_penalty(d, "orthogonal_regularizer", 2, dims, &a, &da,
                               &sum) &&
                !array_sgd_step(d, 0.1, 0.9, &a, &da, &v) &&
                !array_constrain(d, constraints[i], 2, dims, &a);
    good &= !array_constrain(d, "radial_constraint", 4, kernels, &a);
    array_fetch(d, &a);
    array_fetch(d, &sum);
    good &= array_guarded(&a) && array_guarded(&sum);
    ok(good, "%s: parameters", kind);
    arrays_free(&a, &da, &v, &sum);
}

int main(void)
{
    struct device d;

    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        device_open(&d);
        d.context->params.group = kinds[i].group;
        d.context->params.vector = kinds[i].vector;
        d.context->params.prelu_vector =
            kinds[i].group > 1 ? 1 : kinds[i].vector;
        test_elementwise(&d, kinds[i].name);
        test_prelu(&d, kinds[i].name);
        test_parameters(&d, kinds[i].name);
        device_close(&d);
    }
    return done_testing();
}
