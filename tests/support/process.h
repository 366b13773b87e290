/* process.h - runs programs, and reads what they print
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_PROCESS_H
#define CLRELU_TESTS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Runs a program with all its output in the file "out"; returns its exit
 * status, 127 if there is none, 256 if a signal ended it. */
int process_run(const char *const *words);

/* Starts a program with this one's output; whether it ended, and with 0. */
pid_t process_start(const char *const *words);
bool process_end(pid_t child);

/* What act returns in a forked child, which a signal ends where it hangs.  Only
 * where there is fork. */
bool process_fork(bool (*act)(void *data), void *data);

/* The text of a file, cut to size - 1 characters; returns its length. */
size_t process_text(const char *path, char *text, size_t size);

/* How often a file has the character. */
size_t process_count(const char *path, char character);

/* "out" as a diagnostic. */
void process_show(void);

/* The path of the program that runs, from the root on. */
const char *process_self(char **argv);

/* The cache of programs is "cache" in the folder; returns its path. */
const char *process_cache(const char *folder);

/* For the command line, whose path is argv[1]: moves into a new folder, in
 * which the cache of programs is "cache", and returns its path. */
const char *process_enter(int argc, char **argv);

/* process_run of the command line with a line's words, split at spaces. */
int process_line(const char *line);

/* One line: the exit status, and this is in what is printed. */
void process_gives(const char *line, int status, const char *part,
                   const char *what);

/* Is this in "out"?  If not, it is shown. */
bool process_says(const char *part);

#endif
