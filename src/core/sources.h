/* sources.h - the kernel files of each program
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_SOURCES_H
#define CLRELU_CORE_SOURCES_H

#include "core/program_key.h"

enum { CLRELU_MAX_SOURCES = 24 };

/* The texts of the program's files, in order; returns their number. */
cl_uint clrelu_sources_list(const clrelu_device_params *params,
                            const clrelu_program_key *key,
                            const char *sources[CLRELU_MAX_SOURCES]);

#endif
