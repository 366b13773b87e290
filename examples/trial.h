/* trial.h - runs one operation on a batch: how long, how exact
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_EXAMPLES_TRIAL_H
#define CLRELU_EXAMPLES_TRIAL_H

#include <stdbool.h>

#include "clrelu.h"

enum { TRIAL_RUNS = 11 };

/* Rows of features on the host; a device holds them copies times over. */
typedef struct batch {
    size_t rows, features, copies;
    const float *x, *dy; /* [rows][features]                                  */
    const float *alpha;  /* [features], for prelu                             */
} batch;

typedef struct rig {
    const batch *host;
    clrelu_context *context;
    cl_command_queue queue;
    clrelu_buffer x, dy, alpha, out, dalpha, workspace;
} rig;

/* Copies the batch to the context's device; the caller's queue does the work.
 */
rig rig_open(clrelu_context *context, cl_command_queue queue,
             const batch *host);
void rig_close(rig *r);

/* An error in units in the last place, beside what clrelu.h allows there. */
typedef struct accuracy {
    double error, allowed;
} accuracy;

typedef struct trial {
    double seconds;      /* for one copy of the batch                         */
    double long_seconds; /* for all copies                                    */
    double gb_per_second;
    accuracy out;    /* y or dx: the element nearest to its limit, or     */
    accuracy dalpha; /* furthest beyond                                   */
    bool has_dalpha; /* prelu's backward alone                            */
    bool same_bits;  /* every copy came out as the first                  */
} trial;

/* y, or dx from dy, with prelu also dalpha; allowed is the limit of y or dx. */
trial trial_run(const rig *r, clrelu_op op, double scalar, bool backward,
                double allowed);

bool trial_passed(const trial *t);

#endif
