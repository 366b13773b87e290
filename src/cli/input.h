/* input.h - .npy files and pipes as arrays in C order
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_INPUT_H
#define CLRELU_CLI_INPUT_H

#include "failure.h"
#include "npy/npy.h"
#include "progress.h"
#include "slabs.h"

typedef struct array {
    size_t rank, dims[NPY_MAX_RANK];
    size_t count;
    clrelu_dtype dtype;
    void *data; /* from malloc, never NULL once read */
} array;

/* The type of a file's elements in memory: to, except that elements of type
 * keep are not converted.  0: the file's type. */
typedef struct input_type {
    clrelu_dtype to, keep;
    bool bfloat16_bits; /* uint16 is read as the bits of bfloat16 */
} input_type;

enum { INPUT_CHUNK = 1 << 20 }; /* bytes; a multiple of all item sizes */

/* A file that is read slab by slab. */
typedef struct input {
    int fd;
    const char *name;
    npy_header header;
    clrelu_dtype dtype; /* of its elements in memory */
    bool seeks;         /* a regular file, not truncated */
    uint64_t data;      /* offset of its elements in bytes */
    unsigned char *chunk;
} input;

/* path, or standard input for "-".  A pipe is copied to a temporary file if it
 * is in Fortran order or, with spools, if another pipe is read later.  in must
 * be closed, also after a failure, unless it is all zero. */
bool input_open(input *in, const char *path, input_type type, bool spools,
                failure *f);
void input_close(input *in);

/* Reads n elements without conversion, starting at element first.  A pipe's
 * elements must be read in order. */
bool input_read_at(input *in, size_t first, size_t n, void *bytes, failure *f);

/* Its shape and dtype. */
void input_shape(const input *in, array *a);

/* The shape and type of a file; data is NULL. */
bool input_read_shape(const char *path, array *a, failure *f);

/* Allocates data for count elements of dtype. */
bool input_allocate(array *a, failure *f);

#endif
