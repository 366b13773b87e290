/* tune_select.h - what there is to choose on a device, and which value has won
 * SPDX-License-Identifier: MIT
 *
 * Pure functions: no OpenCL call, no clock. */
#ifndef CLRELU_TUNE_TUNE_SELECT_H
#define CLRELU_TUNE_TUNE_SELECT_H

#include "core/context.h"

typedef enum clrelu_knob {
    CLRELU_KNOB_LOCAL_SIZE,
    CLRELU_KNOB_VECTOR,
    CLRELU_KNOB_PRELU_VECTOR,
    CLRELU_KNOB_WORK,
    CLRELU_KNOB_TASKS,
    CLRELU_KNOB_NON_TEMPORAL,
    CLRELU_KNOBS
} clrelu_knob;

enum { CHOICE_VALUES = 8, CHOICE_WORKLOADS = 6, CHOICE_ROUNDS = 15 };

const char *clrelu_knob_name(clrelu_knob knob);
uint64_t clrelu_knob_value(const clrelu_device_params *params,
                           clrelu_knob knob);

/* All values of one knob that fit the device of defaults, the others as in
 * base.  out[0] is base itself, and out[1] is base again, to show the noise.
 * Returns their number: 2 if there is nothing to choose. */
size_t clrelu_choice_list(const clrelu_device_params *defaults,
                          const clrelu_device_params *base, clrelu_knob knob,
                          clrelu_device_params out[CHOICE_VALUES]);

/* Seconds of a call; those of one round were taken one after the other. */
typedef struct clrelu_timings {
    size_t values, workloads, rounds;
    double seconds[CHOICE_VALUES][CHOICE_WORKLOADS][CHOICE_ROUNDS];
} clrelu_timings;

typedef struct clrelu_choice {
    size_t chosen;
    double margin;              /* what the noise may account for             */
    double mean[CHOICE_VALUES]; /* time beside value 0, over the workloads    */
    double median[CHOICE_VALUES][CHOICE_WORKLOADS]; /* seconds                */
} clrelu_choice;

/* Value 0 stays unless another's mean is below 1 - margin and no workload of it
 * is above 1 + margin.  The margin is 3 %, or twice the spread of value 1,
 * which is value 0 measured again, if that is more.  With fewer than 5 rounds
 * value 0 stays. */
void clrelu_choice_make(const clrelu_timings *t, clrelu_choice *choice);

#endif
