/* check.h - arguments against the contract, before anything is enqueued
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_CHECK_H
#define CLRELU_CORE_CHECK_H

#include "core/context.h"

typedef enum clrelu_access { CLRELU_READ = 1, CLRELU_WRITE = 2 } clrelu_access;

/* An array argument as found: the bytes [begin, end) of the buffer that root
 * is, or that the sub-buffer given is a part of. */
typedef struct clrelu_span {
    const char *name;
    cl_mem root;
    uint64_t begin, end;
} clrelu_span;

/* Context, queue and events of a call. */
typedef struct clrelu_call {
    clrelu_context *context;
    cl_command_queue queue;
    cl_uint wait_count;
    const cl_event *wait_list;
    cl_event *event;
} clrelu_call;

/* A context that may be used in this process. */
clrelu_status clrelu_check_context(const clrelu_context *context);

clrelu_status clrelu_check_call(const clrelu_call *call);

/* context may be NULL: then no device needs to support dtype. */
clrelu_status clrelu_check_dtype(const clrelu_context *context,
                                 clrelu_dtype dtype);

/* The type of alpha and dalpha, found from shape->alpha_dtype. */
clrelu_status clrelu_check_alpha_dtype(clrelu_dtype dtype,
                                       const clrelu_shape *shape,
                                       clrelu_dtype *alpha_dtype);

/* That op is an operation with a scalar, and that it is in its range. */
clrelu_status clrelu_check_scalar(clrelu_op op, clrelu_dtype dtype,
                                  double scalar);

clrelu_status clrelu_check_flags(unsigned flags, unsigned known);

/* n elements at the buffer's offset. */
clrelu_status clrelu_check_buffer(const clrelu_call *call, const char *name,
                                  clrelu_buffer buffer, size_t element_size,
                                  uint64_t n, unsigned access,
                                  clrelu_span *span);

/* Whether two buffers of one call, which do not overlap in part, are one. */
bool clrelu_in_place(clrelu_buffer output, clrelu_buffer input);

/* output and other must be apart, or, if same is allowed, be the same. */
clrelu_status clrelu_check_disjoint(const clrelu_span *output,
                                    const clrelu_span *other, bool same);

#endif
