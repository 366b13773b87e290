/* prelu_cpu.cl - a row of PReLU in one work-item: its parts and its place
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl memory.cl prelu.cl strides.cl chain.cl
 *     prelu_rows.cl prelu_cpu_alphas.cl
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
 * Without non-temporal stores there is no peel, and no body for them. */

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

/* Rows with any alignment share scratch; it suits the output p of the
 * first.  The body's vectors are aligned there, too. */
uint scratch_offset(const real *scratch, __global const stored *p, uint len,
                    uint non_temporal)
{
    const uint peel = row_peel(p, len, non_temporal);
    const uint to_p = (uint)((size_t)p - (size_t)scratch) / sizeof(real);
    const uint step = (to_p + ALIAS_STEP) & (PAGE - VECTOR);
    return step + ((VECTOR - peel) & (VECTOR - 1));
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

/* ------------------------------------------------------------------ rows -- */

/* The first element of a row in an array. */
#if STRIDED
typedef struct place row_place;
#define AT(place, array) ((place).array)
#define MOVE_ROW(place, count) move_place(1, 1, 1, 1, count, &(place))
#else
typedef ulong row_place;
#define AT(place, array) (place)
#define MOVE_ROW(place, count) ((place) += (count))
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
#define AHEAD (384 / (uint)sizeof(stored))

/* Elements between rows that are read as one. */
#define GAP (STRIDED ? AHEAD : 0)

/* What is constant in four interleaved rows; body is after the peel. */
struct interleaved {
    row_place body[INTERLEAVE], next[INTERLEAVE];
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
        t->next[k] = next[k].at;
        t->alpha[k] = now[k].alpha;
        t->peel[k] = 0;
        if (STORES && o->non_temporal) {
            t->peel[k] = min((LINE - PAST(out, LINE)) % LINE, len);
            prefetch_ends(o->out + AT(next[k].at, out), t->peel[k],
                          body_end_of(out, len, true), len);
        }
        t->body[k] = now[k].at;
        MOVE_ROW(t->body[k], t->peel[k]);
        t->common = min(t->common, (len - t->peel[k]) / LINE * LINE);
        if (SUMS && t->peel[k] != t->peel[0])
            t->common = 0;
        if (READS_ARRAYS && source == ALPHA_UNIFORM &&
            k < (SUMS ? 1 : INTERLEAVE))
            t->uniform[k] = uniform_columns(o->arrays, now[k].alpha);
    }
}

INLINED struct columns interleaved_columns(uint source,
                                           const struct interleaved *t, uint k,
                                           const real *a,
                                           const struct operands *o, ulong i)
{
    if (source == ALPHA_UNIFORM)
        return t->uniform[SUMS ? 0 : k];
    return columns_at(source, a, arrays_from(o->arrays, t->alpha[k]),
                      t->peel[k] + i, VECTOR);
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
