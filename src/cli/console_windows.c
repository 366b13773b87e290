/* console_windows.c - the command line's operating system, where it is Windows
 * SPDX-License-Identifier: MIT */
#include "console.h"

#include <fcntl.h>
#include <io.h>
#include <signal.h>
#include <stdlib.h>

static void (*at_end)(void);

void console_begin(void)
{
    _setmode(_fileno(stdin), _O_BINARY);
    _setmode(_fileno(stdout), _O_BINARY);
}

/* Its handler is reset before a signal is delivered. */
static void on_signal(int number)
{
    at_end();
    raise(number);
}

/* Closing the console, or TerminateProcess, calls none. */
void console_at_end(void (*act)(void))
{
    at_end = act;
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    signal(SIGBREAK, on_signal);
    signal(SIGABRT, on_signal);
    atexit(act);
}

const char *console_temporary(void)
{
    const char *given = getenv("TEMP");

    return given && *given ? given : ".";
}

bool console_has_gnuplot(void)
{
    return system("where gnuplot >NUL 2>NUL") == 0;
}

FILE *console_open_gnuplot(void)
{
    return popen("gnuplot >NUL", "w");
}
