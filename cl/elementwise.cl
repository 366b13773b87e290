/* elementwise.cl - the kernels of operations with a scalar parameter
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl memory.cl operation.cl elementwise_cpu.cl
 *     elementwise_gpu.cl
 * used by: elementwise but strided
 *
 * A work-group takes a span of elements, a multiple of GROUP*VECTOR, counted
 * from the first aligned element of the output: so stores are whole aligned
 * vectors for any offset.  The first group also takes the peel, the elements
 * before it. */

#if !FROM_OUTPUT
/* A work-item's part of a group's span, from item on. */
NOT_INLINED void forward_span(ulong n, real parameter, ulong span, ulong group,
                              uint item, uint non_temporal,
                              __global const stored *x, __global stored *y)
{
    const realv p = (realv)(parameter);
    const uint peel = peel_of(y, ALIGNMENT, n);
    const ulong end = min(n, peel + (group + 1) * span);
    ulong i = peel + group * span + item;

    if (group == 0 && item == 0 && peel > 0) {
        forward_partial(p, x, peel, y);
        if (ALIGNMENT > VECTOR)
            for (uint at = VECTOR; at < peel; at += VECTOR)
                forward_partial(p, x + at, peel - at, y + at);
    }
    if (GROUP > 1 && !is_aligned(x + i))
        i = forward_vectors(p, x, i, end, non_temporal, false, y);
    else if (FASTER_AT_1 && parameter == 1)
        i = forward_vectors((realv)(1), x, i, end, non_temporal, true, y);
    else
        i = forward_vectors(p, x, i, end, non_temporal, true, y);
    if (i < end)
        forward_partial(p, x + i, (uint)(end - i), y + i);
}

__kernel WG_SIZED
void forward(const ulong n, const real parameter, const ulong span,
             const ulong first, const uint non_temporal,
             __global const stored *x, const ulong x_offset,
             __global stored *y, const ulong y_offset)
{
    forward_span(n, parameter, span, first + get_group_id(0),
                 (uint)get_local_id(0) * VECTOR, non_temporal, x + x_offset,
                 y + y_offset);
}
#endif

NOT_INLINED void backward_span(ulong n, real parameter, ulong span, ulong group,
                               uint item, uint non_temporal,
                               __global const stored *x,
                               __global const stored *dy, __global stored *dx)
{
    const realv p = (realv)(parameter);
    const uint peel = peel_of(dx, ALIGNMENT, n);
    const ulong end = min(n, peel + (group + 1) * span);
    ulong i = peel + group * span + item;

    if (group == 0 && item == 0 && peel > 0) {
        backward_partial(p, x, dy, peel, dx);
        if (ALIGNMENT > VECTOR)
            for (uint at = VECTOR; at < peel; at += VECTOR)
                backward_partial(p, x + at, dy + at, peel - at, dx + at);
    }
    if (GROUP > 1 && !(is_aligned(x + i) && is_aligned(dy + i)))
        i = backward_vectors(p, x, dy, i, end, non_temporal, false, dx);
    else if (FASTER_AT_1 && parameter == 1)
        i = backward_vectors((realv)(1), x, dy, i, end, non_temporal, true, dx);
    else
        i = backward_vectors(p, x, dy, i, end, non_temporal, true, dx);
    if (i < end)
        backward_partial(p, x + i, dy + i, (uint)(end - i), dx + i);
}

__kernel WG_SIZED
void backward(const ulong n, const real parameter, const ulong span,
              const ulong first, const uint non_temporal,
              __global const stored *x, const ulong x_offset,
              __global const stored *dy, const ulong dy_offset,
              __global stored *dx, const ulong dx_offset)
{
    backward_span(n, parameter, span, first + get_group_id(0),
                  (uint)get_local_id(0) * VECTOR, non_temporal, x + x_offset,
                  dy + dy_offset, dx + dx_offset);
}
