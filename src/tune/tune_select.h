/* tune_select.h - the candidates of each knob, and the choice of the fastest
 * SPDX-License-Identifier: MIT
 *
 * Pure functions: no OpenCL call, no clock. */
#ifndef CLRELU_TUNE_TUNE_SELECT_H
#define CLRELU_TUNE_TUNE_SELECT_H

#include "core/context.h"

/* In the order in which they are measured.  prelu_vector limits local_size. */
typedef enum clrelu_knob {
    CLRELU_KNOB_VECTOR,
    CLRELU_KNOB_PRELU_VECTOR,
    CLRELU_KNOB_LOCAL_SIZE,
    CLRELU_KNOB_CPU_SPAN,
    CLRELU_KNOB_GPU_ACCESSES,
    CLRELU_KNOB_TASKS,
    CLRELU_KNOB_NON_TEMPORAL,
    CLRELU_KNOBS
} clrelu_knob;

enum { TUNE_CANDIDATES = 8, TUNE_WORKLOADS = 6, TUNE_ROUNDS = 15 };

const char *clrelu_knob_name(clrelu_knob knob);
uint64_t clrelu_knob_value(const clrelu_device_params *params,
                           clrelu_knob knob);

/* The candidates of a knob that fit the device of defaults; the other knobs are
 * those of base.  out[0] is base; out[1] is base again, to measure the noise.
 * Returns their number: 2 if there is nothing to choose. */
size_t clrelu_candidates_list(const clrelu_device_params *defaults,
                              const clrelu_device_params *base,
                              clrelu_knob knob,
                              clrelu_device_params out[TUNE_CANDIDATES]);

/* Seconds of a call; those of a round are measured one after the other. */
typedef struct clrelu_timings {
    size_t values, workloads, rounds;
    double seconds[TUNE_CANDIDATES][TUNE_WORKLOADS][TUNE_ROUNDS];
} clrelu_timings;

typedef struct clrelu_selection {
    size_t chosen;
    double margin;                /* relative time that may be noise */
    double mean[TUNE_CANDIDATES]; /* time relative to value 0 */
    double median[TUNE_CANDIDATES][TUNE_WORKLOADS]; /* seconds */
} clrelu_selection;

/* Value 0 stays unless another value's mean is below 1 - margin and none of its
 * workloads is above 1 + margin, in at least 5 rounds.  The margin is the
 * larger of 3 % and twice the spread of value 1, which is value 0 measured
 * again. */
void clrelu_select_candidate(const clrelu_timings *t,
                             clrelu_selection *selection);

#endif
