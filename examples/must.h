/* must.h - error handling of the examples: print the error and exit
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_EXAMPLES_MUST_H
#define CLRELU_EXAMPLES_MUST_H

#include <stdio.h>
#include <stdlib.h>

#include "clrelu.h"

static inline void must(clrelu_status status)
{
    if (status == CLRELU_OK)
        return;
    fflush(stdout);
    fprintf(stderr, "%s\n", clrelu_error());
    exit(1);
}

static inline void must_cl(cl_int error, const char *call)
{
    if (error == CL_SUCCESS)
        return;
    fflush(stdout);
    fprintf(stderr, "%s failed with OpenCL error %d\n", call, (int)error);
    exit(1);
}

static inline void *must_have(void *memory)
{
    if (memory)
        return memory;
    fprintf(stderr, "out of memory\n");
    exit(1);
}

/* A buffer of n floats, initialized from values unless that is NULL. */
static inline cl_mem must_make(cl_context cl, size_t n, const float *values)
{
    const cl_mem_flags copy = values ? CL_MEM_COPY_HOST_PTR : 0;
    cl_int error;
    cl_mem mem = clCreateBuffer(cl, CL_MEM_READ_WRITE | copy, n * sizeof(float),
                                (void *)values, &error);

    must_cl(error, "clCreateBuffer");
    return mem;
}

#endif
