/* prelu_cpu.cl - a row of PReLU in one work-item: its parts and its alphas
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl memory.cl prelu.cl strides.cl chain.cl
 *     prelu_rows.cl
 * used by: prelu on CPUs; chain on CPUs
 *
 * On a CPU, or as a pipeline of an FPGA.  A non-temporal store needs a whole
 * cache line, and a row begins anywhere:
 *
 *       | peel |        body: whole lines         | tail |
 *      out    line                              line   out + len
 *
 * The body's vectors begin with the first whole line of the output.  The peel
 * and the tail are stored through the caches, in vectors and parts of vectors.
 * Without non-temporal stores there is no peel, and no body for them.
 *
 * The alphas, scales and biases of a row's columns and their sums are scratch:
 * arrays of the work-item, in the first cache. */

/* Rows with any alignment share scratch.  It begins scratch_offset elements
 * after a vector boundary: so the body's vectors are aligned in it, too. */
#define SCRATCH_VECTORS (ROW_MAX / VECTOR + 2)
#define SCRATCH_COLUMNS (SCRATCH_VECTORS * VECTOR)

/* -------------------------------------------------------- parts of a row -- */

/* Elements from the last multiple of size to p. */
#define PAST(p, size) ((uint)((size_t)(p) / sizeof(stored)) & ((size)-1))

/* No peel if p is at a vector: the line before it was probably just written. */
uint row_peel(__global const stored *p, uint len, uint non_temporal)
{
    const bool cuts = non_temporal && PAST(p, VECTOR) > 0;
    return cuts ? min(LINE - PAST(p, LINE), len) : 0;
}

/* The end of the last whole line, or vector if the row ends with it. */
uint body_end_of(__global const stored *p, uint len, uint non_temporal)
{
    const uint tail = PAST(p + len, VECTOR) > 0 ? PAST(p + len, LINE) : 0;
    return non_temporal && tail < len ? len - tail : 0;
}

uint scratch_offset(__global const stored *p, uint len, uint non_temporal)
{
    return (VECTOR - row_peel(p, len, non_temporal)) & (VECTOR - 1);
}

/* The lines of the next row's peel and tail, if it is like this one: a store to
 * a line that is not in the caches delays all later ones. */
INLINED void prefetch_ends(__global const stored *next, uint peel,
                           uint body_end, uint len)
{
    if (peel > 0)
        prefetch_write(next);
    if (body_end > 0 && body_end < len)
        prefetch_write(next + len);
}

/* Elements first to end of v to p; all of them, if they are a vector. */
void store_range(storedv v, __global stored *p, uint first, uint end,
                 bool non_temporal)
{
    stored part[VECTOR];
    if (end - first == VECTOR && non_temporal) {
        store_nontemporal(v, p);
    } else if (end - first == VECTOR) {
        store(v, p);
    } else {
        VSTORE(v, part);
        ROLLED
        for (uint i = first; i < end; i++)
            p[i] = part[i];
    }
}

/* ---------------------------------------------------------------- alphas -- */

/* Where the alphas, scales and biases of a row's columns are: a constant within
 * a row, so that its loop does not ask. */
#define ALPHA_PER_COLUMN 0 /* in scratch */
#define ALPHA_UNIFORM 1    /* one vector in scratch, for all columns */
#define ALPHA_IN_MEMORY 2  /* not in scratch, as each is used once */

/* The elements of scratch from one array to the next. */
#define ARRAY_STRIDE(is_uniform) ((is_uniform) ? VECTOR : SCRATCH_COLUMNS)

INLINED struct columns columns_at(uint source, const real *a,
                                  struct arrays arrays, uint column,
                                  uint count)
{
    struct columns c;
    UNROLLED
    for (uint j = 0; j < ARRAYS; j++) {
        const real *of_array = a + j * ARRAY_STRIDE(source == ALPHA_UNIFORM);
        if (source == ALPHA_IN_MEMORY)
            c.p[j] = load_partial_alpha(arrays.p[j] + column, count);
        else
            c.p[j] = load_real(of_array +
                               (source == ALPHA_PER_COLUMN ? column : 0));
    }
    return c;
}

/* Whether each element of a segment has its own alpha. */
bool alphas_in_memory(const struct tiling *t)
{
    return t->chunks > 1 && is_kept(t, (uint)t->split_axis);
}

/* Of a tile's rows, which have alphas. */
uint source_of(const struct tiling *t, uint alphas)
{
    if (ARRAYS == 0)
        return ALPHA_UNIFORM;
    if (!SUMS && alphas_in_memory(t))
        return ALPHA_IN_MEMORY;
    return READS_ARRAYS && alphas == 1 ? ALPHA_UNIFORM : ALPHA_PER_COLUMN;
}

