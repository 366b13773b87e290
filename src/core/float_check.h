/* float_check.h - does a device's float32 conform to IEEE 754?
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_FLOAT_CHECK_H
#define CLRELU_CORE_FLOAT_CHECK_H

#include "core/kernel_pool.h"

enum {
    CLRELU_FLOAT_CHECK_ROWS = 32, /* of operands; a work-item takes four */
    CLRELU_FLOAT_CHECK_INPUTS = 3 * CLRELU_FLOAT_CHECK_ROWS,
    CLRELU_FLOAT_CHECK_OUTPUTS = 5 * CLRELU_FLOAT_CHECK_ROWS
};

/* Fills the input of the kernel "arithmetic"; evaluates its output. */
void clrelu_float_check_fill(float in[CLRELU_FLOAT_CHECK_INPUTS]);
void clrelu_float_check_judge(const float out[CLRELU_FLOAT_CHECK_OUTPUTS],
                              clrelu_float_check *a);

/* The same of that kernel, however its program was compiled; waits. */
clrelu_status clrelu_float_check_run(clrelu_context *context,
                                     clrelu_kernel *kernel,
                                     clrelu_float_check *out);

#endif
