/* program.h - programs of OpenCL, and the formulas as a part of them
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_PROGRAM_H
#define CLRELU_TESTS_PROGRAM_H

#include "device.h"

/* NULL, and the log as a diagnostic, if it does not compile. */
cl_program program_build(const struct device *d, cl_uint count,
                         const char **texts, const char *options);
void program_show_log(const struct device *d, cl_program program);
cl_kernel program_kernel(cl_program program, const char *name);

/* Runs the kernel on work-groups of local work-items and releases it; the
 * buffers are its arguments from first on. */
void program_run(const struct device *d, cl_kernel kernel, cl_uint first,
                 size_t count, const cl_mem *mems, size_t items, size_t local);

/* The text of clrelu_source, for free(). */
char *program_source(clrelu_op op, clrelu_dtype dtype, const char *prefix);

#endif
