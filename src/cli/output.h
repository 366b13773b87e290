/* output.h - .npy files written atomically
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_OUTPUT_H
#define CLRELU_CLI_OUTPUT_H

#include "input.h"
#include "store/atomic_file.h"

enum { OUTPUT_MAX = 6 };

/* An atomic file, or, if path is "-", standard output.  All zero: not open. */
typedef struct output {
    const char *name;
    clrelu_atomic_file atomic;
    bool standard;
    int spool; /* a temporary file to copy from, or 0 */
    uint64_t spooled;
} output;

/* Removes temporary files also when a signal or a driver ends the program. */
void output_clean_up_at_exit(void);

bool output_open(output *o, const char *path, failure *f);

/* Fails if both would become the same file. */
bool output_differ(const output *a, const output *b, failure *f);

/* Fails if o would replace the regular file at path. */
bool output_spares(const output *o, const char *path, failure *f);

/* Writes a file of a's shape and type, in_parts by several appends: then a pipe
 * gets its first byte in output_finish, which also calls fsync. */
bool output_begin(output *o, const array *a, bool in_parts, failure *f);
bool output_append(output *o, const void *bytes, size_t size, failure *f);
bool output_finish(output *o, progress *p, failure *f);

/* Writes the whole file. */
bool output_write(output *o, const array *a, progress *p, failure *f);

/* Renames all finished files, or none. */
bool output_commit(output *outputs, size_t count, failure *f);

/* Releases all; removes files that were not committed. */
void output_close(output *outputs, size_t count);

#endif
