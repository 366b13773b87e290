/* input.h - .npy files and pipes as arrays of float32 in C order
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_INPUT_H
#define CLRELU_CLI_INPUT_H

#include "../npy.h"
#include "failure.h"
#include "progress.h"

typedef struct array {
    size_t rank, dims[NPY_MAX_RANK];
    size_t count;
    float *data; /* malloc'ed, never NULL once read                           */
} array;

/* The whole of path, or of standard input for "-".  The caller frees data,
 * which is NULL on failure. */
bool input_read(const char *path, array *a, progress *p, failure *f);

/* Its shape alone; data is NULL. */
bool input_read_shape(const char *path, array *a, failure *f);

/* Room for count floats. */
float *input_allocate(size_t count, failure *f);

#endif
