/* npy.h - NumPy's file format: headers and elements
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_NPY_NPY_H
#define CLRELU_NPY_NPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clrelu.h"

enum {
    NPY_MAX_RANK = 64,
    NPY_PREFIX = 10,        /* min bytes before a header's text */
    NPY_MAX_PREFIX = 12,    /* max bytes before it */
    NPY_MAX_TEXT = 1 << 20, /* bytes; far more than plain headers have */
    NPY_MAX_HEADER = 2048,  /* max bytes that clrelu_npy_header_format writes */
    NPY_SHAPE_TEXT = 64 * 22 + 3,
    NPY_ERROR = 256
};

typedef struct npy_header {
    char kind;        /* 'f', 'i', 'u', 'b', or 'V' for bfloat16 */
    size_t item_size; /* bytes of an element in the file */
    bool swapped;     /* not in this machine's byte order */
    bool fortran;     /* in Fortran order: see clrelu_npy_reorder */
    size_t rank, dims[NPY_MAX_RANK];
    size_t count; /* elements; 8 bytes each fit half of size_t */
} npy_header;

/* A file begins with a prefix, which has the size of the header's text; the
 * text follows.  On failure both return false and describe the fault in
 * error. */
bool clrelu_npy_prefix_parse(const unsigned char prefix[NPY_MAX_PREFIX],
                             size_t *prefix_size, size_t *text_size,
                             char error[NPY_ERROR]);
bool clrelu_npy_text_parse(const char *text, size_t size, npy_header *header,
                           char error[NPY_ERROR]);

/* The type that stores the elements exactly; float32 for integers and
 * booleans. */
clrelu_dtype clrelu_npy_dtype(const npy_header *header);

/* Converts n elements of the file to dtype, each rounded at most once. */
void clrelu_npy_convert(const npy_header *header, const void *bytes, size_t n,
                        clrelu_dtype dtype, void *out);

/* Reorders header->count elements of size bytes from Fortran to C order. */
void clrelu_npy_reorder(const npy_header *header, size_t size,
                        const void *fortran, void *c);

/* The header of a file of dtype in C order; returns its size in bytes. */
size_t clrelu_npy_header_format(size_t rank, const size_t *dims,
                                clrelu_dtype dtype, char out[NPY_MAX_HEADER]);

/* The same of a file of n uint32. */
size_t clrelu_npy_uint32_format(size_t n, char out[NPY_MAX_HEADER]);

/* A shape as Python prints it, such as "(2, 3)"; returns text. */
char *clrelu_npy_shape_format(size_t rank, const size_t *dims,
                              char text[NPY_SHAPE_TEXT]);

#endif
