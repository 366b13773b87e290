/* prelu_cpu_backward_rows.cl - dx and the columns' sums of one row, and of four
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl memory.cl activations.cl compensated.cl prelu.cl
 *     prelu_rows.cl prelu_cpu.cl
 * used by: prelu dx on CPUs; prelu sums on CPUs
 *
 * Columns count elements of the row.  source says where alphas are. */

/* v, and 0 but from first to end. */
realv mask_range(realv v, uint first, uint end)
{
    const realv i = COUNT_UP;
    return ((i >= (realv)(first)) & (i < (realv)(end))) ? v : (realv)(0);
}

/* The elements first to end of a vector at x; the row has count of them, at
 * most VECTOR.  Their part of dalpha is added to s + c. */
INLINED void backward_vector(__global const stored *x,
                             __global const stored *dy, uint count, uint first,
                             uint end, realv a, bool non_temporal,
                             __global stored *dx, real *s, real *c)
{
    const realv vx = widen(load_partial(x, count));
    const realv vdy = widen(load_partial(dy, count));
    const realv old =
        DX && ACCUMULATE ? widen(load_partial(dx, count)) : (realv)(0);
    if (DALPHA) {
        realv sum = load(s), low = load(c);
        add_product_fused_error(
            end - first == count ? vx : mask_range(vx, first, end), vdy, &sum,
            &low);
        store_real(sum, s);
        store_real(low, c);
    }
    if (DX)
        store_range(round_dx(old, leaky_relu_backward(vx, a, vdy)), dx, first,
                    end, non_temporal);
}

/* The columns from column to end, at most a vector. */
INLINED void process_part(uint source, const struct row_view *r, uint column,
                           uint end)
{
    const uint count = min(r->len, (uint)VECTOR);
    const uint at = min(column, r->len - count);
    backward_vector(r->x + at, r->dy + at, count, column - at, end - at,
                    alphas_at(source, r->a, r->alpha, at, count), false,
                    r->out + at, r->s + at, r->c + at);
}

/* The whole vectors from column on.  Returns where they end.  The next row, if
 * it is like this one, is prefetched into L2, as sums fill L1. */
INLINED uint process_vectors(uint source, const struct row_view *r, uint column)
{
    const uint body_end =
        DX ? body_end_of(r->out, r->len, r->non_temporal) : r->len;
    for (; column + VECTOR <= r->len; column += VECTOR) {
        prefetch_l2(r->x_next + column);
        prefetch_l2(r->dy_next + column);
        if (body_end == 0)
            prefetch_output(r->out + column);
        backward_vector(r->x + column, r->dy + column, VECTOR, 0, VECTOR,
                        alphas_at(source, r->a, r->alpha, column, VECTOR),
                        column < body_end, r->out + column, r->s + column,
                        r->c + column);
    }
    return column;
}

/* ------------------------------------------------------ interleaved rows -- */

/* A vector of each row, first columns after the peel: v is dx. */
INLINED void backward_vectors(uint source, const struct interleaved *t,
                              uint first, const struct operands *o,
                              const real *a, real *s, real *c,
                              storedv v[INTERLEAVE])
{
    const uint sums = t->peel[0] + first;
    realv sum, low;
    if (DALPHA) {
        sum = load(s + sums);
        low = load(c + sums);
    }
    UNROLLED
    for (uint k = 0; k < INTERLEAVE; k++) {
        const uint column = t->peel[k] + first;
        const ulong at = t->at[k] + column;
        const realv vx = widen(load(o->x + at));
        const realv vdy = widen(load(o->dy + at));
        if (DALPHA)
            add_product_fused_error(vx, vdy, &sum, &low);
        if (DX) {
            const realv dx = leaky_relu_backward(
                vx, interleaved_alphas(source, t, k, a, o->alpha, column), vdy);
            const realv old =
                ACCUMULATE ? widen(load(o->out + at)) : (realv)(0);
            v[k] = round_dx(old, dx);
        }
    }
    if (DALPHA) {
        store_real(sum, s + sums);
        store_real(low, c + sums);
    }
}

/* Prefetches for the lines i columns after the peel. */
INLINED void backward_prefetch(const struct interleaved *t, uint i,
                               const ulong *ahead, uint ahead_i,
                               const struct operands *o)
{
    UNROLLED
    for (uint k = 0; k < INTERLEAVE; k++) {
        prefetch_l1(o->x + ahead[k] + ahead_i);
        prefetch_l1(o->dy + ahead[k] + ahead_i);
    }
    if (o->prefetch_far) {
        UNROLLED
        for (uint k = 0; k < INTERLEAVE; k++) {
            prefetch_l2(o->x + t->next[k] + i);
            prefetch_l2(o->dy + t->next[k] + i);
        }
    } else if (DX && !o->non_temporal) {
        UNROLLED
        for (uint k = 0; k < INTERLEAVE; k++)
            prefetch_output(o->out + t->at[k] + t->peel[k] + i);
    }
}

/* A line of each row, i columns after the peel.  4K aliasing: all loads come
 * before the stores. */
INLINED void backward_lines(uint source, const struct interleaved *t, uint i,
                            const ulong *ahead, uint ahead_i,
                            const struct operands *o, const real *a, real *s,
                            real *c)
{
    storedv v[LINE / VECTOR][INTERLEAVE];
    backward_prefetch(t, i, ahead, ahead_i, o);
    UNROLLED
    for (uint h = 0; h < LINE; h += VECTOR)
        backward_vectors(source, t, i + h, o, a, s, c, v[h / VECTOR]);
    UNROLLED
    for (uint k = 0; DX && k < INTERLEAVE; k++) {
        UNROLLED
        for (uint h = 0; h < LINE; h += VECTOR)
            store_range(v[h / VECTOR][k],
                        o->out + t->at[k] + t->peel[k] + i + h, 0, VECTOR,
                        o->non_temporal);
    }
}

/* The columns that all rows have in whole lines.  With sums, lines are
 * prefetched half as far ahead, as L1 may have no room for more; but not with
 * non-temporal stores, if far rows are not prefetched. */
INLINED void process_common(uint source, const struct interleaved *t,
                            const struct operands *o, const real *a, real *s,
                            real *c)
{
    const bool halves = DALPHA && (!o->non_temporal || o->prefetch_far);
    const uint ahead = halves ? AHEAD / 2 : AHEAD;
    uint i = 0;
    for (; i + ahead < t->common; i += LINE)
        backward_lines(source, t, i, t->at, i + ahead, o, a, s, c);
    for (; i < t->common; i += LINE)
        backward_lines(source, t, i, t->next, i + ahead - t->common, o, a, s,
                       c);
}
