/* record.h - the measurements, and the comparisons drawn from them
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BENCH_RECORD_H
#define CLRELU_BENCH_RECORD_H

#include "measure.h"

typedef struct record {
    bench_case c;
    timing timings[MAX_IMPLS]; /* one per impl, the library's first          */
} record;

/* All that the program measured, or is about to. */
typedef struct records {
    const harness *h;
    const impl *impls;
    size_t impl_count;
    record *items;
    size_t count;
} records;

/* The fastest of that kind in median, NULL if none was timed. */
const timing *record_best(const records *all, const record *r, impl_kind kind);

/* GB/s in median; 0 for NULL or without a timing. */
double record_speed(const record *r, const timing *t);

/* The library's speed as a multiple of that of the kind's hardest; 0:
 * unknown. */
double record_ratio(const records *all, const record *r, impl_kind kind);

/* That of the hardest peer, without the launches' part of the library's time;
 * 0: unknown. */
double record_net(const records *all, const record *r);

#endif
