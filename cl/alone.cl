/* alone.cl - a task of PReLU by one work-item on its own
 * SPDX-License-Identifier: MIT
 *
 * On a processor, or as a pipeline of an FPGA.  The alphas of a row and, for
 * dalpha, the sums of its lanes are in memory of its own, in its first cache;
 * where the next row is in memory is known, and called for. */
#if GROUP == 1

/* The first alpha of the leaves after those that have digits as their place
 * among the groups from 2 to top. */
uint next_leaves(const struct tiling *t, uint digits[GROUPS_IN_ROW], uint first)
{
    uint stride = (uint)t->group[is_kept(t, 0) ? 0 : 1];
    for (uint g = 2; g <= t->top; g++) {
        const uint size = (uint)t->group[g];
        const bool kept = is_kept(t, g);
        if (kept)
            first += stride;
        if (++digits[g] < size || g == t->top)
            break;
        digits[g] = 0;
        if (kept) {
            first -= size * stride;
            stride *= size;
        }
    }
    return first;
}

/* The alphas of a row's lanes, of which it meets count; lanes beyond the row
 * get some number.  Leaf by leaf, those of two groups at once: what a vector
 * writes too far is corrected by a later one. */
void load_alphas(const struct tiling *t, __global const alpha_t *alpha,
                 uint count, real *lanes)
{
    const uint width = (uint)t->width;
    const uint leaf = t->top == 0 ? width : (uint)t->group[0];
    const uint leaves = t->top < 2 ? width : leaf * (uint)t->group[1];
    uint digits[GROUPS_IN_ROW] = {0}, first = 0, lane = 0;
    if (count == 1) {
        PUT_LANES((realv)(LOAD_ALPHA(alpha)), lanes);
        return;
    }
    while (lane < width && first < count) {
        const uint end = min(lane + leaves, width);
        if (is_kept(t, 0)) {
            const uint rest = count - first;
            for (uint i = (min(leaf, rest) - 1) / VECTOR + 1; i-- > 0;) {
                const uint k = i * VECTOR;
                const realv some = LOAD_ALPHAS(alpha + first + k, rest - k);
                for (uint at = lane + k; at < end; at += leaf)
                    PUT_LANES(some, lanes + at);
            }
            lane = end;
        } else {
            for (uint k = first; lane < end && k < count; k++, lane += leaf) {
                const realv one = (realv)(LOAD_ALPHA(alpha + k));
                for (uint i = 0; i < leaf; i += VECTOR)
                    PUT_LANES(one, lanes + lane + i);
            }
        }
        if (t->top < 2)
            break;
        first = next_leaves(t, digits, first);
    }
}

#if FORWARD

/* Rows start to end of the walk, from next on. */
INLINED void forward_rows(const struct tiling *t, ulong tile, ulong start,
                          ulong end, struct walk next, uint alphas, uint stream,
                          __global const stored *x,
                          __global const alpha_t *alpha, __global stored *y)
{
    const bool direct = is_direct(t);
    realv memory[SLOTS_TOUCHED];
    real *a = (real *)memory +
              shift_of(y + next.element, row_length(t, tile, &next), stream);
    if (!direct)
        load_alphas(t, alpha + next.alpha, alphas, a);
    for (ulong row = start; row < end; row++) {
        const struct walk at = next;
        const uint len = row_length(t, tile, &at);
        __global const stored *xr = x + at.element;
        __global const alpha_t *ar = alpha + at.alpha + at.piece * t->width;
        __global stored *yr = y + at.element;
        if (row + 1 < end)
            next_row(t, tile, &next);
        __global const stored *xn = x + next.element;
        __global const stored *yn = y + next.element;
        if (direct)
            forward_row(DIRECT, xr, xn, ar, a, len, stream, yr, yn);
        else if (alphas == 1)
            forward_row(ONE, xr, xn, ar, a, len, stream, yr, yn);
        else
            forward_row(OWN, xr, xn, ar, a, len, stream, yr, yn);
        if (!direct && next.alpha != at.alpha)
            load_alphas(t, alpha + next.alpha, alphas, a);
    }
}

struct row row_at(const struct tiling *t, ulong tile, const struct walk *w)
{
    const ulong direct = is_direct(t) ? w->piece * t->width : 0;
    const struct row r = {w->element, w->alpha + direct,
                          row_length(t, tile, w)};
    return r;
}

/* Rows start to end with all their companions, which have the same alphas at
 * all times, or one each. */
