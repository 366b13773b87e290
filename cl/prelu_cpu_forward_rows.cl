/* prelu_cpu_forward_rows.cl - y of one row, and of four interleaved rows
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl memory.cl chain.cl prelu_rows.cl
 *     prelu_cpu_alphas.cl prelu_cpu.cl
 * used by: prelu forward on CPUs; chain forward on CPUs
 *
 * Columns count elements of the row.  source says where alphas are. */

/* The elements first to end of a vector at x; the row has count of them, at
 * most VECTOR. */
INLINED void forward_vector(__global const stored *x, uint count, uint first,
                            uint end, struct columns columns, struct scalars k,
                            bool non_temporal, __global stored *y)
{
    store_range(forward_value(load_partial(x, count), &columns, k), y, first,
                end, non_temporal);
}

/* The next row goes to L2.  Alphas fill L1, if there are several. */
#define ROW_AHEAD (1024 / (uint)sizeof(stored))
INLINED void forward_prefetch(uint source, const struct row_view *r,
                              uint column)
{
    if (source == ALPHA_UNIFORM)
        prefetch_l1((column + ROW_AHEAD < r->len ? r->x : r->x_next - r->len) +
                    ROW_AHEAD + column);
    prefetch_l2(r->x_next + column);
}

INLINED void forward_step(uint source, const struct row_view *r, uint column,
                          bool non_temporal, bool stays)
{
    forward_prefetch(source, r, column);
    if (stays)
        prefetch_output(r->out + column);
    forward_vector(r->x + column, VECTOR, 0, VECTOR,
                   columns_at(source, r->a, r->arrays, column, VECTOR), r->k,
                   non_temporal, r->out + column);
}

/* A line of two vectors: their non-temporal stores are faster next to each
 * other. */
INLINED void forward_line(uint source, const struct row_view *r, uint column)
{
    const uint upper = column + VECTOR;
    forward_prefetch(source, r, column);
    const struct columns of_v =
        columns_at(source, r->a, r->arrays, column, VECTOR);
    const struct columns of_w =
        columns_at(source, r->a, r->arrays, upper, VECTOR);
    const storedv v = forward_value(load(r->x + column), &of_v, r->k);
    const storedv w = forward_value(load(r->x + upper), &of_w, r->k);
    store_nontemporal(v, r->out + column);
    store_nontemporal(w, r->out + upper);
}

/* The whole vectors from column on.  Returns where they end. */
INLINED uint process_vectors(uint source, const struct row_view *r, uint column)
{
    const uint len = r->len;
    const uint body_end = body_end_of(r->out, len, r->non_temporal);
    if (LINE == 2 * VECTOR) {
        if (column < body_end && PAST(r->out + column, LINE) > 0) {
            forward_step(source, r, column, true, false);
            column += VECTOR;
        }
        for (; column + LINE <= body_end; column += LINE)
            forward_line(source, r, column);
    }
    for (; column + VECTOR <= len; column += VECTOR)
        forward_step(source, r, column, column < body_end, !r->non_temporal);
    return column;
}

/* The columns from column to end, at most a vector. */
INLINED void process_part(uint source, const struct row_view *r, uint column,
                          uint end)
{
    const uint count = min(r->len, (uint)VECTOR);
    const uint at = min(column, r->len - count);
    prefetch_l2(r->x_next + column);
    forward_vector(r->x + at, count, column - at, end - at,
                   columns_at(source, r->a, r->arrays, at, count), r->k, false,
                   r->out + at);
}

/* ------------------------------------------------------ interleaved rows -- */

/* A line of each row, i columns after the peel.  Lines ahead_i columns after
 * ahead are prefetched.  4K aliasing: all loads come before the stores. */
INLINED void forward_lines(uint source, const struct interleaved *t, ulong i,
                           const row_place *ahead, ulong ahead_i,
                           const struct operands *o, const real *a)
{
    storedv v[INTERLEAVE][LINE / VECTOR];
    UNROLLED
    for (uint k = 0; k < INTERLEAVE; k++) {
        prefetch_l1(o->x + AT(ahead[k], x) + ahead_i);
        if (t->next_is_far)
            prefetch_l2(o->x + AT(t->next[k], x) + i);
        UNROLLED
        for (uint h = 0; h < LINE; h += VECTOR) {
            const struct columns columns =
                interleaved_columns(source, t, k, a, o, i + h);
            v[k][h / VECTOR] = forward_value(
                load(o->x + AT(t->body[k], x) + i + h), &columns, o->k);
        }
    }
    UNROLLED
    for (uint k = 0; k < INTERLEAVE; k++) {
        UNROLLED
        for (uint h = 0; h < LINE; h += VECTOR)
            store_range(v[k][h / VECTOR],
                        o->out + AT(t->body[k], out) + i + h, 0, VECTOR,
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
        forward_lines(source, t, i, t->body, i + AHEAD, o, a);
    for (; i < t->common; i += LINE)
        forward_lines(source, t, i, t->next, i + AHEAD - t->common, o, a);
}
