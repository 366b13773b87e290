/* image_network.h - convolutions with activations on a device, then ten scores
 * SPDX-License-Identifier: MIT
 *
 *     8x8 pixels -> 3x3 convolution -> activation -> 3x3 convolution ->
 *     activation -> means of 2x2 pixels -> scores
 *
 * Without biases.  What backward needs of an activation is a choice. */
#ifndef CLRELU_EXAMPLES_IMAGE_NETWORK_H
#define CLRELU_EXAMPLES_IMAGE_NETWORK_H

#include "network.h"

enum {
    IMAGE_ROWS = 8,
    IMAGE_CONVOLUTIONS = 3, /* the scores' layer is one, too */
    IMAGE_ACTIVATIONS = 2,
    IMAGE_KERNELS = 5,
    IMAGE_ARRAYS = 16,
    IMAGE_BATCH = 32 /* images of a call, at most */
};

/* What an activation keeps for the backward pass.  KEEP_X: its input, which is
 * another array than its output.  KEEP_Y, KEEP_MASK: its output, or a mask; it
 * works in place. */
typedef enum keep { KEEP_X, KEEP_Y, KEEP_MASK, KEEPS } keep;

/* x of (images, in, x_rows, x_rows), w of (taps, taps, in, out), y of (images,
 * out, y_rows, y_rows); pad: zeros on each side of x. */
typedef struct convolution {
    cl_int in, out, x_rows, y_rows, taps, pad;
    parameter w;
    clrelu_buffer x, y, dx, dy; /* dx.mem NULL: not wanted */
} convolution;

typedef struct image_network {
    clrelu_context *context;
    cl_command_queue queue; /* in order */
    cl_kernel kernels[IMAGE_KERNELS];
    convolution layers[IMAGE_CONVOLUTIONS];
    clrelu_elementwise forward[IMAGE_ACTIVATIONS], backward[IMAGE_ACTIVATIONS];
    cl_mem arrays[IMAGE_ARRAYS]; /* all but the parameters' */
    size_t array_count;
    size_t images;
    /* Bytes kept from a forward to its backward pass, by the activations and as
     * the convolutions' inputs. */
    size_t kept, kept_inputs;
} image_network;

/* All functions end the program if a call fails. */
void image_network_open(image_network *n, clrelu_context *context,
                        cl_command_queue queue, clrelu_op op, double scalar,
                        keep what, uint64_t seed);
void image_network_close(image_network *n);

/* The scores of images, [images][NETWORK_CLASSES]; waits for them. */
void image_network_forward(image_network *n, size_t images, const float *x,
                           float *scores);

/* The gradients of the last forward call's loss, and a step by them. */
void image_network_backward(image_network *n, const float *dscores);
void image_network_update(image_network *n, double learning_rate,
                          double momentum);

#endif
