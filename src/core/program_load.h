/* program_load.h - programs from a file, the cache or the compiler
 * SPDX-License-Identifier: MIT
 *
 * Under the build lock. */
#ifndef CLRELU_CORE_PROGRAM_LOAD_H
#define CLRELU_CORE_PROGRAM_LOAD_H

#include "core/context.h"
#include "core/program_key.h"

/* *unsaved: pass the program to clrelu_program_save once its kernels have
 * run. */
clrelu_status clrelu_program_load(clrelu_context *context,
                                  const clrelu_program_key *key,
                                  cl_program *out, bool *unsaved);

/* Writes a program to the cache unless it is there. */
void clrelu_program_save(clrelu_context *context, const clrelu_program_key *key,
                         cl_program program);

#endif
