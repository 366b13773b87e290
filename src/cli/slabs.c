/* slabs.c - an array divided into slabs that are contiguous in C order
 * SPDX-License-Identifier: MIT */
#include "slabs.h"

#include <string.h>

#include "base/integer.h"

void slabs_make(size_t rank, const size_t *dims, size_t max, slabs *s)
{
    size_t axis = rank, inner = 1;
    bool empty = false;

    *s = (slabs){.rank = rank, .extent = 1, .in_axis = 1, .count = 1};
    memcpy(s->dims, dims, rank * sizeof(*dims));
    for (size_t i = 0; i < rank; i++)
        empty = empty || dims[i] == 0;
    /* All axes that fit, then as much of the next one as fits. */
    while (!empty && axis > 0 && dims[axis - 1] <= max / inner)
        inner *= dims[--axis];
    if (empty || axis == 0) {
        s->extent = rank > 0 ? dims[0] : 1;
        return;
    }
    s->axis = --axis;
    s->in_axis = ceil_div(dims[axis], max / inner);
    s->extent = ceil_div(dims[axis], s->in_axis);
    s->in_axis = s->count = ceil_div(dims[axis], s->extent);
    while (axis > 0)
        s->count *= dims[--axis];
}

void slabs_get(const slabs *s, size_t index, slab *out)
{
    size_t outer = index / s->in_axis;
    const size_t start = index % s->in_axis * s->extent;

    memset(out, 0, sizeof(*out));
    memcpy(out->dims, s->dims, s->rank * sizeof(*out->dims));
    if (s->rank > 0) {
        const size_t rest = s->dims[s->axis] - start;
        out->start[s->axis] = start;
        out->dims[s->axis] = rest < s->extent ? rest : s->extent;
    }
    for (size_t i = s->axis; i-- > 0;) {
        out->start[i] = outer % s->dims[i];
        out->dims[i] = 1;
        outer /= s->dims[i];
    }
    out->n = 1;
    for (size_t i = 0; i < s->rank; i++) {
        out->first = out->first * s->dims[i] + out->start[i];
        out->n *= out->dims[i];
    }
}

void slab_alpha(const slab *s, size_t rank, const size_t *extents,
                size_t *first, size_t *n)
{
    *first = 0;
    *n = 1;
    for (size_t i = 0; i < rank; i++) {
        const bool kept = extents[i] != 1;
        *first = *first * extents[i] + (kept ? s->start[i] : 0);
        *n *= kept ? s->dims[i] : 1;
    }
}
