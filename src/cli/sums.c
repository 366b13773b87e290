/* sums.c - dalpha of an array as the sum of its slabs' dalphas
 * SPDX-License-Identifier: MIT */
#include "sums.h"

#include <math.h>
#include <stdlib.h>

bool sums_create(sums *s, size_t count, failure *f)
{
    const size_t size = 2 * (count > 0 ? count : 1);

    s->sum = malloc(size * sizeof(*s->sum));
    if (!s->sum)
        return fail(f, "no memory for %zu sums", count);
    s->count = count;
    s->error = s->sum + size / 2;
    for (size_t i = 0; i < count; i++) {
        s->sum[i] = -0.0;
        s->error[i] = 0.0;
    }
    return true;
}

void sums_destroy(sums *s)
{
    free(s->sum);
    *s = (sums){0};
}

void sums_add(sums *s, size_t first, size_t n, clrelu_dtype dtype,
              const void *values)
{
    for (size_t i = 0; i < n; i++) {
        const double value = dtype == CLRELU_FLOAT64
                                 ? ((const double *)values)[i]
                                 : (double)((const float *)values)[i];
        const double old = s->sum[first + i], sum = old + value;
        const double z = sum - old;
        /* TwoSum (Knuth). */
        s->error[first + i] += (old - (sum - z)) + (value - z);
        s->sum[first + i] = sum;
    }
}

void sums_round(const sums *s, array *a)
{
    for (size_t i = 0; i < s->count; i++) {
        const double sum = s->sum[i], error = s->error[i];
        /* -0.0 + 0.0 would lose the sign. */
        const double value = isfinite(sum) && error != 0 ? sum + error : sum;
        if (a->dtype == CLRELU_FLOAT64)
            ((double *)a->data)[i] = value;
        else
            ((float *)a->data)[i] = (float)value;
    }
}
