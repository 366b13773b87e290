/* prelu_gpu_sums.cl - a task of PReLU with dalpha, in many work-items
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl memory.cl prelu.cl divide.cl strides.cl
 *     chain.cl prelu_rows.cl prelu_sums.cl prelu_gpu_rows.cl
 * used by: prelu sums on GPUs; chain sums on GPUs
 *
 * Slot j of a work-item is a vector of the row, its alphas and sums, all in
 * registers: they have constant indices alone.  Memory is far away: several
 * rows are read at once, if there are registers for them.  Double buffering
 * does not help, as NVIDIA's compiler waits for both loads.  The work-items
 * find the positions of rows together, a row each, and share them in local
 * memory: a row cursor in each would take half the registers. */

/* Rows that are read at once.  An NVIDIA GPU runs all tasks of a large tensor
 * at the same time if a work-item has no more than 64 registers. */
#if HAS_FEW_REGISTERS || SLOTS > 2 || SUMS > 1 || DDX
#define ROWS_AT_ONCE 1
#elif DTYPE == 2 && ALPHA_DTYPE == DTYPE
#define ROWS_AT_ONCE 4
#else
#define ROWS_AT_ONCE 2
#endif

/* Rows whose positions are found at once. */
#define ROWS_FOUND 64

/* The columns of a slot: their arrays' elements and their sums s + c. */
struct slot {
    struct columns columns;
    realv s[SUMS], c[SUMS];
};

/* The block's rows from the begin-th on; those beyond the last are empty. */
INLINED void find_rows(const struct tiling *t, ulong tile, ulong block,
                       ulong begin, struct row_cursor pos,
                       const struct operands *o, __local struct row_desc *rows)
{
    for (uint i = (uint)get_local_id(0); i < ROWS_FOUND; i += GROUP) {
        struct row_desc r = {0, 0, 0};
        const ulong row = row_of_block(t, block, begin + i);
        if (row < t->rows) {
            find_row(t, tile, row, &pos);
            r.at = pos.element;
            r.len = row_length(t, tile, &pos);
            r.aligned = is_aligned(o->x + r.at) && is_aligned(o->dy + r.at) &&
                        r.len % VECTOR == 0;
            if (DX)
                r.aligned = r.aligned && is_aligned(o->out + r.at);
            if (DDX)
                r.aligned = r.aligned && is_aligned(o->ddx + r.at);
            if (STRIDED)
                r.aligned = 0;
        }
        rows[i] = r;
    }
}

/* A row in flight. */
struct inflight {
    struct row_desc row;
    raw x[SLOTS], dy[SLOTS];
#if DDX
    raw ddx[SLOTS];
#endif
};

INLINED void backward_row(const struct inflight *r, const struct operands *o,
                          struct slot slots[SLOTS])
{
    const struct row_desc row = r->row;
    UNROLL
    for (uint j = 0; j < SLOTS; j++) {
        const uint column = column_of(j);
        if (column >= row.len)
            break;
#if DDX
        const realv ddx = widen(from_raw(r->ddx[j]));
#else
        const realv ddx = (realv)(0);
#endif
        const struct values v =
            values_of(widen(from_raw(r->x[j])), widen(from_raw(r->dy[j])), ddx,
                      &slots[j].columns, o->k);
        add_values(&v, 1, slots[j].s, slots[j].c);
#if DX
        const realv old =
            ACCUMULATE ? widen(LOAD_PART(o, out, row, column)) : (realv)(0);
        const storedv dx = output_of(&v, &slots[j].columns, o->k, old);
        STORE_PART(dx, o, out, row, column, row.aligned);
#endif
#if SECOND
        const realv old_second = SECOND == 2
                                     ? widen(LOAD_PART(o, second, row, column))
                                     : (realv)(0);
        STORE_PART(second_of(&v, old_second), o, second, row, column, false);
#endif
    }
}

/* Which of a row's alphas a column has. */
uint alpha_of_column(const struct tiling *t, uint column)
{
    uint index = 0, alpha_stride = 1;
    for (uint g = 0; g < t->split_axis; g++) {
        const uint size = (uint)t->group[g];
        const uint quotient = column / size;
        if (is_kept(t, g)) {
            index += (column - quotient * size) * alpha_stride;
            alpha_stride *= size;
        }
        column = quotient;
    }
    if (is_kept(t, (uint)t->split_axis))
        index += column * alpha_stride;
    return index;
}

/* One of count, and some number for a column beyond the row. */
real alpha_at(const struct tiling *t, __global const alpha_t *alpha, uint count,
              uint column)
{
    const uint k = alpha_of_column(t, column);
    return k < count ? load_one_alpha(alpha + k) : 0;
}

/* The alphas of a row's columns, of which there are count; columns beyond the
 * row get some number. */
