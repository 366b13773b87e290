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

#define NEAR (1024 / (uint)sizeof(stored))
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
#define LANES_OF_SUMS (SLOTS_TOUCHED * VECTOR)
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
#define ALPHAS_FROM(from, a, alpha, lane, count) \
    ((from) == DIRECT ? LOAD_ALPHAS((alpha) + (lane), count) \
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
    const realv old = DX && ACCUMULATE ? load_up_to(dx, count) : (realv)(0);
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

/* The vectors from lane on, and what is behind them and, of a line that others
 * share, before skip.  The next row, which is like this one, is called for. */
INLINED void backward_rest(uint from, __global const stored *x,
                           __global const stored *dy,
                           __global const stored *x_next,
                           __global const stored *dy_next,
                           __global const alpha_t *alpha, const real *a,
                           uint len, uint skip, uint lane, uint stream,
                           __global stored *dx, real *s, real *c)
{
    const uint past_end = DX ? lines_end(dx, len, stream) : len;
    for (; lane + VECTOR <= len; lane += VECTOR) {
        /* The first cache is full of sums. */
        PREFETCH(x_next + lane, TO_SECOND_CACHE);
        PREFETCH(dy_next + lane, TO_SECOND_CACHE);
        if (past_end == 0)
            CALL_TO_WRITE(dx + lane);
        backward_vector(x + lane, dy + lane, VECTOR, 0, VECTOR,
                        ALPHAS_FROM(from, a, alpha, lane, VECTOR),
                        lane < past_end, dx + lane, s + lane, c + lane);
    }
    if (lane < len)
        backward_part(from, x, dy, alpha, a, len, lane, len, dx, s, c);
    for (lane = 0; lane < skip; lane += VECTOR)
        backward_part(from, x, dy, alpha, a, len, lane,
                      min(lane + VECTOR, skip), dx, s, c);
}

INLINED void backward_row(uint from, __global const stored *x,
                          __global const stored *dy,
                          __global const stored *x_next,
                          __global const stored *dy_next,
                          __global const alpha_t *alpha, const real *a,
                          uint len, uint stream, __global stored *dx,
                          __global const stored *dx_next, real *s, real *c)
{
    const uint skip = DX ? skip_of(dx, len, stream) : 0;
    if (DX)
        prefetch_ends(dx_next, skip, lines_end(dx, len, stream), len);
    backward_rest(from, x, dy, x_next, dy_next, alpha, a, len, skip, skip,
                  stream, dx, s, c);
}

#endif
#endif
