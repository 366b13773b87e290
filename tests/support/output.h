/* output.h - what backward from y may give, as clrelu.h states it
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_OUTPUT_H
#define CLRELU_TESTS_OUTPUT_H

#include <math.h>

#include "clrelu.h"

/* An x for which backward has the bits that backward from the y of x has. */
static inline float output_seen_x(clrelu_op op, double scalar, float x)
{
    if (op == CLRELU_THRESHOLDED_RELU || op == CLRELU_ELU)
        return x;
    if (x == 0 && signbit(x))
        return -1;
    return op == CLRELU_LEAKY_RELU && scalar == 0 && x == -INFINITY ? 1 : x;
}

/* An element of elu. */
struct output_elu {
    clrelu_dtype dtype;
    double alpha, x, dy, y;
};

/* The error of dx, in units of the bound; 0 where there is none. */
static inline double output_elu_error(const struct output_elu *e, double dx)
{
    /* u, twice the smallest subnormal number, and the largest number. */
    static const double units[][3] = {
        [CLRELU_FLOAT32] = {0x1p-24, 0x1p-148, 0x1.fffffep127},
        [CLRELU_FLOAT16] = {0x1p-11, 0x1p-23, 65504},
        [CLRELU_BFLOAT16] = {0x1p-8, 0x1p-132, 0x1.fep127},
        [CLRELU_FLOAT64] = {0x1p-53, 0x1p-1073, 0x1.fffffffffffffp1023}};
    const double *unit = units[e->dtype];
    const double alpha =
        e->dtype == CLRELU_FLOAT64 ? e->alpha : (double)(float)e->alpha;
    const int has_sign = e->x <= 0 && signbit(e->x);

    if (isnan(e->x) || !has_sign)
        return dx == e->dy || (isnan(dx) && isnan(e->dy)) ? 0 : INFINITY;
    if (!isfinite(e->y) || !isfinite(e->dy))
        return 0;
    const long double exponential =
        e->dtype == CLRELU_FLOAT64 ? expl((long double)e->x) : exp(e->x);
    const long double want = alpha * exponential * e->dy;
    const double bound =
        5 * unit[0] * alpha * fabs(e->dy) + unit[1] * (1 + fabs(e->dy));
    if (fabsl(want) + bound > unit[2])
        return 0;
    return (double)(fabsl(dx - want) / bound);
}

#endif
