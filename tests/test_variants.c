/* test_variants.c - every group and vector size gives the same bits
 * SPDX-License-Identifier: MIT
 *
 * The variants that GPUs and FPGAs get, on whatever device is here. */
#include <stdlib.h>

#include "core/context.h"
#include "reference.h"
#include "tap.h"
#include "variants.h"

static clrelu_status run_elementwise(const struct device *d, size_t n,
                                     size_t offset, struct results *r)
{
    const clrelu_op ops[] = {CLRELU_LEAKY_RELU, CLRELU_ELU,
                             CLRELU_THRESHOLDED_RELU};
    float *values = variant_values(n, 4);
    struct array x = array_make(d, offset, n, values);
    struct array y = array_make(d, 3, n, NULL);
    clrelu_status status = CLRELU_OK;

    for (size_t i = 0; i < COUNT_OF(ops) && !status; i++) {
        status =
            clrelu_forward(d->context, d->queue, ops[i], CLRELU_FLOAT32, 0.5, n,
                           array_buffer(&x), array_buffer(&y), 0, NULL, NULL);
        results_keep(r, d, &y);
        if (!status)
            status =
                clrelu_backward(d->context, d->queue, ops[i], CLRELU_FLOAT32,
                                0.5, 0, n, array_buffer(&x), array_buffer(&x),
                                array_buffer(&y), 0, NULL, NULL);
        results_keep(r, d, &y);
    }
    array_free(&x);
    array_free(&y);
    free(values);
    return status;
}

/* Arrays that are aligned, or none. */
static clrelu_status run_prelu(const struct device *d,
                               const clrelu_shape *shape, bool whole,
                               struct results *r)
{
    const size_t offset = !whole;
    const clrelu_buffer none = {NULL, 0};
    size_t n = 1, alphas;
    clrelu_status status = clrelu_prelu_alpha_dims(shape, NULL, &alphas);

    for (size_t i = 0; i < shape->rank; i++)
        n *= shape->dims[i];
    float *values = variant_values(n + 5, 4);
    struct array x = array_make(d, offset, n, values);
    struct array dy = array_make(d, 2 * offset, n, values + 5);
    struct array alpha = array_make(d, 0, alphas, values + 2);
    struct array dx = array_make(d, 7 * offset, n, NULL);
    struct array dalpha = array_make(d, 5 * offset, alphas, NULL);
    if (!status)
        status = clrelu_prelu_forward(
            d->context, d->queue, CLRELU_FLOAT32, shape, array_buffer(&x),
            array_buffer(&alpha), array_buffer(&dx), 0, NULL, NULL);
    results_keep(r, d, &dx);
    if (!status)
        status = clrelu_prelu_backward(
            d->context, d->queue, CLRELU_FLOAT32, shape, 0, array_buffer(&x),
            array_buffer(&alpha), array_buffer(&dy), array_buffer(&dx),
            array_buffer(&dalpha), none, 0, NULL, NULL);
    results_keep(r, d, &dx);
    results_keep(r, d, &dalpha);
    array_free(&x);
    array_free(&dy);
    array_free(&alpha);
    array_free(&dx);
    array_free(&dalpha);
    free(values);
    return status;
}

static clrelu_status run_shapes(const struct device *d, struct results *r)
{
    static const struct {
        size_t rank, dims[10], shared;
        int axes[9];
    } shapes[] = {
        {2, {40, 1100}, 0, {0}},
        {2, {200, 700}, 0, {0}}, /* 67 rows of a task */
        {2, {300, 257}, 1, {1}},
        {4, {3, 5, 40, 40}, 2, {2, 3}},
        {4, {40, 12, 7, 7}, 2, {2, 3}},
        {4, {3, 9, 9, 3}, 2, {1, 2}},
        {4, {4, 6, 31, 56}, 2, {1, 3}},
        {6, {2, 4, 3, 5, 6, 7}, 2, {2, 4}},
        {6, {3, 8, 4, 8, 4, 8}, 2, {2, 4}},
        {10, {3, 2, 3, 2, 2, 3, 2, 3, 2, 3}, 5, {1, 3, 5, 7, 9}},
    };
    clrelu_status status = run_elementwise(d, 100003, 1, r);

    if (!status)
        status = run_elementwise(d, 37, 16, r);
    for (size_t i = 0; i < COUNT_OF(shapes) && !status; i++) {
        const clrelu_shape shape = reference_shape(
            shapes[i].rank, shapes[i].dims, shapes[i].shared, shapes[i].axes);
        status = run_prelu(d, &shape, false, r);
        if (!status)
            status = run_prelu(d, &shape, true, r);
    }
    return status;
}

/* With plain stores, and with non-temporal ones. */
static clrelu_status run_all(const struct device *d, struct results *r)
{
    const clrelu_status status = run_shapes(d, r);

    d->context->params.non_temporal_bytes = 1;
    return status ? status : run_shapes(d, r);
}

int main(void)
{
    /* test_bits has 128 of 4. */
    static const struct variant variants[] = {
        {1, 16}, {1, 8}, {1, 4}, {1, 2}, {1, 1}, {64, 4}, {128, 8}, {256, 1}};

    variants_compare(variants, COUNT_OF(variants), run_all);
    return done_testing();
}
