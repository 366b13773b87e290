/* loops.h - the ceiling of a call: loops that move as many bytes
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BENCH_LOOPS_H
#define CLRELU_BENCH_LOOPS_H

#include <stdbool.h>
#include <stddef.h>

#include "thread_pool.h"

enum { LOOPS = 4 }; /* with prefetches or not, of one part or of four */

/* Runs loop which of LOOPS: out = a, or out = a + b unless b is NULL; n is a
 * multiple of STREAM_STEP.  Returns its seconds. */
double loop_seconds(thread_pool *threads, int which, float *out, const float *a,
                    const float *b, size_t n);

#endif
