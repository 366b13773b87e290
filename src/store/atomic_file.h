/* atomic_file.h - files that are written whole or not at all
 * SPDX-License-Identifier: MIT
 *
 * What is written goes to a temporary file in the same folder, and takes the
 * name once all of it is on the disk.  It has the permissions, and as far as
 * may be the owner and group, of the file that it replaces; symbolic links stay
 * and are followed.  What is no regular file, such as a pipe, is written
 * itself. */
#ifndef CLRELU_STORE_ATOMIC_FILE_H
#define CLRELU_STORE_ATOMIC_FILE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

enum { ATOMIC_FILE_PATH = 4096 };

typedef struct clrelu_atomic_file {
    FILE *file; /* NULL: not open                             */
    char path[ATOMIC_FILE_PATH];      /* the replaced file, links followed   */
    char temporary[ATOMIC_FILE_PATH]; /* "": file is what path names */
    struct stat old;       /* of the file at path ...                    */
    bool replaces, placed; /* ... if there is one                        */
    const char *error;     /* what is wrong, such as "is a directory"    */
} clrelu_atomic_file;

/* All return false and set error and errno where they fail; w is for
 * clrelu_atomic_file_discard in any case.  The name of the temporary file is
 * there before the file is, for signal handlers. */
bool clrelu_atomic_file_name(clrelu_atomic_file *w, const char *path);
bool clrelu_atomic_file_open(clrelu_atomic_file *w);

/* Down to the disk; then the file takes its name. */
bool clrelu_atomic_file_close(clrelu_atomic_file *w);
bool clrelu_atomic_file_commit(clrelu_atomic_file *w);

/* Removes what was not placed; keeps errno. */
void clrelu_atomic_file_discard(clrelu_atomic_file *w);

/* The first two; the others, where good says that all was written, and else
 * errno why not.  Nothing is left to drop after a failure, nor after end. */
bool clrelu_atomic_file_begin(clrelu_atomic_file *w, const char *path);
bool clrelu_atomic_file_end(clrelu_atomic_file *w, bool good);

#endif
