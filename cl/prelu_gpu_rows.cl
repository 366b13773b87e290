/* prelu_gpu_rows.cl - a row of PReLU with dalpha, in many work-items
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl memory.cl prelu.cl strides.cl chain.cl
 *     prelu_rows.cl
 * used by: prelu sums on GPUs; chain sums on GPUs
 *
 * Slot j of a work-item is a vector of the row. */

#define SLOTS (ROW_MAX / (GROUP * VECTOR))

/* A few slots live in registers, if the compiler may unroll the loop. */
#if SLOTS <= 8
#define UNROLL UNROLLED
#else
#define UNROLL
#endif

/* Where a row is, and whether it is all aligned vectors. */
struct row_desc {
    ulong at;
    uint len, aligned;
};

/* The first column of slot j. */
uint column_of(uint j)
{
    return (j * GROUP + (uint)get_local_id(0)) * VECTOR;
}

/* A vector of a row or, at its end, a part of one. */
#if STRIDED
#define LOAD_PART(o, array, row, column)                                       \
    load_pieces((o)->layout, (o)->layout.array, (o)->array,                    \
                (row).at + (column), min((row).len - (column), (uint)VECTOR))
#define STORE_PART(v, o, array, row, column, aligned)                          \
    store_pieces(v, (o)->layout, (o)->layout.array, (o)->array,                \
                 (row).at + (column), min((row).len - (column), (uint)VECTOR))
#else
#define LOAD_PART(o, array, row, column)                                       \
    load_partial((o)->array + (row).at + (column), (row).len - (column))
#define STORE_PART(v, o, array, row, column, aligned)                          \
    store_part(v, (o)->array + (row).at + (column), (row).len - (column),      \
               aligned)
#endif

INLINED void store_part(storedv v, __global stored *p, uint count, bool aligned)
{
    if (aligned)
        store_aligned(v, p);
    else
        store_partial(v, p, count);
}

/* Of x and dy. */
INLINED void load_row(const struct operands *o, struct row_desc row,
                      raw x[SLOTS], raw dy[SLOTS])
{
    if (row.aligned) {
        UNROLL
        for (uint j = 0; j < SLOTS; j++)
            if (column_of(j) < row.len)
                x[j] = load_raw(o->x + row.at + column_of(j));
        UNROLL
        for (uint j = 0; j < SLOTS; j++)
            if (column_of(j) < row.len)
                dy[j] = load_raw(o->dy + row.at + column_of(j));
    } else {
        UNROLL
        for (uint j = 0; j < SLOTS; j++)
            if (column_of(j) < row.len)
                x[j] = to_raw(LOAD_PART(o, x, row, column_of(j)));
        UNROLL
        for (uint j = 0; j < SLOTS; j++)
            if (column_of(j) < row.len)
                dy[j] = to_raw(LOAD_PART(o, dy, row, column_of(j)));
    }
}

#if DDX
/* Of ddx, which has no gaps. */
INLINED void load_ddx(const struct operands *o, struct row_desc row,
                      raw ddx[SLOTS])
{
    UNROLL
    for (uint j = 0; j < SLOTS; j++) {
        const uint column = column_of(j);
        __global const stored *p = o->ddx + row.at + column;
        if (column < row.len)
            ddx[j] = row.aligned ? load_raw(p)
                                 : to_raw(load_partial(p, row.len - column));
    }
}
#endif
