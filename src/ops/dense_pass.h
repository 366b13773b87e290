/* dense_pass.h - the chain between a dense layer's products
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_OPS_DENSE_PASS_H
#define CLRELU_OPS_DENSE_PASS_H

#include "core/batch.h"
#include "plan/plan.h"

/* The plan of the pass. */
void clrelu_dense_plan(const clrelu_context *context, const clrelu_dense *dense,
                       bool backward, clrelu_plan *plan);

/* Adds bias and activation; z has the product, or y if z is left out.
 * Backward: adds dz, db and dalpha. */
clrelu_status clrelu_dense_add(clrelu_batch *batch, const clrelu_dense *dense,
                               bool backward);

#endif