#define GROUPS_IN_ROW 16 /* of 2 elements or more each, and ROW_MAX in all */

/* One step of an odometer: digits are the indices of the groups from 2 to the
 * split axis.  Returns the first of the next inner alphas. */
uint next_inner_alphas(const struct tiling *t, uint digits[GROUPS_IN_ROW],
                       uint first)
{
    uint stride = (uint)t->group[is_kept(t, 0) ? 0 : 1];
    for (uint g = 2; g <= t->split_axis; g++) {
        const uint size = (uint)t->group[g];
        const bool kept = is_kept(t, g);
        if (kept)
            first += stride;
        if (++digits[g] < size || g == t->split_axis)
            break;
        digits[g] = 0;
        if (kept) {
            first -= size * stride;
            stride *= size;
        }
    }
    return first;
}

/* The alphas of a row's columns, of which there are count; columns beyond the
 * row get some number.  Both innermost groups at a time: what a vector writes
 * too far is overwritten by a later one. */
void load_alphas(const struct tiling *t, __global const alpha_t *alpha,
                 uint count, real *columns)
{
    const uint width = (uint)t->width;
    const uint inner = t->split_axis == 0 ? width : (uint)t->group[0];
    const uint both = t->split_axis < 2 ? width : inner * (uint)t->group[1];
    uint digits[GROUPS_IN_ROW] = {0}, first = 0, column = 0;
    if (count == 1) {
        store_real((realv)(load_one_alpha(alpha)), columns);
        return;
    }
    while (column < width && first < count) {
        const uint end = min(column + both, width);
        if (is_kept(t, 0)) {
            const uint rest = count - first;
            for (uint i = (min(inner, rest) - 1) / VECTOR + 1; i-- > 0;) {
                const uint k = i * VECTOR;
                const realv some =
                    load_partial_alpha(alpha + first + k, rest - k);
                for (uint at = column + k; at < end; at += inner)
                    store_real(some, columns + at);
            }
            column = end;
        } else {
            for (uint k = first; column < end && k < count;
                 k++, column += inner) {
                const realv one = (realv)(load_one_alpha(alpha + k));
                for (uint i = 0; i < inner; i += VECTOR)
                    store_real(one, columns + column + i);
            }
        }
        if (t->split_axis < 2)
            break;
        first = next_inner_alphas(t, digits, first);
    }
}

/* The same for all arrays. */
INLINED void load_columns(const struct tiling *t, struct arrays arrays,
                          uint count, real *columns)
{
    UNROLLED
    for (uint j = 0; j < ARRAYS; j++)
        load_alphas(t, arrays.p[j], count,
                    columns + j * ARRAY_STRIDE(count == 1));
}

/* ------------------------------------------------------------------ rows -- */

/* The first element of a row in an array. */
#if STRIDED
typedef struct place row_place;
#define AT(place, array) ((place).array)
#else
typedef ulong row_place;
#define AT(place, array) (place)
#endif

/* Where a row is: its first element and alpha, and its length; with gaps also
 * the element without them. */
struct row_desc {
    row_place at;
    ulong alpha;
    uint len;
#if STRIDED
    ulong element, left; /* left of the line, 0 if its elements are apart */
#endif
};

#if STRIDED
/* Finds an element's places. */
INLINED void locate_row(const struct operands *o, ulong element,
                        struct row_desc *r)
{
    const struct spot s = find_spot(&o->layout, element);
    r->at = place_of(&o->layout, &s);
    r->element = element;
    r->left = has_lines(&o->layout) ? o->layout.size.s0 - s.index : 0;
}

bool is_whole(const struct row_desc *r)
{
    return r->left >= r->len;
}
#endif

INLINED struct row_desc row_at(const struct tiling *t, ulong tile,
                               const struct row_cursor *pos,
                               const struct operands *o)
{
    const ulong own = alphas_in_memory(t) ? pos->chunk * t->width : 0;
    struct row_desc r = {.alpha = pos->alpha + own,
                         .len = row_length(t, tile, pos)};
#if STRIDED
    locate_row(o, pos->element, &r);
#else
    r.at = pos->element;
#endif
    return r;
}

/* A row, the next one, its alphas a and the sums s + c of its columns. */
struct row_view {
    __global const stored *x, *dy, *ddx, *x_next, *dy_next, *ddx_next;
    struct arrays arrays;
    struct scalars k;
    __global stored *out, *second;
    __global const stored *out_next;
    const real *a;
    real *s, *c;
    uint len, non_temporal;
};

