/* kernel_program.h - a program of the formulas alone
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_OFFLINE_KERNEL_PROGRAM_H
#define CLRELU_OFFLINE_KERNEL_PROGRAM_H

#include "clrelu.h"

enum { KERNEL_WIDTHS = 6, KERNEL_WIDTH_TEXT = 16 };
extern const unsigned clrelu_kernel_widths[KERNEL_WIDTHS];

/* The end of a function's name: "" for 1. */
void clrelu_kernel_width(unsigned width, char text[KERNEL_WIDTH_TEXT]);

/* Compiles the texts with exactly these options; the caller releases *out. */
clrelu_status clrelu_kernel_build(clrelu_context *context, cl_uint count,
                                  const char **texts, const char *options,
                                  cl_program *out);

/* The same of the operation's text and a kernel check with the arguments width,
 * parameter, alpha, x, dy, y and dx. */
clrelu_status clrelu_kernel_program(clrelu_context *context, clrelu_op op,
                                    clrelu_dtype dtype, const char *options,
                                    cl_program *out);

#endif
