/* nearest.h - the name that a mistyped word may mean
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_NEAREST_H
#define CLRELU_CLI_NEAREST_H

#include <stddef.h>

typedef struct nearest {
    const char *word;
    size_t length;
    const char *best; /* NULL: none is near, or two are                       */
    size_t distance;
    char hint[64];
} nearest;

/* The word ends before a '=', too. */
void nearest_start(nearest *n, const char *word);
void nearest_try(nearest *n, const char *name);

/* " (did you mean 'NAME'?)", with prefix before the name, or "". */
const char *nearest_hint(nearest *n, const char *prefix);

#endif
