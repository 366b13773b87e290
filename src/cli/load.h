/* load.h - slabs and whole arrays from .npy files
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_LOAD_H
#define CLRELU_CLI_LOAD_H

#include "input.h"

/* The next slab of an open input, in C order and the input's dtype. */
bool load_slab(input *in, const slab *s, void *out, progress *p, failure *f);

/* All of path, or of standard input for "-".  The caller frees data, which is
 * NULL on failure. */
bool load_array(const char *path, input_type type, array *a, progress *p,
                failure *f);

#endif
