/* log.c - messages to the log callback of a context
 * SPDX-License-Identifier: MIT */
#include "core/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* A program has at most MAX_HELD messages: of its entry in the cache, the
 * folder, the lock and the compiler. */
enum { TEXT = 512, MAX_HELD = 4 };

static _Thread_local struct {
    bool on;
    unsigned count;
    const clrelu_context *context;
    struct {
        clrelu_log_level level;
        char text[TEXT];
    } messages[MAX_HELD];
} held;

/* A message is one line: paths and drivers' texts may have others. */
static void format_line(char text[TEXT], const char *format, va_list args)
{
    vsnprintf(text, TEXT, format, args);
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = ' ';
}

void clrelu_log(const clrelu_context *context, clrelu_log_level level,
                const char *format, ...)
{
    const int error = errno;
    char now[TEXT], *text = now;
    va_list args;

    if (!context->log || (held.on && held.count == MAX_HELD))
        return;
    if (held.on) {
        held.context = context;
        held.messages[held.count].level = level;
        text = held.messages[held.count++].text;
    }
    va_start(args, format);
    format_line(text, format, args);
    va_end(args);
    if (!held.on)
        context->log(context->log_data, level, text);
    errno = error;
}

void clrelu_log_hold(void)
{
    held.on = true;
    held.count = 0;
}

void clrelu_log_deliver(void)
{
    const clrelu_context *context = held.context;

    held.on = false;
    for (unsigned i = 0; i < held.count; i++)
        context->log(context->log_data, held.messages[i].level,
                     held.messages[i].text);
    held.count = 0;
}
