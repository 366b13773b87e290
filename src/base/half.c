/* half.c - the 16-bit types on the host
 * SPDX-License-Identifier: MIT */
#include "base/half.h"

#include <string.h>

float clrelu_half_widen(uint16_t bits)
{
    const uint32_t sign = (uint32_t)(bits >> 15) << 31;
    const uint32_t exponent = bits >> 10 & 31, mantissa = bits & 1023;
    uint32_t wide = (exponent + 112) << 23 | mantissa << 13;
    float value;

    if (exponent == 31)
        wide = 0x7f800000 | mantissa << 13;
    memcpy(&value, &wide, sizeof(value));
    if (exponent == 0)
        value = (float)mantissa * 0x1p-24f;
    memcpy(&wide, &value, sizeof(wide));
    wide |= sign;
    memcpy(&value, &wide, sizeof(value));
    return value;
}

uint16_t clrelu_half_narrow(double value, clrelu_dtype dtype)
{
    const int stored = dtype == CLRELU_FLOAT16 ? 10 : 7; /* mantissa bits */
    const int min = dtype == CLRELU_FLOAT16 ? -14 : -126;
    const uint64_t infinity = 0x7fffu >> stored << stored;
    uint64_t bits, mantissa, units;

    memcpy(&bits, &value, sizeof(bits));
    const uint16_t sign = (uint16_t)(bits >> 63 << 15);
    const int exponent = (int)(bits >> 52 & 2047) - 1023;
    mantissa = bits & ((UINT64_C(1) << 52) - 1);
    if (value != value)
        return (uint16_t)(sign | infinity | UINT64_C(1) << (stored - 1) |
                          mantissa >> (52 - stored));
    if (exponent > 127 || exponent < min - stored - 1)
        return (uint16_t)(sign | (exponent > 127 ? infinity : 0));
    const int below = exponent < min ? min - exponent : 0;
    const int shift = 52 - stored + below;
    const uint64_t half = UINT64_C(1) << (shift - 1);
    mantissa |= UINT64_C(1) << 52;
    units = mantissa >> shift;
    const uint64_t rest = mantissa - (units << shift);
    units += rest > half || (rest == half && (units & 1));
    /* A carry moves into the exponent; units has a normal number's implicit
     * 1. */
    if (!below)
        units += (uint64_t)(exponent - min) << stored;
    return (uint16_t)(sign | (units < infinity ? units : infinity));
}
