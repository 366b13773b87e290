/* random.c - the kernels' random numbers on the host
 * SPDX-License-Identifier: MIT */
#include "train/random.h"

#include <math.h>
#include <string.h>

static uint32_t as_uint(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static float as_float(uint32_t bits)
{
    float value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

#define FUNCTION static
#define uint uint32_t
#define ulong uint64_t
#define fma fmaf
#include "../cl/random.cl"

void clrelu_random_normal(uint64_t seed, size_t n, float *out)
{
    uint32_t words[4] = {0};

    for (size_t i = 0; i < n; i++) {
        if (i % 4 == 0)
            philox(i / 4, seed, words);
        out[i] = normal_of(words[i % 4], 1);
    }
}
