/* output.h - .npy files that are whole or absent
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_OUTPUT_H
#define CLRELU_CLI_OUTPUT_H

#include "input.h"

enum { OUTPUT_MOST = 3 };

/* A temporary file beside path, or, where path is "-" or names what is not a
 * regular file, such as a pipe, that itself.  All zero: not open. */
typedef struct output {
    const char *name, *path;
    char *temporary;
    int fd;
    bool open, renamed;
} output;

/* Removes temporary files also where a signal, or a driver, ends the program.
 */
void output_clean_up_at_exit(void);

bool output_open(output *o, const char *path, failure *f);

/* Goes to standard output. */
bool output_is_standard(const output *o);

/* Refuses two that would end up as one file. */
bool output_differ(const output *a, const output *b, failure *f);

/* Writes the whole file, down to the disk. */
bool output_write(output *o, const array *a, progress *p, failure *f);

/* Gives all files their names; they are whole by now. */
bool output_commit(output *outputs, size_t count, failure *f);

/* Releases all; removes what was not committed. */
void output_close(output *outputs, size_t count);

#endif
