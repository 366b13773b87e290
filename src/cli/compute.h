/* compute.h - the operations on arrays of the host
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_COMPUTE_H
#define CLRELU_CLI_COMPUTE_H

#include "device.h"
#include "input.h"

/* Fills an array of alpha's shape, of float32, with an initializer's values. */
bool compute_initial(device *d, const char *initializer, uint64_t seed,
                     array *alpha, progress *p, failure *f);

/* x becomes y, or, where dy is not NULL, dy becomes dx; both have one type. */
bool compute_scalar(device *d, clrelu_op op, double scalar, array *x, array *dy,
                    progress *p, failure *f);

/* The same for prelu; dalpha, of alpha's type, is written where it is not
 * NULL.  With a regularizer or an update alpha must be of float32.
 *   regularizer   its value for alpha goes to penalty, its gradient into
 *                 dalpha; NULL: none
 *   update        alpha takes a step of learning_rate along dalpha, and obeys
 *                 the constraint then; NULL: none */
typedef struct prelu_pass {
    clrelu_shape shape;
    array *x, *alpha, *dy, *dalpha;
    const char *regularizer, *constraint;
    bool update;
    double learning_rate;
    float penalty;
} prelu_pass;

bool compute_prelu(device *d, prelu_pass *pass, progress *p, failure *f);

#endif
