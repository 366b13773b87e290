/* prelu.cl - memory traffic of PReLU, with the gradient of alpha
 * SPDX-License-Identifier: MIT
 *
 * Set by the host:
 *   FORWARD      1: prelu_forward; 0: prelu_backward and prelu_finish
 *   DX, DALPHA   1: the outputs of prelu_backward
 *   ACCUMULATE   1: add to dx
 *
 * x is a set of runs, each contiguous, walked as src/tiling.h explains.  A
 * work-group is a team that takes one task: it holds the alphas of a tile of
 * WIDTH lanes and, for dalpha, a compensated sum per lane, and walks over the
 * rows of the task.  At the end the lanes of each alpha are folded in a fixed
 * order.  Which products meet in which lane, row and task depends on the shape
 * alone, so that the sums have the same bits whatever GROUP and VECTOR are. */

#ifndef DX
#define DX 1
#endif
#ifndef ACCUMULATE
#define ACCUMULATE 0
#endif

#define FOLD 32

/* What becomes of dalpha, as in src/prelu.c. */
#define SET 0
#define ADD 1
#define PARTIAL 2

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
#define HAS_CUT(len, lid) \
    ((len) % VECTOR > 0 && (len) / VECTOR % GROUP == (lid))
#define CUT_SLOT(len) ((len) / VECTOR / GROUP)
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
                         const realv a[SLOTS_TOUCHED], uint lid, uint len,
                         bool past_cache, __global stored *y)
{
    UNROLL
    for (uint j = 0; j < SLOTS; j++) {
        const uint lane = (j * GROUP + lid) * VECTOR;
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

__kernel TEAM_OF_GROUP void prelu_forward(
    const struct tiling_argument argument, const ulong first, const uint stream,
    __global const stored *x, const ulong x_offset,
    __global const alpha_t *alpha, const ulong alpha_offset, __global stored *y,
    const ulong y_offset)
{
    ulong group[64];
    const struct tiling t = unpack(argument, group);
    const uint lid = (uint)get_local_id(0);
    const ulong task = first + get_group_id(0);
    const ulong tile = task % t.tiles;
    const ulong start = task / t.tiles * t.block;
    const ulong end = min(t.rows, start + t.block);
    const ulong tile_alpha = tile * t.row_alphas;
    const uint alphas = (uint)min(t.row_alphas, t.run_alphas - tile_alpha);
    x += x_offset;
    y += y_offset;
    alpha += alpha_offset + tile_alpha;

    const bool direct = is_direct(&t);
    realv a[SLOTS_TOUCHED];
    struct walk next = start_walk(&t, tile, start, 0);
    if (!direct)
        load_alphas(&t, alpha + next.alpha, alphas, lid, a);
    for (ulong row = start; row < end; row++) {
        const struct walk at = next;
        const uint len = row_length(&t, tile, &at);
        __global const stored *xr = x + at.element;
        __global const alpha_t *ar = alpha + at.alpha + at.piece * t.width;
        __global stored *yr = y + at.element;
        const bool past_cache = stream && aligned(yr);
        if (row + 1 < end)
            next_row(&t, tile, &next);
        __global const stored *xn = x + next.element;
        if (direct)
            forward_row(DIRECT, xr, xn, ar, a, lid, len, past_cache, yr);
        else if (IS_ONE(alphas))
            forward_row(ONE, xr, xn, ar, a, lid, len, past_cache, yr);
        else
            forward_row(OWN, xr, xn, ar, a, lid, len, past_cache, yr);
#if VECTOR > 1
        if (HAS_CUT(len, lid)) {
            const uint lane = CUT_LANE(len), rest = len - lane;
            const realv va = direct ? LOAD_ALPHAS(ar + lane, rest)
                             : IS_ONE(alphas) ? a[0] : a[CUT_SLOT(len)];
            const realv v = leaky_relu_forward(load_up_to(xr + lane, rest), va);
            store_up_to(leaky_relu_pack(v), yr + lane, rest);
        }
#endif
        if (!direct && next.alpha != at.alpha)
            load_alphas(&t, alpha + next.alpha, alphas, lid, a);
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
                          const realv a[SLOTS_TOUCHED], uint lid, uint len,
                          bool past_cache, __global stored *dx,
                          realv s[SLOTS_TOUCHED], realv c[SLOTS_TOUCHED])
{
    UNROLL
    for (uint j = 0; j < SLOTS; j++) {
        const uint lane = (j * GROUP + lid) * VECTOR;
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

__kernel TEAM_OF_GROUP void prelu_backward(
    const struct tiling_argument argument, const ulong first,
    __global const stored *x, const ulong x_offset, __global const stored *dy,
    const ulong dy_offset
#if DX
    ,
    const uint stream, __global const alpha_t *alpha, const ulong alpha_offset,
    __global stored *dx, const ulong dx_offset
#endif
#if DALPHA
    ,
    __global real *sums, const ulong sums_offset, const ulong count,
    const uint mode, __global alpha_t *dalpha, const ulong dalpha_offset
#endif
)
{
    ulong group[64];
    const struct tiling t = unpack(argument, group);
    const uint lid = (uint)get_local_id(0);
    const ulong task = first + get_group_id(0);
    const ulong tile = task % t.tiles;
    const ulong keep = task / t.tiles % t.keeps;
    const ulong block = task / t.tiles / t.keeps;
    const ulong start = block * t.block;
    const ulong end = min(t.rows, start + t.block);
    const ulong tile_alpha = tile * t.row_alphas;
    const uint alphas = (uint)min(t.row_alphas, t.run_alphas - tile_alpha);
    x += x_offset;
    dy += dy_offset;
    struct walk next = start_walk(&t, tile, start, keep);
    struct walk lead = start_lead(&t, tile, end, &next);

    realv a[SLOTS_TOUCHED], s[SLOTS_TOUCHED], c[SLOTS_TOUCHED];
#if DX
    dx += dx_offset;
    alpha += alpha_offset + tile_alpha;
    /* Sums have no alphas that change within a tile. */
    const bool direct = !DALPHA && is_direct(&t);
    if (!direct)
        load_alphas(&t, alpha + next.alpha, alphas, lid, a);
#else
    __global stored *dx = 0;
    __global const alpha_t *alpha = 0;
    const bool direct = false;
#endif
#if DALPHA
    UNROLL
    for (uint j = 0; j < SLOTS; j++)
        s[j] = c[j] = (realv)(0);
    const ulong task_alpha = next.alpha + tile_alpha;
#endif
    for (ulong row = start; row < end; row++) {
        const struct walk at = next;
        const uint len = row_length(&t, tile, &at);
        __global const stored *xr = x + at.element;
        __global const stored *dyr = dy + at.element;
        __global stored *dxr = dx + at.element;
#if DX
        const bool past_cache = stream && aligned(dxr);
#else
        const bool past_cache = false;
#endif
        __global const alpha_t *ar = alpha + at.alpha + at.piece * t.width;
        if (row + 1 < end)
            next_row(&t, tile, &next);
        const struct ahead ahead =
            LEADS ? look_ahead(&t, tile, &at, &lead)
                  : (struct ahead){0, next.element, 0};
        if (direct)
            backward_row(DIRECT, xr, dyr, x, dy, ahead, ar, a, lid, len,
                         past_cache, dxr, s, c);
        else if (IS_ONE(alphas))
            backward_row(ONE, xr, dyr, x, dy, ahead, ar, a, lid, len,
                         past_cache, dxr, s, c);
        else
            backward_row(OWN, xr, dyr, x, dy, ahead, ar, a, lid, len,
                         past_cache, dxr, s, c);
#if VECTOR > 1
        if (HAS_CUT(len, lid)) {
            const uint lane = CUT_LANE(len), j = CUT_SLOT(len),
                       rest = len - lane;
            const realv va = direct ? LOAD_ALPHAS(ar + lane, rest)
                             : IS_ONE(alphas) ? a[0] : a[j];
            backward_vector(xr + lane, dyr + lane, rest, va, dxr + lane, false,
                            &s[j], &c[j]);
        }
#endif
#if DX
        if (!direct && next.alpha != at.alpha)
            load_alphas(&t, alpha + next.alpha, alphas, lid, a);
#endif
        if (LEADS && next.run != at.run) {
            lead.run++;
            find_lead(&t, tile, end, &lead);
        }
    }

#if DALPHA
#if GROUP == 1
    real *ls = (real *)s, *lc = (real *)c;
#else
    __local real ls[LANES_TOUCHED], lc[LANES_TOUCHED];
    UNROLL
    for (uint j = 0; j < SLOTS; j++) {
        VSTORE(s[j], ls + (j * GROUP + lid) * VECTOR);
        VSTORE(c[j], lc + (j * GROUP + lid) * VECTOR);
    }
    TEAM_BARRIER;
#endif
    fold(&t, ls, lc, lid);
    const uint leaf = leaf_of(&t, alphas);
    const uint vectors = (leaf + VECTOR - 1) / VECTOR;
    dalpha += dalpha_offset + task_alpha;
    sums += sums_offset + block * count + task_alpha;
    for (uint i = lid; i < alphas / leaf * vectors; i += GROUP) {
        const uint in_leaf = i % vectors * VECTOR, rest = leaf - in_leaf;
        const uint k = i / vectors * leaf + in_leaf;
        const uint lane = lane_of_alpha(&t, k);
        const realv sum = VLOAD(ls + lane), low = VLOAD(lc + lane);
        if (t.blocks == 1 && mode != PARTIAL) {
            const realv old =
                mode == ADD ? LOAD_ALPHAS(dalpha + k, rest) : (realv)(0);
            STORE_ALPHAS(total(sum, low, old), dalpha + k, rest);
        } else {
            store_reals(sum, sums + k, rest);
            store_reals(finite_low(sum, low), sums + t.blocks * count + k,
                        rest);
        }
    }
#endif
}

#if DALPHA

/* dalpha[j] from the blocks' sums [2][blocks][count], sums first and their
 * corrections second: block b goes to lane b % FOLD, then the lanes are folded
 * by halves.  A partial is [2][count] reals at dalpha. */
__kernel TEAM_OF_GROUP void prelu_finish(
    __global const real *sums, const ulong sums_offset, const ulong count,
    const ulong blocks, const ulong span, const uint mode,
    __global alpha_t *dalpha, const ulong dalpha_offset)
{
    __global real *partial = (__global real *)dalpha + dalpha_offset;
    sums += sums_offset;
    __global const real *corrections = sums + blocks * count;
    const uint lanes = (uint)min(blocks, (ulong)FOLD);
    const ulong end = min(count, (get_group_id(0) + 1) * span);
    ulong j = get_group_id(0) * span + get_local_id(0) * VECTOR;
    dalpha += dalpha_offset;
    for (; j < end; j += GROUP * VECTOR) {
        const uint rest = (uint)min((ulong)VECTOR, end - j);
        realv s[FOLD], c[FOLD];
        for (uint i = 0; i < lanes; i++)
            s[i] = c[i] = (realv)(0);
        for (ulong b = 0; b < blocks; b++) {
            const uint i = (uint)b % FOLD;
            c[i] += load_reals(corrections + b * count + j, rest);
            add_exactly(load_reals(sums + b * count + j, rest), &s[i], &c[i]);
        }
        for (uint n = lanes, half_n; n > 1; n = half_n) {
            half_n = (n + 1) / 2;
            for (uint i = 0; i < n - half_n; i++) {
                c[i] += c[i + half_n];
                add_exactly(s[i + half_n], &s[i], &c[i]);
            }
        }
        if (mode == ADD)
            add_exactly(LOAD_ALPHAS(dalpha + j, rest), &s[0], &c[0]);
        const realv sum = s[0], low = finite_low(sum, c[0]);
        if (mode == PARTIAL) {
            store_reals(sum, partial + j, rest);
            store_reals(low, partial + count + j, rest);
        } else {
            STORE_ALPHAS(sum + low, dalpha + j, rest);
        }
    }
}

#endif
#endif
