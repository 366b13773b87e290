/* modes.h - what else clrelu-bench measures than the cases
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BENCH_MODES_H
#define CLRELU_BENCH_MODES_H

#include "options.h"

/* The host cost of a library call compared with that of its OpenCL calls. */
bool overhead_run(const options *o);

/* float16 and bfloat16 compared with float32. */
bool dtypes_run(const options *o);

/* A batch in shards on one device and on several, compared with a model. */
bool scaling_run(const options *o);

/* From the start of a process to its first result; program is argv[0]. */
bool startup_run(const options *o, const char *program);

/* The process that startup_run starts. */
bool startup_first_result(const options *o);

#endif
