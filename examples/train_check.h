/* train_check.h - a network's gradients against differences of its loss
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_EXAMPLES_TRAIN_CHECK_H
#define CLRELU_EXAMPLES_TRAIN_CHECK_H

#include <stdbool.h>

#include "network.h"

/* The mean cross-entropy of softmax(scores), and, if dscores is not NULL, its
 * gradient. */
double cross_entropy(size_t rows, const float *scores, const float *labels,
                     float *dscores);

/* Moves each parameter a little along its gradient, both ways, and prints what
 * the loss says to that beside what the gradient says; kink is where the
 * activation's derivative jumps.  False if they disagree anywhere.  Leaves the
 * network as it was; regularizer is prelu's, or NULL. */
bool check_gradients(network *n, size_t rows, const float *x,
                     const float *labels, float kink, const char *regularizer);

#endif
