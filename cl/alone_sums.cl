/* alone_sums.cl - a task of PReLU's sums by one work-item on its own
 * SPDX-License-Identifier: MIT */
#if GROUP == 1 && SUMS

/* The first row from the i-th of a block on that is there, if there is one.
 * Returns which. */
INLINED ulong find_next(const struct tiling *t, ulong tile, ulong block,
                        ulong i, ulong rows, struct walk *w)
{
    ulong row = t->rows;
    while (i < rows && (row = row_of_sums(t, block, i)) >= t->rows)
        i++;
    if (i < rows)
        find_row(t, tile, row, w);
    return i;
}

/* The rows of a block from the i-th on, one by one. */
INLINED void sum_last(const struct tiling *t, ulong tile, ulong block, ulong i,
                      struct walk walk, uint alphas, uint stream, const real *a,
                      __global const stored *x, __global const alpha_t *alpha,
                      __global const stored *dy, __global stored *dx, real *s,
                      real *c)
{
    const ulong rows = t->block;
    i = find_next(t, tile, block, i, rows, &walk);
    while (i < rows) {
        const struct row r = row_at(t, tile, &walk);
        i = find_next(t, tile, block, i + 1, rows, &walk);
        const struct row next = row_at(t, tile, &walk);
        TAKE(take_row, false, alphas, &r, &next, x, alpha, dy, a, stream, dx, s,
             c);
    }
}

/* The row of the tile that is i behind: where there are several, a run is a row
 * of each. */
struct row row_of_tile(const struct tiling *t, ulong tile, uint i, struct row r)
{
    r.at += i * t->width;
    r.len = (uint)min(t->width, t->run - (tile + i) * t->width);
    return r;
}

/* PARTS rows of each tile, next those that come after the last tile's. */
INLINED void sum_tiles(const struct tiling *t, ulong tile, uint tiles,
                       const struct rows *r, uint stream, const real *a,
                       __global const stored *x, __global const alpha_t *alpha,
                       __global const stored *dy, __global stored *dx, real *s,
                       real *c)
{
    struct row behind[2][PARTS];
    const struct row *now = r->now;
    for (uint i = 0; i < tiles; i++) {
        const uint at = i * LANES_OF_SUMS;
        const bool is_last = i + 1 == tiles;
        for (uint k = 0; k < PARTS && !is_last; k++)
            behind[i & 1][k] = row_of_tile(t, tile, i + 1, r->now[k]);
        const struct row *next = is_last ? r->next : behind[i & 1];
        TAKE(take_together, false, alphas_of(t, tile + i), now, next, x,
             alpha + i * t->row_alphas, dy, a + at, stream, dx, s + at, c + at);
        now = next;
    }
}

/* Count times PARTS stretches of a block. */
INLINED void sum_parts(const struct tiling *t, ulong tile, uint tiles,
                       ulong block, ulong count, struct walk walk, uint stream,
                       const real *a, __global const stored *x,
                       __global const alpha_t *alpha, __global const stored *dy,
                       __global stored *dx, real *s, real *c)
{
    const ulong set = PARTS * t->stretch;
    const struct step near = {0, 1};
    const struct step far = step_of(t, set * t->blocks + 1 - t->stretch);
    struct rows r;
    start_rows(t, tile, walk, block, &r);
    for (ulong i = 0; i < count; i++)
        for (ulong row = 1; row <= t->stretch; row++) {
            const bool is_end = row == t->stretch;
            next_rows(t, tile, is_end ? far : near, is_end && i + 1 == count,
                      &r);
            sum_tiles(t, tile, tiles, &r, stream, a, x, alpha, dy, dx, s, c);
        }
}

/* A block's rows of a strip of tiles, walk at the first: PARTS at once, as far
 * as all are there.  Sums have no alphas that change within a tile. */
INLINED void sum_task(const struct tiling *t, ulong tile, uint tiles,
                      ulong block, struct walk walk, uint stream, uint shift,
                      __global const stored *x, __global const alpha_t *alpha,
                      __global const stored *dy, __global stored *dx, real *s,
                      real *c)
{
    const ulong set = PARTS * t->stretch;
    const ulong last = row_of_sums(t, block, set - 1);
    const ulong times = CAN_PREFETCH && last < t->rows
                            ? (t->rows - last - 1) / (t->blocks * set) + 1
                            : 0;
    realv memory[STRIP * SLOTS_TOUCHED];
    real *a = (real *)memory + shift;
    for (uint i = 0; DX && i < tiles; i++)
        load_alphas(t, alpha + walk.alpha + i * t->row_alphas,
                    alphas_of(t, tile + i), a + i * LANES_OF_SUMS);
    if (times > 0)
        sum_parts(t, tile, tiles, block, times, walk, stream, a, x, alpha, dy,
                  dx, s, c);
    for (uint i = 0; i < tiles; i++) {
        const uint at = i * LANES_OF_SUMS;
        sum_last(t, tile + i, block, times * set, walk, alphas_of(t, tile + i),
                 stream, a + at, x, alpha + i * t->row_alphas, dy, dx, s + at,
                 c + at);
    }
}

#endif
