/* alone_backward.cl - a task of PReLU's backward pass by one work-item
 * SPDX-License-Identifier: MIT */
#if GROUP == 1 && !FORWARD

/* As forward_one. */
INLINED void backward_one(bool direct, uint alphas, const struct row *r,
                          const struct row *next, __global const stored *x,
                          __global const stored *dy,
                          __global const alpha_t *alpha, const real *a,
                          uint stream, __global stored *dx, real *s, real *c)
{
    __global const stored *xr = x + r->at, *xn = x + next->at;
    __global const stored *dyr = dy + r->at, *dyn = dy + next->at;
    __global stored *dxr = dx + r->at, *dxn = dx + next->at;
    alpha += r->alpha;
    if (direct)
        backward_row(DIRECT, xr, dyr, xn, dyn, alpha, a, r->len, stream, dxr,
                     dxn, s, c);
    else if (alphas == 1)
        backward_row(ONE, xr, dyr, xn, dyn, alpha, a, r->len, stream, dxr, dxn,
                     s, c);
    else
        backward_row(OWN, xr, dyr, xn, dyn, alpha, a, r->len, stream, dxr, dxn,
                     s, c);
}

INLINED void backward_all(bool direct, uint alphas, const struct row *r,
                          const struct row *next, __global const stored *x,
                          __global const stored *dy,
                          __global const alpha_t *alpha, const real *a,
                          uint stream, __global stored *dx, real *s, real *c)
{
    if (direct)
        backward_together(DIRECT, r, next, x, dy, alpha, a, stream, dx, s, c);
    else if (alphas == 1)
        backward_together(ONE, r, next, x, dy, alpha, a, stream, dx, s, c);
    else
        backward_together(OWN, r, next, x, dy, alpha, a, stream, dx, s, c);
}

#if DALPHA

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
INLINED void backward_last(const struct tiling *t, ulong tile, ulong block,
                           ulong i, struct walk walk, uint alphas, uint stream,
                           const real *a, __global const stored *x,
                           __global const alpha_t *alpha,
                           __global const stored *dy, __global stored *dx,
                           real *s, real *c)
{
    const ulong rows = t->block;
    i = find_next(t, tile, block, i, rows, &walk);
    while (i < rows) {
        const struct row r = row_at(t, tile, &walk);
        i = find_next(t, tile, block, i + 1, rows, &walk);
        const struct row next = row_at(t, tile, &walk);
        backward_one(false, alphas, &r, &next, x, dy, alpha, a, stream, dx, s,
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
INLINED void backward_tiles(const struct tiling *t, ulong tile, uint tiles,
                            const struct rows *r, uint stream, const real *a,
                            __global const stored *x,
                            __global const alpha_t *alpha,
                            __global const stored *dy, __global stored *dx,
                            real *s, real *c)
{
    struct row behind[2][PARTS];
    const struct row *now = r->now;
    for (uint i = 0; i < tiles; i++) {
        const uint at = i * LANES_OF_SUMS;
        const bool is_last = i + 1 == tiles;
        for (uint k = 0; k < PARTS && !is_last; k++)
            behind[i & 1][k] = row_of_tile(t, tile, i + 1, r->now[k]);
        const struct row *next = is_last ? r->next : behind[i & 1];
        backward_all(false, alphas_of(t, tile + i), now, next, x, dy,
                     alpha + i * t->row_alphas, a + at, stream, dx, s + at,
                     c + at);
        now = next;
    }
}

/* Count times PARTS stretches of a block. */
INLINED void backward_parts(const struct tiling *t, ulong tile, uint tiles,
                            ulong block, ulong count, struct walk walk,
                            uint stream, const real *a,
                            __global const stored *x,
                            __global const alpha_t *alpha,
                            __global const stored *dy, __global stored *dx,
                            real *s, real *c)
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
            backward_tiles(t, tile, tiles, &r, stream, a, x, alpha, dy, dx, s,
                           c);
        }
}

/* A block's rows of a strip of tiles, walk at the first: PARTS at once, as far
 * as all are there.  Sums have no alphas that change within a tile. */
INLINED void backward_task(const struct tiling *t, ulong tile, uint tiles,
                           ulong block, struct walk walk, uint stream,
                           uint shift, __global const stored *x,
                           __global const alpha_t *alpha,
                           __global const stored *dy, __global stored *dx,
                           real *s, real *c)
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
        backward_parts(t, tile, tiles, block, times, walk, stream, a, x, alpha,
                       dy, dx, s, c);
    for (uint i = 0; i < tiles; i++) {
        const uint at = i * LANES_OF_SUMS;
        backward_last(t, tile + i, block, times * set, walk,
                      alphas_of(t, tile + i), stream, a + at, x,
                      alpha + i * t->row_alphas, dy, dx, s + at, c + at);
    }
}

#else

/* As forward_rows. */
INLINED void backward_rows(const struct tiling *t, ulong tile, ulong count,
                           struct walk walk, uint alphas, uint stream,
                           __global const stored *x,
                           __global const alpha_t *alpha,
                           __global const stored *dy, __global stored *dx)
{
    const struct step step = {0, 1};
    const bool direct = is_direct(t);
    realv memory[SLOTS_TOUCHED];
    struct row r, next = row_at(t, tile, &walk);
    real *a = (real *)memory + shift_of(dx + next.at, next.len, stream);
    for (ulong i = 0; i < count; i++) {
        if (!direct && (i == 0 || next.alpha != r.alpha))
            load_alphas(t, alpha + next.alpha, alphas, a);
        r = next;
        if (i + 1 < count)
            step_on(t, tile, step, &walk);
        next = row_at(t, tile, &walk);
        backward_one(direct, alphas, &r, &next, x, dy, alpha, a, stream, dx, 0,
                     0);
    }
}

/* As forward_parts. */
INLINED void backward_parts(const struct tiling *t, ulong tile, ulong start,
                            ulong count, struct walk walk, uint alphas,
                            uint stream, __global const stored *x,
                            __global const alpha_t *alpha,
                            __global const stored *dy, __global stored *dx)
{
    const struct step step = {0, 1};
    const bool direct = is_direct(t);
    realv memory[SLOTS_TOUCHED];
    struct rows r;
    start_rows(t, tile, walk, start, &r);
    real *a =
        (real *)memory + shift_of(dx + r.next[0].at, r.next[0].len, stream);
    for (ulong i = 0; i < count; i++) {
        if (!direct && (i == 0 || r.next[0].alpha != r.now[0].alpha))
            load_alphas(t, alpha + r.next[0].alpha, alphas, a);
        next_rows(t, tile, step, i + 1 == count, &r);
        backward_all(direct, alphas, r.now, r.next, x, dy, alpha, a, stream, dx,
                     0, 0);
    }
}

/* As forward_task. */
INLINED void backward_task(const struct tiling *t, ulong tile, ulong start,
                           struct walk walk, uint alphas, uint stream,
                           __global const stored *x,
                           __global const alpha_t *alpha,
                           __global const stored *dy, __global stored *dx)
{
    const ulong end = min(t->apart, start + t->block);
    const ulong done = rows_together(t, start, end);
    if (done > 0)
        backward_parts(t, tile, start, done, walk, alphas, stream, x, alpha, dy,
                       dx);
    for (ulong row = start + done; start + done < end && row < t->rows;
         row += t->apart) {
        find_row(t, tile, row, &walk);
        backward_rows(t, tile, min(end - start - done, t->rows - row), walk,
                      alphas, stream, x, alpha, dy, dx);
    }
}

#endif
#endif
