/* elementwise.cl - memory traffic of the operations with a scalar parameter
 * SPDX-License-Identifier: MIT
 *
 * Set by the host, besides what prelude.cl is told:
 *   OP           leaky_relu, elu or thresholded_relu
 *   ACCUMULATE   1: add to dx
 *
 * Each work-group takes span elements, a multiple of GROUP*VECTOR, counted
 * from the first aligned element of the output, on a CPU from its first whole
 * cache line, so that stores are whole and aligned whatever the offset.  The
 * first group also takes the elements before it. */

#ifndef OP
#define OP leaky_relu
#endif
#ifndef ACCUMULATE
#define ACCUMULATE 0
#endif

#define Y CAT(OP, _y)
#if ACCUMULATE
#define DX(x, p, dy, old)                                                      \
    pack(widen(old) + CAT(OP, _backward)(widen(x), p, widen(dy)))
#else
#define DX(x, p, dy, old) CAT(OP, _dx)(x, p, dy)
#endif

#define WRITE_TO(v, p, stream) \
    if (stream) \
        STREAM(v, p); \
    else \
        WRITE(v, p)

/* forward_vectors and backward_vectors take the whole vectors from i to end,
 * and return where they end. */
#if GROUP == 1

/* A CPU interleaves four parts of a span, a cache line of each in turn: so more
 * of the memory is busy than one part keeps busy, and non-temporal stores fill
 * whole lines.  Each line is prefetched once, a little before it is read; the
 * rest the hardware prefetches. */
#define PARTS (CAN_PREFETCH ? 4 : 1)
#define STEP (CAN_PREFETCH && LINE > VECTOR ? LINE : VECTOR)
#define ALIGNED STEP
#define CALL_FOR(p) \
    for (uint line = 0; line < STEP; line += LINE) \
        PREFETCH((p) + 512 / sizeof(stored) + line, TO_FIRST_CACHE)

/* The last group may begin beyond the end. */
ulong part_of(ulong i, ulong end)
{
    return i < end ? (end - i) / (PARTS * STEP) * STEP : 0;
}

/* A line of one part, in narrower vectors: of these there are fewer registers,
 * too few for four lines. */
INLINED void forward_line(realv p, __global const stored *x, uint stream,
                          bool is_new, __global stored *y)
{
    packed v[STEP / VECTOR];
    CALL_FOR(x);
    if (is_new)
        CALL_TO_WRITE(y);
    UNROLLED
    for (uint h = 0; h < STEP; h += VECTOR)
        v[h / VECTOR] = Y(VLOAD(x + h), p);
    UNROLLED
    for (uint h = 0; h < STEP; h += VECTOR)
        WRITE_TO(v[h / VECTOR], y + h, stream);
}

INLINED void backward_line(realv p, __global const stored *x,
                           __global const stored *dy, uint stream, bool is_new,
                           __global stored *dx)
{
    packed v[STEP / VECTOR];
    CALL_FOR(x);
    CALL_FOR(dy);
    if (is_new)
        CALL_TO_WRITE(dx);
    UNROLLED
    for (uint h = 0; h < STEP; h += VECTOR)
        v[h / VECTOR] = DX(VLOAD(x + h), p, VLOAD(dy + h), VLOAD(dx + h));
    UNROLLED
    for (uint h = 0; h < STEP; h += VECTOR)
        WRITE_TO(v[h / VECTOR], dx + h, stream);
}

INLINED ulong forward_vectors(realv p, __global const stored *x, ulong i,
                              ulong end, uint stream, bool whole,
                              __global stored *y)
{
    const ulong part = part_of(i, end);
    const bool is_new = !stream && y != x;
    for (const ulong to = i + part; i < to; i += STEP) {
        packed v[PARTS];
        UNROLLED
        for (uint k = 0; k < PARTS; k++) {
            if (STEP > VECTOR) {
                forward_line(p, x + i + k * part, stream, is_new,
                             y + i + k * part);
            } else {
                CALL_FOR(x + i + k * part);
                if (is_new)
                    CALL_TO_WRITE(y + i + k * part);
                v[k] = Y(VLOAD(x + i + k * part), p);
            }
        }
        UNROLLED
        for (uint k = 0; STEP == VECTOR && k < PARTS; k++)
            WRITE_TO(v[k], y + i + k * part, stream);
    }
    for (i += (PARTS - 1) * part; i + VECTOR <= end; i += VECTOR)
        WRITE_TO(Y(VLOAD(x + i), p), y + i, stream);
    return i;
}

INLINED ulong backward_vectors(realv p, __global const stored *x,
                               __global const stored *dy, ulong i, ulong end,
                               uint stream, bool whole, __global stored *dx)
{
    const ulong part = part_of(i, end);
    const bool is_new = !stream && dx != x && dx != dy;
    for (const ulong to = i + part; i < to; i += STEP) {
        packed v[PARTS];
        UNROLLED
        for (uint k = 0; k < PARTS; k++) {
            const ulong at = i + k * part;
            if (STEP > VECTOR) {
                backward_line(p, x + at, dy + at, stream, is_new, dx + at);
            } else {
                CALL_FOR(x + at);
                CALL_FOR(dy + at);
                if (is_new)
                    CALL_TO_WRITE(dx + at);
                v[k] = DX(VLOAD(x + at), p, VLOAD(dy + at), VLOAD(dx + at));
            }
        }
        UNROLLED
        for (uint k = 0; STEP == VECTOR && k < PARTS; k++)
            WRITE_TO(v[k], dx + i + k * part, stream);
    }
    for (i += (PARTS - 1) * part; i + VECTOR <= end; i += VECTOR) {
        const packed v = DX(VLOAD(x + i), p, VLOAD(dy + i), VLOAD(dx + i));
        WRITE_TO(v, dx + i, stream);
    }
    return i;
}

