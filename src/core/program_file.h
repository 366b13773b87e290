/* program_file.h - opens the program file of a context
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_PROGRAM_FILE_H
#define CLRELU_CORE_PROGRAM_FILE_H

#include "core/context.h"

/* Reads and verifies a program file.  The context then takes all its programs,
 * and its device parameters if the file has them, from there. */
clrelu_status clrelu_program_file_open(clrelu_context *context,
                                       const char *path);

#endif