INLINED void forward_parts(const struct tiling *t, ulong tile, ulong start,
                           ulong end, uint alphas, uint stream,
                           __global const stored *x,
                           __global const alpha_t *alpha, __global stored *y)
{
    const bool direct = is_direct(t);
    realv memory[SLOTS_TOUCHED];
    real *a = (real *)memory;
    struct walk w[PARTS];
    struct row r[PARTS], next[PARTS];
    for (uint k = 0; k < PARTS; k++) {
        w[k] = start_walk(t, tile, start + k * t->apart, 0);
        next[k] = row_at(t, tile, &w[k]);
    }
    a += shift_of(y + next[0].at, next[0].len, stream);
    for (ulong row = start; row < end; row++) {
        if (!direct && (row == start || next[0].alpha != r[0].alpha))
            load_alphas(t, alpha + next[0].alpha, alphas, a);
        for (uint k = 0; k < PARTS; k++) {
            r[k] = next[k];
            if (row + 1 < end)
                next_row(t, tile, &w[k]);
            next[k] = row_at(t, tile, &w[k]);
        }
        if (direct)
            forward_together(DIRECT, r, next, x, alpha, a, stream, y);
        else if (alphas == 1)
            forward_together(ONE, r, next, x, alpha, a, stream, y);
        else
            forward_together(OWN, r, next, x, alpha, a, stream, y);
    }
}

#else

#if DALPHA && VECTOR > 1
#define IN_PAIRS (CAN_PREFETCH && !LEADS)

/* Where two rows begin, their elements, and how many of them are before the
 * first vector. */
struct pair {
    ulong at[ROWS];
    uint len[ROWS], skip;
    bool fits;
};

/* The next two of rows, which fit if both are there and their vectors begin
 * alike; w stays at the last one. */
struct pair take_pair(const struct tiling *t, ulong tile, ulong rows,
                      uint stream, __global const stored *dx, struct walk *w)
{
    struct pair p;
    uint skips[ROWS];
    for (ulong i = 0; i < ROWS; i++) {
        p.at[i] = w->element;
        p.len[i] = row_length(t, tile, w);
        skips[i] = DX ? skip_of(dx + w->element, p.len[i], stream) : 0;
        if (i + 1 < rows)
            next_row(t, tile, w);
    }
    p.skip = skips[0];
    p.fits = rows >= ROWS && skips[0] == skips[1];
    return p;
}

/* Pairs of rows from start on, as many as there are before end.  Returns the
 * first row that is left, and in next where it begins. */
ulong backward_pairs(const struct tiling *t, ulong tile, ulong start, ulong end,
                     uint alphas, uint stream, __global const stored *x,
                     __global const stored *dy, const real *a,
                     __global stored *dx, struct walk *next, real *s, real *c)
{
    struct walk w = *next;
    struct pair p = take_pair(t, tile, end - start, stream, dx, &w);
    while (p.fits) {
        start += ROWS;
        *next = w;
        const struct pair ahead =
            take_pair(t, tile, end - start, stream, dx, &w);
        if (alphas == 1)
            backward_pair(ONE, p.at, p.len, ahead.at, x, dy, a, p.skip, stream,
                          dx, s, c);
        else
            backward_pair(OWN, p.at, p.len, ahead.at, x, dy, a, p.skip, stream,
                          dx, s, c);
        p = ahead;
    }
    return start;
}
#endif

/* Sums have no alphas that change within a tile. */
#if DX && !DALPHA
#define IS_DIRECT(t) is_direct(t)
#else
#define IS_DIRECT(t) false
#endif

/* Rows start to end of the walk, from next on: dx, and the lanes' sums. */
INLINED void backward_rows(const struct tiling *t, ulong tile, ulong start,
                           ulong end, struct walk next, uint alphas,
                           uint stream, uint shift, __global const stored *x,
                           __global const alpha_t *alpha,
                           __global const stored *dy, __global stored *dx,
                           real *s, real *c)
{
    const bool direct = IS_DIRECT(t);
    struct walk lead = start_lead(t, tile, end, &next);
    realv memory[SLOTS_TOUCHED];
    real *a = (real *)memory + shift;
    if (!direct && DX)
        load_alphas(t, alpha + next.alpha, alphas, a);
    for (ulong row = start; row < end; row++) {
#if DALPHA && VECTOR > 1
        if (IN_PAIRS)
            row = backward_pairs(t, tile, row, end, alphas, stream, x, dy, a,
                                 dx, &next, s, c);
        if (row == end)
            break;
#endif
        const struct walk at = next;
        const uint len = row_length(t, tile, &at);
        __global const stored *xr = x + at.element;
        __global const stored *dyr = dy + at.element;
        __global stored *dxr = dx + at.element;
        __global const alpha_t *ar = alpha + at.alpha + at.piece * t->width;
        if (row + 1 < end)
            next_row(t, tile, &next);
        __global const stored *dxn = dx + next.element;
        const struct ahead ahead =
            LEADS ? look_ahead(t, tile, &at, &lead)
                  : (struct ahead){0, next.element, 0};
        if (direct)
            backward_row(DIRECT, xr, dyr, x, dy, ahead, ar, a, len, stream, dxr,
                         dxn, s, c);
        else if (alphas == 1)
            backward_row(ONE, xr, dyr, x, dy, ahead, ar, a, len, stream, dxr,
                         dxn, s, c);
        else
            backward_row(OWN, xr, dyr, x, dy, ahead, ar, a, len, stream, dxr,
                         dxn, s, c);
        if (!direct && DX && next.alpha != at.alpha)
            load_alphas(t, alpha + next.alpha, alphas, a);
        if (LEADS && next.run != at.run) {
            lead.run++;
            find_lead(t, tile, end, &lead);
        }
    }
}

#endif
#endif
