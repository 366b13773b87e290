/* failure.c - exit status and error line
 * SPDX-License-Identifier: MIT */
#include "failure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void set_text(failure *f, int status, const char *format, va_list args)
{
    f->status = status;
    vsnprintf(f->text, sizeof(f->text), format, args);
    for (char *c = f->text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = '?';
}

bool fail(failure *f, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    set_text(f, STATUS_FAILED, format, args);
    va_end(args);
    return false;
}

bool fail_errno(failure *f, const char *name)
{
    return fail(f, "%s: %s", name, strerror(errno));
}

bool fail_library(failure *f)
{
    size_t length;

    /* Line feeds stay: it may have a compiler's log. */
    f->status = STATUS_FAILED;
    snprintf(f->text, sizeof(f->text), "%s", clrelu_error());
    length = strlen(f->text);
    while (length > 0 && f->text[length - 1] == '\n')
        f->text[--length] = '\0';
    return false;
}

bool fail_context(failure *f)
{
    const size_t length = (fail_library(f), strlen(f->text));
    size_t count;

    if (clrelu_device_list(NULL, 0, NULL, &count) || count > 0)
        return false;
    snprintf(f->text + length, sizeof(f->text) - length,
             "; install the GPU vendor's driver, or for the CPU "
             "pocl-opencl-icd (Debian, Ubuntu) or pocl (Fedora, Arch)");
    return false;
}

bool fail_opencl(failure *f, const char *call, int error)
{
    return fail(f, "%s: OpenCL error %d", call, error);
}

bool misuse(failure *f, const char *command, const char *format, ...)
{
    size_t used;
    va_list args;

    va_start(args, format);
    set_text(f, STATUS_MISUSED, format, args);
    va_end(args);
    used = strlen(f->text);
    snprintf(f->text + used, sizeof(f->text) - used,
             "; see 'clrelu%s%s --help'", *command ? " " : "", command);
    return false;
}
