/* elementwise.cl - memory traffic of the operations with a scalar parameter
 * SPDX-License-Identifier: MIT
 *
 * Set by the host, besides what wide.cl and prelude.cl are told:
 *   ACCUMULATE   1: add to dx
 *
 * Each work-group takes span elements, a multiple of GROUP*VECTOR, counted
 * from the first aligned element of the output, so that stores are whole
 * aligned vectors whatever the offset.  The first group also takes the
 * elements before it. */

#ifndef ACCUMULATE
#define ACCUMULATE 0
#endif

/* How far before an element is read it is called for: twice, but where it costs
 * more than it brings, as 16 bits are little to compute. */
#define LINE (64 / sizeof(stored))
#define CALL_FOR(p, bytes, cache) \
    for (uint k = 0; k < VECTOR; k += LINE) \
        PREFETCH((p) + (bytes) / sizeof(stored) + k, cache)
#define IS_TWICE (sizeof(stored) > 2 || VECTOR > 16)
#define PREFETCH_AHEAD(p) \
    if (IS_TWICE) { \
        CALL_FOR(p, 4096, TO_SECOND_CACHE); \
        CALL_FOR(p, 1024, TO_FIRST_CACHE); \
    } else { \
        CALL_FOR(p, 8192, TO_FIRST_CACHE); \
    }

#define Y CAT(OP, _y)
#if ACCUMULATE
#define DX(x, p, dy, old)                                                      \
    pack(widen(old) + CAT(OP, _backward)(widen(x), p, widen(dy)))
#else
#define DX(x, p, dy, old) CAT(OP, _dx)(x, p, dy)
#endif

/* A GPU reads two vectors before it writes one: they may be in the same memory,
 * so that no compiler changes the order. */
#define STEP (GROUP * VECTOR)
#if GROUP == 1 || HAS_FEW_REGISTERS
#define IS_PAIR(i, end) false
#else
#define IS_PAIR(i, end) ((i) + STEP + VECTOR <= (end))
#endif
#define WRITE_TO(v, p, stream) \
    if (stream) \
        STREAM(v, p); \
    else \
        WRITE(v, p)

/* The whole vectors from i to end, and where they end.  The parameter that is
 * used most is a constant here, which spares ELU much. */
INLINED ulong forward_vectors(realv p, __global const stored *x, ulong i,
                              ulong end, uint stream, bool whole,
                              __global stored *y)
{
    for (; IS_PAIR(i, end); i += 2 * STEP) {
        const packed v = READ(x + i, whole), w = READ(x + i + STEP, whole);
        WRITE_TO(Y(v, p), y + i, stream);
        WRITE_TO(Y(w, p), y + i + STEP, stream);
    }
    for (; i + VECTOR <= end; i += STEP) {
        PREFETCH_AHEAD(x + i);
        const packed v = Y(READ(x + i, whole), p);
        WRITE_TO(v, y + i, stream);
    }
    return i;
}

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
        PREFETCH_AHEAD(x + i);
        PREFETCH_AHEAD(dy + i);
        const packed v = DX(READ(x + i, whole), p, READ(dy + i, whole),
                            READ(dx + i, true));
        WRITE_TO(v, dx + i, stream);
    }
    return i;
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
