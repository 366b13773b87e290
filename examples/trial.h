/* trial.h - time and accuracy of an operation on a batch
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_EXAMPLES_TRIAL_H
#define CLRELU_EXAMPLES_TRIAL_H

#include <stdbool.h>

#include "clrelu.h"

enum { TRIAL_RUNS = 11 };

/* Rows of features on the host; the device has several copies. */
typedef struct batch {
    size_t rows, features, copies;
    const float *x, *dy; /* [rows][features] */
    const float *alpha;  /* [features], for prelu */
} batch;

typedef struct rig {
    const batch *host;
    clrelu_context *context;
    cl_command_queue queue;
    clrelu_buffer x, dy, alpha, out, dalpha, workspace;
} rig;

/* Copies the batch to the context's device, on the caller's queue. */
rig rig_open(clrelu_context *context, cl_command_queue queue,
             const batch *host);
void rig_close(rig *r);

/* An error and its limit in clrelu.h, in units in the last place. */
typedef struct accuracy {
    double error, allowed;
} accuracy;

typedef struct trial {
    double seconds;      /* for one copy of the batch */
    double long_seconds; /* for all copies */
    double gb_per_second;
    accuracy out;    /* y or dx: the worst element */
    accuracy dalpha; /* the worst element */
    bool has_dalpha; /* only prelu's backward */
    bool same_bits;  /* the results of all copies are the same */
} trial;

/* Computes y, or dx from dy, for prelu also dalpha; allowed is the limit of y
 * or dx. */
trial trial_run(const rig *r, clrelu_op op, double scalar, bool backward,
                double allowed);

bool trial_passed(const trial *t);

#endif
