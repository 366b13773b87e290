/* dense_pass.h - what stands between a dense layer's matrix products
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_OPS_DENSE_PASS_H
#define CLRELU_OPS_DENSE_PASS_H

#include "core/batch.h"

/* The arrays of a dense layer's call; mem is NULL in what it has not. */
typedef struct clrelu_dense_arrays {
    clrelu_buffer x, w, b, alpha, z, y, dy, dz, dx, dw, db, dalpha;
} clrelu_dense_arrays;

/* z holds the product, or y if z is not wanted. */
clrelu_status clrelu_dense_forward_add(clrelu_batch *batch,
                                       const clrelu_dense *dense,
                                       const clrelu_dense_arrays *a);

clrelu_status clrelu_dense_backward_add(clrelu_batch *batch,
                                        const clrelu_dense *dense,
                                        unsigned flags,
                                        const clrelu_dense_arrays *a);

#endif
