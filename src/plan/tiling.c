/* tiling.c - how PReLU walks over x, a pure function of the shape
 * SPDX-License-Identifier: MIT */
#include "plan/tiling.h"

#include <string.h>

#include "base/status.h"
#include "npy/npy.h"

enum {
    UNIFORM = 64,            /* lanes for which sums may keep one alpha */
    LONG_UNIFORM = 256,      /* ... which save more than ends of rows cost */
    TASKS = 512,             /* work-groups that the largest devices hold */
    TASK_ROWS = 16,          /* rows that repay the end of a task */
    TASK_ROWS_UNFOLDED = 64, /* ... when every lane has a sum of its own */
    STRETCH = 8,             /* rows that are enough in one place */
    FEW = 8,                 /* for the part that is walked less well */
    CACHED = 1 << 16,        /* alphas that are cheap to read again */
    LINE = 32                /* elements of 16 bits in a line of a cache */
};

static uint64_t ceil_div(uint64_t a, uint64_t b)
{
    return a / b + (a % b != 0);
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* The product, or false if its bytes do not fit: no type has more than 8. */
static bool multiply(uint64_t *product, uint64_t factor)
{
    if (factor != 0 && *product > SIZE_MAX / 8 / factor)
        return false;
    *product *= factor;
    return true;
}

static clrelu_status check_shape(const clrelu_shape *s)
{
    if (!s)
        return clrelu_fail(CLRELU_INVALID_NULL, "shape is NULL");
    if (s->rank > CLRELU_MAX_RANK)
        return clrelu_fail(CLRELU_INVALID_RANK,
                           "shape: rank is %zu, must be in 0..%d: the batch "
                           "and the axes of alpha",
                           s->rank, CLRELU_MAX_RANK);
    if (!s->dims && s->rank > 0)
        return clrelu_fail(CLRELU_INVALID_NULL, "shape: dims is NULL");
    if (s->shared_count && !s->shared_axes)
        return clrelu_fail(CLRELU_INVALID_NULL,
                           "shape: shared_axes is NULL, shared_count is %zu",
                           s->shared_count);
    return CLRELU_OK;
}

static clrelu_status check_axes(const clrelu_shape *s)
{
    for (size_t i = 0; i < s->shared_count; i++) {
        const int axis = s->shared_axes[i];
        if (s->rank < 2)
            return clrelu_fail(CLRELU_INVALID_AXIS,
                               "shape: shared axis %d: x has no axis to share, "
                               "its rank is %zu (the batch is axis 0 and "
                               "always shared)",
                               axis, s->rank);
        if (axis < 1 || (size_t)axis >= s->rank)
            return clrelu_fail(CLRELU_INVALID_AXIS,
                               "shape: shared axis %d is not in 1..%zu (axes "
                               "count from 1, the batch is axis 0 and always "
                               "shared, rank is %zu)",
                               axis, s->rank - 1, s->rank);
    }
    return CLRELU_OK;
}

/* Extents of alpha over all axes of x, the batch's set to 1. */
static void alpha_extents(const clrelu_shape *s, size_t *extents)
{
    extents[0] = 1;
    for (size_t i = 1; i < s->rank; i++)
        extents[i] = s->dims[i];
    for (size_t i = 0; i < s->shared_count; i++)
        extents[s->shared_axes[i]] = 1;
}

/* alpha's: x's without the batch. */
static size_t alpha_rank(const clrelu_shape *s)
{
    return s->rank > 0 ? s->rank - 1 : 0;
}

static clrelu_status check_alpha_dims(const clrelu_shape *s,
                                      const size_t *extents)
{
    const size_t rank = alpha_rank(s);
    char got[NPY_SHAPE_TEXT], want[NPY_SHAPE_TEXT], x[NPY_SHAPE_TEXT];

    if (!s->alpha_dims ||
        (s->alpha_rank == rank &&
         memcmp(s->alpha_dims, extents + 1, rank * sizeof(*extents)) == 0))
        return CLRELU_OK;
    if (s->alpha_rank > CLRELU_MAX_RANK)
        return clrelu_fail(CLRELU_INVALID_ALPHA_SHAPE,
                           "alpha has rank %zu, must have %zu", s->alpha_rank,
                           rank);
    return clrelu_fail(
        CLRELU_INVALID_ALPHA_SHAPE,
        "alpha has shape %s, must have %s: x's %s without the "
        "batch, shared axes set to 1",
        clrelu_npy_shape_format(s->alpha_rank, s->alpha_dims, got),
        clrelu_npy_shape_format(rank, extents + 1, want),
        clrelu_npy_shape_format(s->rank, s->dims, x));
}

static clrelu_status count_elements(const clrelu_shape *s,
                                    const size_t *extents, uint64_t *n,
                                    uint64_t *alphas)
{
    /* An extent of 0 makes every product 0, whatever the others are. */
    bool empty = false, alpha_empty = false;
    uint64_t product = 1;

    for (size_t i = 0; i < s->rank; i++) {
        empty |= s->dims[i] == 0;
        alpha_empty |= extents[i] == 0;
        if (!multiply(&product, max_u64(s->dims[i], 1)))
            return clrelu_fail(CLRELU_INVALID_SIZE,
                               "shape: the product of dims[0..%zu] in bytes "
                               "does not fit %zu bits",
                               i, 8 * sizeof(size_t));
    }
    *n = empty ? 0 : product;
    *alphas = alpha_empty ? 0 : 1;
    for (size_t i = 0; i < s->rank && !alpha_empty; i++)
        *alphas *= extents[i];
    return CLRELU_OK;
}

bool clrelu_merged_kept(const clrelu_merged_shape *chain, unsigned g)
{
    return chain->first_kept == ((g & 1) == 0);
}

static void merge(const clrelu_shape *s, const size_t *extents,
                  clrelu_merged_shape *chain)
{
    for (size_t i = s->rank; i-- > 0;) {
        const bool kept = extents[i] != 1;
        if (s->dims[i] == 1)
            continue;
        if (chain->count == 0)
            chain->first_kept = kept;
        if (chain->count == 0 ||
            kept != clrelu_merged_kept(chain, chain->count - 1))
            chain->size[chain->count++] = 1;
        chain->size[chain->count - 1] *= s->dims[i];
    }
    if (chain->count == 0)
        chain->size[chain->count++] = 1;
}

clrelu_status clrelu_merge_shape(const clrelu_shape *s,
                                 clrelu_merged_shape *chain)
{
    size_t extents[CLRELU_MAX_RANK];
    clrelu_status status = check_shape(s);

    if (!status)
        status = check_axes(s);
    memset(chain, 0, sizeof(*chain));
    if (status)
        return status;
    alpha_extents(s, extents);
    status = check_alpha_dims(s, extents);
    if (!status)
        status = count_elements(s, extents, &chain->n, &chain->alphas);
    if (!status && chain->n > 0)
        merge(s, extents, chain);
    return status;
}

clrelu_status clrelu_prelu_alpha_dims(const clrelu_shape *shape,
                                      size_t *alpha_dims, size_t *count)
{
    size_t extents[CLRELU_MAX_RANK];
    clrelu_merged_shape chain;
    const clrelu_status status = clrelu_merge_shape(shape, &chain);

    if (status)
        return status;
    alpha_extents(shape, extents);
    if (alpha_dims)
        memcpy(alpha_dims, extents + 1,
               alpha_rank(shape) * sizeof(*alpha_dims));
    if (count)
        *count = (size_t)chain.alphas;
    return CLRELU_OK;
}

/* The product of the kept, or of the shared, groups from first on. */
static uint64_t product(const clrelu_merged_shape *chain, unsigned first,
                        bool kept)
{
    uint64_t p = 1;

    for (unsigned g = first; g < chain->count; g++)
        if (clrelu_merged_kept(chain, g) == kept)
            p *= chain->size[g];
    return p;
}

/* One alpha for all lanes saves the rest of a row's alphas, but short rows have
 * many ends; and where few rows can be summed, the lanes themselves must be
 * summed over. */
static bool uniform_pays(const clrelu_merged_shape *chain, bool sums)
{
    const uint64_t min = sums ? UNIFORM : LONG_UNIFORM;

    return !chain->first_kept && chain->size[0] >= min &&
           (!sums || product(chain, 1, false) < TASK_ROWS);
}

/* The most elements of a row.  Joining lanes costs time too, so that a short
 * sum gets few. */
static uint64_t row_limit(const clrelu_merged_shape *chain)
{
    const uint64_t reduced = product(chain, 0, false);
    uint64_t width = CLRELU_ROW_MAX;

    while (width > UNIFORM && reduced / width < 2 * TASK_ROWS)
        width /= 2;
    return width;
}

/* Cuts size into equal chunks of at most most; or of a little more, if that
 * spares a last one of few lanes. */
static uint64_t choose_chunk(uint64_t size, uint64_t max, bool whole_lines)
{
    uint64_t chunks = ceil_div(size, max), chunk = ceil_div(size, chunks);

    if (!whole_lines || chunks == 1)
        return chunk;
    chunk = min_u64(ceil_div(chunk, LINE) * LINE, max);
    if (size % chunk > 0 && size % chunk < chunk / 4 &&
        2 * max < CLRELU_ROW_MAX)
        chunk = ceil_div(ceil_div(size, chunks - 1), LINE) * LINE;
    return chunk;
}

static void make_rows(const clrelu_merged_shape *chain, bool sums,
                      clrelu_tiling *t)
{
    uint64_t inside = 1, inside_alphas = 1;
    uint64_t max = sums ? CLRELU_ROW_MAX : CLRELU_LONG_ROW_MAX;
    /* Lanes that use a work-group well enough. */
    const uint64_t full = max / 2;
    unsigned top = 0;

    if (uniform_pays(chain, sums))
        max = sums ? row_limit(chain) : max;
    else
        for (; top + 1 < chain->count && inside * chain->size[top] < full;
             top++)
            inside *= chain->size[top];
    for (unsigned g = 0; g < top; g++)
        if (clrelu_merged_kept(chain, g))
            inside_alphas *= chain->size[g];

    const bool kept = clrelu_merged_kept(chain, top);
    const bool tiles = kept && (sums || top > 0 || chain->size[top] > CACHED);
    const uint64_t chunk =
        choose_chunk(chain->size[top], max / inside, inside == 1);
    const uint64_t chunks = ceil_div(chain->size[top], chunk);
    t->top = top;
    t->run = inside * chain->size[top];
    t->width = inside * chunk;
    t->tiles = tiles ? chunks : 1;
    t->pieces = tiles ? 1 : chunks;
    t->row_alphas = inside_alphas * (kept ? chunk : 1);
    t->run_alphas = inside_alphas * (kept ? chain->size[top] : 1);
}

/* As many tasks as a device holds at once, each long enough to repay its end:
 * a few more would have it to themselves while most of it waits. */
static void make_blocks(uint64_t tasks, bool sums, clrelu_tiling *t)
{
    const uint64_t set = sums ? CLRELU_INTERLEAVE : 1;
    const uint64_t parallel = t->keeps * t->tiles;
    const uint64_t full_rows =
        sums && t->row_alphas * 8 > t->width ? TASK_ROWS_UNFOLDED : TASK_ROWS;
    const uint64_t together = ceil_div(t->rows, t->apart);
    const uint64_t sets =
        max_u64(full_rows * CLRELU_ROW_MAX / (t->width * together) / set, 1);
    const uint64_t blocks =
        min_u64(ceil_div(t->apart, sets * set), max_u64(tasks / parallel, 1));

    t->block = ceil_div(t->apart, blocks * set) * set;
    t->blocks = ceil_div(t->apart, t->block);
}

/* Rows of a walk that are not one of a whole set. */
static uint64_t rows_left(const clrelu_tiling *t)
{
    const uint64_t set = CLRELU_INTERLEAVE * t->blocks;
    const uint64_t rest = ceil_div(t->rows, t->stretch) % set;
    const uint64_t missing = rest > 0 ? set - rest : 0;
    const uint64_t left =
        missing < t->blocks ? missing * (CLRELU_INTERLEAVE - 1) : rest;

    return left * t->stretch;
}

/* Rows of a walk that are neighbours in memory, with those of a strip. */
static uint64_t neighbours(const clrelu_merged_shape *chain,
                           const clrelu_tiling *t)
{
    const unsigned outside = (unsigned)t->top + 1;
    const bool go_on = t->tiles <= CLRELU_STRIP && outside < chain->count &&
                       !clrelu_merged_kept(chain, outside);

    return go_on ? t->pieces * chain->size[outside] : t->pieces;
}

/* A GPU's tasks sweep over memory together, and a processor, which has few of
 * them at a time, reads on where it is. */
static void make_stretches(const clrelu_merged_shape *chain, clrelu_tiling *t)
{
    const uint64_t max = neighbours(chain, t);

    t->stretch = STRETCH;
    while (t->stretch > 1 && (t->stretch > max || rows_left(t) > t->rows / FEW))
        t->stretch /= 2;
    const uint64_t set = CLRELU_INTERLEAVE * t->stretch;
    t->block = ceil_div(t->rows, set * t->blocks) * set;
}

/* Rows after which the alphas of a row are the same again; 1 if they always
 * are, or if it does not matter. */
static uint64_t find_period(const clrelu_merged_shape *chain,
                            const clrelu_tiling *t)
{
    const bool direct =
        t->pieces > 1 && clrelu_merged_kept(chain, (unsigned)t->top);
    uint64_t rows = t->pieces, period = 1;

    for (unsigned g = (unsigned)t->top + 1; g < chain->count; g++) {
        rows *= chain->size[g];
        if (clrelu_merged_kept(chain, g))
            period = rows;
    }
    return t->row_alphas > 1 && !direct ? period : 1;
}

static void choose_companions(const clrelu_merged_shape *chain,
                              clrelu_tiling *t)
{
    const uint64_t part = ceil_div(t->rows, CLRELU_INTERLEAVE);
    const uint64_t period = find_period(chain, t);

    t->apart = min_u64(ceil_div(part, period) * period, t->rows);
}

void clrelu_tiling_take_shape(const clrelu_merged_shape *chain,
                              clrelu_tiling *t)
{
    memset(t, 0, sizeof(*t));
    t->groups = chain->count;
    t->first_kept = chain->first_kept;
    for (unsigned g = 0; g < chain->count; g++)
        t->group[g] = chain->size[g];
}

void clrelu_tiling_make(const clrelu_merged_shape *chain, bool sums,
                        uint64_t tasks, bool stream, clrelu_tiling *t)
{
    clrelu_tiling_take_shape(chain, t);
    make_rows(chain, sums, t);

    const unsigned outside = (unsigned)t->top + 1;
    t->rows = t->pieces * product(chain, outside, false);
    t->keeps = product(chain, outside, true);
    if (!sums) {
        t->rows *= t->keeps;
        t->keeps = 1;
    }
    t->apart = t->rows;
    t->stretch = t->strip = 1;
    if (!sums && stream)
        choose_companions(chain, t);
    make_blocks(sums ? TASKS : tasks, sums, t);
    if (sums)
        make_stretches(chain, t);
}

void clrelu_tiling_cut(clrelu_tiling *t, uint64_t tasks)
{
    t->block = ceil_div(t->apart, min_u64(tasks, t->apart));
    t->blocks = ceil_div(t->apart, t->block);
}

uint64_t clrelu_tiling_workspace(const clrelu_tiling *t, clrelu_dtype dtype,
                                 uint64_t alphas)
{
    const uint64_t size =
        dtype == CLRELU_FLOAT64 ? sizeof(cl_double) : sizeof(cl_float);

    return t->blocks > 1 ? 2 * t->blocks * alphas * size : 0;
}
