/* together.cl - rows of PReLU that are far from each other, at once
 * SPDX-License-Identifier: MIT
 *
 * A line of each in turn: so more of the memory is busy than one row keeps
 * busy, and sums come and go for all of them at once. */
#if GROUP == 1

/* How far ahead lines are called for.  With sums it is half as far, as a first
 * cache may have no room for more; but not if stream is NEAR_CALLS.  If it is
 * FAR_CALLS, rows to come are called for, too, into the second cache. */
#define NEXT (512 / (uint)sizeof(stored))
#define NEAR_CALLS 1
#define FAR_CALLS 2

/* A row: its first element and alpha, and its length. */
struct row {
    ulong at, alpha;
    uint len;
};

struct together {
    ulong at[PARTS], next[PARTS], alpha[PARTS];
    uint begin[PARTS]; /* the first whole line, if stored past the caches */
    uint all;          /* lanes of all of them from there on, in whole lines */
    bool elsewhere;    /* the next rows are, and are called for */
    realv one[PARTS];
};

/* Lanes that have sums must be the same ones in all rows: else there are none
 * of all of them. */
INLINED struct together find_together(uint from, const struct row *r,
                                      const struct row *next,
                                      __global const alpha_t *alpha,
                                      uint stream, __global const stored *y)
{
    struct together t;
    t.all = WIDTH;
    t.elsewhere = stream == FAR_CALLS && next->at != r->at + r->len;
    for (uint k = 0; k < PARTS; k++) {
        __global const stored *p = y + r[k].at;
        const uint len = r[k].len;
        t.at[k] = r[k].at;
        t.next[k] = next[k].at;
        t.alpha[k] = r[k].alpha;
        t.begin[k] = stream ? min((LINE - PAST(p, LINE)) % LINE, len) : 0;
        t.all = min(t.all, (len - t.begin[k]) / LINE * LINE);
        if (SUMS && t.begin[k] != t.begin[0])
            t.all = 0;
        if (STORES && from == ONE)
            t.one[k] = (realv)(LOAD_ALPHA(alpha + r[k].alpha));
        if (STORES)
            prefetch_ends(y + next[k].at, t.begin[k], lines_end(p, len, stream),
                          len);
    }
    return t;
}

#define ALPHAS_TOGETHER(k, lane) \
    ((from) == ONE ? t->one[SUMS ? 0 : (k)] \
                   : ALPHAS_FROM(from, a, alpha + t->alpha[k], lane, VECTOR))

#if FORWARD

/* The lines that are i lanes behind the begin; those called for are in rows
 * that are at ahead.  All loads are before the stores: a processor takes a
 * store for what is loaded after it, if they are whole pages apart. */
INLINED void forward_lines(uint from, const struct together *t, uint i,
                           const ulong *ahead, uint called,
                           __global const stored *x,
                           __global const alpha_t *alpha, const real *a,
                           uint stream, __global stored *y)
{
    packed v[PARTS][LINE / VECTOR];
    UNROLLED
    for (uint k = 0; k < PARTS; k++) {
        PREFETCH(x + ahead[k] + called, TO_FIRST_CACHE);
        if (t->elsewhere)
            PREFETCH(x + t->next[k] + i, TO_SECOND_CACHE);
        UNROLLED
        for (uint h = 0; h < LINE; h += VECTOR) {
            const uint lane = t->begin[k] + i + h;
            v[k][h / VECTOR] = leaky_relu_pack(leaky_relu_forward(
                LOAD(x + t->at[k] + lane), ALPHAS_TOGETHER(k, lane)));
        }
    }
    UNROLLED
    for (uint k = 0; k < PARTS; k++) {
        UNROLLED
        for (uint h = 0; h < LINE; h += VECTOR)
            put(v[k][h / VECTOR], y + t->at[k] + t->begin[k] + i + h, 0, VECTOR,
                stream);
    }
}

/* What is before the lines of all rows, and behind them. */
INLINED void forward_ends(uint from, __global const stored *x,
                          __global const alpha_t *alpha, const real *a,
                          uint len, uint begin, uint lane, uint stream,
                          __global stored *y)
{
    const uint past_end = lines_end(y, len, stream);
    for (; lane + VECTOR <= len; lane += VECTOR)
        forward_vector(x + lane, VECTOR, 0, VECTOR,
                       ALPHAS_FROM(from, a, alpha, lane, VECTOR),
                       lane < past_end, y + lane);
    if (lane < len)
        forward_part(from, x, alpha, a, len, lane, len, y);
    for (lane = 0; lane < begin; lane += VECTOR)
        forward_part(from, x, alpha, a, len, lane, min(lane + VECTOR, begin),
                     y);
}

