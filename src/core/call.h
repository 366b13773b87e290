/* call.h - context, queue and events of a call
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_CALL_H
#define CLRELU_CORE_CALL_H

#include "clrelu.h"

typedef struct clrelu_call {
    clrelu_context *context;
    cl_command_queue queue;
    cl_uint wait_count;
    const cl_event *wait_list;
    cl_event *event; /* NULL: none is wanted */
} clrelu_call;

#endif
