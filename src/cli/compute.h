/* compute.h - initialization and update of alpha
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_COMPUTE_H
#define CLRELU_CLI_COMPUTE_H

#include "device.h"
#include "input.h"

/* Checks one alpha for all elements as the operations with a scalar do: finite
 * in the type that computes. */
bool compute_check_alpha(double alpha, clrelu_dtype computes, failure *f);

/* Fills a float32 alpha with an initializer's values. */
bool compute_initial(device *d, const char *initializer, uint64_t seed,
                     array *alpha, progress *p, failure *f);

/* alpha and dalpha are float32.
 *   dalpha        data may be NULL without an update
 *   regularizer   its value for alpha goes to penalty, its gradient is added to
 *                 dalpha; NULL: none
 *   update        alpha -= learning_rate*dalpha, then the constraint (NULL:
 *                 none) */
typedef struct parameter_step {
    array *alpha, *dalpha;
    const char *regularizer, *constraint;
    bool update;
    double learning_rate;
    float penalty;
} parameter_step;

/* Regularizer, then update. */
bool compute_step(device *d, parameter_step *step, progress *p, failure *f);

#endif
