/* dense.cl - bias, activation and their gradients between matrix products
 * SPDX-License-Identifier: MIT
 * needs: types.cl memory.cl activations.cl elu.cl compensated.cl
 * used by: dense
 *
 * Set by the host:
 *   OP       leaky_relu, elu or thresholded_relu
 *   PRELU    1: the parameter is an array, with OP leaky_relu
 *   DALPHA   1: dense_backward sums the gradient of that array
 *
 * A matrix [rows][columns] is cut into panels: several whole rows with up to
 * PANEL_WIDTH elements together, or one row of several tiles of PANEL_WIDTH
 * columns.  Element i of all panels is in the same column.  For sums a
 * work-group takes one tile of a block of panels.  It stores a sum for each
 * element, and as the elements of a panel are rows of a matrix again, sum_rows
 * adds them up column by column.  Nothing depends on GROUP and VECTOR. */

#define PANEL_WIDTH 1024 /* as in src/ops/dense_pass.c */
#define PANEL_SLOTS (PANEL_WIDTH / (GROUP * VECTOR))

/* A few slots live in registers, if the compiler may unroll the loop. */
#if PANEL_SLOTS <= 8
#define UNROLL_SLOTS UNROLLED
#else
#define UNROLL_SLOTS
#endif

/* Must match that of src/ops/dense_pass.c. */
struct panels {
    ulong columns, elements; /* of the matrix */
    ulong panel;             /* elements of a panel */
    ulong panels;            /* of the matrix */
    ulong block;             /* panels of a work-group */
    ulong tiles;             /* of a panel */
};

uint slot_at(uint j)
{
    return (j * GROUP + (uint)get_local_id(0)) * VECTOR;
}

/* A vector's elements of an array that has one for each column. */
realv load_columns(__global const real *p, const struct panels *t,
                   ulong element)
{
    real part[VECTOR];
    ulong column = element % t->columns;
    for (uint i = 0; i < VECTOR; i++) {
        part[i] = p[column];
        column = column + 1 < t->columns ? column + 1 : 0;
    }
    return load(part);
}

realv load_parameter(__global const real *alpha, const ulong alphas,
                     const real parameter, const struct panels *t,
                     ulong element)
{
#if PRELU
    return alphas == 1 ? (realv)(*alpha) : load_columns(alpha, t, element);
#else
    return (realv)(parameter);
#endif
}

/* z = product + b, y = f(z) for up to VECTOR elements.  keep: z is wanted, in
 * the product's place. */
void forward_at(__global real *z, __global real *y, uint count, realv bias,
                realv p, bool keep, bool non_temporal)
{
    if (count < VECTOR) {
        const realv v = load_partial(z, count) + bias;
        if (keep)
            store_partial(v, z, count);
        store_partial(CAT(OP, _forward)(v, p), y, count);
        return;
    }
    const realv v = load(z) + bias;
    if (keep)
        store(v, z);
    if (non_temporal)
        store_nontemporal(CAT(OP, _forward)(v, p), y);
    else
        store(CAT(OP, _forward)(v, p), y);
}

/* Rows from start to end that are wider than a tile. */
INLINED void forward_wide(const struct panels *t, ulong start, ulong end,
                          const real parameter, __global const real *alpha,
                          ulong alphas, __global const real *b, bool keep,
                          bool non_temporal, __global real *z,
                          __global real *y)
{
    const realv one = load_parameter(alpha, 1, parameter, t, 0);
    for (ulong at = start * t->panel; at < end * t->panel; at += t->panel)
        for (ulong i = slot_at(0); i < t->panel; i += GROUP * VECTOR) {
            const uint rest = (uint)min((ulong)VECTOR, t->panel - i);
            const realv p =
                PRELU && alphas > 1 ? load_partial(alpha + i, rest) : one;
            forward_at(z + at + i, y + at + i, rest, load_partial(b + i, rest),
                       p, keep, non_temporal && is_aligned(y + at + i));
        }
}

