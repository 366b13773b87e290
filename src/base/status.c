/* status.c - statuses and the texts of errors
 * SPDX-License-Identifier: MIT */
#include "base/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char error_text[4096];

const char *clrelu_version(void)
{
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
    return TEXT(CLRELU_VERSION_MAJOR) "." TEXT(CLRELU_VERSION_MINOR) "." TEXT(
        CLRELU_VERSION_PATCH);
#undef TEXT
#undef TEXT_
}

int clrelu_version_number(void)
{
    return CLRELU_VERSION;
}

const char *clrelu_error(void)
{
    return error_text;
}

const char *clrelu_status_name(clrelu_status status)
{
    switch (status) {
#define NAME(s) \
    case s: \
        return #s
        NAME(CLRELU_OK);
        NAME(CLRELU_INVALID_NULL);
        NAME(CLRELU_INVALID_CONTEXT);
        NAME(CLRELU_INVALID_QUEUE);
        NAME(CLRELU_INVALID_EVENTS);
        NAME(CLRELU_INVALID_OP);
        NAME(CLRELU_INVALID_DTYPE);
        NAME(CLRELU_INVALID_SCALAR);
        NAME(CLRELU_INVALID_SIZE);
        NAME(CLRELU_INVALID_RANK);
        NAME(CLRELU_INVALID_AXIS);
        NAME(CLRELU_INVALID_ALPHA_SHAPE);
        NAME(CLRELU_INVALID_FLAGS);
        NAME(CLRELU_INVALID_ENUM);
        NAME(CLRELU_INVALID_RESERVED);
        NAME(CLRELU_INVALID_SPEC);
        NAME(CLRELU_UNKNOWN_NAME);
        NAME(CLRELU_INVALID_STRIDES);
        NAME(CLRELU_INVALID_BUFFER);
        NAME(CLRELU_BUFFER_TOO_SMALL);
        NAME(CLRELU_BUFFER_READ_ONLY);
        NAME(CLRELU_BUFFER_WRITE_ONLY);
        NAME(CLRELU_BUFFER_OVERLAP);
        NAME(CLRELU_INVALID_DEVICE);
        NAME(CLRELU_NO_DEVICE);
        NAME(CLRELU_UNSUPPORTED);
        NAME(CLRELU_DEVICE_LOST);
        NAME(CLRELU_FORKED);
        NAME(CLRELU_BUILD_FAILED);
        NAME(CLRELU_INVALID_PROGRAM);
        NAME(CLRELU_FILE_ERROR);
        NAME(CLRELU_OUT_OF_MEMORY);
        NAME(CLRELU_OPENCL_ERROR);
        NAME(CLRELU_CLBLAST_ERROR);
#undef NAME
    }
    return "unknown status";
}

clrelu_status clrelu_fail(clrelu_status status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(error_text, sizeof(error_text), format, args);
    va_end(args);
    return status;
}

clrelu_status clrelu_fail_file(const char *path, const char *why)
{
    return clrelu_fail(errno == ENOMEM ? CLRELU_OUT_OF_MEMORY
                                       : CLRELU_FILE_ERROR,
                       "%s: %s", path, why ? why : strerror(errno));
}

bool clrelu_is_resource_error(cl_int error)
{
    return error == CL_DEVICE_NOT_AVAILABLE ||
           error == CL_MEM_OBJECT_ALLOCATION_FAILURE ||
           error == CL_OUT_OF_RESOURCES || error == CL_OUT_OF_HOST_MEMORY;
}

clrelu_status clrelu_fail_cl(cl_int error, const char *call)
{
    const clrelu_status status =
        error == CL_DEVICE_NOT_AVAILABLE  ? CLRELU_DEVICE_LOST
        : clrelu_is_resource_error(error) ? CLRELU_OUT_OF_MEMORY
                                          : CLRELU_OPENCL_ERROR;

    return clrelu_fail(status, "%s failed with OpenCL error %d", call, error);
}
