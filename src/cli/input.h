/* input.h - .npy files and pipes as arrays in C order
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_INPUT_H
#define CLRELU_CLI_INPUT_H

#include "failure.h"
#include "npy/npy.h"
#include "pieces.h"
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

enum { INPUT_CHUNK = 1 << 20 }; /* bytes, a multiple of every item         */

/* A file that is read piece by piece. */
typedef struct input {
    int fd;
    const char *name;
    npy_header header;
    clrelu_dtype dtype; /* what its elements become                           */
    bool seeks;         /* a regular file, found long enough                  */
    uint64_t data;      /* where its elements begin                           */
    unsigned char *chunk;
} input;

/* path, or standard input for "-".  What cannot seek is copied to a spool if
 * it is in Fortran order, or has to be out of the way of another pipe.  in must
 * be closed, also after a failure, unless it is all zero. */
bool input_open(input *in, const char *path, input_type type, bool out_of_way,
                failure *f);
void input_close(input *in);

/* The next piece, to C order and the input's dtype. */
bool input_take(input *in, const piece *next, void *out, progress *p,
                failure *f);

/* n elements as they are in the file, of one that seeks. */
bool input_read_at(input *in, size_t first, size_t n, void *bytes, failure *f);

/* Its shape and dtype. */
void input_shape(const input *in, array *a);

/* The whole of path, or of standard input for "-".  The caller frees data,
 * which is NULL on failure. */
bool input_read(const char *path, input_type type, array *a, progress *p,
                failure *f);

/* Its shape and own type alone; data is NULL. */
bool input_read_shape(const char *path, array *a, failure *f);

/* Room for as many elements of its type as it counts. */
bool input_allocate(array *a, failure *f);

#endif
