/* alone.cl - a task of PReLU by one work-item on its own
 * SPDX-License-Identifier: MIT
 *
 * Set by the host:
 *   DX           1: the gradient of x is wanted
 *   ACCUMULATE   1: add to dx
 *
 * On a processor, or as a pipeline of an FPGA.  The alphas of a row and, for
 * dalpha, the sums of its lanes are in memory of its own, in its first cache;
 * where the next row is in memory is known, and called for. */
#if GROUP == 1

/* The first count elements at p, at most VECTOR. */
void put(packed v, __global stored *p, uint count, bool past_cache)
{
    if (count >= VECTOR && past_cache)
        STREAM(v, p);
    else
        store_up_to(v, p, count);
}

/* The vector of a row that its end cuts. */
#if VECTOR > 1
#define CUT_LANE(len) ((len) / VECTOR * VECTOR)
#define HAS_CUT(len) ((len) % VECTOR > 0)
#define CUT_SLOT(len) ((len) / VECTOR)
#endif

/* Where the alphas of a row's lanes are; a constant where a row is walked, so
 * that the choice is out of its loop. */
#define OWN 0    /* a vector for each slot */
#define ONE 1    /* one vector for all */
#define DIRECT 2 /* in memory, as they are met once */
#define ALPHA_FROM(from, j, alpha, count) \
    ((from) == DIRECT ? LOAD_ALPHAS(alpha, count) : a[(from) == OWN ? (j) : 0])

#if FORWARD

/* The whole vectors of a row. */
INLINED void forward_row(uint from, __global const stored *x,
                         __global const stored *next,
                         __global const alpha_t *alpha,
                         const realv a[SLOTS_TOUCHED], uint len,
                         bool past_cache, __global stored *y)
{
    UNROLL
    for (uint j = 0; j < SLOTS; j++) {
        const uint lane = j * VECTOR;
        if (lane + VECTOR > len)
            break;
        /* A row's own alphas fill the first cache. */
        if (from == ONE)
            PREFETCH(next + lane, TO_FIRST_CACHE);
        else
            PREFETCH(next + lane, TO_SECOND_CACHE);
        const realv va = ALPHA_FROM(from, j, alpha + lane, VECTOR);
        const realv v = leaky_relu_forward(LOAD(x + lane), va);
        put(leaky_relu_pack(v), y + lane, VECTOR, past_cache);
    }
}

/* Rows start to end of the walk, from next on. */
INLINED void forward_rows(const struct tiling *t, ulong tile, ulong start,
                          ulong end, struct walk next, uint alphas, uint lid,
                          uint stream, __global const stored *x,
                          __global const alpha_t *alpha, __global stored *y)
{
    const bool direct = is_direct(t);
    realv a[SLOTS_TOUCHED];
    if (!direct)
        load_alphas(t, alpha + next.alpha, alphas, lid, a);
    for (ulong row = start; row < end; row++) {
        const struct walk at = next;
        const uint len = row_length(t, tile, &at);
        __global const stored *xr = x + at.element;
        __global const alpha_t *ar = alpha + at.alpha + at.piece * t->width;
        __global stored *yr = y + at.element;
        const bool past_cache = stream && aligned(yr);
        if (row + 1 < end)
            next_row(t, tile, &next);
        __global const stored *xn = x + next.element;
        if (direct)
            forward_row(DIRECT, xr, xn, ar, a, len, past_cache, yr);
        else if (alphas == 1)
            forward_row(ONE, xr, xn, ar, a, len, past_cache, yr);
        else
            forward_row(OWN, xr, xn, ar, a, len, past_cache, yr);
#if VECTOR > 1
        if (HAS_CUT(len)) {
            const uint lane = CUT_LANE(len), rest = len - lane;
            const realv va = direct        ? LOAD_ALPHAS(ar + lane, rest)
                             : alphas == 1 ? a[0]
                                           : a[CUT_SLOT(len)];
            const realv v = leaky_relu_forward(load_up_to(xr + lane, rest), va);
            store_up_to(leaky_relu_pack(v), yr + lane, rest);
        }
#endif
        if (!direct && next.alpha != at.alpha)
            load_alphas(t, alpha + next.alpha, alphas, lid, a);
    }
}

#else

