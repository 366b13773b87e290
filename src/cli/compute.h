/* compute.h - what happens to alpha besides the pass over x
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_COMPUTE_H
#define CLRELU_CLI_COMPUTE_H

#include "device.h"
#include "input.h"

/* One alpha for prelu keeps the rule of the operations with a scalar: finite in
 * the type that computes. */
bool compute_check_alpha(double alpha, clrelu_dtype computes, failure *f);

/* Fills an array of alpha's shape, of float32, with an initializer's values. */
bool compute_initial(device *d, const char *initializer, uint64_t seed,
                     array *alpha, progress *p, failure *f);

/* alpha and dalpha are of float32.
 *   dalpha        data may be NULL without an update
 *   regularizer   its value for alpha goes to penalty, its gradient into
 *                 dalpha; NULL: none
 *   update        alpha takes a step of learning_rate along dalpha, and obeys
 *                 the constraint then; NULL: none */
typedef struct parameter_step {
    array *alpha, *dalpha;
    const char *regularizer, *constraint;
    bool update;
    double learning_rate;
    float penalty;
} parameter_step;

bool compute_step(device *d, parameter_step *step, progress *p, failure *f);

#endif
