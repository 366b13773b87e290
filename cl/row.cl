/* row.cl - rows of PReLU by one work-item on its own
 * SPDX-License-Identifier: MIT
 *
 * Set by the host:
 *   DX           1: the gradient of x is wanted
 *   ACCUMULATE   1: add to dx
 *
 * A store past the caches needs a whole line of them, and a row begins
 * anywhere: its vectors begin skip elements later, where the first line of the
 * output does.  What is before them and behind them are vectors that are stored
 * in the caches, and parts of such, of which the rest does not count. */
#if GROUP == 1

#define IN_64_BYTES (64 / (uint)sizeof(stored))
#define NEAR (1024 / (uint)sizeof(stored))
/* What stays in the caches is called for before it is written, too, as it may
 * be in another core's; 16 bits lose by it. */
#define CALL_TO_WRITE(p) \
    if (sizeof(stored) > 2) \
        PREFETCH_TO_WRITE((p) + 512 / sizeof(stored))
#define LINE (IN_64_BYTES > VECTOR ? IN_64_BYTES : VECTOR)
#define PAST(p, size) ((uint)((size_t)(p) / sizeof(stored)) & ((size)-1))

/* None at a vector: what is before it in its line may have come just now. */
uint skip_of(__global const stored *p, uint len, uint stream)
{
    const bool cuts = stream && PAST(p, VECTOR) > 0;
    return cuts ? min(LINE - PAST(p, LINE), len) : 0;
}

/* Where the last whole line ends, or vector if the row ends with it. */
uint lines_end(__global const stored *p, uint len, uint stream)
{
    const uint rest = PAST(p + len, VECTOR) > 0 ? PAST(p + len, LINE) : 0;
    return stream && rest < len ? len - rest : 0;
}

/* The lines that are left out of the next row if it is like this one: stores
 * to what is not in the caches hold up all that come after. */
INLINED void prefetch_ends(__global const stored *next, uint skip,
                           uint past_end, uint len)
{
    if (skip > 0)
        PREFETCH_TO_WRITE(next);
    if (past_end > 0 && past_end < len)
        PREFETCH_TO_WRITE(next + len);
}

/* The lanes of rows like this one are in memory from there on, so that its
 * vectors are aligned there, too. */
#define SLOTS_TOUCHED (SLOTS + 2)
uint shift_of(__global const stored *p, uint len, uint stream)
{
    return (VECTOR - skip_of(p, len, stream)) & (VECTOR - 1);
}

/* Those from first to end of the elements at p; all of them, if they are a
 * vector. */
void put(packed v, __global stored *p, uint first, uint end, bool past_cache)
{
    stored part[VECTOR];
    if (end - first == VECTOR && past_cache) {
        STREAM(v, p);
    } else if (end - first == VECTOR) {
        STORE(v, p);
    } else {
        VSTORE(v, part);
        for (uint i = first; i < end; i++)
            p[i] = part[i];
    }
}

/* Where the alphas of a row's lanes are; a constant where a row is walked, so
 * that the choice is out of its loop. */
#define OWN 0    /* one for each lane */
#define ONE 1    /* a vector for all */
#define DIRECT 2 /* in memory, as they are met once */
#define ALPHAS_FROM(from, a, alpha, lane, count)                \
    ((from) == DIRECT ? LOAD_ALPHAS((alpha) + (lane), count)    \
                      : VLOAD((a) + ((from) == OWN ? (lane) : 0)))

#if FORWARD

/* The elements of a vector at x that are from first to end; behind count of
 * them, at most VECTOR, there are no more. */
INLINED void forward_vector(__global const stored *x, uint count, uint first,
                            uint end, realv a, bool past_cache,
                            __global stored *y)
{
    const realv v = leaky_relu_forward(load_up_to(x, count), a);
    put(leaky_relu_pack(v), y, first, end, past_cache);
}

/* Those from lane to end, which may be less than a vector. */
INLINED void forward_part(uint from, __global const stored *x,
                          __global const alpha_t *alpha, const real *a,
                          uint len, uint lane, uint end, __global stored *y)
{
    const uint count = min(len, (uint)VECTOR), at = min(lane, len - count);
    forward_vector(x + at, count, lane - at, end - at,
                   ALPHAS_FROM(from, a, alpha, at, count), false, y + at);
}

