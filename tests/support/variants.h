/* variants.h - the same bits from every group and vector size
 * SPDX-License-Identifier: MIT
 *
 * The variants that GPUs and FPGAs get, on whatever device is here. */
#ifndef CLRELU_TESTS_VARIANTS_H
#define CLRELU_TESTS_VARIANTS_H

#include "array.h"

struct variant {
    unsigned group, vector;
};

/* All results of one variant, one after the other. */
struct results {
    float *values;
    size_t count, capacity;
};

/* Fetches the array's elements. */
void results_keep(struct results *r, const struct device *d, struct array *a);

/* n numbers from -high to high, the same for the same n; for free(). */
float *variant_values(size_t n, float high);

/* The calls of the elementwise operations on n elements of x, which lie at the
 * offset, and of PReLU; for a shape at no offset all arrays are aligned.
 * PReLU's alpha are the first of dy. */
clrelu_status results_elementwise(struct results *r, const struct device *d,
                                  size_t n, size_t offset);
clrelu_status results_prelu(struct results *r, const struct device *d,
                            const clrelu_shape *shape, bool at_offset,
                            const float *x, const float *dy);

/* The device in base, with a context of the variant's device parameters; base
 * must outlive it.  False, with a subtest skipped, if it has no such
 * work-groups. */
bool variant_open(const struct variant *v, const struct device *base,
                  struct device *d);
void variant_close(struct device *d);

/* test with forms of a GPU, as if the device were one; count is for it. */
void variants_as_gpu(const struct device *d, size_t count,
                     void (*test)(const struct device *d, size_t count));

/* A subtest for each variant that it runs, and one that it has the bits of the
 * first. */
void variants_compare(const struct variant *variants, size_t count,
                      clrelu_status (*run)(const struct device *d,
                                           struct results *r));

#endif
