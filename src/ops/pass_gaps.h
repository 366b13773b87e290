/* pass_gaps.h - the arrays with gaps of a chain or of PReLU
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_OPS_PASS_GAPS_H
#define CLRELU_OPS_PASS_GAPS_H

#include "ops/pass_arrays.h"

/* Checks the strides, which may be NULL, and fills the pass' layout.  All else
 * of the pass is set. */
clrelu_status clrelu_pass_layout(const clrelu_strides *strides,
                                 clrelu_pass *pass);

#endif
