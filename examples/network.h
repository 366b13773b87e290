/* network.h - two dense layers on a device: an activation, then ten scores
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_EXAMPLES_NETWORK_H
#define CLRELU_EXAMPLES_NETWORK_H

#include "parameter.h"

enum { NETWORK_CLASSES = 10, NETWORK_LAYERS = 2 };

typedef struct dense_layer {
    clrelu_dense call; /* with all arrays; dy becomes dz */
    parameter w, b;
} dense_layer;

typedef struct network {
    clrelu_context *context;
    cl_command_queue queue; /* in order */
    dense_layer layers[NETWORK_LAYERS];
    clrelu_prelu_layer *prelu; /* NULL for the other activations */
    clrelu_buffer x, penalty;
    size_t max_rows;
} network;

/* prelu's specs may be NULL; has_one: all units share one alpha. */
typedef struct network_params {
    clrelu_op op;
    double scalar;
    size_t max_rows, inputs, units;
    const char *regularizer, *constraint;
    int has_one;
    uint64_t seed;
} network_params;

/* All functions end the program if a call fails. */
network network_open(clrelu_context *context, cl_command_queue queue,
                     const network_params *params);
void network_close(network *n);

/* The scores of rows of inputs, [rows][NETWORK_CLASSES]; waits for them. */
void network_forward(network *n, size_t rows, const float *x, float *scores);

/* How many rows have their highest score at their label. */
size_t network_right(size_t rows, const float *scores, const float *labels);

/* The fraction of rows whose highest score is that of their label. */
double network_accuracy(network *n, size_t rows, const float *x,
                        const float *labels);

/* Adds the gradients of the last forward call's loss. */
void network_backward(network *n, const float *dscores);

/* The regularizer's part of the loss. */
double network_penalty(network *n);

/* A step of gradient descent; sets the gradients to 0. */
void network_update(network *n, double learning_rate, double momentum);

/* All gradients as one array: its elements; a copy of it, which sets the
 * network's to 0; and their replacement. */
size_t network_gradient_count(const network *n);
void network_take_gradients(const network *n, float *out);
void network_set_gradients(const network *n, const float *in);

#endif
