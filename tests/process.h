/* process.h - runs programs, and reads what they print
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_PROCESS_H
#define CLRELU_TESTS_PROCESS_H

#include <stddef.h>

/* Runs a program with all its output in the file "out"; returns its exit
 * status, 127 if there is none, 256 if a signal ended it. */
int process_run(const char *const *words);

/* The text of a file, cut to size - 1 characters; returns its length. */
size_t process_text(const char *path, char *text, size_t size);

/* "out" as a diagnostic. */
void process_show(void);

#endif
