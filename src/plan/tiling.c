/* tiling.c - how PReLU cuts and traverses x
 * SPDX-License-Identifier: MIT */
#include "plan/tiling.h"

#include <string.h>

#include "base/integer.h"
#include "base/types.h"

enum {
    UNIFORM_MIN = 64,       /* columns that repay a row of one alpha, summed */
    LONG_UNIFORM_MIN = 256, /* ... not summed: rows' ends cost more */
    TASKS = 512,            /* work-groups that the largest devices hold */
    TASK_ROWS = 16,         /* rows that repay the end of a task */
    COLUMN_TASK_ROWS = 64,  /* ... if each column has a sum of its own */
    BURST_MAX = 8,          /* consecutive rows; more is not faster */
    REMAINDER = 8,          /* max 1/8 of the rows in the slow remainder loop */
    CACHED_ALPHAS = 1 << 16, /* alphas that stay in a cache */
    LINE = 32,               /* 16-bit elements of a cache line */
    MIN_LINE = 256           /* with gaps: elements that repay a row */
};

/* The product of the kept or of the shared groups, starting at group first. */
static uint64_t product(const clrelu_merged_shape *merged, unsigned first,
                        bool kept)
{
    uint64_t p = 1;

    for (unsigned g = first; g < merged->count; g++)
        if (clrelu_merged_kept(merged, g) == kept)
            p *= merged->size[g];
    return p;
}

/* A row of one alpha saves the others' loads, but rows are short then.  With
 * sums over few rows, most of the sum is over a row's columns. */
static bool uniform_pays(const clrelu_merged_shape *merged, bool sums)
{
    const uint64_t min = sums ? UNIFORM_MIN : LONG_UNIFORM_MIN;

    return !merged->first_kept && merged->size[0] >= min &&
           (!sums || product(merged, 1, false) < TASK_ROWS);
}

/* Max elements of a row of one alpha.  The tree reduction takes time, too:
 * short sums get few columns. */
static uint64_t uniform_width(const clrelu_merged_shape *merged)
{
    const uint64_t reduced = product(merged, 0, false);
    uint64_t width = CLRELU_ROW_MAX;

    while (width > UNIFORM_MIN && reduced / width < 2 * TASK_ROWS)
        width /= 2;
    return width;
}

/* Cuts size into equal chunks of at most max elements; a little more, if the
 * last chunk would be short. */
static uint64_t choose_chunk(uint64_t size, uint64_t max, bool whole_lines)
{
    uint64_t chunks = ceil_div(size, max), chunk = ceil_div(size, chunks);

    if (!whole_lines || chunks == 1)
        return chunk;
    chunk = min_u64(round_up(chunk, LINE), max);
    if (size % chunk > 0 && size % chunk < chunk / 4 &&
        2 * max < CLRELU_ROW_MAX)
        chunk = round_up(ceil_div(size, chunks - 1), LINE);
    return chunk;
}

/* Takes whole groups, from the innermost on, until the row uses a work-group
 * well: returns the next one, the split axis. */
static unsigned choose_split_axis(const clrelu_merged_shape *merged,
                                  uint64_t min, uint64_t *inside)
{
    unsigned axis = 0;

    for (*inside = 1;
         axis + 1 < merged->count && *inside * merged->size[axis] < min; axis++)
        *inside *= merged->size[axis];
    return axis;
}

static void make_rows(const clrelu_merged_shape *merged, bool sums,
                      clrelu_tiling *t)
{
    const bool uniform = uniform_pays(merged, sums);
    uint64_t inside, inside_alphas = 1;
    uint64_t max = sums ? CLRELU_ROW_MAX : CLRELU_LONG_ROW_MAX;
    /* Without sums a row may end with a line. */
    const bool is_line = !sums && merged->line >= MIN_LINE;
    const uint64_t min = is_line ? min_u64(max, merged->line) / 2 : max / 2;
    const unsigned axis = choose_split_axis(merged, uniform ? 0 : min, &inside);

    if (uniform && sums)
        max = uniform_width(merged);
    else if (is_line)
        max = min_u64(max, merged->line);
    for (unsigned g = 0; g < axis; g++)
        if (clrelu_merged_kept(merged, g))
            inside_alphas *= merged->size[g];

    const uint64_t size = merged->size[axis];
    const bool kept = clrelu_merged_kept(merged, axis);
    const bool tiles = kept && (sums || axis > 0 || size > CACHED_ALPHAS);
    const uint64_t chunk = choose_chunk(size, max / inside, inside == 1);
    const uint64_t chunks = ceil_div(size, chunk);
    t->split_axis = axis;
    t->segment = inside * size;
    t->width = inside * chunk;
    t->tiles = tiles ? chunks : 1;
    t->chunks = tiles ? 1 : chunks;
    t->row_alphas = inside_alphas * (kept ? chunk : 1);
    t->segment_alphas = inside_alphas * (kept ? size : 1);
}

/* At most as many tasks as a device runs at once: a second wave of few tasks
 * leaves most of it idle.  Each is long enough to repay its end. */
