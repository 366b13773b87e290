/* output.h - .npy files that are whole or absent
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_OUTPUT_H
#define CLRELU_CLI_OUTPUT_H

#include "input.h"
#include "store/atomic_file.h"

enum { OUTPUT_MAX = 3 };

/* A file as whole.h has it, or, where path is "-", standard output.  All zero:
 * not open. */
typedef struct output {
    const char *name;
    clrelu_atomic_file atomic;
    bool standard;
    int spool; /* 0, or where it goes first                                   */
    uint64_t spooled;
} output;

/* Removes temporary files also where a signal, or a driver, ends the program.
 */
void output_clean_up_at_exit(void);

bool output_open(output *o, const char *path, failure *f);

/* Goes to standard output. */
bool output_is_standard(const output *o);

/* Refuses two that would end up as one file. */
bool output_differ(const output *a, const output *b, failure *f);

/* Writes a file of a's shape and type in parts; what is not a file gets its
 * first byte when all is there.  finish goes down to the disk. */
bool output_begin(output *o, const array *a, bool in_parts, failure *f);
bool output_append(output *o, const void *bytes, size_t size, failure *f);
bool output_finish(output *o, progress *p, failure *f);

/* Writes the whole file. */
bool output_write(output *o, const array *a, progress *p, failure *f);

/* Gives all files their names; they are whole by now. */
bool output_commit(output *outputs, size_t count, failure *f);

/* Releases all; removes what was not committed. */
void output_close(output *outputs, size_t count);

#endif
