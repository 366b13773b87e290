/* ill_conditioned.c - products whose sum is hard on dalpha
 * SPDX-License-Identifier: MIT */
#include "ill_conditioned.h"

#include <math.h>

#include "random.h"
#include "reference.h"

void sums_cancelling(size_t n, float *x, float *dy)
{
    uint64_t random = 3;

    for (size_t i = 0; i < n; i++) {
        const size_t pair = i < n / 2 ? i : i - n / 2;
        uint64_t state = pair;
        x[i] = -random_uniform(&state, 0.5f, 1000.0f);
        dy[i] = i < n / 2 ? 1000.0f : -1000.0f;
        dy[i] += random_uniform(&random, -0.001f, 0.001f);
    }
}

void sums_same_sign(size_t n, float *x, float *dy)
{
    uint64_t random = 4;

    for (size_t i = 0; i < n; i++) {
        x[i] = -random_uniform(&random, 0.05f, 0.1f);
        dy[i] = -random_uniform(&random, 0.5f, 1.0f);
    }
}

bool sums_are_ill_conditioned(size_t n, const float *x, const float *dy,
                              double want, double magnitude)
{
    float sum = 0.0f;

    for (size_t i = 0; i < n; i++)
        sum += x[i] * dy[i];
    return fabs((double)sum - want) >
           reference_dalpha_bound(n, want, magnitude);
}