static void make_blocks(uint64_t tasks, bool sums, clrelu_tiling *t)
{
    const uint64_t set = sums ? CLRELU_INTERLEAVE : 1;
    const uint64_t parallel = t->outer_alphas * t->tiles;
    const uint64_t full_rows =
        sums && t->row_alphas * 8 > t->width ? COLUMN_TASK_ROWS : TASK_ROWS;
    const uint64_t interleaved = ceil_div(t->rows, t->row_stride);
    const uint64_t sets =
        max_u64(full_rows * CLRELU_ROW_MAX / (t->width * interleaved) / set, 1);
    const uint64_t blocks = min_u64(ceil_div(t->row_stride, sets * set),
                                    max_u64(tasks / parallel, 1));

    t->block = ceil_div(t->row_stride, blocks * set) * set;
    t->blocks = ceil_div(t->row_stride, t->block);
}

/* Rows of a traversal that are not in a full set of interleaved bursts. */
static uint64_t remainder_rows(const clrelu_tiling *t)
{
    const uint64_t set = CLRELU_INTERLEAVE * t->blocks;
    const uint64_t rest = ceil_div(t->rows, t->burst) % set;
    const uint64_t missing = rest > 0 ? set - rest : 0;
    const uint64_t left =
        missing < t->blocks ? missing * (CLRELU_INTERLEAVE - 1) : rest;

    return left * t->burst;
}

/* Rows of a traversal that are contiguous, possibly with the strip's others. */
static uint64_t contiguous_rows(const clrelu_merged_shape *merged,
                                const clrelu_tiling *t)
{
    const unsigned outside = (unsigned)t->split_axis + 1;
    const bool continues = t->tiles <= CLRELU_STRIP &&
                           outside < merged->count &&
                           !clrelu_merged_kept(merged, outside);

    return continues ? t->chunks * merged->size[outside] : t->chunks;
}

/* A GPU runs all tasks at once: as bursts are dealt round-robin, together they
 * read memory in order.  A CPU runs few tasks at a time: bursts of consecutive
 * rows suit its prefetchers.  One choice for all devices, as it is the order of
 * the sums. */
static void make_bursts(const clrelu_merged_shape *merged, clrelu_tiling *t)
{
    const uint64_t max = contiguous_rows(merged, t);

    t->burst = BURST_MAX;
    while (t->burst > 1 &&
           (t->burst > max || remainder_rows(t) > t->rows / REMAINDER))
        t->burst /= 2;
    const uint64_t set = CLRELU_INTERLEAVE * t->burst;
    t->block = ceil_div(t->rows, set * t->blocks) * set;
}

/* Rows after which a row's alphas repeat.  1 if all rows have the same alphas,
 * or if the kernel loads alphas for each row anyway. */
static uint64_t alpha_period(const clrelu_merged_shape *merged,
                             const clrelu_tiling *t)
{
    const bool in_memory =
        t->chunks > 1 && clrelu_merged_kept(merged, (unsigned)t->split_axis);
    uint64_t rows = t->chunks, period = 1;

    for (unsigned g = (unsigned)t->split_axis + 1; g < merged->count; g++) {
        rows *= merged->size[g];
        if (clrelu_merged_kept(merged, g))
            period = rows;
    }
    return t->row_alphas > 1 && !in_memory ? period : 1;
}

static void choose_row_stride(const clrelu_merged_shape *merged,
                              clrelu_tiling *t)
{
    const uint64_t quarter = ceil_div(t->rows, CLRELU_INTERLEAVE);
    const uint64_t period = alpha_period(merged, t);

    t->row_stride = min_u64(round_up(quarter, period), t->rows);
}

void clrelu_tiling_copy_groups(const clrelu_merged_shape *merged,
                               clrelu_tiling *t)
{
    memset(t, 0, sizeof(*t));
    t->groups = merged->count;
    t->first_kept = merged->first_kept;
    for (unsigned g = 0; g < merged->count; g++)
        t->group[g] = merged->size[g];
}

void clrelu_tiling_make(const clrelu_merged_shape *merged, bool sums,
                        uint64_t tasks, bool non_temporal, clrelu_tiling *t)
{
    clrelu_tiling_copy_groups(merged, t);
    make_rows(merged, sums, t);

    const unsigned outside = (unsigned)t->split_axis + 1;
    t->rows = t->chunks * product(merged, outside, false);
    t->outer_alphas = product(merged, outside, true);
    if (!sums) {
        t->rows *= t->outer_alphas;
        t->outer_alphas = 1;
    }
    t->row_stride = t->rows;
    t->burst = t->strip = 1;
    if (!sums && non_temporal)
        choose_row_stride(merged, t);
    make_blocks(sums ? TASKS : tasks, sums, t);
    if (sums)
        make_bursts(merged, t);
}

void clrelu_tiling_cut(clrelu_tiling *t, uint64_t tasks)
{
    t->block = ceil_div(t->row_stride, min_u64(tasks, t->row_stride));
    t->blocks = ceil_div(t->row_stride, t->block);
}

uint64_t clrelu_tiling_workspace(const clrelu_tiling *t, clrelu_dtype dtype,
                                 uint64_t alphas)
{
    return t->blocks > 1 ? 2 * t->blocks * alphas * clrelu_compute_size(dtype)
                         : 0;
}
