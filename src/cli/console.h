/* console.h - what the operating system gives the command line alone
 * SPDX-License-Identifier: MIT
 *
 * In console_posix.c and console_windows.c. */
#ifndef CLRELU_CLI_CONSOLE_H
#define CLRELU_CLI_CONSOLE_H

#include <stdbool.h>
#include <stdio.h>

/* Once, at the start: standard input and output keep all bytes. */
void console_begin(void);

/* act is called when a signal ends the program, and by exit(). */
void console_at_end(void (*act)(void));

/* The folder for temporary files. */
const char *console_temporary(void);

bool console_has_gnuplot(void);

/* A pipe to gnuplot, for pclose.  A write to it fails if gnuplot has ended. */
FILE *console_open_gnuplot(void);

#endif