void load_columns(const struct tiling *t, struct arrays arrays, uint count,
                  struct slot slots[SLOTS])
{
#define ALPHA_OF_ELEMENT(i) alpha_at(t, arrays.p[k], count, column_of(j) + i)
    UNROLL
    for (uint j = 0; j < SLOTS; j++) {
        slots[j].columns = uniform_columns(arrays, 0);
        UNROLL
        for (uint k = 0; count > 1 && k < ARRAYS; k++)
            slots[j].columns.p[k] = (realv)(EACH(ALPHA_OF_ELEMENT));
    }
}

/* ROWS_AT_ONCE rows: dx, and the columns' sums. */
INLINED void backward_rows(const __local struct row_desc *rows,
                           const struct operands *o, struct slot slots[SLOTS])
{
    struct inflight r[ROWS_AT_ONCE];
    UNROLL
    for (uint k = 0; k < ROWS_AT_ONCE; k++) {
        const struct row_desc row = rows[k];
        r[k].row = row;
        load_row(o, row, r[k].x, r[k].dy);
#if DDX
        load_ddx(o, row, r[k].ddx);
#endif
    }
    UNROLL
    for (uint k = 0; k < ROWS_AT_ONCE; k++)
        backward_row(&r[k], o, slots);
}

/* The rows of a block, of which the first is at pos. */
INLINED void backward_block(const struct tiling *t, ulong tile, ulong block,
                            struct row_cursor pos, uint alphas,
                            const struct operands *o,
                            __local struct row_desc *rows,
                            struct slot slots[SLOTS])
{
    /* With sums, alphas do not change within a tile. */
    if (READS_ARRAYS)
        load_columns(t, arrays_from(o->arrays, pos.alpha), alphas, slots);
    for (ulong row = 0; row < t->block; row += ROWS_FOUND) {
        const uint count = (uint)min((ulong)ROWS_FOUND, t->block - row);
        if (row > 0)
            LOCAL_BARRIER;
        find_rows(t, tile, block, row, pos, o, rows);
        LOCAL_BARRIER;
        for (uint i = 0; i < count; i += ROWS_AT_ONCE)
            backward_rows(rows + i, o, slots);
    }
}

/* Sum i of all columns to local memory, where the one before it was. */
INLINED void share_sum(const struct slot slots[SLOTS], uint i,
                       __local real *s, __local real *c)
{
    if (i > 0)
        LOCAL_BARRIER;
    UNROLL
    for (uint j = 0; j < SLOTS; j++) {
        store_real(slots[j].s[i], s + column_of(j));
        store_real(slots[j].c[i], c + column_of(j));
    }
    LOCAL_BARRIER;
}

__kernel WG_SIZED
void prelu_backward(const struct tiling_argument argument,
                    const ulong first_task,
                    __global const stored *x, const ulong x_offset,
                    __global const stored *dy, const ulong dy_offset,
#if READS_ARRAYS
                    const uint non_temporal, const uint prefetch_far,
                    __global const alpha_t *alpha, const ulong alpha_offset,
                    __global stored *dx, const ulong dx_offset CHAIN_ARGUMENTS,
#endif
                    __global real *sums, const ulong sums_offset,
                    const ulong alpha_count, const uint mode,
                    __global alpha_t *dalpha,
                    const ulong dalpha_offset SUM_ARGUMENTS LAYOUT_ARGUMENT)
{
    ulong group[64];
    const struct tiling t = unpack(argument, group);
    ulong tile, outer;
    const ulong block =
        divide(divide(first_task + get_group_id(0), t.tiles, &tile),
               t.outer_alphas, &outer);
    const struct row_cursor pos = start_rows(&t, tile, block, outer);
    const uint alphas = alphas_of(&t, tile);
    const ulong tile_alpha = tile * t.row_alphas;
    const ulong k = pos.alpha + tile_alpha;
    struct operands o = {.x = x + x_offset, .dy = dy + dy_offset};
    struct slot slots[SLOTS];
    /* Whole vectors may be touched where a row ends within one. */
    __local real ls[ROW_MAX + VECTOR], lc[ROW_MAX + VECTOR];
    __local struct row_desc rows[ROWS_FOUND];
#if STRIDED
    o.layout = layout;
#endif
#if READS_ARRAYS
    o.arrays = arrays_from(ARRAYS_OF_CALL, tile_alpha);
    o.out = dx + dx_offset;
    SET_OPERANDS_OF_CALL(o);
#endif
    UNROLL
    for (uint j = 0; j < SLOTS; j++) {
        UNROLL
        for (uint i = 0; i < SUMS; i++)
            slots[j].s[i] = slots[j].c[i] = (realv)(0);
    }
    backward_block(&t, tile, block, pos, alphas, &o, rows, slots);
    UNROLL
    for (uint i = 0; i < SUMS; i++) {
        share_sum(slots, i, ls, lc);
        STORE_SUM_OF_CALL(i, alphas, ls, lc, (uint)get_local_id(0), block, k);
    }
}