#else

/* A GPU reads two vectors before it writes one: they may be in the same memory,
 * so that no compiler changes the order. */
#define ALIGNED VECTOR
#define STEP (GROUP * VECTOR)
#define IS_PAIR(i, end) (!HAS_FEW_REGISTERS && (i) + STEP + VECTOR <= (end))

INLINED ulong forward_vectors(realv p, __global const stored *x, ulong i,
                              ulong end, uint stream, bool whole,
                              __global stored *y)
{
    for (; IS_PAIR(i, end); i += 2 * STEP) {
        const packed v = READ(x + i, whole), w = READ(x + i + STEP, whole);
        WRITE_TO(Y(v, p), y + i, stream);
        WRITE_TO(Y(w, p), y + i + STEP, stream);
    }
    for (; i + VECTOR <= end; i += STEP)
        WRITE_TO(Y(READ(x + i, whole), p), y + i, stream);
    return i;
}

INLINED ulong backward_vectors(realv p, __global const stored *x,
                               __global const stored *dy, ulong i, ulong end,
                               uint stream, bool whole, __global stored *dx)
{
    for (; IS_PAIR(i, end); i += 2 * STEP) {
        const packed v = READ(x + i, whole), w = READ(x + i + STEP, whole);
        const packed dv = READ(dy + i, whole), dw = READ(dy + i + STEP, whole);
        WRITE_TO(DX(v, p, dv, READ(dx + i, true)), dx + i, stream);
        WRITE_TO(DX(w, p, dw, READ(dx + i + STEP, true)), dx + i + STEP,
                 stream);
    }
    for (; i + VECTOR <= end; i += STEP) {
        const packed v = DX(READ(x + i, whole), p, READ(dy + i, whole),
                            READ(dx + i, true));
        WRITE_TO(v, dx + i, stream);
    }
    return i;
}

#endif

/* The first count elements, at most a vector of them. */
#define FORWARD_UP_TO(count, x, y) \
    store_up_to(Y(load_packed(x, count), p), y, count)
#define BACKWARD_UP_TO(count, x, dy, dx)                                       \
    store_up_to(DX(load_packed(x, count), p, load_packed(dy, count),           \
                   load_packed(dx, count)),                                    \
                dx, count)

/* The parameter that is used most is a constant below, which spares ELU
 * much. */
__kernel TEAM_OF_GROUP
void forward(const ulong n, const real parameter, const ulong span,
             const ulong first, const uint stream,
             __global const stored *x, const ulong x_offset,
             __global stored *y, const ulong y_offset)
{
    const realv p = (realv)(parameter);
    x += x_offset;
    y += y_offset;
    const uint head = head_of(y, ALIGNED, n);
    const ulong group = first + get_group_id(0);
    const uint lane = (uint)get_local_id(0) * VECTOR;
    ulong i = head + group * span + lane;
    const ulong end = min(n, head + (group + 1) * span);

    if (group == 0 && lane == 0 && head > 0) {
        FORWARD_UP_TO(head, x, y);
        if (ALIGNED > VECTOR)
            for (uint at = VECTOR; at < head; at += VECTOR)
                FORWARD_UP_TO(head - at, x + at, y + at);
    }
    if (!ARE_WHOLE(x + i))
        i = forward_vectors(p, x, i, end, stream, false, y);
    else if (parameter == 1)
        i = forward_vectors(RV(1.0), x, i, end, stream, true, y);
    else
        i = forward_vectors(p, x, i, end, stream, true, y);
    if (i < end) {
        const uint rest = (uint)(end - i);
        FORWARD_UP_TO(rest, x + i, y + i);
    }
}

__kernel TEAM_OF_GROUP
void backward(const ulong n, const real parameter, const ulong span,
              const ulong first, const uint stream,
              __global const stored *x, const ulong x_offset,
              __global const stored *dy, const ulong dy_offset,
              __global stored *dx, const ulong dx_offset)
{
    const realv p = (realv)(parameter);
    x += x_offset;
    dy += dy_offset;
    dx += dx_offset;
    const uint head = head_of(dx, ALIGNED, n);
    const ulong group = first + get_group_id(0);
    const uint lane = (uint)get_local_id(0) * VECTOR;
    ulong i = head + group * span + lane;
    const ulong end = min(n, head + (group + 1) * span);

    if (group == 0 && lane == 0 && head > 0) {
        BACKWARD_UP_TO(head, x, dy, dx);
        if (ALIGNED > VECTOR)
            for (uint at = VECTOR; at < head; at += VECTOR)
                BACKWARD_UP_TO(head - at, x + at, dy + at, dx + at);
    }
    if (!(ARE_WHOLE(x + i) && ARE_WHOLE(dy + i)))
        i = backward_vectors(p, x, dy, i, end, stream, false, dx);
    else if (parameter == 1)
        i = backward_vectors(RV(1.0), x, dy, i, end, stream, true, dx);
    else
        i = backward_vectors(p, x, dy, i, end, stream, true, dx);
    if (i < end) {
        const uint rest = (uint)(end - i);
        BACKWARD_UP_TO(rest, x + i, dy + i, dx + i);
    }
}
