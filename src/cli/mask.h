/* mask.h - a mask in memory, and its file
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_MASK_H
#define CLRELU_CLI_MASK_H

#include "output.h"

/* Bit i%32 of words[i/32] is of element i.  All zero: none. */
typedef struct mask {
    uint32_t *words; /* from malloc */
    size_t count;
} mask;

/* All bits 0, for n elements. */
bool mask_make(mask *m, size_t n, failure *f);

/* All of a file, or of standard input for "-". */
bool mask_read(mask *m, const char *path, failure *f);

/* Whether a file's mask is of n elements. */
bool mask_check(const mask *m, const char *path, size_t n, failure *f);

/* The bits of n elements from first on, from or to the mask of a part. */
void mask_get(const mask *m, size_t first, size_t n, uint32_t *part);
void mask_set(mask *m, size_t first, size_t n, const uint32_t *part);

bool mask_write(const mask *m, output *o, progress *p, failure *f);

void mask_free(mask *m);

#endif
