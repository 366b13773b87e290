/* prelu_cpu_backward_rows.cl - dx and the columns' sums of one row, and of four
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl memory.cl prelu.cl chain.cl prelu_rows.cl
 *     prelu_cpu_alphas.cl prelu_cpu.cl
 * used by: prelu dx on CPUs; prelu sums on CPUs; chain pair on CPUs; chain dx
 *     on CPUs; chain sums on CPUs
 *
 * Or y of a chain that has a residual or stores z: the residual is dy here.
 * Columns count elements of the row.  source says where alphas are. */

/* The values of a vector at column, which the row has count elements of, at
 * most VECTOR. */
INLINED struct values load_values(const struct row_view *r, uint column,
                                  uint count, const struct columns *columns)
{
    const realv x = widen(load_partial(r->x + column, count));
    const realv dy =
        HAS_DY ? widen(load_partial(r->dy + column, count)) : (realv)(0);
    const realv ddx =
        DDX ? widen(load_partial(r->ddx + column, count)) : (realv)(0);
    return values_of(x, dy, ddx, columns, r->k);
}

/* The elements first to end of that vector: adds their part to the sums. */
INLINED void sum_vector(const struct row_view *r, uint column, uint count,
                        uint first, uint end, struct values *v)
{
#if SUMS
    realv s[SUMS], c[SUMS];
    /* Beyond a piece are columns of the next one. */
    if (end - first != (STRIDED ? VECTOR : count))
        mask_values(first, end, v);
    UNROLLED
    for (uint j = 0; j < SUMS; j++) {
        s[j] = load_real(r->s + j * SCRATCH_COLUMNS + column);
        c[j] = load_real(r->c + j * SCRATCH_COLUMNS + column);
    }
    add_values(v, r->k.one, s, c);
    UNROLLED
    for (uint j = 0; j < SUMS; j++) {
        store_real(s[j], r->s + j * SCRATCH_COLUMNS + column);
        store_real(c[j], r->c + j * SCRATCH_COLUMNS + column);
    }
#endif
}

/* A non-temporal store of z or dresidual needs an address like that of out. */
INLINED void store_second(storedv v, __global stored *p, uint first, uint end,
                          bool non_temporal)
{
    store_range(v, p, first, end, non_temporal && is_aligned(p));
}

INLINED void backward_vector(uint source, const struct row_view *r, uint column,
                             uint count, uint first, uint end,
                             bool non_temporal)
{
    const struct columns columns =
        columns_at(source, r->a, r->arrays, column, count);
    struct values v = load_values(r, column, count, &columns);
    __global stored *out = r->out + column, *second = r->second + column;
    const realv old =
        DX && ACCUMULATE ? widen(load_partial(out, count)) : (realv)(0);
    const realv old_second =
        SECOND == 2 ? widen(load_partial(second, count)) : (realv)(0);
    if (STORES)
        store_range(output_of(&v, &columns, r->k, old), out, first, end,
                    non_temporal);
    if (SECOND)
        store_second(second_of(&v, old_second), second, first, end,
                     non_temporal);
    sum_vector(r, column, count, first, end, &v);
}

/* The columns from column to end, at most a vector. */
INLINED void process_part(uint source, const struct row_view *r, uint column,
                           uint end)
{
    const uint count = min(r->len, (uint)VECTOR);
    const uint at = min(column, r->len - count);
    backward_vector(source, r, at, count, column - at, end - at, false);
}

/* The whole vectors from column on.  Returns where they end.  The next row, if
 * it is like this one, is prefetched into L2, as sums fill L1. */
INLINED uint process_vectors(uint source, const struct row_view *r, uint column)
{
    const uint body_end =
        STORES ? body_end_of(r->out, r->len, r->non_temporal) : r->len;
    for (; column + VECTOR <= r->len; column += VECTOR) {
        prefetch_l2(r->x_next + column);
        if (HAS_DY)
            prefetch_l2(r->dy_next + column);
        if (DDX)
            prefetch_l2(r->ddx_next + column);
        if (body_end == 0)
            prefetch_output(r->out + column);
        backward_vector(source, r, column, VECTOR, 0, VECTOR,
                        column < body_end);
    }
    return column;
}

/* ------------------------------------------------------ interleaved rows -- */

/* A vector of each row, i columns after the peel: v is dx, and w is
 * dresidual. */
