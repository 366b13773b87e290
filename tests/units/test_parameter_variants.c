/* test_parameter_variants.c - the same bits from every group and vector size
 * SPDX-License-Identifier: MIT
 *
 * As test_variants.c, for initializers, sums and steps; only sizes that the
 * library chooses somewhere, as some compilers take seconds for each program.
 */
#include <stdlib.h>

#include "tap.h"
#include "variants.h"

static clrelu_status run_initializers(const struct device *d, struct results *r)
{
    static const char *const specs[] = {"random_uniform", "random_normal",
                                        "he_normal", "orthogonal", "identity"};
    const size_t dims[] = {103, 211}, n = dims[0] * dims[1];
    clrelu_status status = CLRELU_OK;

    for (size_t i = 0; i < COUNT_OF(specs) && !status; i++) {
        struct array a = array_make(d, i, n, NULL);
        status = array_initialize(d, specs[i], i, 2, dims, &a);
        results_keep(r, d, &a);
        array_free(&a);
    }
    return status;
}

static clrelu_status run_parameter(const struct device *d, struct results *r)
{
    const size_t dims[] = {3, 5003, 7}, n = 3 * 5003 * 7;
    float *values = variant_values(n + 9, 1);
    struct array a = array_make(d, 1, n, values);
    struct array da = array_make(d, 2, n, values + 9);
    struct array v = array_make(d, 3, n, values + 4);
    struct array penalty = array_make(d, 1, 1, NULL);
    clrelu_status status =
        array_penalty(d, "l1_l2", 3, dims, &a, &da, &penalty);

    if (!status)
        status = array_sgd_step(d, 0.1, 0.9, &a, &da, &v);
    if (!status)
        status = array_constrain(d, "max_norm(0.5,axis=1)", 3, dims, &a);
    results_keep(r, d, &penalty);
    results_keep(r, d, &a);
    results_keep(r, d, &v);
    arrays_free(&a, &da, &v, &penalty);
    free(values);
    return status;
}

/* Each mode, and a length of two parts. */
static clrelu_status run_matrix(const struct device *d, bool columns,
                                struct results *r)
{
    const size_t dims[] = {columns ? 16387 : 37, columns ? 5 : 41};
    const size_t kernels[] = {5, 5, 3, 2}, n = dims[0] * dims[1];
    float *values = variant_values(n + 9, 1);
    struct array a = array_make(d, 1, n, values);
    struct array da = array_make(d, 2, n, values + 9);
    struct array penalty = array_make(d, 1, 1, NULL);
    clrelu_status status =
        array_penalty(d,
                      columns ? "orthogonal_regularizer(1,columns)"
                              : "orthogonal_regularizer(1)",
                      2, dims, &a, &da, &penalty);

    if (!status)
        status = array_constrain(d, "radial_constraint", 4, kernels, &a);
    results_keep(r, d, &penalty);
    results_keep(r, d, &da);
    results_keep(r, d, &a);
    arrays_free(&a, &da, &penalty);
    free(values);
    return status;
}

/* The products have the same bits, as they are CLBlast's on one device. */
static clrelu_status run_all(const struct device *d, struct results *r)
{
    clrelu_status status = run_initializers(d, r);

    if (!status)
        status = run_parameter(d, r);
    if (!status)
        status = run_matrix(d, false, r);
    if (!status)
        status = run_matrix(d, true, r);
    return status;
}

int main(void)
{
    static const struct variant variants[] = {
        {1, 16}, {1, 4}, {16, 4}, {256, 4}};

    variants_compare(variants, COUNT_OF(variants), run_all);
    return done_testing();
}