INLINED struct row_view row_of(const struct operands *o,
                               const struct row_desc *now,
                               const struct row_desc *next, const real *a,
                               real *s, real *c)
{
    const struct row_view r = {.x = o->x + AT(now->at, x),
                               .dy = o->dy + AT(now->at, dy),
                               .ddx = o->ddx + AT(now->at, x),
                               .x_next = o->x + AT(next->at, x),
                               .dy_next = o->dy + AT(next->at, dy),
                               .ddx_next = o->ddx + AT(next->at, x),
                               .arrays = arrays_from(o->arrays, now->alpha),
                               .k = o->k,
                               .out = o->out + AT(now->at, out),
                               .second = o->second + AT(now->at, second),
                               .out_next = o->out + AT(next->at, out),
                               .a = a,
                               .s = s,
                               .c = c,
                               .len = now->len,
                               .non_temporal = o->non_temporal};
    return r;
}

/* A set of interleaved rows: cursors, and where they and the next ones are. */
struct row_set {
    struct row_cursor pos[INTERLEAVE];
    struct row_desc now[INTERLEAVE], next[INTERLEAVE];
};

INLINED void advance_set(const struct tiling *t, ulong tile,
                           struct row_step step, bool is_last,
                           const struct operands *o, struct row_set *r)
{
    for (uint k = 0; k < INTERLEAVE; k++) {
        r->now[k] = r->next[k];
        if (is_last)
            continue;
        advance(t, tile, step, &r->pos[k]);
        r->next[k] = row_at(t, tile, &r->pos[k], o);
    }
}

/* How far ahead lines of interleaved rows are prefetched. */
#define AHEAD (512 / (uint)sizeof(stored))

/* Elements between rows that are read as one. */
#define GAP (STRIDED ? AHEAD : 0)

/* What is constant in four interleaved rows. */
struct interleaved {
    row_place at[INTERLEAVE], next[INTERLEAVE];
    ulong alpha[INTERLEAVE];
    uint peel[INTERLEAVE];
    uint common;      /* columns that all have in whole lines after the peel */
    bool next_is_far; /* the next rows are prefetched */
    struct columns uniform[INTERLEAVE];
};

/* Columns with sums must be the same in all rows, else none is common. */
INLINED void interleave(uint source, const struct operands *o,
                        const struct row_desc *now, const struct row_desc *next,
                        struct interleaved *t)
{
    t->common = ROW_MAX;
    t->next_is_far =
        o->prefetch_far && AT(next->at, x) - AT(now->at, x) - now->len > GAP;
    for (uint k = 0; k < INTERLEAVE; k++) {
        __global const stored *out = o->out + AT(now[k].at, out);
        const uint len = now[k].len;
        t->at[k] = now[k].at;
        t->next[k] = next[k].at;
        t->alpha[k] = now[k].alpha;
        t->peel[k] =
            o->non_temporal ? min((LINE - PAST(out, LINE)) % LINE, len) : 0;
        t->common = min(t->common, (len - t->peel[k]) / LINE * LINE);
        if (SUMS && t->peel[k] != t->peel[0])
            t->common = 0;
        if (READS_ARRAYS && source == ALPHA_UNIFORM)
            t->uniform[k] = uniform_columns(o->arrays, now[k].alpha);
        if (STORES)
            prefetch_ends(o->out + AT(next[k].at, out), t->peel[k],
                          body_end_of(out, len, o->non_temporal), len);
    }
}

INLINED struct columns interleaved_columns(uint source,
                                           const struct interleaved *t, uint k,
                                           const real *a,
                                           const struct operands *o,
                                           uint column)
{
    if (source == ALPHA_UNIFORM)
        return t->uniform[SUMS ? 0 : k];
    return columns_at(source, a, arrays_from(o->arrays, t->alpha[k]), column,
                      VECTOR);
}

/* Row k of interleaved ones.  Those that are uniform have their alphas in
 * one. */
INLINED struct row_view interleaved_row(uint source, const struct operands *o,
                                        const struct interleaved *t, uint k,
                                        const struct row_desc *now,
                                        const struct row_desc *next,
                                        const real *a, real *s, real *c,
                                        real one[ARRAYS_OR_1 * VECTOR])
{
    const struct columns *uniform = &t->uniform[SUMS ? 0 : k];
    UNROLLED
    for (uint j = 0; source == ALPHA_UNIFORM && j < ARRAYS; j++)
        VSTORE(uniform->p[j], one + j * VECTOR);
    return row_of(o, &now[k], &next[k], source == ALPHA_UNIFORM ? one : a, s,
                  c);
}
