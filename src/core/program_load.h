/* program_load.h - where a program comes from: a file, the cache or the
 * compiler SPDX-License-Identifier: MIT
 *
 * All but clrelu_fetch_open under the compiler's lock. */
#ifndef CLRELU_CORE_PROGRAM_LOAD_H
#define CLRELU_CORE_PROGRAM_LOAD_H

#include "core/program.h"

/* Reads and verifies the program file that the context then takes all from. */
clrelu_status clrelu_program_file_open(clrelu_context *context,
                                       const char *path);

/* unsaved: to be given to clrelu_fetch_save once its kernels have run. */
clrelu_status clrelu_program_load(const clrelu_context *context,
                                  const clrelu_program_key *key,
                                  cl_program *out, bool *unsaved);

/* Puts a program into the cache, if it is not there yet. */
void clrelu_program_save(const clrelu_context *context,
                         const clrelu_program_key *key, cl_program program);

#endif
