/* trace_file.h - the lines of a trace, at once or once the commands have run
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_TRACE_FILE_H
#define CLRELU_CORE_TRACE_FILE_H

#include <stdbool.h>

#include "clrelu.h"

enum { TRACE_LINE = 2048 };

/* Opens a file to append to, "-": the standard error; false leaves the reason
 * in errno. */
bool clrelu_trace_file_open(const char *path);

/* Appends line, " device_us=", the microseconds or "-", and tail. */
void clrelu_trace_file_write(const char *line, double device_us,
                             const char *tail);

/* The same with the time from the start of first to the end of last, once that
 * has run; at the end of the process at the latest.  Takes both events. */
void clrelu_trace_file_write_later(const char *line, cl_event first,
                                   cl_event last);

#endif
