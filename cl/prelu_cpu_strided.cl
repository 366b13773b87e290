/* prelu_cpu_strided.cl - a row of PReLU in pieces, where arrays have gaps
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl memory.cl prelu.cl strides.cl chain.cl
 *     prelu_rows.cl prelu_cpu_alphas.cl prelu_cpu.cl prelu_cpu_backward_rows.cl
 *     prelu_cpu_rows.cl
 * used by: prelu on CPUs with strided; chain on CPUs with strided
 *
 * Columns and their sums are those of the row without gaps. */

/* Elements of a piece that repay whole lines of the cache. */
#define LONG_PIECE (4 * LINE)

/* The columns from i on, of which there are count, at most a vector: adds those
 * from first on to the sums, and returns y or dx, and z or dresidual. */
INLINED storedv piece_vector(uint source, const struct layout *a,
                             const struct row_view *r, uint i, uint count,
                             uint first, storedv *second)
{
    const struct columns columns =
        columns_at(source, r->a, r->arrays, i, count);
    const storedv x = load_spread(r->x + i * a->x.s0, a->x.s0, count);
#if HAS_DY || SECOND
    realv dy = (realv)(0), old = dy, old_second = dy;
    if (HAS_DY)
        dy = widen(load_spread(r->dy + i * a->dy.s0, a->dy.s0, count));
    if (DX && ACCUMULATE)
        old = widen(load_spread(r->out + i * a->out.s0, a->out.s0, count));
    if (SECOND == 2)
        old_second = widen(
            load_spread(r->second + i * a->second.s0, a->second.s0, count));
    struct values v = values_of(widen(x), dy, (realv)(0), &columns, r->k);
    const storedv out = STORES ? output_of(&v, &columns, r->k, old) : x;
    *second = SECOND ? second_of(&v, old_second) : x;
    sum_vector(r, i, count, first, count, &v);
    return out;
#else
    return forward_value(x, &columns, r->k);
#endif
}

INLINED void store_piece(storedv out, storedv second, const struct layout *a,
                         const struct row_view *r, uint i, uint count)
{
    if (STORES)
        store_spread(out, r->out + i * a->out.s0, a->out.s0, count);
    if (SECOND)
        store_spread(second, r->second + i * a->second.s0, a->second.s0,
                     count);
}

/* A short piece, or one whose elements are apart.  The last vector ends with
 * the piece, and so may have columns of the one before it: as the output may be
 * the input, it is loaded first. */
INLINED void process_piece(uint source, const struct layout *a,
                           const struct row_view *r)
{
    const uint rest = r->len % VECTOR;
    const bool overlaps = r->len > VECTOR && rest > 0;
    const uint end = overlaps ? r->len - rest : r->len;
    storedv second, last, last_second;
    if (overlaps)
        last = piece_vector(source, a, r, r->len - VECTOR, VECTOR,
                            VECTOR - rest, &last_second);
    ROLLED
    for (uint i = 0; i < end; i += VECTOR) {
        const uint count = min(end - i, (uint)VECTOR);
        const storedv out =
            piece_vector(source, a, r, i, count, 0, &second);
        store_piece(out, second, a, r, i, count);
    }
    if (overlaps)
        store_piece(last, last_second, a, r, r->len - VECTOR, VECTOR);
}

/* len columns from column on, which are on one line.  The next line is the next
 * row, for what is prefetched. */
INLINED struct row_view piece_of(uint source, const struct operands *o,
                                 struct place at, const struct row_desc *row,
                                 uint column, uint len, const real *a, real *s,
                                 real *c)
{
    const struct layout *l = &o->layout;
    const bool in_memory = source == ALPHA_IN_MEMORY;
    const struct row_view r = {
        .x = o->x + at.x,
        .dy = o->dy + at.dy,
        .x_next = o->x + at.x + l->x.s1,
        .dy_next = o->dy + at.dy + l->dy.s1,
        .arrays = arrays_from(o->arrays, row->alpha + (in_memory ? column : 0)),
        .k = o->k,
        .out = o->out + at.out,
        .second = o->second + at.second,
        .out_next = o->out + at.out + l->out.s1,
        .a = a + (source == ALPHA_PER_COLUMN ? column : 0),
        .s = s + column,
        .c = c + column,
        .len = len,
        .non_temporal = o->non_temporal};
    return r;
}

/* The row now; only a row without gaps needs the next one. */
INLINED void process_one(uint source, const struct operands *o,
                         const struct row_desc *now,
                         const struct row_desc *next, const real *a, real *s,
                         real *c)
{
    const struct layout *l = &o->layout;
    const bool are_lines = has_lines(l);
    struct spot spot = find_spot(l, now->element);
    for (uint column = 0; column < now->len;) {
        const ulong left = l->size.s0 - spot.index;
        const uint len = (uint)min(left, (ulong)(now->len - column));
        const struct row_view r = piece_of(source, o, place_of(l, &spot), now,
                                           column, len, a, s, c);
        if (are_lines && len >= LONG_PIECE)
            process_row(source, &r);
        else
            process_piece(source, l, &r);
        column += len;
        pass_on(l, now->element + column, len, &spot);
    }
}

/* Four interleaved rows; one after the other, if one has gaps.  Those that are
 * uniform may have an alpha each. */
INLINED void process_set(uint source, const struct operands *o,
                         const struct row_desc *now,
                         const struct row_desc *next, const real *a, real *s,
                         real *c)
{
    const bool are_whole = is_whole(&now[0]) && is_whole(&now[1]) &&
                           is_whole(&now[2]) && is_whole(&now[3]);
    if (are_whole)
        process_interleaved(source, o, now, next, a, s, c);
    ROLLED
    for (uint k = 0; k < INTERLEAVE && !are_whole; k++) {
        const real *own = a;
#if READS_ARRAYS
        real one[ARRAYS_OR_1 * VECTOR];
        if (source == ALPHA_UNIFORM) {
            const struct columns columns =
                uniform_columns(o->arrays, now[k].alpha);
            UNROLLED
            for (uint j = 0; j < ARRAYS; j++)
                VSTORE(columns.p[j], one + j * VECTOR);
            own = one;
        }
#endif
        process_one(source, o, &now[k], &next[k], own, s, c);
    }
}
