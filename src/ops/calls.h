/* calls.h - the checks of a call that do not look at its buffers
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_OPS_CALLS_H
#define CLRELU_OPS_CALLS_H

#include <stdbool.h>

#include "ops/pass_arrays.h"

/* layout receives that of the arrays.  context may be NULL: then the device's
 * support of dtype is not checked. */
clrelu_status clrelu_check_elementwise(const clrelu_context *context,
                                       const clrelu_elementwise *call,
                                       bool backward, clrelu_layout *layout);

/* Of a chain's fields, those that its arrays and shape do not matter for. */
clrelu_status clrelu_check_function(const clrelu_context *context,
                                    const clrelu_chain *call);

/* Also fill the pass, whose direction is set. */
clrelu_status clrelu_check_prelu(const clrelu_context *context,
                                 const clrelu_prelu *call, clrelu_pass *pass);
clrelu_status clrelu_check_chain(const clrelu_context *context,
                                 const clrelu_chain *call, clrelu_pass *pass);

clrelu_status clrelu_check_dense(const clrelu_dense *call);

#endif
