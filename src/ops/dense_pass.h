/* dense_pass.h - the element-wise pass between a dense layer's products
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_OPS_DENSE_PASS_H
#define CLRELU_OPS_DENSE_PASS_H

#include "core/batch.h"
#include "plan/plan.h"

/* The plan of the pass; returns the commands that it enqueues. */
uint64_t clrelu_plan_dense(const clrelu_context *context,
                           const clrelu_dense *dense, bool backward,
                           clrelu_plan *plan);

/* Adds bias and activation.  z has the product, or y if z is left out. */
clrelu_status clrelu_dense_forward_add(clrelu_batch *batch,
                                       const clrelu_dense *dense);

/* Adds dz, db and dalpha. */
clrelu_status clrelu_dense_backward_add(clrelu_batch *batch,
                                        const clrelu_dense *dense);

#endif
