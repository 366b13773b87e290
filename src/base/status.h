/* status.h - statuses and the texts of errors
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BASE_STATUS_H
#define CLRELU_BASE_STATUS_H

#include <stdbool.h>

#include "clrelu.h"

#if defined(__MINGW32__)
/* The formats are C's, not Microsoft's. */
#define CLRELU_PRINTF(text, args) \
    __attribute__((format(gnu_printf, text, args)))
#elif defined(__GNUC__)
#define CLRELU_PRINTF(text, args) __attribute__((format(printf, text, args)))
#else
#define CLRELU_PRINTF(text, args)
#endif

/* Stores the text for clrelu_error() and returns status. */
clrelu_status clrelu_fail(clrelu_status status, const char *format, ...)
    CLRELU_PRINTF(2, 3);

/* FILE_ERROR, or OUT_OF_MEMORY if errno is ENOMEM: "PATH: WHY".  why NULL: the
 * text of errno. */
clrelu_status clrelu_fail_file(const char *path, const char *why);

/* True for resource errors, false for invalid handles and arguments. */
bool clrelu_is_resource_error(cl_int error);

/* The status of an OpenCL error; the text names call and code. */
clrelu_status clrelu_fail_cl(cl_int error, const char *call);

/* The same, or CLRELU_OK for CL_SUCCESS. */
static inline clrelu_status clrelu_check_cl(cl_int error, const char *call)
{
    return error ? clrelu_fail_cl(error, call) : CLRELU_OK;
}

#endif
