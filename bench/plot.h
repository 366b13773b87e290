/* plot.h - throughput against size, and bars against the peers
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BENCH_PLOT_H
#define CLRELU_BENCH_PLOT_H

#include "record.h"

/* Has gnuplot draw a PNG; false, and a line on stderr, if it could not. */
bool plot_records(const records *all, const char *path);

#endif
