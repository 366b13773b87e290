/* half.h - the 16-bit types on the host
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BASE_HALF_H
#define CLRELU_BASE_HALF_H

#include "clrelu.h"

/* float16 to float32, exactly. */
float clrelu_half_widen(uint16_t bits);

/* A double to float16 or bfloat16, rounded once, to nearest even.  NaN keeps
 * the upper bits of its payload. */
uint16_t clrelu_half_narrow(double value, clrelu_dtype dtype);

#endif
