/* dense.cl - what stands between a dense layer's matrix products
 * SPDX-License-Identifier: MIT
 *
 * Set by the host:
 *   OP       leaky_relu, elu or thresholded_relu
 *   PRELU    1: the parameter is an array, with OP leaky_relu
 *   DALPHA   1: dense_backward sums the gradient of that array
 *
 * A matrix [rows][columns] is walked in packs: whole rows of at most WIDTH
 * elements together, or one row of several tiles of WIDTH columns.  A lane, an
 * element of the pack, always meets the same column.  For sums a work-group
 * takes one tile of a block of packs; its lanes' sums go to memory as they are,
 * and as the lanes of a pack are rows of a matrix again, sum_rows adds them up
 * column by column.  Nothing depends on GROUP and VECTOR. */

#ifndef OP
#define OP leaky_relu
#endif
#ifndef PRELU
#define PRELU 0
#endif
#ifndef DALPHA
#define DALPHA 0
#endif

#define WIDTH 1024 /* as in src/dense_pass.c */
#define SLOTS (WIDTH / (GROUP * VECTOR))

/* A few slots live in registers, if the compiler may unroll the loop. */
#if SLOTS <= 8
#define UNROLL _Pragma("unroll")
#else
#define UNROLL
#endif

#define FORWARD_OP CAT(OP, _forward)
#define BACKWARD_OP CAT(OP, _backward)

/* The twin of struct walk in src/dense_pass.c. */
struct walk {
    ulong columns, elements;
    ulong pack;  /* elements of a pack                                        */
    ulong packs; /* of the matrix                                             */
    ulong block; /* packs of a work-group                                     */
    ulong tiles;
};

/* A vector's elements of an array that has one for each column. */
realv load_columns(__global const real *p, const struct walk *t, ulong element)
{
    real part[VECTOR];
    ulong column = element % t->columns;
    for (uint i = 0; i < VECTOR; i++) {
        part[i] = p[column];
        column = column + 1 < t->columns ? column + 1 : 0;
    }
    return VLOAD(part);
}

realv load_parameter(__global const real *alpha, const ulong alphas,
                     const real parameter, const struct walk *t, ulong element)
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
                realv p, bool keep, bool past_cache)
{
    if (count < VECTOR) {
        const realv v = load_up_to(z, count) + bias;
        if (keep)
            store_up_to(v, z, count);
        store_up_to(FORWARD_OP(v, p), y, count);
        return;
    }
    const realv v = LOAD(z) + bias;
    if (keep)
        STORE(v, z);
    if (past_cache)
        STREAM(FORWARD_OP(v, p), y);
    else
        STORE(FORWARD_OP(v, p), y);
}

/* A work-group takes a block of packs, or of rows that are wider than one. */
__kernel TEAM_OF_GROUP
void dense_forward(const struct walk t, const real parameter,
                   __global const real *alpha, const ulong alpha_offset,
                   const ulong alphas, __global const real *b,
                   const ulong b_offset, const uint keep, const uint stream,
                   __global real *z, const ulong z_offset, __global real *y,
                   const ulong y_offset)
{
    const uint lid = (uint)get_local_id(0);
    const ulong start = get_group_id(0) * t.block;
    const ulong end = min(t.packs, start + t.block);
    realv bias[SLOTS], p[SLOTS];
    alpha += alpha_offset;
    b += b_offset;
    z += z_offset;
    y += y_offset;
    if (t.tiles > 1) {
        const realv one = load_parameter(alpha, 1, parameter, &t, 0);
        for (ulong at = start * t.pack; at < end * t.pack; at += t.pack)
            for (ulong i = lid * VECTOR; i < t.pack; i += GROUP * VECTOR) {
                const uint rest = (uint)min((ulong)VECTOR, t.pack - i);
                const realv each =
                    PRELU && alphas > 1 ? load_up_to(alpha + i, rest) : one;
                forward_at(z + at + i, y + at + i, rest,
                           load_up_to(b + i, rest), each, keep,
                           stream && aligned(y + at + i));
            }
        return;
    }
    const uint width = (uint)t.pack;
    UNROLL
    for (uint j = 0; j < SLOTS; j++) {
        const uint lane = (j * GROUP + lid) * VECTOR;
        if (SLOTS > 8 && lane >= width)
            break;
        bias[j] = load_columns(b, &t, lane);
        p[j] = load_parameter(alpha, alphas, parameter, &t, lane);
    }
    for (ulong k = start; k < end; k++) {
        const ulong at = k * t.pack;
        const uint len = (uint)min((ulong)width, t.elements - at);
        const bool past_cache = stream && aligned(y + at);
        UNROLL
        for (uint j = 0; j < SLOTS; j++) {
            const uint lane = (j * GROUP + lid) * VECTOR;
            if (lane >= len)
                break;
            forward_at(z + at + lane, y + at + lane, len - lane, bias[j], p[j],
                       keep, past_cache);
        }
    }
}

