/* whole.h - files that are there whole or not at all
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_SRC_WHOLE_H
#define CLRELU_SRC_WHOLE_H

#include <stdbool.h>
#include <stdio.h>

#include "clrelu.h"

typedef struct clrelu_whole {
    FILE *file;
    char *temporary;
} clrelu_whole;

/* A file to write, in the folder of path. */
clrelu_status clrelu_whole_open(clrelu_whole *w, const char *path);

/* Puts it in path's place; good: all was written, or errno says why not. */
clrelu_status clrelu_whole_close(clrelu_whole *w, const char *path, bool good);

/* Removes it. */
void clrelu_whole_drop(clrelu_whole *w);

#endif
