/* warm.h - the programs of an operation, and their compilation in advance
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_OFFLINE_WARM_H
#define CLRELU_OFFLINE_WARM_H

#include "core/program_key.h"

enum { WARM_MAX = 16 };

/* The programs that calls of op with dtype may use; returns their number. */
size_t clrelu_warm_keys(clrelu_op op, clrelu_dtype dtype,
                        clrelu_program_key keys[WARM_MAX]);

/* Checks that op and dtype are valid and supported by the device. */
clrelu_status clrelu_warm_check(const clrelu_context *context, clrelu_op op,
                                clrelu_dtype dtype);

#endif
