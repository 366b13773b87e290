/* system.h - what tests want of the operating system
 * SPDX-License-Identifier: MIT
 *
 * In system_posix.c and system_windows.c. */
#ifndef CLRELU_TESTS_SYSTEM_H
#define CLRELU_TESTS_SYSTEM_H

#include <stdbool.h>
#include <sys/types.h>

/* Starts a program, looked for in PATH.  out: for all its output, or -1. */
pid_t system_start(const char *const *words, int out);

/* Waits for it: its exit status, 127 if there was no such program, 256 if it
 * was ended. */
int system_wait(pid_t child);

/* Ends it as nothing can keep it from. */
void system_kill(pid_t child);

/* A new folder, whose name replaces the last six characters, "XXXXXX". */
bool system_make_folder(char *name);

/* Everybody may write the file or folder. */
bool system_open_to_all(const char *path);

/* Whether drivers see a variable that this process sets: in Wine they do not.
 */
bool system_drivers_see(void);

/* What is written there is gone. */
#ifdef _WIN32
#define SYSTEM_NULL "NUL"
#else
#define SYSTEM_NULL "/dev/null"
#endif

#ifdef _WIN32
/* Meson's limit ends a test that hangs. */
#define alarm(seconds) ((void)(seconds))
#endif

#endif
