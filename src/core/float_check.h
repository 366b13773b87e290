/* float_check.h - is a device's float32 that of IEEE 754?
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_FLOAT_CHECK_H
#define CLRELU_CORE_FLOAT_CHECK_H

#include "clrelu.h"

enum {
    CLRELU_ARITHMETIC_ROWS = 32, /* of operands, four to a work-item */
    CLRELU_ARITHMETIC_INPUTS = 3 * CLRELU_ARITHMETIC_ROWS,
    CLRELU_ARITHMETIC_OUTPUTS = 5 * CLRELU_ARITHMETIC_ROWS
};

/* What goes into the kernel "arithmetic", and what its outputs say. */
void clrelu_arithmetic_fill(float in[CLRELU_ARITHMETIC_INPUTS]);
void clrelu_arithmetic_judge(const float out[CLRELU_ARITHMETIC_OUTPUTS],
                             clrelu_arithmetic *a);

#endif
