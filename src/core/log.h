/* log.h - messages to the log callback of a context
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_LOG_H
#define CLRELU_CORE_LOG_H

#include "base/status.h"
#include "core/context.h"

/* Calls the context's callback, if it has one.  Keeps errno. */
void clrelu_log(const clrelu_context *context, clrelu_log_level level,
                const char *format, ...) CLRELU_PRINTF(3, 4);

/* Between them this thread's messages wait: a callback that takes a lock of the
 * application must not run under a lock of the library.  For the build lock,
 * which is held for one context at a time. */
void clrelu_log_hold(void);
void clrelu_log_deliver(void);

#endif
