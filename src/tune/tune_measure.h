/* tune_measure.h - the arrays, contexts and workloads of clrelu_tune
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TUNE_TUNE_MEASURE_H
#define CLRELU_TUNE_TUNE_MEASURE_H

#include "core/context.h"
#include "tune/tune_select.h"

enum { CLRELU_TUNER_ALPHAS = 4096, CLRELU_TUNER_CONTEXTS = 32 };

/* A call, or two in ping-pong (x to out, out to x), of n elements. */
typedef struct clrelu_workload {
    char name[40];
    clrelu_op op;
    bool backward, ping_pong;
    size_t n;
    size_t rank, dims[4], shared; /* PReLU only */
    int axes[2];
} clrelu_workload;

typedef struct clrelu_tuner {
    const clrelu_context *owner;
    cl_command_queue queue;
    /* Contexts of different group or vectors: their programs differ. */
    clrelu_context *contexts[CLRELU_TUNER_CONTEXTS];
    size_t context_count;
    size_t small, large, max; /* elements */
    clrelu_buffer x, dy, out, alpha, dalpha;
    float *expected, *got; /* elements of out, then of dalpha */
    clrelu_device_params best;
    clrelu_workload workloads[TUNE_WORKLOADS];
    clrelu_device_params values[TUNE_CANDIDATES];
    clrelu_timings timings;
} clrelu_tuner;

/* On failure, too, the tuner must be closed. */
clrelu_status clrelu_tuner_open(clrelu_tuner *t, const clrelu_context *owner);
void clrelu_tuner_close(clrelu_tuner *t);

/* A context with these parameters.  The tuner owns it; the next call may change
 * its parameters. */
clrelu_status clrelu_tuner_context(clrelu_tuner *t,
                                   const clrelu_device_params *params,
                                   clrelu_context **out);

/* Selects the workloads that depend on a knob. */
void clrelu_tuner_set_workloads(clrelu_tuner *t, clrelu_knob knob);

/* Enqueues a workload. */
clrelu_status clrelu_tuner_enqueue(const clrelu_tuner *t, clrelu_context *c,
                                   const clrelu_workload *w);

#endif
