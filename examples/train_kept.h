/* train_kept.h - what activations keep, compared in training
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_EXAMPLES_TRAIN_KEPT_H
#define CLRELU_EXAMPLES_TRAIN_KEPT_H

#include <stdbool.h>

#include "clrelu.h"
#include "digits.h"

typedef struct train_params {
    clrelu_op op;
    double scalar, learning_rate, momentum;
    uint64_t seed;
    size_t epochs;
} train_params;

/* Trains an image_network for each thing that its activations may keep, on the
 * same batches, and prints the bytes kept and the losses.  The first network's
 * losses and held-out accuracies go to losses and shares, one for each epoch.
 * op has a mask.  Returns whether the masks' losses are those of x, digit by
 * digit. */
bool train_kept(clrelu_context *context, cl_command_queue queue,
                const train_params *params, digits_set *data,
                const digits_set *held, double *losses, double *shares);

#endif
