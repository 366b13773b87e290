/* gaps.h - the arrays with gaps of a call
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_OPS_GAPS_H
#define CLRELU_OPS_GAPS_H

#include "core/check.h"
#include "plan/strides.h"

/* As clrelu_layout_make; mask is the call's. */
clrelu_status clrelu_gaps_layout(const clrelu_strides *strides,
                                 clrelu_buffer mask, uint64_t n,
                                 const clrelu_shape *shape,
                                 const clrelu_operand_strides *operands,
                                 clrelu_layout *layout);

/* Checks the strides of a call, which it may not have. */
clrelu_status clrelu_elementwise_layout(const clrelu_elementwise *call,
                                        bool backward, clrelu_layout *layout);

/* As clrelu_check_disjoint, of elements of size bytes.  Arrays with the same
 * strides may lie in each other's gaps. */
clrelu_status clrelu_check_apart(const clrelu_layout *layout, size_t size,
                                 clrelu_operand output,
                                 const clrelu_span *output_span,
                                 clrelu_operand other,
                                 const clrelu_span *other_span, bool same);

#endif
