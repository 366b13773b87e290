/* call.h - context and environment of a call
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_CALL_H
#define CLRELU_CORE_CALL_H

#include <stdbool.h>

#include "clrelu.h"

typedef struct clrelu_call {
    clrelu_context *context;
    const clrelu_exec *exec;
} clrelu_call;

static inline bool clrelu_is_given(clrelu_buffer buffer)
{
    return buffer.mem || buffer.pointer;
}

#endif
