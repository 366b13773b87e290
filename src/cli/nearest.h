/* nearest.h - suggestions for mistyped names
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_NEAREST_H
#define CLRELU_CLI_NEAREST_H

#include <stddef.h>

typedef struct nearest {
    const char *word;
    size_t length;
    const char *best; /* NULL: none or several are nearest */
    size_t distance;
    char hint[64];
} nearest;

/* The word ends before a '='. */
void nearest_start(nearest *n, const char *word);
void nearest_try(nearest *n, const char *name);

/* " (did you mean 'NAME'?)", with prefix before the name, or "". */
const char *nearest_hint(nearest *n, const char *prefix);

#endif
