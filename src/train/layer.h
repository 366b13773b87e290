/* layer.h - PReLU with its alpha, the gradient of it, and what bounds them
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TRAIN_LAYER_H
#define CLRELU_TRAIN_LAYER_H

#include "train/parameter.h"

struct clrelu_prelu_layer {
    clrelu_context *context;
    size_t rank, dims[CLRELU_MAX_RANK]; /* of x, 0 where open                 */
    size_t shared_count;
    int shared_axes[CLRELU_MAX_RANK];
    size_t alpha_rank, alpha_dims[CLRELU_MAX_RANK], count;
    clrelu_spec initializer, regularizer, constraint;
    clrelu_axes axes; /* the constraint's                                     */
    uint64_t seed;
    clrelu_buffer alpha, dalpha, velocity;
};

/* Characters that need no 0 at their end; text may be NULL. */
typedef struct clrelu_words {
    const char *text;
    size_t length;
} clrelu_words;

/* clrelu_prelu_layer_create; words stands for params' three specs. */
clrelu_status clrelu_layer_make(const clrelu_call *call,
                                const clrelu_prelu_layer_params *params,
                                const clrelu_words words[3],
                                clrelu_prelu_layer **out);

/* Context and queue of a call on a layer, and its count of values. */
clrelu_status clrelu_layer_check(const clrelu_call *call,
                                 const clrelu_prelu_layer *layer);

#endif
