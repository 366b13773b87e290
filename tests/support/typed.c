/* typed.c - arrays of any type on a device, with guards around them
 * SPDX-License-Identifier: MIT */
#include "typed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "storage.h"
#include "tap.h"

enum { UNUSED = 0xa5 };

static size_t bytes_of(const struct typed *a)
{
    return (a->offset + a->n + GUARD) * a->size;
}

struct typed typed_make(const struct device *d, size_t size, size_t offset,
                        size_t n, const void *values)
{
    struct typed a = {NULL, size, offset, n, NULL, NULL};

    a.sent = must_alloc(bytes_of(&a));
    a.got = must_alloc(bytes_of(&a));
    memset(a.sent, UNUSED, bytes_of(&a));
    if (values && n)
        memcpy(a.sent + offset * size, values, n * size);
    a.mem = device_buffer(d, bytes_of(&a), a.sent);
    return a;
}

struct typed typed_of(const struct device *d, clrelu_dtype dtype, size_t offset,
                      size_t n, const float *values)
{
    void *typed = values ? typed_convert(dtype, n, values) : NULL;
    const struct typed a =
        typed_make(d, clrelu_dtype_size(dtype), offset, n, typed);

    free(typed);
    return a;
}

void typed_free(struct typed *a)
{
    if (a->mem)
        clReleaseMemObject(a->mem);
    free(a->sent);
    free(a->got);
    memset(a, 0, sizeof(*a));
}

void typeds_free_all(struct typed *const *arrays)
{
    for (; *arrays; arrays++)
        typed_free(*arrays);
}

clrelu_buffer typed_buffer(const struct typed *a)
{
    return a ? clrelu_at(a->mem, a->offset) : (clrelu_buffer){0};
}

clrelu_elementwise typed_call(clrelu_op op, clrelu_dtype dtype, double scalar,
                              const struct typed *x, const struct typed *dy,
                              const struct typed *out)
{
    return (clrelu_elementwise){.op = op,
                                .dtype = dtype,
                                .scalar = scalar,
                                .n = out->n,
                                .x = typed_buffer(x),
                                .y = typed_buffer(out),
                                .dy = typed_buffer(dy),
                                .dx = typed_buffer(out)};
}

const void *typed_fetch(const struct device *d, struct typed *a)
{
    device_must(clFinish(d->queue), "clFinish");
    device_read(d, a->mem, 0, bytes_of(a), a->got);
    return a->got + a->offset * a->size;
}

bool typed_untouched(const struct typed *a)
{
    return memcmp(a->sent, a->got, bytes_of(a)) == 0;
}

bool typed_guarded(const struct typed *a)
{
    const size_t begin = a->offset * a->size, end = begin + a->n * a->size;

    return memcmp(a->sent, a->got, begin) == 0 &&
           memcmp(a->sent + end, a->got + end, bytes_of(a) - end) == 0;
}

void *typed_convert(clrelu_dtype dtype, size_t n, const float *values)
{
    const size_t size = clrelu_dtype_size(dtype);
    unsigned char *out = must_alloc((n + 1) * size);

    for (size_t i = 0; i < n; i++) {
        const double wide = (double)values[i];
        const uint16_t bits =
            size == 2 ? storage_round(dtype, wide) : (uint16_t)0;
        memcpy(out + i * size,
               size == 2   ? (const void *)&bits
               : size == 4 ? (const void *)&values[i]
                           : (const void *)&wide,
               size);
    }
    return out;
}

void *typed_uniform(clrelu_dtype dtype, size_t n, float low, float high,
                    uint64_t *seed)
{
    float *values = must_alloc((n + 1) * sizeof(*values));

    for (size_t i = 0; i < n; i++)
        values[i] = random_uniform(seed, low, high);
    void *typed = typed_convert(dtype, n, values);
    free(values);
    return typed;
}

void typed_mixed(clrelu_dtype dtype, size_t n, bool all, uint64_t *seed,
                 void *values)
{
    const size_t size = clrelu_dtype_size(dtype);

    for (size_t i = 0; i < n; i++) {
        const uint64_t bits = random_bits(seed);
        const float near = random_uniform(seed, -20, 2);
        const double wide = (double)near;
        const uint16_t half = (uint16_t)(all ? i : bits);
        const void *from = size == 2    ? (const void *)&half
                           : i % 2 == 0 ? (const void *)&bits
                           : size == 4  ? (const void *)&near
                                        : (const void *)&wide;
        memcpy((unsigned char *)values + i * size, from, size);
    }
}

double typed_value(clrelu_dtype dtype, const void *values, size_t i)
{
    const size_t size = clrelu_dtype_size(dtype);
    const unsigned char *at = (const unsigned char *)values + i * size;
    uint16_t bits;
    float single = 0;
    double wide = 0;

    memcpy(&bits, at, sizeof(bits));
    memcpy(&single, at, size < 4 ? 2 : 4);
    memcpy(&wide, at, size < 8 ? 2 : 8);
    if (size == 2)
        return storage_value(dtype, bits);
    return size == 4 ? (double)single : wide;
}

size_t typed_difference(clrelu_dtype dtype, size_t n, const void *got,
                        const void *want)
{
    const size_t size = clrelu_dtype_size(dtype);

    for (size_t i = 0; i < n; i++)
        if (memcmp((const char *)got + i * size, (const char *)want + i * size,
                   size) != 0 &&
            !(isnan(typed_value(dtype, got, i)) &&
              isnan(typed_value(dtype, want, i))))
            return i;
    return n;
}

bool typed_same(clrelu_dtype dtype, size_t n, const void *got, const void *want)
{
    const size_t i = typed_difference(dtype, n, got, want);

    if (i < n)
        diag("[%zu] got %a want %a", i, typed_value(dtype, got, i),
             typed_value(dtype, want, i));
    return i == n;
}

uint32_t *typed_mask(clrelu_op op, double scalar, clrelu_dtype dtype, size_t n,
                     const void *x)
{
    uint32_t *mask = must_alloc((n / 32 + 1) * sizeof(*mask));
    const double theta =
        dtype == CLRELU_FLOAT64 ? scalar : (double)(float)scalar;

    for (size_t i = 0; i < n; i++) {
        const double v = typed_value(dtype, x, i);
        if (op == CLRELU_THRESHOLDED_RELU ? v > theta : !(v < 0))
            mask[i / 32] |= UINT32_C(1) << i % 32;
    }
    return mask;
}
