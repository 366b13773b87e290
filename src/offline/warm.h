/* warm.h - which programs there are, and what makes a driver compile them
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_OFFLINE_WARM_H
#define CLRELU_OFFLINE_WARM_H

#include "core/program.h"

enum { WARM_MAX = 16 };

/* The programs that calls of op with dtype may need; returns their number. */
size_t clrelu_warm_keys(clrelu_op op, clrelu_dtype dtype,
                        clrelu_program_key keys[WARM_MAX]);

/* Are op and dtype something that the context can do? */
clrelu_status clrelu_warm_check(const clrelu_context *context, clrelu_op op,
                                clrelu_dtype dtype);

#endif
