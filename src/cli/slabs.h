/* slabs.h - an array divided into slabs that are contiguous in C order
 * SPDX-License-Identifier: MIT
 *
 * A slab is a range along one axis, at one index of each axis before it, with
 * all of the axes after it.  An array of shape (8, 3, 100) is divided along
 * axis 0 for at most 400 elements, along axis 1 for at most 200. */
#ifndef CLRELU_CLI_SLABS_H
#define CLRELU_CLI_SLABS_H

#include "npy/npy.h"

typedef struct slabs {
    size_t rank, dims[NPY_MAX_RANK];
    size_t axis;
    size_t extent;  /* of a slab along the axis; the last may have less */
    size_t in_axis; /* slabs along the axis */
    size_t count;   /* slabs in all, at least 1 */
} slabs;

typedef struct slab {
    size_t first, n; /* elements */
    size_t start[NPY_MAX_RANK], dims[NPY_MAX_RANK];
} slab;

/* The fewest slabs of at most max elements, of about the same size.  The first
 * one is the largest. */
void slabs_make(size_t rank, const size_t *dims, size_t max, slabs *s);
void slabs_get(const slabs *s, size_t index, slab *out);

/* The range of alpha that a slab uses.  extents: alpha's along each axis. */
void slab_alpha(const slab *s, size_t rank, const size_t *extents,
                size_t *first, size_t *n);

#endif