INLINED void backward_vectors(uint source, const struct interleaved *t,
                              ulong i, const struct operands *o,
                              const real *a, realv s[SUMS_OR_1],
                              realv c[SUMS_OR_1], storedv v[INTERLEAVE],
                              storedv w[INTERLEAVE])
{
    UNROLLED
    for (uint k = 0; k < INTERLEAVE; k++) {
        const row_place body = t->body[k];
        __global stored *out = o->out + AT(body, out) + i;
        __global stored *second = o->second + AT(body, second) + i;
        const struct columns columns =
            interleaved_columns(source, t, k, a, o, i);
        const realv x = widen(load(o->x + AT(body, x) + i));
        const realv dy =
            HAS_DY ? widen(load(o->dy + AT(body, dy) + i)) : (realv)(0);
        const realv ddx =
            DDX ? widen(load(o->ddx + AT(body, x) + i)) : (realv)(0);
        const struct values values = values_of(x, dy, ddx, &columns, o->k);
#if SUMS
        add_values(&values, o->k.one, s, c);
#endif
        if (STORES) {
            const realv old =
                DX && ACCUMULATE ? widen(load(out)) : (realv)(0);
            v[k] = output_of(&values, &columns, o->k, old);
        }
        if (SECOND)
            w[k] = second_of(&values,
                             SECOND == 2 ? widen(load(second)) : (realv)(0));
    }
}

/* The same with the columns' sums. */
INLINED void sum_vectors(uint source, const struct interleaved *t, ulong i,
                         const struct operands *o, const real *a, real *s,
                         real *c, storedv v[INTERLEAVE], storedv w[INTERLEAVE])
{
    const ulong column = t->peel[0] + i;
    realv sum[SUMS_OR_1], low[SUMS_OR_1];
    UNROLLED
    for (uint j = 0; j < SUMS; j++) {
        sum[j] = load_real(s + j * SCRATCH_COLUMNS + column);
        low[j] = load_real(c + j * SCRATCH_COLUMNS + column);
    }
    backward_vectors(source, t, i, o, a, sum, low, v, w);
    UNROLLED
    for (uint j = 0; j < SUMS; j++) {
        store_real(sum[j], s + j * SCRATCH_COLUMNS + column);
        store_real(low[j], c + j * SCRATCH_COLUMNS + column);
    }
}

/* Prefetches for the lines i columns after the peel. */
INLINED void backward_prefetch(const struct interleaved *t, ulong i,
                               const row_place *ahead, ulong ahead_i,
                               const struct operands *o)
{
    UNROLLED
    for (uint k = 0; k < INTERLEAVE; k++) {
        prefetch_l1(o->x + AT(ahead[k], x) + ahead_i);
        if (HAS_DY)
            prefetch_l1(o->dy + AT(ahead[k], dy) + ahead_i);
        if (DDX)
            prefetch_l1(o->ddx + AT(ahead[k], x) + ahead_i);
    }
    if (o->prefetch_far) {
        UNROLLED
        for (uint k = 0; k < INTERLEAVE; k++) {
            prefetch_l2(o->x + AT(t->next[k], x) + i);
            if (HAS_DY)
                prefetch_l2(o->dy + AT(t->next[k], dy) + i);
            if (DDX)
                prefetch_l2(o->ddx + AT(t->next[k], x) + i);
        }
    } else if (STORES && !o->non_temporal) {
        UNROLLED
        for (uint k = 0; k < INTERLEAVE; k++)
            prefetch_output(o->out + AT(t->body[k], out) + i);
    }
}

/* A line of each row, i columns after the peel.  4K aliasing: all loads come
 * before the stores. */
INLINED void backward_lines(uint source, const struct interleaved *t, ulong i,
                            const row_place *ahead, ulong ahead_i,
                            const struct operands *o, const real *a, real *s,
                            real *c)
{
    storedv v[LINE / VECTOR][INTERLEAVE], w[LINE / VECTOR][INTERLEAVE];
    backward_prefetch(t, i, ahead, ahead_i, o);
    UNROLLED
    for (uint h = 0; h < LINE; h += VECTOR)
        sum_vectors(source, t, i + h, o, a, s, c, v[h / VECTOR], w[h / VECTOR]);
    UNROLLED
    for (uint k = 0; STORES && k < INTERLEAVE; k++) {
        UNROLLED
        for (uint h = 0; h < LINE; h += VECTOR)
            store_range(v[h / VECTOR][k],
                        o->out + AT(t->body[k], out) + i + h, 0, VECTOR,
                        o->non_temporal);
    }
    UNROLLED
    for (uint k = 0; SECOND && k < INTERLEAVE; k++) {
        UNROLLED
        for (uint h = 0; h < LINE; h += VECTOR)
            store_second(w[h / VECTOR][k],
                         o->second + AT(t->body[k], second) + i + h, 0, VECTOR,
                         o->non_temporal);
    }
}

/* The columns that all rows have in whole lines. */
INLINED void process_common(uint source, const struct interleaved *t,
                            const struct operands *o, const real *a, real *s,
                            real *c)
{
    ulong i = 0;
    for (; i + AHEAD < t->common; i += LINE)
        backward_lines(source, t, i, t->body, i + AHEAD, o, a, s, c);
    for (; i < t->common; i += LINE)
        backward_lines(source, t, i, t->next, i + AHEAD - t->common, o, a, s,
                       c);
}
