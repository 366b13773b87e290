/* prelu.cl - memory traffic of PReLU, with the gradient of alpha
 * SPDX-License-Identifier: MIT
 *
 * Set by the host:
 *   FORWARD   1: prelu_forward; 0: prelu_backward
 *   DX        1: for dx
 *
 * x is a set of runs, each contiguous, walked as src/tiling.h explains.  A
 * work-group is a team that takes one task: it holds the alphas of a tile of
 * WIDTH lanes and, for dalpha, a compensated sum per lane, and walks over the
 * rows of the task.  At the end the lanes of each alpha are folded in a fixed
 * order.  Which products meet in which lane, row and task depends on the shape
 * alone, so that the sums have the same bits whatever GROUP and VECTOR are. */

/* What becomes of dalpha, as in src/prelu.c. */
#define SET 0
#define ADD 1
#define PARTIAL 2

#if GROUP > 1 && !DALPHA
/* flat.cl has them. */
#elif FORWARD

__kernel TEAM_OF_GROUP void prelu_forward(
    const struct tiling_argument argument, const ulong first, const uint stream,
    __global const stored *x, const ulong x_offset,
    __global const alpha_t *alpha, const ulong alpha_offset, __global stored *y,
    const ulong y_offset)
{
    ulong group[64];
    const struct tiling t = unpack(argument, group);
    const ulong task = first + get_group_id(0);
    const ulong tile = task % t.tiles;
    walk_task(&t, tile, task / t.tiles * t.block, alphas_of(&t, tile), stream,
              x + x_offset, alpha + alpha_offset + tile * t.row_alphas, 0,
              y + y_offset);
}

#else

#if DALPHA

/* The sums of a block's lanes, which become its alphas' sums. */
INLINED void store_sums(const struct tiling *t, uint alphas, ulong count,
                        uint mode, TEAM real *ls, TEAM real *lc, uint lid,
                        __global real *sums, __global alpha_t *dalpha)
{
    const uint leaf = leaf_of(t, alphas);
    const uint vectors = (leaf + VECTOR - 1) / VECTOR;
    fold(t, ls, lc, lid);
    for (uint i = lid; i < alphas / leaf * vectors; i += GROUP) {
        const uint in_leaf = i % vectors * VECTOR, rest = leaf - in_leaf;
        const uint k = i / vectors * leaf + in_leaf;
        const uint lane = lane_of_alpha(t, k);
        const realv sum = VLOAD(ls + lane), low = VLOAD(lc + lane);
        if (t->blocks == 1 && mode != PARTIAL) {
            const realv old =
                mode == ADD ? LOAD_ALPHAS(dalpha + k, rest) : (realv)(0);
            STORE_ALPHAS(total(sum, low, old), dalpha + k, rest);
        } else {
            store_reals(sum, sums + k, rest);
            store_reals(finite_low(sum, low), sums + t->blocks * count + k,
                        rest);
        }
    }
}

#endif

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
    const ulong task = first + get_group_id(0);
    const ulong strip = STRIP > 1 ? t.strip : 1;
    const ulong strips = STRIP > 1 ? (t.tiles + strip - 1) / strip : t.tiles;
    ulong tile, keep;
    const ulong block = divide(divide(task, strips, &tile), t.keeps, &keep);
    tile *= strip;
    const ulong tile_alpha = tile * t.row_alphas;
#if GROUP == 1 && !DX
    const uint stream = 0;
#endif
#if !DX
    const ulong dx_offset = 0;
    __global stored *dx = 0;
    __global const alpha_t *alpha = 0;
#else
    alpha += alpha_offset + tile_alpha;
#endif
    x += x_offset;
    dy += dy_offset;
    dx += dx_offset;
#if DALPHA
    const struct walk walk = start_walk(&t, tile, block, keep);
    const ulong task_alpha = walk.alpha + tile_alpha;
#endif
#if !DALPHA
    walk_task(&t, tile, block * t.block, alphas_of(&t, tile), stream, x, alpha,
              dy, dx);
#elif GROUP == 1
    const uint tiles = (uint)min(strip, t.tiles - tile);
    const uint len = row_length(&t, tile, &walk);
    const uint shift = DX ? shift_of(dx + walk.element, len, stream) : 0;
    realv s[STRIP * SLOTS_TOUCHED], c[STRIP * SLOTS_TOUCHED];
    real *ls = (real *)s + shift, *lc = (real *)c + shift;
    for (uint i = 0; i < tiles * SLOTS_TOUCHED; i++)
        s[i] = c[i] = (realv)(0);
    sum_task(&t, tile, tiles, block, walk, stream, shift, x, alpha, dy, dx, ls,
             lc);
    for (uint i = 0; i < tiles; i++) {
        const ulong k = task_alpha + i * t.row_alphas;
        store_sums(&t, alphas_of(&t, tile + i), count, mode,
                   ls + i * LANES_OF_SUMS, lc + i * LANES_OF_SUMS, 0,
                   sums + sums_offset + block * count + k,
                   dalpha + dalpha_offset + k);
    }
#else
    const uint lid = (uint)get_local_id(0), alphas = alphas_of(&t, tile);
    realv s[SLOTS], c[SLOTS];
    UNROLL
    for (uint j = 0; j < SLOTS; j++)
        s[j] = c[j] = (realv)(0);
    __local real ls[LANES_TOUCHED], lc[LANES_TOUCHED];
    __local struct place places[PLACES];
    backward_rows(&t, tile, block, walk, alphas, lid, x, alpha, dy, dx, places,
                  s, c);
    UNROLL
    for (uint j = 0; j < SLOTS; j++) {
        VSTORE(s[j], ls + (j * GROUP + lid) * VECTOR);
        VSTORE(c[j], lc + (j * GROUP + lid) * VECTOR);
    }
    TEAM_BARRIER;
    store_sums(&t, alphas, count, mode, ls, lc, lid,
               sums + sums_offset + block * count + task_alpha,
               dalpha + dalpha_offset + task_alpha);
#endif
}

#endif