INLINED void forward_together(uint from, const struct row *r,
                              const struct row *next, __global const stored *x,
                              __global const alpha_t *alpha, const real *a,
                              uint stream, __global stored *y)
{
    const struct together t = find_together(from, r, next, alpha, stream, y);
    uint i = 0;
    for (; i + NEXT < t.all; i += LINE)
        forward_lines(from, &t, i, t.at, i + NEXT, x, alpha, a, stream, y);
    for (; i < t.all; i += LINE)
        forward_lines(from, &t, i, t.next, i + NEXT - t.all, x, alpha, a,
                      stream, y);
    for (uint k = 0; k < PARTS; k++) {
        real one[VECTOR];
        if (from == ONE)
            VSTORE(t.one[k], one);
        forward_ends(from, x + t.at[k], alpha + t.alpha[k],
                     from == ONE ? one : a, r[k].len, t.begin[k],
                     t.begin[k] + t.all, stream, y + t.at[k]);
    }
}

#else

/* Vectors that are first lanes behind the begin, as packed, and their sums. */
INLINED void backward_vectors(uint from, const struct together *t, uint first,
                              __global const stored *x,
                              __global const stored *dy,
                              __global const alpha_t *alpha, const real *a,
                              __global const stored *dx, real *s, real *c,
                              packed v[PARTS])
{
    const uint sums = t->begin[0] + first;
    realv sum, low;
    if (DALPHA) {
        sum = VLOAD(s + sums);
        low = VLOAD(c + sums);
    }
    UNROLLED
    for (uint k = 0; k < PARTS; k++) {
        const uint lane = t->begin[k] + first;
        const ulong at = t->at[k] + lane;
        const realv vx = LOAD(x + at), vdy = LOAD(dy + at);
        if (DALPHA)
            add_product(vx, vdy, &sum, &low);
        if (DX) {
            const realv one =
                leaky_relu_backward(vx, ALPHAS_TOGETHER(k, lane), vdy);
            v[k] =
                ACCUMULATE ? pack(LOAD(dx + at) + one) : leaky_relu_pack(one);
        }
    }
    if (DALPHA) {
        PUT_LANES(sum, s + sums);
        PUT_LANES(low, c + sums);
    }
}

/* What the lines i lanes behind the begin call for, before they are read. */
INLINED void backward_calls(const struct together *t, uint i,
                            const ulong *ahead, uint called,
                            __global const stored *x, __global const stored *dy,
                            uint stream, __global const stored *dx)
{
    UNROLLED
    for (uint k = 0; k < PARTS; k++) {
        PREFETCH(x + ahead[k] + called, TO_FIRST_CACHE);
        PREFETCH(dy + ahead[k] + called, TO_FIRST_CACHE);
    }
    if (stream == FAR_CALLS) {
        UNROLLED
        for (uint k = 0; k < PARTS; k++) {
            PREFETCH(x + t->next[k] + i, TO_SECOND_CACHE);
            PREFETCH(dy + t->next[k] + i, TO_SECOND_CACHE);
        }
    } else if (DX && !stream) {
        UNROLLED
        for (uint k = 0; k < PARTS; k++)
            CALL_TO_WRITE(dx + t->at[k] + t->begin[k] + i);
    }
}

/* As forward_lines. */
INLINED void backward_lines(uint from, const struct together *t, uint i,
                            const ulong *ahead, uint called,
                            __global const stored *x, __global const stored *dy,
                            __global const alpha_t *alpha, const real *a,
                            uint stream, __global stored *dx, real *s, real *c)
{
    packed v[LINE / VECTOR][PARTS];
    backward_calls(t, i, ahead, called, x, dy, stream, dx);
    UNROLLED
    for (uint h = 0; h < LINE; h += VECTOR)
        backward_vectors(from, t, i + h, x, dy, alpha, a, dx, s, c,
                         v[h / VECTOR]);
    UNROLLED
    for (uint k = 0; DX && k < PARTS; k++) {
        UNROLLED
        for (uint h = 0; h < LINE; h += VECTOR)
            put(v[h / VECTOR][k], dx + t->at[k] + t->begin[k] + i + h, 0,
                VECTOR, stream);
    }
}

INLINED void backward_together(uint from, const struct row *r,
                               const struct row *next, __global const stored *x,
                               __global const stored *dy,
                               __global const alpha_t *alpha, const real *a,
                               uint stream, __global stored *dx, real *s,
                               real *c)
{
    const struct together t = find_together(from, r, next, alpha, stream, dx);
    const uint far = SUMS && stream != NEAR_CALLS ? NEXT / 2 : NEXT;
    uint i = 0;
    for (; i + far < t.all; i += LINE)
        backward_lines(from, &t, i, t.at, i + far, x, dy, alpha, a, stream, dx,
                       s, c);
    for (; i < t.all; i += LINE)
        backward_lines(from, &t, i, t.next, i + far - t.all, x, dy, alpha, a,
                       stream, dx, s, c);
    for (uint k = 0; k < PARTS; k++) {
        real one[VECTOR];
        if (from == ONE)
            VSTORE(t.one[SUMS ? 0 : k], one);
        backward_rest(from, x + t.at[k], dy + t.at[k], x + t.next[k],
                      dy + t.next[k], alpha + t.alpha[k], from == ONE ? one : a,
                      r[k].len, t.begin[k], t.begin[k] + t.all, stream,
                      dx + t.at[k], s, c);
    }
}

#endif
#endif
