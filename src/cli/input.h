/* input.h - .npy files and pipes as arrays in C order
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_INPUT_H
#define CLRELU_CLI_INPUT_H

#include "../npy.h"
#include "failure.h"
#include "progress.h"

typedef struct array {
    size_t rank, dims[NPY_MAX_RANK];
    size_t count;
    clrelu_dtype dtype;
    void *data; /* malloc'ed, never NULL once read                            */
} array;

/* What a file's elements become: those of type keep stay what they are, the
 * others become to; 0 and 0, all stay what they are. */
typedef struct input_type {
    clrelu_dtype to, keep;
    bool bfloat16_bits; /* uint16 holds the bits of bfloat16                  */
} input_type;

/* The whole of path, or of standard input for "-".  The caller frees data,
 * which is NULL on failure. */
bool input_read(const char *path, input_type type, array *a, progress *p,
                failure *f);

/* Its shape and own type alone; data is NULL. */
bool input_read_shape(const char *path, array *a, failure *f);

/* Room for as many elements of its type as it counts. */
bool input_allocate(array *a, failure *f);

#endif
