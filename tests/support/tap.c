/* tap.c - prints results in the Test Anything Protocol
 * SPDX-License-Identifier: MIT */
#include "tap.h"

#include <stdarg.h>
#include <stdlib.h>

static int count, failed;

/* A # would begin a directive. */
static void print_text(const char *newline, const char *format, va_list args)
{
    char text[4096];

    vsnprintf(text, sizeof(text), format, args);
    for (const char *c = text; *c; c++) {
        if (*c == '#')
            putchar('\\');
        if (*c == '\n')
            fputs(newline, stdout);
        else
            putchar(*c);
    }
}

/* Flushed, so that nothing is missing after a crash. */
static void end_line(void)
{
    putchar('\n');
    fflush(stdout);
}

int ok(int condition, const char *format, ...)
{
    va_list args;

    failed += !condition;
    printf("%sok %d - ", condition ? "" : "not ", ++count);
    va_start(args, format);
    print_text(" ", format, args);
    va_end(args);
    end_line();
    return condition;
}

void skip(const char *reason, const char *format, ...)
{
    va_list args;

    printf("ok %d - ", ++count);
    va_start(args, format);
    print_text(" ", format, args);
    va_end(args);
    printf(" # SKIP %s", reason);
    end_line();
}

void diag(const char *format, ...)
{
    va_list args;

    fputs("# ", stdout);
    va_start(args, format);
    print_text("\n# ", format, args);
    va_end(args);
    end_line();
}

void bail(const char *format, ...)
{
    va_list args;

    fputs("Bail out! ", stdout);
    va_start(args, format);
    print_text(" ", format, args);
    va_end(args);
    end_line();
    exit(1);
}

void *must_alloc(size_t bytes)
{
    void *memory = calloc(1, bytes ? bytes : 1);

    if (!memory)
        bail("no memory for %zu bytes", bytes);
    return memory;
}

int done_testing(void)
{
    printf("1..%d", count);
    end_line();
    return failed != 0;
}
