/* program_load.h - programs from a file, the cache or the compiler
 * SPDX-License-Identifier: MIT
 *
 * All but clrelu_program_file_open need the build lock. */
#ifndef CLRELU_CORE_PROGRAM_LOAD_H
#define CLRELU_CORE_PROGRAM_LOAD_H

#include "core/context.h"
#include "core/program_key.h"

/* Reads and verifies a program file.  The context then takes all its programs,
 * and its device parameters if the file has them, from there. */
clrelu_status clrelu_program_file_open(clrelu_context *context,
                                       const char *path);

/* *unsaved: pass the program to clrelu_program_save once its kernels have
 * run. */
clrelu_status clrelu_program_load(const clrelu_context *context,
                                  const clrelu_program_key *key,
                                  cl_program *out, bool *unsaved);

/* Writes a program to the cache unless it is there. */
void clrelu_program_save(const clrelu_context *context,
                         const clrelu_program_key *key, cl_program program);

#endif
