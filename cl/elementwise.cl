/* elementwise.cl - memory traffic of the operations with a scalar parameter
 * SPDX-License-Identifier: MIT
 *
 * Set by the host, besides what prelude.cl is told:
 *   OP           leaky_relu, elu or thresholded_relu
 *   ACCUMULATE   1: add to dx
 *
 * Each work-group takes span elements, a multiple of GROUP*VECTOR, counted
 * from the first aligned element of the output, so that stores are whole
 * aligned vectors whatever the offset.  The first group also takes the
 * elements before it. */

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

/* A processor takes a vector from each of four parts of a span in turn: so more
 * of the memory is busy than it would keep busy by reading in one place, and
 * what waits for an operation has others beside it.  Each part is called for a
 * little before it is read; what comes later, the processor sees. */
#define PARTS (CAN_PREFETCH ? 4 : 1)
#define LINE (64 / sizeof(stored))
#define CALL_FOR(p) \
    for (uint line = 0; line < VECTOR; line += LINE) \
        PREFETCH((p) + 512 / sizeof(stored) + line, TO_FIRST_CACHE)

/* What stays in the caches is called for before it is written, too, as it may
 * be in another core's; 16 bits lose by it. */
#define CALL_TO_WRITE(p) \
    if (sizeof(stored) > 2) \
        PREFETCH_TO_WRITE((p) + 512 / sizeof(stored))

/* The last group may begin beyond the end. */
ulong part_of(ulong i, ulong end)
{
    return i < end ? (end - i) / (PARTS * VECTOR) * VECTOR : 0;
}

INLINED ulong forward_vectors(realv p, __global const stored *x, ulong i,
                              ulong end, uint stream, bool whole,
                              __global stored *y)
{
    const ulong part = part_of(i, end);
    const bool is_new = !stream && y != x;
    for (const ulong to = i + part; i < to; i += VECTOR) {
        packed v[PARTS];
        UNROLLED
        for (uint k = 0; k < PARTS; k++) {
            CALL_FOR(x + i + k * part);
            if (is_new)
                CALL_TO_WRITE(y + i + k * part);
            v[k] = Y(VLOAD(x + i + k * part), p);
        }
        UNROLLED
        for (uint k = 0; k < PARTS; k++)
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
    for (const ulong to = i + part; i < to; i += VECTOR) {
        packed v[PARTS];
        UNROLLED
        for (uint k = 0; k < PARTS; k++) {
            const ulong at = i + k * part;
            CALL_FOR(x + at);
            CALL_FOR(dy + at);
            if (is_new)
                CALL_TO_WRITE(dx + at);
            v[k] = DX(VLOAD(x + at), p, VLOAD(dy + at), VLOAD(dx + at));
        }
        UNROLLED
        for (uint k = 0; k < PARTS; k++)
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
    const uint head = head_of(y, n);
    const ulong group = first + get_group_id(0);
    const uint lane = (uint)get_local_id(0) * VECTOR;
    ulong i = head + group * span + lane;
    const ulong end = min(n, head + (group + 1) * span);

    if (group == 0 && lane == 0 && head > 0)
        store_up_to(Y(load_packed(x, head), p), y, head);
    if (!ARE_WHOLE(x + i))
        i = forward_vectors(p, x, i, end, stream, false, y);
    else if (parameter == 1)
        i = forward_vectors(RV(1.0), x, i, end, stream, true, y);
    else
        i = forward_vectors(p, x, i, end, stream, true, y);
    if (i < end) {
        const uint rest = (uint)(end - i);
        store_up_to(Y(load_packed(x + i, rest), p), y + i, rest);
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
    const uint head = head_of(dx, n);
    const ulong group = first + get_group_id(0);
    const uint lane = (uint)get_local_id(0) * VECTOR;
    ulong i = head + group * span + lane;
    const ulong end = min(n, head + (group + 1) * span);

    if (group == 0 && lane == 0 && head > 0) {
        const packed v = DX(load_packed(x, head), p, load_packed(dy, head),
                            load_packed(dx, head));
        store_up_to(v, dx, head);
    }
    if (!(ARE_WHOLE(x + i) && ARE_WHOLE(dy + i)))
        i = backward_vectors(p, x, dy, i, end, stream, false, dx);
    else if (parameter == 1)
        i = backward_vectors(RV(1.0), x, dy, i, end, stream, true, dx);
    else
        i = backward_vectors(p, x, dy, i, end, stream, true, dx);
    if (i < end) {
        const uint rest = (uint)(end - i);
        const packed v = DX(load_packed(x + i, rest), p,
                            load_packed(dy + i, rest),
                            load_packed(dx + i, rest));
        store_up_to(v, dx + i, rest);
    }
}
