/* pass_prelu.h - the kernels that PReLU alone has
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_OPS_PASS_PRELU_H
#define CLRELU_OPS_PASS_PRELU_H

#include "core/batch.h"
#include "ops/pass_arrays.h"
#include "plan/plan.h"

/* Forward with a mask, or backward from one. */
clrelu_status clrelu_pass_add_mask(clrelu_batch *batch, const clrelu_pass *pass,
                                   const clrelu_plan *plan);

/* dalpha from sums[2][alphas] of y*dy.  mode: how it is stored. */
clrelu_status clrelu_pass_add_division(clrelu_batch *batch,
                                       const clrelu_pass *pass,
                                       const clrelu_plan *plan,
                                       clrelu_buffer sums, cl_uint mode);

#endif
