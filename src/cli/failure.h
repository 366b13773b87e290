/* failure.h - exit status and error line
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_FAILURE_H
#define CLRELU_CLI_FAILURE_H

#include <stdbool.h>

#include "base/status.h"

enum { STATUS_OK, STATUS_FAILED, STATUS_MISUSED };

/* main prints it after the progress bar and the outputs have been removed. */
typedef struct failure {
    int status; /* the exit status */
    char text[8192];
} failure;

/* All return false, for the caller to return.  Control characters, such as a
 * line feed in a file's name, are replaced by '?'. */
CLRELU_PRINTF(2, 3) bool fail(failure *f, const char *format, ...);
bool fail_errno(failure *f, const char *name); /* errno's text */
bool fail_library(failure *f);                 /* clrelu_error() */
bool fail_context(failure *f); /* ... with a hint at drivers to install */
bool fail_opencl(failure *f, const char *call, int error);

/* An error in the arguments of a command, with a hint at its help. */
CLRELU_PRINTF(3, 4)
bool misuse(failure *f, const char *command, const char *format, ...);

#endif