INLINED void forward_calls(uint from, __global const stored *x,
                           __global const stored *next, uint len, uint lane)
{
    /* Where there is one, alphas do not fill the first cache. */
    if (from == ONE)
        PREFETCH((lane + NEAR < len ? x : next - len) + NEAR + lane,
                 TO_FIRST_CACHE);
    PREFETCH(next + lane, TO_SECOND_CACHE);
}

INLINED void forward_step(uint from, __global const stored *x,
                          __global const stored *next,
                          __global const alpha_t *alpha, const real *a,
                          uint len, uint lane, bool past_cache, bool stays,
                          __global stored *y)
{
    forward_calls(from, x, next, len, lane);
    if (stays)
        CALL_TO_WRITE(y + lane);
    forward_vector(x + lane, VECTOR, 0, VECTOR,
                   ALPHAS_FROM(from, a, alpha, lane, VECTOR), past_cache,
                   y + lane);
}

/* A line of 16-bit elements is two vectors: past the caches their stores are
 * better next to each other. */
INLINED void forward_line(uint from, __global const stored *x,
                          __global const stored *next,
                          __global const alpha_t *alpha, const real *a,
                          uint len, uint lane, __global stored *y)
{
    const uint upper = lane + VECTOR;
    forward_calls(from, x, next, len, lane);
    const realv v = leaky_relu_forward(
        LOAD(x + lane), ALPHAS_FROM(from, a, alpha, lane, VECTOR));
    const realv w = leaky_relu_forward(
        LOAD(x + upper), ALPHAS_FROM(from, a, alpha, upper, VECTOR));
    STREAM(leaky_relu_pack(v), y + lane);
    STREAM(leaky_relu_pack(w), y + upper);
}

INLINED void forward_row(uint from, __global const stored *x,
                         __global const stored *next,
                         __global const alpha_t *alpha, const real *a, uint len,
                         uint stream, __global stored *y,
                         __global const stored *y_next)
{
    const uint skip = skip_of(y, len, stream);
    const uint past_end = lines_end(y, len, stream);
    uint lane = 0;
    prefetch_ends(y_next, skip, past_end, len);
    for (; lane < skip; lane += VECTOR) {
        PREFETCH(next + lane, TO_SECOND_CACHE);
        forward_part(from, x, alpha, a, len, lane, min(lane + VECTOR, skip), y);
    }
    lane = skip;
    if (LINE == 2 * VECTOR) {
        if (lane < past_end && PAST(y + lane, LINE) > 0) {
            forward_step(from, x, next, alpha, a, len, lane, true, false, y);
            lane += VECTOR;
        }
        for (; lane + LINE <= past_end; lane += LINE)
            forward_line(from, x, next, alpha, a, len, lane, y);
    }
    for (; lane + VECTOR <= len; lane += VECTOR)
        forward_step(from, x, next, alpha, a, len, lane, lane < past_end,
                     !stream, y);
    if (lane < len) {
        PREFETCH(next + lane, TO_SECOND_CACHE);
        forward_part(from, x, alpha, a, len, lane, len, y);
    }
}

/* Rows that are far from each other, a line of each in turn: so more of the
 * memory is busy than one row keeps busy. */
#define NEXT (512 / (uint)sizeof(stored))

/* A row: its first element and alpha, and its length. */
struct row {
    ulong at, alpha;
    uint len;
};

struct together {
    ulong at[PARTS], next[PARTS], alpha[PARTS];
    uint begin[PARTS]; /* the first whole line, if stored past the caches */
    uint all;          /* lanes of all of them from there on, in whole lines */
    realv one[PARTS];
};

