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

struct row row_at(const struct tiling *t, ulong tile, const struct walk *w)
{
    const ulong direct = is_direct(t) ? w->piece * t->width : 0;
    const struct row r = {w->element, w->alpha + direct,
                          row_length(t, tile, w)};
    return r;
}

/* PARTS rows that are walked at once, and those that come after them. */
struct rows {
    struct walk walk[PARTS];
    struct row now[PARTS], next[PARTS];
};

/* With sums first is a block; walk has its kept groups. */
INLINED void start_rows(const struct tiling *t, ulong tile, struct walk walk,
                        ulong first, struct rows *r)
{
    for (uint k = 0; k < PARTS; k++) {
        const ulong row =
            SUMS ? row_of_sums(t, first, k) : first + k * t->apart;
        find_row(t, tile, row, &walk);
        r->walk[k] = walk;
        r->next[k] = row_at(t, tile, &walk);
    }
}

INLINED void next_rows(const struct tiling *t, ulong tile, struct step step,
                       bool is_last, struct rows *r)
{
    for (uint k = 0; k < PARTS; k++) {
        r->now[k] = r->next[k];
        if (is_last)
            continue;
        step_on(t, tile, step, &r->walk[k]);
        r->next[k] = row_at(t, tile, &r->walk[k]);
    }
}

/* A row of each direction: out is y, and dy, s and c are none, or it is dx. */
INLINED void take_row(uint from, const struct row *r, const struct row *next,
                      __global const stored *x, __global const alpha_t *alpha,
                      __global const stored *dy, const real *a, uint stream,
                      __global stored *out, real *s, real *c)
{
    alpha += r->alpha;
#if FORWARD
    forward_row(from, x + r->at, x + next->at, alpha, a, r->len, stream,
                out + r->at, out + next->at);
#else
    backward_row(from, x + r->at, dy + r->at, x + next->at, dy + next->at,
                 alpha, a, r->len, stream, out + r->at, out + next->at, s, c);
#endif
}

INLINED void take_together(uint from, const struct row *r,
                           const struct row *next, __global const stored *x,
                           __global const alpha_t *alpha,
                           __global const stored *dy, const real *a,
                           uint stream, __global stored *out, real *s, real *c)
{
#if FORWARD
    forward_together(from, r, next, x, alpha, a, stream, out);
#else
    backward_together(from, r, next, x, dy, alpha, a, stream, out, s, c);
#endif
}

/* How a row's alphas are found is asked before it, not for each vector. */
#define TAKE(take, direct, alphas, ...) \
    if (direct) \
        take(DIRECT, __VA_ARGS__); \
    else if ((alphas) == 1) \
        take(ONE, __VA_ARGS__); \
    else \
        take(OWN, __VA_ARGS__)

#if !SUMS

/* Of the rows from start to end those that have all their companions. */
ulong rows_together(const struct tiling *t, ulong start, ulong end)
{
    const ulong behind = (PARTS - 1) * t->apart;
    const bool are_there = CAN_PREFETCH && start + behind < t->rows;
    return are_there ? min(end, t->rows - behind) - start : 0;
}

/* Count rows of the walk, from walk on. */
INLINED void walk_rows(const struct tiling *t, ulong tile, ulong count,
                       struct walk walk, uint alphas, uint stream,
                       __global const stored *x, __global const alpha_t *alpha,
                       __global const stored *dy, __global stored *out)
{
    const struct step step = {0, 1};
    const bool direct = is_direct(t);
    realv memory[SLOTS_TOUCHED];
    struct row r, next = row_at(t, tile, &walk);
    real *a = (real *)memory + shift_of(out + next.at, next.len, stream);
    for (ulong i = 0; i < count; i++) {
        if (!direct && (i == 0 || next.alpha != r.alpha))
            load_alphas(t, alpha + next.alpha, alphas, a);
        r = next;
        if (i + 1 < count)
            step_on(t, tile, step, &walk);
        next = row_at(t, tile, &walk);
        TAKE(take_row, direct, alphas, &r, &next, x, alpha, dy, a, stream, out,
             0, 0);
    }
}

/* Count rows with all their companions, which have the same alphas at all
 * times, or one each. */
INLINED void walk_parts(const struct tiling *t, ulong tile, ulong start,
                        ulong count, struct walk walk, uint alphas, uint stream,
                        __global const stored *x, __global const alpha_t *alpha,
                        __global const stored *dy, __global stored *out)
{
    const struct step step = {0, 1};
    const bool direct = is_direct(t);
    realv memory[SLOTS_TOUCHED];
    struct rows r;
    start_rows(t, tile, walk, start, &r);
    real *a =
        (real *)memory + shift_of(out + r.next[0].at, r.next[0].len, stream);
    for (ulong i = 0; i < count; i++) {
        if (!direct && (i == 0 || r.next[0].alpha != r.now[0].alpha))
            load_alphas(t, alpha + r.next[0].alpha, alphas, a);
        next_rows(t, tile, step, i + 1 == count, &r);
        TAKE(take_together, direct, alphas, r.now, r.next, x, alpha, dy, a,
             stream, out, 0, 0);
    }
}

/* The rows that begin with start, with their companions as far as all of them
 * are there. */
INLINED void walk_task(const struct tiling *t, ulong tile, ulong start,
                       uint alphas, uint stream, __global const stored *x,
                       __global const alpha_t *alpha, __global const stored *dy,
                       __global stored *out)
{
    const ulong end = min(t->apart, start + t->block);
    const ulong done = rows_together(t, start, end);
    struct walk walk = start_walk(t, tile, start, 0);
    if (done > 0)
        walk_parts(t, tile, start, done, walk, alphas, stream, x, alpha, dy,
                   out);
    for (ulong row = start + done; start + done < end && row < t->rows;
         row += t->apart) {
        find_row(t, tile, row, &walk);
        walk_rows(t, tile, min(end - start - done, t->rows - row), walk, alphas,
                  stream, x, alpha, dy, out);
    }
}

#endif
#endif
