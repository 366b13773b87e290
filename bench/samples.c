/* samples.c - quantiles of measured times
 * SPDX-License-Identifier: MIT */
#include "samples.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double quantile(double *samples, size_t count, double q)
{
    const double at = q * (double)(count - 1);
    const size_t below = (size_t)at;
    const size_t above = below + 1 < count ? below + 1 : below;

    qsort(samples, count, sizeof(samples[0]), compare);
    return samples[below] +
           (at - (double)below) * (samples[above] - samples[below]);
}

double median(double *samples, size_t count)
{
    return quantile(samples, count, 0.5);
}
