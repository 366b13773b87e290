/* train_check.h - a network's gradients compared with finite differences
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_EXAMPLES_TRAIN_CHECK_H
#define CLRELU_EXAMPLES_TRAIN_CHECK_H

#include <stdbool.h>

#include "network.h"

/* The mean cross-entropy of softmax(scores), and, if dscores is not NULL, its
 * gradient. */
double cross_entropy(size_t rows, const float *scores, const float *labels,
                     float *dscores);

/* Moves each parameter a little along its gradient, in both directions, and
 * compares the change of the loss with the gradient.  The activation's
 * derivative jumps at kink; regularizer is prelu's, or NULL.  False if any
 * differs.  The network is unchanged afterwards. */
bool check_gradients(network *n, size_t rows, const float *x,
                     const float *labels, float kink, const char *regularizer);

#endif
