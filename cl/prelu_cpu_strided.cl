/* prelu_cpu_strided.cl - a row of PReLU in pieces, where arrays have gaps
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl memory.cl prelu.cl strides.cl chain.cl
 *     prelu_rows.cl prelu_cpu.cl prelu_cpu_backward_rows.cl prelu_cpu_rows.cl
 * used by: prelu on CPUs with strided; chain on CPUs with strided
 *
 * Columns and their sums are those of the row without gaps. */

/* Neighbours are not next to each other in at least one array. */
INLINED void process_spread(uint source, const struct layout *a,
                            const struct row_view *r)
{
    ROLLED
    for (uint i = 0; i < r->len; i += VECTOR) {
        const uint count = min(r->len - i, (uint)VECTOR);
        const struct columns columns =
            columns_at(source, r->a, r->arrays, i, count);
        const storedv x = load_spread(r->x + i * a->x.s0, a->x.s0, count);
        __global stored *out = r->out + i * a->out.s0;
#if HAS_DY || SECOND
        __global stored *second = r->second + i * a->second.s0;
        realv dy = (realv)(0), old = dy, old_second = dy;
        if (HAS_DY)
            dy = widen(load_spread(r->dy + i * a->dy.s0, a->dy.s0, count));
        if (DX && ACCUMULATE)
            old = widen(load_spread(out, a->out.s0, count));
        if (SECOND == 2)
            old_second = widen(load_spread(second, a->second.s0, count));
        struct values v = values_of(widen(x), dy, &columns, r->k);
        if (STORES)
            store_spread(output_of(&v, &columns, r->k, old), out, a->out.s0,
                         count);
        if (SECOND)
            store_spread(second_of(&v, old_second), second, a->second.s0,
                         count);
        sum_vector(r, i, count, 0, count, &v);
#else
        store_spread(forward_value(x, &columns, r->k), out, a->out.s0, count);
#endif
    }
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
    const bool spreads = !has_lines(l);
    struct spot spot = find_spot(l, now->element);
    for (uint column = 0; column < now->len;) {
        const ulong left = l->size.s0 - spot.index;
        const uint len = (uint)min(left, (ulong)(now->len - column));
        const struct row_view r = piece_of(source, o, place_of(l, &spot), now,
                                           column, len, a, s, c);
        if (spreads)
            process_spread(source, l, &r);
        else
            process_row(source, &r);
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
    const bool are_whole = now[0].is_whole && now[1].is_whole &&
                           now[2].is_whole && now[3].is_whole;
    if (are_whole)
        process_interleaved(source, o, now, next, a, s, c);
    ROLLED
    for (uint k = 0; k < INTERLEAVE && !are_whole; k++) {
        real one[ARRAYS_OR_1 * VECTOR];
        const real *own = a;
#if READS_ARRAYS
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
