/* float_check.h - does a device's float32 conform to IEEE 754?
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_FLOAT_CHECK_H
#define CLRELU_CORE_FLOAT_CHECK_H

#include "clrelu.h"

enum {
    CLRELU_ARITHMETIC_ROWS = 32, /* of operands; a work-item takes four */
    CLRELU_ARITHMETIC_INPUTS = 3 * CLRELU_ARITHMETIC_ROWS,
    CLRELU_ARITHMETIC_OUTPUTS = 5 * CLRELU_ARITHMETIC_ROWS
};

/* Fills the input of the kernel "arithmetic"; evaluates its output. */
void clrelu_arithmetic_fill(float in[CLRELU_ARITHMETIC_INPUTS]);
void clrelu_arithmetic_judge(const float out[CLRELU_ARITHMETIC_OUTPUTS],
                             clrelu_arithmetic *a);

#endif