/* Adds z*dy where z < 0, with the error of the product. */
void add_product(realv z, realv dy, realv *s, realv *c)
{
    const realv p = z < 0 ? z * dy : (realv)(0);
    *c += z < 0 ? fma(z, dy, -p) : (realv)(0);
    add_exactly(p, s, c);
}

/* The sums of a tile's lanes, and their corrections half_sums beyond. */
void store_sums(const realv s[SLOTS], const realv c[SLOTS],
                __global real *sums, const ulong half_sums, uint width)
{
    UNROLL
    for (uint j = 0; j < SLOTS; j++) {
        const uint lane = (j * GROUP + (uint)get_local_id(0)) * VECTOR;
        if (lane >= width)
            break;
        store_up_to(s[j], sums + lane, width - lane);
        store_up_to(c[j], sums + half_sums + lane, width - lane);
    }
}

/* dz = f'(z)*dy; the lanes' sums of dz and, for dalpha, of z*dy where z < 0 go
 * to sums, [2][blocks][pack] for each of the two, corrections second. */
__kernel TEAM_OF_GROUP
void dense_backward(const struct walk t, const real parameter,
                    __global const real *alpha, const ulong alpha_offset,
                    const ulong alphas, const uint stream,
                    __global const real *z, const ulong z_offset,
                    __global const real *dy, const ulong dy_offset,
                    __global real *dz, const ulong dz_offset,
                    __global real *sums, const ulong half_sums)
{
    const uint lid = (uint)get_local_id(0);
    const ulong tile = get_group_id(0) % t.tiles * WIDTH;
    const ulong block = get_group_id(0) / t.tiles;
    const ulong start = block * t.block;
    const ulong end = min(t.packs, start + t.block);
    const uint width = (uint)min((ulong)WIDTH, t.pack - tile);
    realv p[SLOTS], s[SLOTS], c[SLOTS];
#if DALPHA
    realv as[SLOTS], ac[SLOTS];
#endif
    alpha += alpha_offset;
    z += z_offset;
    dy += dy_offset;
    dz += dz_offset;
    UNROLL
    for (uint j = 0; j < SLOTS; j++) {
        const uint lane = (j * GROUP + lid) * VECTOR;
        if (SLOTS > 8 && lane >= width)
            break;
        p[j] = load_parameter(alpha, alphas, parameter, &t, tile + lane);
        s[j] = c[j] = (realv)(0);
#if DALPHA
        as[j] = ac[j] = (realv)(0);
#endif
    }
    for (ulong k = start; k < end; k++) {
        const ulong at = k * t.pack + tile;
        const uint len = (uint)min((ulong)width, t.elements - at);
        const bool past_cache = stream && aligned(dz + at);
        UNROLL
        for (uint j = 0; j < SLOTS; j++) {
            const uint lane = (j * GROUP + lid) * VECTOR;
            if (lane >= len)
                break;
            const bool whole = lane + VECTOR <= len;
            const realv vz = whole ? LOAD(z + at + lane)
                                   : load_up_to(z + at + lane, len - lane);
            const realv vdy = whole ? LOAD(dy + at + lane)
                                    : load_up_to(dy + at + lane, len - lane);
            const realv v = BACKWARD_OP(vz, p[j], vdy);
            add_exactly(v, &s[j], &c[j]);
#if DALPHA
            add_product(vz, vdy, &as[j], &ac[j]);
#endif
            if (!whole)
                store_up_to(v, dz + at + lane, len - lane);
            else if (past_cache)
                STREAM(v, dz + at + lane);
            else
                STORE(v, dz + at + lane);
        }
    }
    sums += block * t.pack + tile;
    store_sums(s, c, sums, half_sums, width);
#if DALPHA
    store_sums(as, ac, sums + 2 * half_sums, half_sums, width);
#endif
}
