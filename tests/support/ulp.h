/* ulp.h - distance of a float32 result from the exact value
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_ULP_H
#define CLRELU_TESTS_ULP_H

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Spacing of the float32 numbers around v; 2^-149 for 0 and subnormals. */
static inline double ulp_of(double v)
{
    int exponent = -125;

    if (v != 0.0 && isfinite(v))
        frexp(v, &exponent);
    return ldexp(1.0, (exponent < -125 ? -125 : exponent) - 24);
}

/* |got - want| in units of want's spacing; 0 for two NaN, or where want rounds
 * to the infinity that got is.  An infinity counts as 2^128. */
static inline double ulp_error(float got, double want)
{
    double value = (double)got;

    if (isnan(got) || isnan(want))
        return isnan(got) && isnan(want) ? 0.0 : INFINITY;
    if (isinf(got) && got == (float)want)
        return 0.0;
    if (isinf(want))
        return INFINITY;
    if (isinf(got))
        value = copysign(0x1p128, value);
    return fabs(value - want) / ulp_of(want);
}

/* The larger error; fmax would pass over one that is not a number. */
static inline double worse(double worst, double error)
{
    return isnan(error) ? (double)INFINITY : fmax(worst, error);
}

/* The same bits, or both NaN: a payload is nobody's promise. */
static inline bool same_float(float a, float b)
{
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof(a)) == 0;
}

#endif
