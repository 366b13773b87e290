/* slab_call.h - the library's call for a slab
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_SLAB_CALL_H
#define CLRELU_CLI_SLAB_CALL_H

#include "columns.h"

enum {
    STREAM_X,
    STREAM_DY, /* or the residual */
    STREAM_MASK,
    STREAM_VALUES,
    STREAM_GRADIENTS = STREAM_VALUES + COLUMN_ARRAYS,
    STREAM_BUFFERS = STREAM_GRADIENTS + COLUMN_ARRAYS
};

/* mem has STREAM_BUFFERS buffers, of which unused ones are NULL. */
typedef struct slab_call {
    const device *device;
    clrelu_op op;
    clrelu_dtype dtype; /* of x */
    double scalar, gain;
    bool backward, from_output;
    const columns *columns;
    size_t rank;
    const slab *slab;
    const cl_mem *mem;
} slab_call;

/* y in place of x, or dx in place of dy, which is in STREAM_X backward from a
 * mask.  from_output: y is there.  An operation without other parts has a call
 * of its own. */
clrelu_status slab_compute(const slab_call *c);

/* The type of alpha, scale, bias and their gradients. */
clrelu_dtype slab_column_type(clrelu_dtype x);

#endif
