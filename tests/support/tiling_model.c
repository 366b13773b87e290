/* tiling_model.c - a tiling's traversals of x, element by element
 * SPDX-License-Identifier: MIT */
#include "tiling_model.h"

#include <stdlib.h>
#include <string.h>

#include "order.h"
#include "plan/tiling.h"
#include "reference.h"
#include "tap.h"

/* The element where row of a traversal starts, by the words of tiling.h. */
static uint64_t row_start(const clrelu_tiling *t, bool sums, uint64_t tile,
                          uint64_t outer, uint64_t row)
{
    const bool first_kept = t->first_kept;
    const uint64_t chunk = row % t->chunks;
    uint64_t segment = row / t->chunks, stride = t->segment;
    uint64_t element = (tile + chunk) * t->width;

    for (uint64_t g = t->split_axis + 1; g < t->groups; g++) {
        uint64_t *counter =
            sums && first_kept == (g % 2 == 0) ? &outer : &segment;
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

/* What the traversals must find: every element once, and for sums one alpha in
 * each column. */
struct visit {
    const clrelu_shape *shape;
    unsigned char *seen;
    uint64_t visited;
    bool columns_agree;
    size_t alpha[CLRELU_LONG_ROW_MAX];
};

static bool visit_row(struct visit *v, uint64_t start, uint64_t length,
                      uint64_t n, bool first, bool compare)
{
    for (uint64_t column = 0; column < length; column++) {
        if (start + column >= n || v->seen[start + column]++)
            return false;
        const size_t alpha =
            reference_alpha_index(v->shape, (size_t)(start + column));
        if (first)
            v->alpha[column] = alpha;
        else if (compare && v->alpha[column] != alpha)
            v->columns_agree = false;
    }
    v->visited += length;
    return true;
}

static bool traverse(struct visit *v, const clrelu_tiling *t, bool sums,
                     uint64_t n)
{
    for (uint64_t outer = 0; outer < t->outer_alphas; outer++)
        for (uint64_t tile = 0; tile < t->tiles; tile++)
            for (uint64_t row = 0; row < t->rows; row++)
                if (!visit_row(v, row_start(t, sums, tile, outer, row),
                               row_length(t, tile, row), n, row == 0, sums))
                    return false;
    return v->visited == n;
}

/* Whether interleaved rows have the same alphas; rows of one alpha, and those
 * that load theirs from memory, need not. */
static bool interleaved_agree(struct visit *v, const clrelu_tiling *t)
{
    const bool is_kept = t->first_kept == (t->split_axis % 2 == 0);

    if (t->row_alphas == 1 || (t->chunks > 1 && is_kept))
        return true;
    v->columns_agree = true;
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
    return v->columns_agree;
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
           (stream || t->row_stride == t->rows) && interleaved_agree(v, t);
}

static bool is_right(const clrelu_shape *shape, bool sums, bool stream)
{
    const uint64_t max = sums ? CLRELU_ROW_MAX : CLRELU_LONG_ROW_MAX;
    clrelu_merged_shape merged;
    clrelu_tiling t;
    struct visit v = {shape, NULL, 0, true, {0}};
    bool right;

    if (clrelu_merge_shape(shape, &merged))
        return false;
    clrelu_tiling_make(&merged, sums, 96, stream, &t);
    v.seen = must_alloc((size_t)merged.n);
    right = traverse(&v, &t, sums, merged.n) && v.columns_agree &&
            t.width <= max &&
            (sums ? sums_are_right(&t) : tasks_are_right(&v, &t, stream)) &&
            (!sums || clrelu_tiling_workspace(&t, CLRELU_FLOAT32,
                                              merged.alphas) <= 8u << 20);
    free(v.seen);
    if (!right)
        diag("split axis %llu width %llu tiles %llu chunks %llu rows %llu "
             "row stride %llu",
             (unsigned long long)t.split_axis, (unsigned long long)t.width,
             (unsigned long long)t.tiles, (unsigned long long)t.chunks,
             (unsigned long long)t.rows, (unsigned long long)t.row_stride);
    return right;
}

bool tiling_is_right(const clrelu_shape *shape, bool sums)
{
    return is_right(shape, sums, false) && is_right(shape, sums, true);
}

static uint64_t halvings(uint64_t n)
{
    uint64_t count = 0;

    for (; n > 1; n = (n + 1) / 2)
        count++;
    return count;
}

uint64_t tiling_longest_chain(const clrelu_tiling *t)
{
    enum { LANES = 32, OLD_DALPHA = 1 };
    const uint64_t rows = t->block < t->rows ? t->block : t->rows;
    uint64_t inside = 1, levels = 0, final = 0;

    for (unsigned g = 0; g <= t->split_axis; g++) {
        const bool kept = (t->first_kept != 0) == (g % 2 == 0);
        const uint64_t size =
            g == t->split_axis ? t->width / inside : t->group[g];
        levels += kept ? 0 : halvings(size);
        inside *= size;
    }
    if (t->blocks > 1)
        final = (t->blocks + LANES - 1) / LANES +
                halvings(t->blocks < LANES ? t->blocks : LANES);
    return rows + levels + final + OLD_DALPHA;
}
