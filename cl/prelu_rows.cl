/* prelu_rows.cl - the traversal of x by rows, as src/plan/tiling.h plans it
 * SPDX-License-Identifier: MIT
 * needs: prelu.cl divide.cl
 * used by: prelu on CPUs; prelu sums; chain on CPUs; chain sums
 *
 * docs/glossary.md draws a row, its segment and its task. */

/* Columns of the widest row, and interleaved rows.  Must match CLRELU_ROW_MAX
 * in src/base/limits.h, and CLRELU_LONG_ROW_MAX and CLRELU_INTERLEAVE in
 * src/plan/tiling.h. */
#define ROW_MAX (GROUP == 1 && !SUMS ? 2048 : 1024)
#define INTERLEAVE 4

/* The position of a traversal: the segment, the chunk of it, the row's first
 * element and the segment's first alpha.  With sums, segment counts the indices
 * of the shared groups outside it alone.  Those of the kept groups are the same
 * in all rows: kept_element and kept_alpha are the offsets that they add to
 * element and alpha, 0 without sums. */
struct row_cursor {
    ulong segment, chunk, element, alpha, kept_element, kept_alpha;
};

/* Whether row_cursor's segment counts a group outside it: with sums, a shared
 * one; without, any. */
bool is_counted(bool kept)
{
    return !SUMS || !kept;
}

void find_segment(const struct tiling *t, struct row_cursor *pos)
{
    ulong stride = t->segment, alpha_stride = t->segment_alphas;
    ulong segment = pos->segment;
    pos->element = pos->kept_element;
    pos->alpha = pos->kept_alpha;
    for (uint g = (uint)t->split_axis + 1; g < t->groups; g++) {
        const ulong size = t->group[g];
        const bool kept = is_kept(t, g);
        if (is_counted(kept)) {
            /* A division costs as much as a vector or two. */
            const bool outermost = g + 1 == t->groups;
            ulong index = segment;
            segment = outermost ? 0 : divide(segment, size, &index);
            pos->element += index * stride;
            if (kept)
                pos->alpha += index * alpha_stride;
        }
        stride *= size;
        if (kept)
            alpha_stride *= size;
    }
}

/* outer is one of the outer alphas: it counts the index combinations of the
 * kept groups outside the segment. */
void find_kept(const struct tiling *t, struct row_cursor *pos, ulong outer)
{
    ulong stride = t->segment, alpha_stride = t->segment_alphas;
    pos->kept_element = pos->kept_alpha = 0;
    for (uint g = (uint)t->split_axis + 1; g < t->groups; g++) {
        const ulong size = t->group[g];
        if (!is_counted(is_kept(t, g))) {
            ulong index;
            outer = divide(outer, size, &index);
            pos->kept_element += index * stride;
            pos->kept_alpha += index * alpha_stride;
            alpha_stride *= size;
        }
        stride *= size;
    }
}

/* Leaves the kept groups outside the segment as they are. */
void find_row(const struct tiling *t, ulong tile, ulong row,
              struct row_cursor *pos)
{
    pos->segment = divide(row, t->chunks, &pos->chunk);
    find_segment(t, pos);
    pos->element += (tile + pos->chunk) * t->width;
}

struct row_cursor start_rows(const struct tiling *t, ulong tile, ulong row,
                             ulong outer)
{
    struct row_cursor pos = {0, 0, 0, 0, 0, 0};
    find_kept(t, &pos, outer);
    find_row(t, tile, row, &pos);
    return pos;
}

/* The i-th row that a block adds; t->rows or more is no row.  Burst j of the
 * block is burst j*blocks + (block + skew) % blocks of the traversal; skew
 * depends on j % 4.  Four bursts are a set.  The block adds the first row of
 * each, here of burst k of the set, then the second, and so on.  step - row is
 * a multiple of burst: no division, as burst is a power of two. */
ulong row_of_block(const struct tiling *t, ulong block, ulong i)
{
    const ulong k = i % INTERLEAVE, step = i / INTERLEAVE;
    const ulong row = step & (t->burst - 1);
    const ulong skew = t->blocks > 6 ? k * 3 & 7 : 0; /* 0, 3, 6, 1 */
    ulong skewed = block + skew;
    skewed -= skewed >= t->blocks ? t->blocks : 0;
    return ((step - row) * INTERLEAVE + k * t->burst) * t->blocks +
           skewed * t->burst + row;
}

/* A number of rows, as segments and chunks. */
struct row_step {
    ulong segments, chunks;
};

struct row_step step_of(const struct tiling *t, ulong rows)
{
    struct row_step s;
    s.segments = divide(rows, t->chunks, &s.chunks);
    return s;
}

void advance(const struct tiling *t, ulong tile, struct row_step step,
             struct row_cursor *pos)
{
    pos->chunk += step.chunks;
    if (step.segments == 0 && pos->chunk < t->chunks) {
        pos->element += step.chunks * t->width;
        return;
    }
    pos->segment += step.segments;
    if (pos->chunk >= t->chunks) {
        pos->chunk -= t->chunks;
        pos->segment++;
    }
    find_segment(t, pos);
    pos->element += (tile + pos->chunk) * t->width;
}

uint row_length(const struct tiling *t, ulong tile,
                const struct row_cursor *pos)
{
    return (uint)min(t->width, t->segment - (tile + pos->chunk) * t->width);
}

/* Alphas of a tile's rows.  The last may have fewer. */
uint alphas_of(const struct tiling *t, ulong tile)
{
    return (uint)min(t->row_alphas, t->segment_alphas - tile * t->row_alphas);
}
