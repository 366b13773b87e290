/* pieces.h - an array cut into pieces that are contiguous in C order
 * SPDX-License-Identifier: MIT
 *
 * A piece is a range along one axis, of one index of the axes before it and of
 * all of those behind it: arrays of shape (8, 3, 100) in pieces of at most 400
 * elements are cut along axis 0, and of at most 200 along axis 1. */
#ifndef CLRELU_CLI_PIECES_H
#define CLRELU_CLI_PIECES_H

#include "npy/npy.h"

typedef struct cuts {
    size_t rank, dims[NPY_MAX_RANK];
    size_t axis;
    size_t step;    /* indices of axis in a piece; the last may have less     */
    size_t in_axis; /* pieces of the axis                                     */
    size_t count;   /* pieces in all, at least 1                              */
} cuts;

typedef struct piece {
    size_t first, n; /* elements                                              */
    size_t start[NPY_MAX_RANK], dims[NPY_MAX_RANK];
} piece;

/* As few pieces of at most most elements as there can be, of much the same
 * size.  No piece is larger than the first one. */
void cuts_make(size_t rank, const size_t *dims, size_t max, cuts *c);
void cuts_piece(const cuts *c, size_t index, piece *p);

/* The range of an alpha of rank - 1 extents that a piece meets. */
void piece_alpha(const piece *p, size_t rank, const size_t *alpha_dims,
                 size_t *first, size_t *n);

#endif
