/* storage.h - float16 and bfloat16 bits, in plain C
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_STORAGE_H
#define CLRELU_TESTS_STORAGE_H

#include <math.h>
#include <stdint.h>

#include "clrelu.h"

/* Bits of the mantissa with the leading one; exponent of the least normal. */
static inline int storage_precision(clrelu_dtype dtype)
{
    return dtype == CLRELU_FLOAT16 ? 11 : 8;
}

static inline int storage_min(clrelu_dtype dtype)
{
    return dtype == CLRELU_FLOAT16 ? -14 : -126;
}

static inline double storage_value(clrelu_dtype dtype, uint16_t bits)
{
    const int stored = storage_precision(dtype) - 1;
    const int exponent = (bits & 0x7fff) >> stored;
    const int max = 0x7fff >> stored;
    const double mantissa = bits & ((1 << stored) - 1);
    const int min = storage_min(dtype) - stored;
    double v;

    if (exponent == max)
        v = mantissa != 0 ? (double)NAN : (double)INFINITY;
    else if (exponent == 0)
        v = ldexp(mantissa, min);
    else
        v = ldexp(mantissa + (1 << stored), min + exponent - 1);
    return bits & 0x8000 ? -v : v;
}

/* Rounded to nearest even, once; NaN gives some NaN. */
static inline uint16_t storage_round(clrelu_dtype dtype, double v)
{
    const int stored = storage_precision(dtype) - 1;
    const int infinity = 0x7fff >> stored << stored;
    const int sign = signbit(v) ? 0x8000 : 0;
    int exponent;

    if (isnan(v))
        return (uint16_t)(infinity | 1);
    if (isinf(v))
        return (uint16_t)(sign | infinity);
    frexp(v, &exponent);
    if (v == 0 || exponent - 1 < storage_min(dtype))
        exponent = storage_min(dtype) + 1;
    /* In the default rounding mode; a carry moves into the exponent. */
    const int units = (int)nearbyint(ldexp(fabs(v), stored + 1 - exponent));
    const int field = exponent - 1 - storage_min(dtype);
    const int bits = (field << stored) + units;
    return (uint16_t)(sign | (bits < infinity ? bits : infinity));
}

/* v as an element of any type has it. */
static inline double storage_nearest(clrelu_dtype dtype, double v)
{
    if (dtype == CLRELU_FLOAT64)
        return v;
    if (dtype == CLRELU_FLOAT32)
        return (double)(float)v;
    return storage_value(dtype, storage_round(dtype, v));
}

/* What arithmetic on it is in, and a partial. */
static inline clrelu_dtype storage_computed(clrelu_dtype dtype)
{
    return dtype == CLRELU_FLOAT64 ? CLRELU_FLOAT64 : CLRELU_FLOAT32;
}

#endif
