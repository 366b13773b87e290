/* whole.h - files that are written whole or not at all
 * SPDX-License-Identifier: MIT
 *
 * What is written goes to a temporary file in the same folder, and takes the
 * name once all of it is on the disk.  It has the permissions, and as far as
 * may be the owner and group, of the file that it replaces; symbolic links stay
 * and are followed.  What is no regular file, such as a pipe, is written
 * itself. */
#ifndef CLRELU_SRC_WHOLE_H
#define CLRELU_SRC_WHOLE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

enum { WHOLE_PATH = 4096 };

typedef struct clrelu_whole {
    FILE *file;                 /* NULL: not open                             */
    char path[WHOLE_PATH];      /* what is replaced, links followed           */
    char temporary[WHOLE_PATH]; /* "": file is what path names                */
    struct stat old;            /* of the file at path ...                    */
    bool replaces, placed;      /* ... if there is one                        */
    const char *error;          /* what is wrong, such as "is a directory"    */
} clrelu_whole;

/* All return false and set error and errno where they fail; w is for
 * clrelu_whole_drop in any case.  The name of the temporary file is there
 * before the file is, for signal handlers. */
bool clrelu_whole_name(clrelu_whole *w, const char *path);
bool clrelu_whole_open(clrelu_whole *w);

/* Down to the disk; then the file takes its name. */
bool clrelu_whole_close(clrelu_whole *w);
bool clrelu_whole_place(clrelu_whole *w);

/* Removes what was not placed; keeps errno. */
void clrelu_whole_drop(clrelu_whole *w);

/* The first two; the others, where good says that all was written, and else
 * errno why not.  Nothing is left to drop after a failure, nor after end. */
bool clrelu_whole_begin(clrelu_whole *w, const char *path);
bool clrelu_whole_end(clrelu_whole *w, bool good);

#endif
