/* random.h - the same random numbers on every machine
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_RANDOM_H
#define CLRELU_TESTS_RANDOM_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

/* splitmix64 (Steele, Lea, Flood 2014): any state is a good seed. */
static inline uint64_t random_bits(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline size_t random_below(uint64_t *state, size_t end)
{
    return (size_t)(random_bits(state) % end);
}

/* Uniform in [low, high], a multiple of 2^-24 of its length. */
static inline float random_uniform(uint64_t *state, float low, float high)
{
    return low + (high - low) * ((float)(random_bits(state) >> 40) * 0x1p-24f);
}

/* Either sign, any mantissa, magnitudes from 2^low to 2^high alike. */
static inline float random_wide(uint64_t *state, int low, int high)
{
    const int exponent = low + (int)random_below(state, (size_t)(high - low));
    const float mantissa = random_uniform(state, 1.0f, 2.0f);

    return ldexpf(random_bits(state) & 1 ? mantissa : -mantissa, exponent);
}

#endif
