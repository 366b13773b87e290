/* samples.h - quantiles of measured times
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BENCH_SAMPLES_H
#define CLRELU_BENCH_SAMPLES_H

#include <stddef.h>

/* Both sort the samples. */
double quantile(double *samples, size_t count, double q);
double median(double *samples, size_t count);

#endif
