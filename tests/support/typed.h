/* typed.h - arrays of any type on a device, with guards around them
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_TYPED_H
#define CLRELU_TESTS_TYPED_H

#include "array.h"

/* As struct array, but n elements of size bytes.  Guards and unset elements are
 * the byte that nothing computes, over and over. */
struct typed {
    cl_mem mem;
    size_t size, offset, n;
    unsigned char *sent, *got;
};

struct typed typed_make(const struct device *d, size_t size, size_t offset,
                        size_t n, const void *values);
/* The same of float32, or unset if values is NULL. */
struct typed typed_of(const struct device *d, clrelu_dtype dtype, size_t offset,
                      size_t n, const float *values);
void typed_free(struct typed *a);

/* typed_free of each. */
#define typeds_free(...) typeds_free_all((struct typed *[]){__VA_ARGS__, NULL})
void typeds_free_all(struct typed *const *arrays);

/* None for NULL. */
clrelu_buffer typed_buffer(const struct typed *a);

/* Both passes, of as many elements as out has, which is y and dx. */
clrelu_elementwise typed_call(clrelu_op op, clrelu_dtype dtype, double scalar,
                              const struct typed *x, const struct typed *dy,
                              const struct typed *out);

/* The n elements as the device has them now; waits for the queue. */
const void *typed_fetch(const struct device *d, struct typed *a);

/* After typed_fetch. */
bool typed_untouched(const struct typed *a);
bool typed_guarded(const struct typed *a);

/* n float32 as dtype; for free(). */
void *typed_convert(clrelu_dtype dtype, size_t n, const float *values);
/* The same of numbers in [low, high]. */
void *typed_uniform(clrelu_dtype dtype, size_t n, float low, float high,
                    uint64_t *seed);

/* n elements of bits of any exponent and of numbers where elu bends, in turn.
 * Of a 16-bit type those of any exponent, or, if all, all there are. */
void typed_mixed(clrelu_dtype dtype, size_t n, bool all, uint64_t *seed,
                 void *values);
double typed_value(clrelu_dtype dtype, const void *values, size_t i);

/* The first element with other bits, NaN being like NaN; n if there is none. */
size_t typed_difference(clrelu_dtype dtype, size_t n, const void *got,
                        const void *want);

/* There is none; if not, says so in a diagnostic. */
bool typed_same(clrelu_dtype dtype, size_t n, const void *got,
                const void *want);

/* The bits of a mask for x, in ceil(n/32) elements; for free(). */
uint32_t *typed_mask(clrelu_op op, double scalar, clrelu_dtype dtype, size_t n,
                     const void *x);

#endif
