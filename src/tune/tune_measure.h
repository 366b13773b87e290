/* tune_measure.h - what clrelu_tune measures with
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TUNE_TUNE_MEASURE_H
#define CLRELU_TUNE_TUNE_MEASURE_H

#include "core/program.h"
#include "tune/tune_select.h"

enum { CLRELU_TUNER_ALPHAS = 4096, CLRELU_TUNER_CONTEXTS = 32 };

/* One call, or two to and fro, of n elements. */
typedef struct clrelu_workload {
    char name[40];
    clrelu_op op;
    bool backward, to_and_fro;
    size_t n;
    size_t rank, dims[4], shared; /* prelu alone */
    int axes[2];
} clrelu_workload;

typedef struct clrelu_tuner {
    const clrelu_context *owner;
    cl_command_queue queue;
    /* One for each set of programs. */
    clrelu_context *contexts[CLRELU_TUNER_CONTEXTS];
    size_t context_count;
    size_t small, large, max; /* elements */
    clrelu_buffer x, dy, out, alpha, dalpha;
    float *want, *got; /* of out and then dalpha */
    clrelu_device_params best;
    clrelu_workload workloads[CHOICE_WORKLOADS];
    clrelu_device_params values[CHOICE_VALUES];
    clrelu_timings timings;
} clrelu_tuner;

/* After a failure, too, there is something to close. */
clrelu_status clrelu_tuner_open(clrelu_tuner *t, const clrelu_context *owner);
void clrelu_tuner_close(clrelu_tuner *t);

/* A context that runs as traits say; it stays the tuner's, and may change with
 * the next one asked for. */
clrelu_status clrelu_tuner_context(clrelu_tuner *t,
                                   const clrelu_device_params *params,
                                   clrelu_context **out);

/* The workloads that a knob makes a difference for. */
void clrelu_tuner_set_workloads(clrelu_tuner *t, clrelu_knob knob);

/* Enqueues a workload. */
clrelu_status clrelu_tune_measure(const clrelu_tuner *t, clrelu_context *c,
                                  const clrelu_workload *w);

#endif
