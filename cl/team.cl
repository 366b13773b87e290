/* team.cl - a task of PReLU's sums by a work-group of many work-items
 * SPDX-License-Identifier: MIT
 *
 * On a GPU.  Slot j of a work-item is a vector of the row, its alphas and sums,
 * all in registers: no slot, and no element of one, is indexed by what is not a
 * constant.  Memory is far away: several rows are read at once, if there are
 * registers for them.  To read one and work on the other in turn is of no use,
 * as NVIDIA's compiler waits for both.  Where rows are, the work-items find out
 * together, a row each, and leave it in local memory: a walk of their own would
 * take half their registers. */
#if GROUP > 1 && DALPHA

#define LANE_OF(j) (((j) * GROUP + lid) * VECTOR)

/* Rows that are read at once.  An NVIDIA GPU holds all tasks of a large tensor
 * side by side if a work-item has no more than 64 registers. */
#if HAS_FEW_REGISTERS || SLOTS > 2
#define AT_ONCE 1
#elif DTYPE == 2 && ALPHA_DTYPE == DTYPE
#define AT_ONCE 4
#else
#define AT_ONCE 2
#endif

/* Rows whose places are found at once. */
#define PLACES 64

/* Where a row is, and whether it is aligned vectors. */
struct place {
    ulong at;
    uint len, whole;
};

/* The places of a block's rows from its first on; those beyond the last have no
 * lanes. */
INLINED void find_places(const struct tiling *t, ulong tile, ulong block,
                         ulong first, struct walk walk, uint lid,
                         __global const stored *x, __global const stored *dy,
                         __global const stored *dx,
                         __local struct place *places)
{
    for (uint i = lid; i < PLACES; i += GROUP) {
        struct place p = {0, 0, 0};
        const ulong row = row_of_sums(t, block, first + i);
        if (row < t->rows) {
            find_row(t, tile, row, &walk);
            p.at = walk.element;
            p.len = row_length(t, tile, &walk);
            p.whole = ARE_WHOLE(x + p.at) && ARE_WHOLE(dy + p.at) &&
                      p.len % VECTOR == 0;
#if DX
            p.whole = p.whole && ARE_WHOLE(dx + p.at);
#endif
        }
        places[i] = p;
    }
}

/* A row on its way. */
struct coming {
    struct place place;
    words x[SLOTS], dy[SLOTS];
};

INLINED void read_row(__global const stored *p, uint lid, uint len, bool whole,
                      words v[SLOTS])
{
    if (whole) {
        UNROLL
        for (uint j = 0; j < SLOTS; j++)
            if (LANE_OF(j) < len)
                v[j] = READ_WORDS(p + LANE_OF(j));
    } else {
        UNROLL
        for (uint j = 0; j < SLOTS; j++)
            if (LANE_OF(j) < len)
                v[j] = TO_WORDS(load_packed(p + LANE_OF(j), len - LANE_OF(j)));
    }
}

INLINED void backward_row(const struct coming *r, const realv a[SLOTS],
                          uint lid, __global stored *dx, realv s[SLOTS],
                          realv c[SLOTS])
{
    const uint len = r->place.len;
    UNROLL
    for (uint j = 0; j < SLOTS; j++) {
        const uint lane = LANE_OF(j);
        if (lane >= len)
            break;
        const realv x = widen(FROM_WORDS(r->x[j]));
        const realv dy = widen(FROM_WORDS(r->dy[j]));
        add_product(x, dy, &s[j], &c[j]);
#if DX
        __global stored *out = dx + r->place.at + lane;
        const realv v = leaky_relu_backward(x, a[j], dy);
#if ACCUMULATE
        const packed sum = pack(load_up_to(out, len - lane) + v);
#else
        const packed sum = leaky_relu_pack(v);
#endif
        if (r->place.whole)
            WRITE(sum, out);
        else
            store_up_to(sum, out, len - lane);
#endif
    }
}

/* One of count, and some number for a lane beyond the row. */
real alpha_at(const struct tiling *t, __global const alpha_t *alpha, uint count,
              uint lane)
{
    const uint k = alpha_of_lane(t, lane);
    return k < count ? LOAD_ALPHA(alpha + k) : 0;
}

/* The alphas of a row's lanes, of which it meets count; lanes beyond the row
 * get some number. */
void load_alphas(const struct tiling *t, __global const alpha_t *alpha,
                 uint count, uint lid, realv a[SLOTS])
{
    const realv one = (realv)(LOAD_ALPHA(alpha));
    UNROLL
    for (uint j = 0; j < SLOTS; j++) {
        const uint lane = (j * GROUP + lid) * VECTOR;
        a[j] = one;
#define ALPHA_AT(i) alpha_at(t, alpha, count, lane + i)
        if (count > 1)
            a[j] = (realv)(EACH(ALPHA_AT));
    }
}

/* AT_ONCE rows: dx, and the lanes' sums. */
INLINED void backward_some(const __local struct place *places,
                           const realv a[SLOTS], uint lid,
                           __global const stored *x, __global const stored *dy,
                           __global stored *dx, realv s[SLOTS], realv c[SLOTS])
{
    struct coming r[AT_ONCE];
    UNROLL
    for (uint k = 0; k < AT_ONCE; k++) {
        const struct place p = places[k];
        r[k].place = p;
        read_row(x + p.at, lid, p.len, p.whole, r[k].x);
        read_row(dy + p.at, lid, p.len, p.whole, r[k].dy);
    }
    UNROLL
    for (uint k = 0; k < AT_ONCE; k++)
        backward_row(&r[k], a, lid, dx, s, c);
}

/* The rows of a block, of which the first is at walk. */
INLINED void backward_rows(const struct tiling *t, ulong tile, ulong block,
                           struct walk walk, uint alphas, uint lid,
                           __global const stored *x,
                           __global const alpha_t *alpha,
                           __global const stored *dy, __global stored *dx,
                           __local struct place *places, realv s[SLOTS],
                           realv c[SLOTS])
{
    realv a[SLOTS];
    /* Sums have no alphas that change within a tile. */
    if (DX)
        load_alphas(t, alpha + walk.alpha, alphas, lid, a);
    for (ulong row = 0; row < t->block; row += PLACES) {
        const uint count = (uint)min((ulong)PLACES, t->block - row);
        if (row > 0)
            TEAM_BARRIER;
        find_places(t, tile, block, row, walk, lid, x, dy, dx, places);
        TEAM_BARRIER;
        for (uint i = 0; i < count; i += AT_ONCE)
            backward_some(places + i, a, lid, x, dy, dx, s, c);
    }
}

#endif
