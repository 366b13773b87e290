/* launch.h - kernel arguments as an array, launches as commands on a queue
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_LAUNCH_H
#define CLRELU_CORE_LAUNCH_H

#include "core/call.h"
#include "core/kernel_pool.h"

typedef enum clrelu_arg_kind {
    CLRELU_ARG_VALUE,
    CLRELU_ARG_MEM,    /* a cl_mem */
    CLRELU_ARG_MEMORY, /* the memory of a clrelu_buffer */
    CLRELU_ARG_OFFSET, /* the offset of a clrelu_buffer, a cl_ulong there */
    CLRELU_ARG_FIRST_GROUP
} clrelu_arg_kind;

/* size 0: not an argument of this kernel. */
typedef struct clrelu_arg {
    size_t size;
    const void *value;
    clrelu_arg_kind kind;
} clrelu_arg;

#define CLRELU_ARG(variable) \
    ((clrelu_arg){sizeof(variable), &(variable), \
                  _Generic((variable), cl_mem \
                           : CLRELU_ARG_MEM, default \
                           : CLRELU_ARG_VALUE)})

#define CLRELU_ARG_IF(condition, variable) \
    ((condition) ? CLRELU_ARG(variable) : (clrelu_arg){0})

/* The two arguments of a clrelu_buffer: its memory and its offset. */
#define CLRELU_ARRAY_IF(condition, buffer) \
    {(condition) ? sizeof(buffer) : 0, &(buffer), CLRELU_ARG_MEMORY}, \
    { \
        (condition) ? sizeof(cl_ulong) : 0, &(buffer), CLRELU_ARG_OFFSET \
    }
#define CLRELU_ARRAY(buffer) CLRELU_ARRAY_IF(true, buffer)

/* The index of a launch's first work-group.  More than 2^31 work-items take
 * several launches, which differ in this argument. */
extern const cl_ulong clrelu_group_0;
#define CLRELU_FIRST_GROUP \
    ((clrelu_arg){sizeof(clrelu_group_0), &clrelu_group_0, \
                  CLRELU_ARG_FIRST_GROUP})

/* An array of arguments and its length. */
#define CLRELU_ARGS(array) (array), (cl_uint)(sizeof(array) / sizeof(*(array)))

/* One kernel over groups work-groups; above 2^31 work-items it must have the
 * argument CLRELU_FIRST_GROUP. */
typedef struct clrelu_launch {
    clrelu_kernel *kernel;
    uint64_t groups;
    unsigned group_size;
} clrelu_launch;

/* Commands that clrelu_enqueue makes of a launch. */
uint64_t clrelu_launch_count(uint64_t groups, unsigned group_size);

/* Sets the arguments that differ from the last call's, and all buffers: a new
 * buffer may have an old one's handle. */
clrelu_status clrelu_set_args(clrelu_kernel *kernel, const clrelu_arg *args,
                              cl_uint count);

/* Enqueues the launches so that each waits for the one before it; the first
 * waits for the call's events, the last completes the call's event. */
clrelu_status clrelu_enqueue(const clrelu_call *call,
                             const clrelu_launch *launches, unsigned count);

/* For a call without work: a marker, if the caller waits or wants an event. */
clrelu_status clrelu_enqueue_nothing(const clrelu_call *call);

clrelu_status clrelu_queue_is_in_order(cl_command_queue queue, bool *in_order);

#endif