/* A work-group takes a block of panels. */
__kernel WG_SIZED
void dense_forward(const struct panels t, const real parameter,
                   __global const real *alpha, const ulong alpha_offset,
                   const ulong alphas, __global const real *b,
                   const ulong b_offset, const uint keep,
                   const uint non_temporal, __global real *z,
                   const ulong z_offset, __global real *y, const ulong y_offset)
{
    const ulong start = get_group_id(0) * t.block;
    const ulong end = min(t.panels, start + t.block);
    realv bias[PANEL_SLOTS], p[PANEL_SLOTS];
    alpha += alpha_offset;
    b += b_offset;
    z += z_offset;
    y += y_offset;
    if (t.tiles > 1) {
        forward_wide(&t, start, end, parameter, alpha, alphas, b, keep,
                     non_temporal, z, y);
        return;
    }
    const uint width = (uint)t.panel;
    UNROLL_SLOTS
    for (uint j = 0; j < PANEL_SLOTS; j++) {
        if (PANEL_SLOTS > 8 && slot_at(j) >= width)
            break;
        bias[j] = load_columns(b, &t, slot_at(j));
        p[j] = load_parameter(alpha, alphas, parameter, &t, slot_at(j));
    }
    for (ulong k = start; k < end; k++) {
        const ulong at = k * t.panel;
        const uint len = (uint)min((ulong)width, t.elements - at);
        const bool past = non_temporal && is_aligned(y + at);
        UNROLL_SLOTS
        for (uint j = 0; j < PANEL_SLOTS; j++) {
            const uint i = slot_at(j);
            if (i >= len)
                break;
            forward_at(z + at + i, y + at + i, len - i, bias[j], p[j], keep,
                       past);
        }
    }
}

/* dz = f'(z)*dy for up to VECTOR elements, and the sums of dz and z*dy. */
INLINED void backward_at(__global const real *z, __global const real *dy,
                         uint count, realv p, bool non_temporal,
                         __global real *dz, realv *s, realv *c, realv *s_alpha,
                         realv *c_alpha)
{
    const bool whole = count >= VECTOR;
    const realv vz = whole ? load(z) : load_partial(z, count);
    const realv vdy = whole ? load(dy) : load_partial(dy, count);
    const realv v = CAT(OP, _backward)(vz, p, vdy);
    add_exactly(v, s, c);
    if (DALPHA)
        add_product(vz, vdy, s_alpha, c_alpha);
    if (!whole)
        store_partial(v, dz, count);
    else if (non_temporal)
        store_nontemporal(v, dz);
    else
        store(v, dz);
}

/* The sums of a tile's elements, and their corrections half_sums beyond. */
void store_tile_sums(const realv s[PANEL_SLOTS], const realv c[PANEL_SLOTS],
                     __global real *sums, const ulong half_sums, uint width)
{
    UNROLL_SLOTS
    for (uint j = 0; j < PANEL_SLOTS; j++) {
        const uint i = slot_at(j);
        if (i >= width)
            break;
        store_partial(s[j], sums + i, width - i);
        store_partial(c[j], sums + half_sums + i, width - i);
    }
}

/* dz = f'(z)*dy; the elements' sums of dz and, for dalpha, of z*dy where z < 0
 * are stored at sums, [2][blocks][panel] for each of the two, corrections
 * second. */
__kernel WG_SIZED
void dense_backward(const struct panels t, const real parameter,
                    __global const real *alpha, const ulong alpha_offset,
                    const ulong alphas, const uint non_temporal,
                    __global const real *z, const ulong z_offset,
                    __global const real *dy, const ulong dy_offset,
                    __global real *dz, const ulong dz_offset,
                    __global real *sums, const ulong half_sums)
{
    const ulong tile = get_group_id(0) % t.tiles * PANEL_WIDTH;
    const ulong block = get_group_id(0) / t.tiles;
    const ulong start = block * t.block;
    const ulong end = min(t.panels, start + t.block);
    const uint width = (uint)min((ulong)PANEL_WIDTH, t.panel - tile);
    realv p[PANEL_SLOTS], s[PANEL_SLOTS], c[PANEL_SLOTS];
    realv s_alpha[PANEL_SLOTS], c_alpha[PANEL_SLOTS];
    alpha += alpha_offset;
    z += z_offset;
    dy += dy_offset;
    dz += dz_offset;
    UNROLL_SLOTS
    for (uint j = 0; j < PANEL_SLOTS; j++) {
        const ulong element = tile + slot_at(j);
        if (PANEL_SLOTS > 8 && slot_at(j) >= width)
            break;
        p[j] = load_parameter(alpha, alphas, parameter, &t, element);
        s[j] = c[j] = s_alpha[j] = c_alpha[j] = (realv)(0);
    }
    for (ulong k = start; k < end; k++) {
        const ulong at = k * t.panel + tile;
        const uint len = (uint)min((ulong)width, t.elements - at);
        const bool past = non_temporal && is_aligned(dz + at);
        UNROLL_SLOTS
        for (uint j = 0; j < PANEL_SLOTS; j++) {
            const uint i = slot_at(j);
            if (i >= len)
                break;
            backward_at(z + at + i, dy + at + i, len - i, p[j], past,
                        dz + at + i, &s[j], &c[j], &s_alpha[j], &c_alpha[j]);
        }
    }
    sums += block * t.panel + tile;
    store_tile_sums(s, c, sums, half_sums, width);
    if (DALPHA)
        store_tile_sums(s_alpha, c_alpha, sums + 2 * half_sums, half_sums,
                        width);
}
