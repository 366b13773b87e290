/* layer.h - PReLU with alpha, dalpha, velocity and constraint
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TRAIN_LAYER_H
#define CLRELU_TRAIN_LAYER_H

#include "core/context.h"
#include "train/parameter.h"

struct clrelu_prelu_layer {
    clrelu_context *context;
    size_t rank, dims[CLRELU_MAX_RANK]; /* of x; 0: open */
    size_t shared_count;
    int shared_axes[CLRELU_MAX_RANK];
    size_t alpha_rank, alpha_dims[CLRELU_MAX_RANK], count;
    clrelu_spec initializer, regularizer, constraint;
    clrelu_axes axes; /* of the constraint */
    uint64_t seed;
    clrelu_buffer alpha, dalpha, velocity;
};

/* Text without a final 0; NULL: none. */
typedef struct clrelu_text_range {
    const char *text;
    size_t length;
} clrelu_text_range;

/* clrelu_prelu_layer_create, with initializer, regularizer and constraint from
 * specs instead of params. */
clrelu_status clrelu_layer_make(const clrelu_call *call,
                                const clrelu_prelu_layer_params *params,
                                const clrelu_text_range specs[3],
                                clrelu_prelu_layer **out);

/* alpha with dalpha and velocity. */
clrelu_parameter clrelu_layer_parameter(const clrelu_prelu_layer *l);

/* Under CLRELU_TRACE: describes the call by alpha.  Accepts NULL. */
void clrelu_layer_trace(const clrelu_prelu_layer *layer);

/* Checks layer, which must not be NULL, context, queue and events. */
clrelu_status clrelu_layer_check(const clrelu_call *call,
                                 const clrelu_prelu_layer *layer);

#endif
