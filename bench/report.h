/* report.h - the table for people
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BENCH_REPORT_H
#define CLRELU_BENCH_REPORT_H

#include "record.h"

void report_head(const records *all);
void report_row(const records *all, const record *r);

/* Every implementation of the row: best, quartiles, runs. */
void report_detail(const records *all, const record *r);

/* The lowest ratios of the run. */
void report_lowest(const records *all);

#endif
