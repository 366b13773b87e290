/* test_variants.c - every group and vector size gives the same bits
 * SPDX-License-Identifier: MIT
 *
 *   test_variants [all]   all: also sizes between those of the checks
 *
 * The variants that GPUs and FPGAs get, on whatever device is here. */
#include <stdlib.h>
#include <string.h>

#include "core/context.h"
#include "reference.h"
#include "tap.h"
#include "variants.h"

/* Arrays that are aligned, or none. */
static clrelu_status run_prelu(const struct device *d,
                               const clrelu_shape *shape, bool aligned,
                               struct results *r)
{
    float *values = variant_values(reference_count(shape) + 5, 4);
    const clrelu_status status =
        results_prelu(r, d, shape, !aligned, values, values + 5);

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
    clrelu_status status = results_elementwise(r, d, 100003, 1);

    if (!status)
        status = results_elementwise(r, d, 37, 16);
    /* Less than the output's first whole line is away. */
    if (!status)
        status = results_elementwise(r, d, 9, 1);
    for (size_t i = 0; i < COUNT_OF(shapes) && !status; i++) {
        const clrelu_shape shape = reference_shape(
            shapes[i].rank, shapes[i].dims, shapes[i].shared, shapes[i].axes);
        status = run_prelu(d, &shape, false, r);
        if (!status)
            status = run_prelu(d, &shape, true, r);
    }
    return status;
}

/* With cached and with non-temporal stores. */
static clrelu_status run_all(const struct device *d, struct results *r)
{
    const clrelu_status status = run_shapes(d, r);

    d->context->params.non_temporal_bytes = 1;
    return status ? status : run_shapes(d, r);
}

int main(int argc, char **argv)
{
    /* test_bits has 128 of 4. */
    static const struct variant variants[] = {
        {1, 16}, {1, 1}, {64, 4}, {1, 8}, {256, 1}, {1, 4}, {1, 2}, {128, 8}};
    const bool all = argc > 1 && strcmp(argv[1], "all") == 0;

    variants_compare(variants, all ? COUNT_OF(variants) : 3, run_all);
    return done_testing();
}
