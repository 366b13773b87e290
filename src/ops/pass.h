/* pass.h - the pass of a chain, and of PReLU and the dense layer
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_OPS_PASS_H
#define CLRELU_OPS_PASS_H

#include "core/batch.h"
#include "ops/pass_arrays.h"
#include "plan/plan.h"

/* merged.n > 0. */
void clrelu_pass_plan(const clrelu_device_params *params,
                      const clrelu_pass *pass, clrelu_plan *plan);

/* Commands of a plan. */
uint64_t clrelu_pass_launches(const clrelu_plan *plan);

/* Elements of the workspace. */
size_t clrelu_pass_workspace(const clrelu_pass *pass);

/* Adds the kernels of a plan, and a workspace if none is given.  Nothing is
 * checked. */
clrelu_status clrelu_pass_add(clrelu_batch *batch, const clrelu_pass *pass,
                              clrelu_plan *plan);

/* Checks flags and arrays, and enqueues. */
clrelu_status clrelu_pass_run(const clrelu_call *call, const clrelu_pass *pass);

#endif
