/* atomic_file.h - files written under a temporary name, then renamed
 * SPDX-License-Identifier: MIT
 *
 * The temporary file is in the same folder, and is renamed once it is on the
 * disk.  It gets the permissions of the file that it replaces, and if possible
 * its owner and group.  Symbolic links are followed and stay.  A pipe, or
 * another file that is not regular, is written directly. */
#ifndef CLRELU_STORE_ATOMIC_FILE_H
#define CLRELU_STORE_ATOMIC_FILE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

enum { ATOMIC_FILE_PATH = 4096 };

typedef struct clrelu_atomic_file {
    FILE *file;                       /* to write to; NULL: not open */
    char path[ATOMIC_FILE_PATH];      /* the replaced file, links followed */
    char temporary[ATOMIC_FILE_PATH]; /* "": path is written directly */
    struct stat old;                  /* of a file at path ... */
    bool replaces, renamed;           /* ... if it exists and is regular */
    const char *error;                /* such as "is a directory" */
} clrelu_atomic_file;

/* All return false and set error and errno if they fail.  After success and
 * failure w needs clrelu_atomic_file_discard.  name only sets the names, for
 * signal handlers; open creates the temporary file. */
bool clrelu_atomic_file_name(clrelu_atomic_file *w, const char *path);
bool clrelu_atomic_file_open(clrelu_atomic_file *w);

/* close writes all to the disk, commit renames. */
bool clrelu_atomic_file_close(clrelu_atomic_file *w);
bool clrelu_atomic_file_commit(clrelu_atomic_file *w);

/* Removes a temporary file that was not renamed; keeps errno. */
void clrelu_atomic_file_discard(clrelu_atomic_file *w);

/* begin is name and open.  end is close and commit if good, else fails with the
 * reason in errno.  They discard after a failure, end always. */
bool clrelu_atomic_file_begin(clrelu_atomic_file *w, const char *path);
bool clrelu_atomic_file_end(clrelu_atomic_file *w, bool good);

/* False, with errno, unless all bytes are written. */
bool clrelu_write_all(int file, const void *bytes, size_t size);

#endif
