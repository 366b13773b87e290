/* precompile.h - the programs of an operation, and their compilation in advance
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_OFFLINE_PRECOMPILE_H
#define CLRELU_OFFLINE_PRECOMPILE_H

#include "core/program_key.h"

enum { PRECOMPILE_MAX = 16 };

/* The programs that calls of op with dtype may use; returns their number. */
size_t clrelu_precompile_keys(clrelu_op op, clrelu_dtype dtype,
                              clrelu_program_key keys[PRECOMPILE_MAX]);

/* Checks that op and dtype are valid and supported by the device. */
clrelu_status clrelu_precompile_check(const clrelu_context *context,
                                      clrelu_op op, clrelu_dtype dtype);

#endif