/* count elements, at most VECTOR: their part of dalpha into s + c, and dx. */
void backward_vector(__global const stored *x, __global const stored *dy,
                     uint count, realv a, __global stored *dx, bool past_cache,
                     realv *s, realv *c)
{
    const realv vx = load_up_to(x, count);
    const realv vdy = load_up_to(dy, count);
    if (DALPHA)
        add_product(vx, vdy, s, c);
    if (DX) {
        const realv v = leaky_relu_backward(vx, a, vdy);
        const realv old = ACCUMULATE ? load_up_to(dx, count) : (realv)(0);
        put(ACCUMULATE ? pack(old + v) : leaky_relu_pack(v), dx, count,
            past_cache);
    }
}

/* The whole vectors of a row. */
INLINED void backward_row(uint from, __global const stored *x,
                          __global const stored *dy,
                          __global const stored *base_x,
                          __global const stored *base_dy, struct ahead ahead,
                          __global const alpha_t *alpha,
                          const realv a[SLOTS_TOUCHED], uint len,
                          bool past_cache, __global stored *dx,
                          realv s[SLOTS_TOUCHED], realv c[SLOTS_TOUCHED])
{
    UNROLL
    for (uint j = 0; j < SLOTS; j++) {
        const uint lane = j * VECTOR;
        if (lane + VECTOR > len)
            break;
        /* The first cache is full of sums. */
        PREFETCH_AHEAD(base_x, ahead, lane, TO_SECOND_CACHE);
        PREFETCH_AHEAD(base_dy, ahead, lane, TO_SECOND_CACHE);
        backward_vector(x + lane, dy + lane, VECTOR,
                        ALPHA_FROM(from, j, alpha + lane, VECTOR), dx + lane,
                        past_cache, &s[j], &c[j]);
    }
}

/* Sums have no alphas that change within a tile. */
#if DX && !DALPHA
#define IS_DIRECT(t) is_direct(t)
#else
#define IS_DIRECT(t) false
#endif

/* Rows start to end of the walk, from next on: dx, and the lanes' sums. */
INLINED void backward_rows(const struct tiling *t, ulong tile, ulong start,
                           ulong end, struct walk next, uint alphas, uint lid,
                           uint stream, __global const stored *x,
                           __global const alpha_t *alpha,
                           __global const stored *dy, __global stored *dx,
                           realv s[SLOTS_TOUCHED], realv c[SLOTS_TOUCHED])
{
    const bool direct = IS_DIRECT(t);
    struct walk lead = start_lead(t, tile, end, &next);
    realv a[SLOTS_TOUCHED];
    if (!direct && DX)
        load_alphas(t, alpha + next.alpha, alphas, lid, a);
    for (ulong row = start; row < end; row++) {
        const struct walk at = next;
        const uint len = row_length(t, tile, &at);
        __global const stored *xr = x + at.element;
        __global const stored *dyr = dy + at.element;
        __global stored *dxr = dx + at.element;
        const bool past_cache = DX && stream && aligned(dxr);
        __global const alpha_t *ar = alpha + at.alpha + at.piece * t->width;
        if (row + 1 < end)
            next_row(t, tile, &next);
        const struct ahead ahead =
            LEADS ? look_ahead(t, tile, &at, &lead)
                  : (struct ahead){0, next.element, 0};
        if (direct)
            backward_row(DIRECT, xr, dyr, x, dy, ahead, ar, a, len, past_cache,
                         dxr, s, c);
        else if (alphas == 1)
            backward_row(ONE, xr, dyr, x, dy, ahead, ar, a, len, past_cache,
                         dxr, s, c);
        else
            backward_row(OWN, xr, dyr, x, dy, ahead, ar, a, len, past_cache,
                         dxr, s, c);
#if VECTOR > 1
        if (HAS_CUT(len)) {
            const uint lane = CUT_LANE(len), j = CUT_SLOT(len),
                       rest = len - lane;
            const realv va = direct        ? LOAD_ALPHAS(ar + lane, rest)
                             : alphas == 1 ? a[0]
                                           : a[j];
            backward_vector(xr + lane, dyr + lane, rest, va, dxr + lane, false,
                            &s[j], &c[j]);
        }
#endif
        if (!direct && DX && next.alpha != at.alpha)
            load_alphas(t, alpha + next.alpha, alphas, lid, a);
        if (LEADS && next.run != at.run) {
            lead.run++;
            find_lead(t, tile, end, &lead);
        }
    }
}

#endif
#endif
