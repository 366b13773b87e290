/* dense_pass.h - the element-wise pass between a dense layer's products
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_OPS_DENSE_PASS_H
#define CLRELU_OPS_DENSE_PASS_H

#include "core/batch.h"

/* The arrays of a call; mem is NULL in those that are left out. */
typedef struct clrelu_dense_arrays {
    clrelu_buffer x, w, b, alpha, z, y, dy, dz, dx, dw, db, dalpha;
} clrelu_dense_arrays;

/* Adds bias and activation.  z has the product, or y if z is left out. */
clrelu_status clrelu_dense_forward_add(clrelu_batch *batch,
                                       const clrelu_dense *dense,
                                       const clrelu_dense_arrays *a);

/* Adds dz, db and dalpha. */
clrelu_status clrelu_dense_backward_add(clrelu_batch *batch,
                                        const clrelu_dense *dense,
                                        unsigned flags,
                                        const clrelu_dense_arrays *a);

#endif
