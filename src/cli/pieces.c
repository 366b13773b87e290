/* pieces.c - an array cut into pieces that are contiguous in C order
 * SPDX-License-Identifier: MIT */
#include "pieces.h"

#include <string.h>

static size_t ceil_div(size_t a, size_t b)
{
    return a / b + (a % b != 0);
}

void cuts_make(size_t rank, const size_t *dims, size_t max, cuts *c)
{
    size_t axis = rank, inner = 1;
    bool empty = false;

    *c = (cuts){.rank = rank, .step = 1, .in_axis = 1, .count = 1};
    memcpy(c->dims, dims, rank * sizeof(*dims));
    for (size_t i = 0; i < rank; i++)
        empty = empty || dims[i] == 0;
    /* The axes that fit, and then as much of the next as does. */
    while (!empty && axis > 0 && dims[axis - 1] <= max / inner)
        inner *= dims[--axis];
    if (empty || axis == 0) {
        c->step = rank > 0 ? dims[0] : 1;
        return;
    }
    c->axis = --axis;
    c->in_axis = ceil_div(dims[axis], max / inner);
    c->step = ceil_div(dims[axis], c->in_axis);
    c->in_axis = c->count = ceil_div(dims[axis], c->step);
    while (axis > 0)
        c->count *= dims[--axis];
}

void cuts_piece(const cuts *c, size_t index, piece *p)
{
    size_t before = index / c->in_axis;
    const size_t start = index % c->in_axis * c->step;

    memset(p, 0, sizeof(*p));
    memcpy(p->dims, c->dims, c->rank * sizeof(*p->dims));
    if (c->rank > 0) {
        const size_t extent = c->dims[c->axis];
        p->start[c->axis] = start;
        p->dims[c->axis] = extent - start < c->step ? extent - start : c->step;
    }
    for (size_t i = c->axis; i-- > 0;) {
        p->start[i] = before % c->dims[i];
        p->dims[i] = 1;
        before /= c->dims[i];
    }
    p->n = 1;
    for (size_t i = 0; i < c->rank; i++) {
        p->first = p->first * c->dims[i] + p->start[i];
        p->n *= p->dims[i];
    }
}

void piece_alpha(const piece *p, size_t rank, const size_t *alpha_dims,
                 size_t *first, size_t *n)
{
    *first = 0;
    *n = 1;
    for (size_t i = 1; i < rank; i++) {
        const bool kept = alpha_dims[i - 1] != 1;
        *first = *first * alpha_dims[i - 1] + (kept ? p->start[i] : 0);
        *n *= kept ? p->dims[i] : 1;
    }
}
