/* console_posix.c - the command line's operating system, where it is POSIX
 * SPDX-License-Identifier: MIT */
#include "console.h"

#include <signal.h>
#include <stdlib.h>

static void (*at_end)(void);

void console_begin(void)
{
}

static void on_signal(int number)
{
    at_end();
    raise(number);
}

void console_at_end(void (*act)(void))
{
    static const int numbers[] = {SIGHUP,  SIGINT,  SIGQUIT,
                                  SIGABRT, SIGPIPE, SIGTERM};
    struct sigaction action = {0}, old;

    at_end = act;
    action.sa_handler = on_signal;
    action.sa_flags = (int)(SA_RESETHAND | SA_NODEFER);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        /* nohup and shells set some to be ignored: they stay so. */
        if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
    /* At the limit of a file's size write() fails instead. */
    signal(SIGXFSZ, SIG_IGN);
    /* Compilers inside drivers call exit() when they fail. */
    atexit(act);
}

const char *console_temporary(void)
{
    const char *given = getenv("TMPDIR");

    return given && *given ? given : "/var/tmp";
}

bool console_has_gnuplot(void)
{
    return system("command -v gnuplot >/dev/null 2>&1") == 0;
}

FILE *console_open_gnuplot(void)
{
    signal(SIGPIPE, SIG_IGN);
    return popen("LC_ALL=C.UTF-8 gnuplot >/dev/null", "w");
}
