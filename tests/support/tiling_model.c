/* tiling_model.c - a tiling's walk over x, element by element
 * SPDX-License-Identifier: MIT */
#include "tiling_model.h"

#include <stdlib.h>
#include <string.h>

#include "order.h"
#include "plan/tiling.h"
#include "reference.h"
#include "tap.h"

/* The element where row of a walk starts, by the words of tiling.h. */
static uint64_t row_start(const clrelu_tiling *t, bool sums, uint64_t tile,
                          uint64_t keep, uint64_t row)
{
    const bool first_kept = t->first_kept;
    const uint64_t piece = row % t->chunks;
    uint64_t run = row / t->chunks, stride = t->segment;
    uint64_t element = (tile + piece) * t->width;

    for (uint64_t g = t->split_axis + 1; g < t->groups; g++) {
        uint64_t *counter = sums && first_kept == (g % 2 == 0) ? &keep : &run;
        element += *counter % t->group[g] * stride;
        *counter /= t->group[g];
        stride *= t->group[g];
    }
    return element;
}

static uint64_t row_length(const clrelu_tiling *t, uint64_t tile, uint64_t row)
{
    const uint64_t begin = (tile + row % t->chunks) * t->width;

    return t->segment - begin < t->width ? t->segment - begin : t->width;
}

/* What a walk must find: every element once, and for sums that a lane meets
 * one alpha only. */
struct visit {
    const clrelu_shape *shape;
    unsigned char *seen;
    uint64_t visited;
    bool lanes_agree;
    size_t alpha[CLRELU_LONG_ROW_MAX];
};

static bool visit_row(struct visit *v, uint64_t start, uint64_t length,
                      uint64_t n, bool first, bool compare)
{
    for (uint64_t lane = 0; lane < length; lane++) {
        if (start + lane >= n || v->seen[start + lane]++)
            return false;
        const size_t alpha =
            reference_alpha_index(v->shape, (size_t)(start + lane));
        if (first)
            v->alpha[lane] = alpha;
        else if (compare && v->alpha[lane] != alpha)
            v->lanes_agree = false;
    }
    v->visited += length;
    return true;
}

static bool walk(struct visit *v, const clrelu_tiling *t, bool sums, uint64_t n)
{
    for (uint64_t keep = 0; keep < t->outer_alphas; keep++)
        for (uint64_t tile = 0; tile < t->tiles; tile++)
            for (uint64_t row = 0; row < t->rows; row++)
                if (!visit_row(v, row_start(t, sums, tile, keep, row),
                               row_length(t, tile, row), n, row == 0, sums))
                    return false;
    return v->visited == n;
}

/* Whether a row's companions meet the alphas that it meets; those of one alpha
 * and those that read theirs as they go need not. */
static bool companions_agree(struct visit *v, const clrelu_tiling *t)
{
    const bool is_kept = t->first_kept == (t->split_axis % 2 == 0);

    if (t->row_alphas == 1 || (t->chunks > 1 && is_kept))
        return true;
    v->lanes_agree = true;
    for (uint64_t tile = 0; tile < t->tiles; tile++)
        for (uint64_t row = 0; row < t->row_stride; row++)
            for (uint64_t k = row; k < t->rows; k += t->row_stride) {
                const uint64_t start = row_start(t, false, tile, 0, k);
                const uint64_t length = row_length(t, tile, k);
                memset(v->seen + start, 0, (size_t)length);
                if (!visit_row(v, start, length, start + length, k == row,
                               true))
                    return false;
            }
    return v->lanes_agree;
}

/* Each row is one block's, once. */
static bool sums_are_right(const clrelu_tiling *t)
{
    unsigned char *seen = must_alloc((size_t)t->rows);
    uint64_t count = 0;
    bool right = true;

    for (uint64_t b = 0; b < t->blocks; b++)
        for (uint64_t i = 0; i < t->block && right; i++) {
            const uint64_t row = row_of_sums(t, b, i);
            if (row >= t->rows)
                continue;
            right = right && seen[row]++ == 0;
            count++;
        }
    free(seen);
    return right && count == t->rows;
}

static bool tasks_are_right(struct visit *v, const clrelu_tiling *t,
                            bool stream)
{
    return t->block * t->blocks >= t->row_stride &&
           t->block * (t->blocks - 1) < t->row_stride &&
           t->row_stride * CLRELU_INTERLEAVE >= t->rows &&
           (stream || t->row_stride == t->rows) && companions_agree(v, t);
}

static bool is_right(const clrelu_shape *shape, bool sums, bool stream)
{
    const uint64_t max = sums ? CLRELU_ROW_MAX : CLRELU_LONG_ROW_MAX;
    clrelu_merged_shape chain;
    clrelu_tiling t;
    struct visit v = {shape, NULL, 0, true, {0}};
    bool right;

    if (clrelu_merge_shape(shape, &chain))
        return false;
    clrelu_tiling_make(&chain, sums, 96, stream, &t);
    v.seen = must_alloc((size_t)chain.n);
    right = walk(&v, &t, sums, chain.n) && v.lanes_agree && t.width <= max &&
            (sums ? sums_are_right(&t) : tasks_are_right(&v, &t, stream)) &&
            (!sums || clrelu_tiling_workspace(&t, CLRELU_FLOAT32,
                                              chain.alphas) <= 8u << 20);
    free(v.seen);
    if (!right)
        diag("top %llu width %llu tiles %llu pieces %llu rows %llu apart %llu",
             (unsigned long long)t.split_axis, (unsigned long long)t.width,
             (unsigned long long)t.tiles, (unsigned long long)t.chunks,
             (unsigned long long)t.rows, (unsigned long long)t.row_stride);
    return right;
}

bool tiling_is_right(const clrelu_shape *shape, bool sums)
{
    return is_right(shape, sums, false) && is_right(shape, sums, true);
}
