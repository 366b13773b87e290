/* trace.h - a line for each call, in the file of CLRELU_TRACE
 * SPDX-License-Identifier: MIT
 *
 * The record of a call is its thread's.  Calls within a call are part of it.
 * docs/trace.md has the fields of a line. */
#ifndef CLRELU_CORE_TRACE_H
#define CLRELU_CORE_TRACE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "core/context.h"

/* Opens the file, for the first context; logs why there is none. */
void clrelu_trace_open(const clrelu_context *context);

/* Off, a call costs this test and nothing else.  The functions below, except
 * clrelu_traced, are called within it. */
extern atomic_bool clrelu_trace_on;
#define CLRELU_TRACE(statement) \
    do { \
        if (atomic_load_explicit(&clrelu_trace_on, memory_order_relaxed)) \
            statement; \
    } while (0)

/* Begin and end a public function. */
void clrelu_trace_begin(const char *function);
void clrelu_trace_end(clrelu_status status);

/* Returns status. */
static inline clrelu_status clrelu_traced(clrelu_status status)
{
    CLRELU_TRACE(clrelu_trace_end(status));
    return status;
}

/* What the call computes; the first description counts.  The struct may be
 * NULL, and is not checked yet. */
void clrelu_trace_elementwise(const clrelu_elementwise *call);
void clrelu_trace_prelu(const clrelu_prelu *call);
void clrelu_trace_chain(const clrelu_chain *call);
void clrelu_trace_dense(const clrelu_dense *call);
void clrelu_trace_sums(clrelu_dtype dtype, size_t rows, size_t count);
void clrelu_trace_parameter(const char *spec, const clrelu_parameter *p);

/* Adds to the min bytes that the call moves. */
void clrelu_trace_bytes(uint64_t bytes);

/* Where the call's programs came from; the last in this order counts. */
typedef enum clrelu_origin {
    CLRELU_FROM_NOWHERE,
    CLRELU_FROM_POOL,
    CLRELU_FROM_FILE,
    CLRELU_FROM_CACHE,
    CLRELU_FROM_COMPILER
} clrelu_origin;
void clrelu_trace_program(clrelu_origin origin);

/* A command of the call; local_size and groups 0: not known. */
void clrelu_trace_command(const char *kernel, unsigned local_size,
                          uint64_t groups);

/* want points *event, where a command puts its event, to own if it is NULL and
 * the queue profiles.  keep keeps the event for the device time: own, or a
 * reference to *event. */
void clrelu_trace_want(cl_command_queue queue, cl_event *own, cl_event **event);
void clrelu_trace_keep(cl_event own, const cl_event *event);

#endif
