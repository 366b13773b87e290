/* measure.h - all implementations on one problem, round by round
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BENCH_MEASURE_H
#define CLRELU_BENCH_MEASURE_H

#include "check.h"

enum { MAX_RUNS = 1001, MAX_IMPLS = 32 };

typedef enum outcome {
    OUTCOME_ABSENT, /* does not offer the case                                */
    OUTCOME_FAILED,
    OUTCOME_WRONG,
    OUTCOME_TIMED
} outcome;

/* Seconds per call. */
typedef struct timing {
    outcome outcome;
    unsigned runs, calls; /* calls queued back to back in each run            */
    double best, lower, median, upper; /* minimum and quartiles               */
    double ratio; /* to the library's time, see below; 0: unknown             */
} timing;

typedef struct measuring {
    impl *impls;
    size_t count;
    unsigned runs;
    double timeout_s; /* seconds for one implementation of one case, after which
                       * it gets no more runs than the least */
    unsigned min;
} measuring;

/* Machines are faster in one minute than in the next, so the ratio of two is
 * the median of their ratios in the same round; of those that have rounds of
 * their own it is the ratio of the medians.
 *
 * False: the case does not fit into the memory.  timings: one per impl. */
bool measure(const measuring *m, const bench_case *c, uint64_t *state,
             timing *timings);

#endif