INLINED struct together find_together(const struct row *r,
                                      const struct row *next,
                                      __global const alpha_t *alpha,
                                      uint stream, __global const stored *y)
{
    struct together t;
    t.all = WIDTH;
    for (uint k = 0; k < PARTS; k++) {
        __global const stored *p = y + r[k].at;
        const uint len = r[k].len;
        t.at[k] = r[k].at;
        t.next[k] = next[k].at;
        t.alpha[k] = r[k].alpha;
        t.begin[k] = stream ? min((LINE - PAST(p, LINE)) % LINE, len) : 0;
        t.all = min(t.all, (len - t.begin[k]) / LINE * LINE);
        t.one[k] = (realv)(LOAD_ALPHA(alpha + r[k].alpha));
        prefetch_ends(y + next[k].at, t.begin[k], lines_end(p, len, stream),
                      len);
    }
    return t;
}

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
        UNROLLED
        for (uint h = 0; h < LINE; h += VECTOR) {
            const uint lane = t->begin[k] + i + h;
            const realv va = from == ONE
                                 ? t->one[k]
                                 : ALPHAS_FROM(from, a, alpha + t->alpha[k],
                                               lane, VECTOR);
            v[k][h / VECTOR] = leaky_relu_pack(
                leaky_relu_forward(LOAD(x + t->at[k] + lane), va));
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
    const struct together t = find_together(r, next, alpha, stream, y);
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

/* v, and 0 but from first to end. */
realv part_of(realv v, uint first, uint end)
{
    const realv lane = CAT(convert_, WIDE(REAL))(COUNT_UP);
    return ((lane >= (realv)(first)) & (lane < (realv)(end))) ? v : (realv)(0);
}

/* As forward_vector: their part of dalpha into s + c, and dx. */
INLINED void backward_vector(__global const stored *x,
                             __global const stored *dy, uint count, uint first,
                             uint end, realv a, bool past_cache,
                             __global stored *dx, real *s, real *c)
{
    realv vx = load_up_to(x, count);
    const realv vdy = load_up_to(dy, count);
    const realv old =
        DX && ACCUMULATE ? load_up_to(dx, count) : (realv)(0);
    if (DALPHA) {
        realv sum = VLOAD(s), low = VLOAD(c);
        add_product(end - first == count ? vx : part_of(vx, first, end), vdy,
                    &sum, &low);
        PUT_LANES(sum, s);
        PUT_LANES(low, c);
    }
    if (DX) {
        const realv v = leaky_relu_backward(vx, a, vdy);
        put(ACCUMULATE ? pack(old + v) : leaky_relu_pack(v), dx, first, end,
            past_cache);
    }
}

/* Those from lane to end, which may be less than a vector. */
INLINED void backward_part(uint from, __global const stored *x,
                           __global const stored *dy,
                           __global const alpha_t *alpha, const real *a,
                           uint len, uint lane, uint end, __global stored *dx,
                           real *s, real *c)
{
    const uint count = min(len, (uint)VECTOR), at = min(lane, len - count);
    backward_vector(x + at, dy + at, count, lane - at, end - at,
                    ALPHAS_FROM(from, a, alpha, at, count), false, dx + at,
                    s + at, c + at);
}

/* What is before a row's vectors, and behind them, from end on. */
INLINED void backward_ends(uint from, __global const stored *x,
                           __global const stored *dy,
                           __global const alpha_t *alpha, const real *a,
                           uint len, uint skip, uint end,
                           __global stored *dx, real *s, real *c)
{
    for (uint lane = 0; lane < skip; lane += VECTOR)
        backward_part(from, x, dy, alpha, a, len, lane,
                      min(lane + VECTOR, skip), dx, s, c);
    for (uint lane = end; lane < len; lane += VECTOR)
        backward_part(from, x, dy, alpha, a, len, lane,
                      min(lane + VECTOR, len), dx, s, c);
}

/* The whole vectors from lane on.  Returns where they end. */
INLINED uint backward_vectors(uint from, __global const stored *x,
                              __global const stored *dy,
                              __global const stored *base_x,
                              __global const stored *base_dy,
                              struct ahead ahead, __global const alpha_t *alpha,
                              const real *a, uint lane, uint len, uint past_end,
                              __global stored *dx, real *s, real *c)
{
    for (; lane + VECTOR <= len; lane += VECTOR) {
        /* The first cache is full of sums. */
        PREFETCH_AHEAD(base_x, ahead, lane, TO_SECOND_CACHE);
        PREFETCH_AHEAD(base_dy, ahead, lane, TO_SECOND_CACHE);
        if (DX && past_end == 0)
            CALL_TO_WRITE(dx + lane);
        backward_vector(x + lane, dy + lane, VECTOR, 0, VECTOR,
                        ALPHAS_FROM(from, a, alpha, lane, VECTOR),
                        lane < past_end, dx + lane, s + lane, c + lane);
    }
    return lane;
}

INLINED void backward_row(uint from, __global const stored *x,
                          __global const stored *dy,
                          __global const stored *base_x,
                          __global const stored *base_dy, struct ahead ahead,
                          __global const alpha_t *alpha, const real *a,
                          uint len, uint stream, __global stored *dx,
                          __global const stored *dx_next, real *s, real *c)
{
    const uint skip = DX ? skip_of(dx, len, stream) : 0;
    const uint past_end = DX ? lines_end(dx, len, stream) : 0;
    prefetch_ends(dx_next, skip, past_end, len);
    const uint done =
        backward_vectors(from, x, dy, base_x, base_dy, ahead, alpha, a, skip,
                         len, past_end, dx, s, c);
    backward_ends(from, x, dy, alpha, a, len, skip, done, dx, s, c);
}

#if DALPHA && VECTOR > 1
#define ROWS 2

/* Two rows at once, as far as the shorter one goes: the sums come and go half
 * as often, and where rows are apart more of the memory is busy.  All loads are
 * before the stores: a processor takes a store for what is loaded after it, if
 * they are whole pages apart. */
INLINED void backward_pair(uint from, const ulong at[ROWS],
                           const uint len[ROWS], const ulong next[ROWS],
                           __global const stored *x, __global const stored *dy,
                           const real *a, uint skip, uint stream,
                           __global stored *dx, real *s, real *c)
{
    const uint both = min(len[0], len[1]);
    uint lane = skip, past_end[ROWS];
    for (uint i = 0; i < ROWS; i++) {
        past_end[i] = DX ? lines_end(dx + at[i], len[i], stream) : 0;
        prefetch_ends(dx + next[i], skip, past_end[i], len[i]);
    }
    for (; lane + VECTOR <= both; lane += VECTOR) {
        const realv va = ALPHAS_FROM(from, a, (__global const alpha_t *)0, lane,
                                     VECTOR);
        realv vx[ROWS], vdy[ROWS], old[ROWS];
        realv sum = VLOAD(s + lane), low = VLOAD(c + lane);
        UNROLLED
        for (uint i = 0; i < ROWS; i++) {
            PREFETCH(x + next[i] + lane, TO_SECOND_CACHE);
            PREFETCH(dy + next[i] + lane, TO_SECOND_CACHE);
            if (DX && !stream)
                CALL_TO_WRITE(dx + at[i] + lane);
            vx[i] = LOAD(x + at[i] + lane);
            vdy[i] = LOAD(dy + at[i] + lane);
            if (DX && ACCUMULATE)
                old[i] = LOAD(dx + at[i] + lane);
        }
        UNROLLED
        for (uint i = 0; i < ROWS; i++) {
            const realv v = leaky_relu_backward(vx[i], va, vdy[i]);
            add_product(vx[i], vdy[i], &sum, &low);
            if (DX)
                put(ACCUMULATE ? pack(old[i] + v) : leaky_relu_pack(v),
                    dx + at[i] + lane, 0, VECTOR, lane < past_end[i]);
        }
        PUT_LANES(sum, s + lane);
        PUT_LANES(low, c + lane);
    }
    for (uint i = 0; i < ROWS; i++) {
        const struct ahead ahead = {0, next[i], 0};
        const uint done =
            backward_vectors(from, x + at[i], dy + at[i], x, dy, ahead, 0, a,
                             lane, len[i], past_end[i], dx + at[i], s, c);
        backward_ends(from, x + at[i], dy + at[i], 0, a, len[i], skip, done,
                      dx + at[i], s, c);
    }
}

#endif
#endif
#endif
