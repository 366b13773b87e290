/* strided_cpu.cl - element-wise operations on arrays with gaps, on CPUs
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl memory.cl strides.cl operation.cl
 *     elementwise_cpu.cl
 * used by: elementwise on CPUs with strided
 *
 * A span is of elements: line by line, the first and the last may be parts of
 * lines. */

/* n elements of a line. */
INLINED void forward_part(realv p, const struct layout a,
                          __global const stored *x, ulong n, uint non_temporal,
                          __global stored *y)
{
    const bool spreads = !has_lines(a);
    const uint peel = spreads ? 0 : peel_of(y, ALIGNMENT, n);
    ulong i = peel;
    for (uint at = 0; at < peel; at += VECTOR)
        forward_partial(p, x + at, peel - at, y + at);
    if (!spreads)
        i = forward_vectors(p, x, i, n, non_temporal, true, y);
    for (; i < n; i += VECTOR) {
        const uint count = (uint)min(n - i, (ulong)VECTOR);
        const storedv v = load_spread(x + i * a.x.s0, a.x.s0, count);
        store_spread(op_y(v, p), y + i * a.out.s0, a.out.s0, count);
    }
}

INLINED void backward_part(realv p, const struct layout a,
                           __global const stored *x, __global const stored *dy,
                           ulong n, uint non_temporal, __global stored *dx)
{
    const bool spreads = !has_lines(a);
    const uint peel = spreads ? 0 : peel_of(dx, ALIGNMENT, n);
    ulong i = peel;
    for (uint at = 0; at < peel; at += VECTOR)
        backward_partial(p, x + at, dy + at, peel - at, dx + at);
    if (!spreads)
        i = backward_vectors(p, x, dy, i, n, non_temporal, true, dx);
    for (; i < n; i += VECTOR) {
        const uint count = (uint)min(n - i, (ulong)VECTOR);
        __global stored *out = dx + i * a.out.s0;
        const storedv v = load_spread(x + i * a.x.s0, a.x.s0, count);
        const storedv dv = load_spread(dy + i * a.dy.s0, a.dy.s0, count);
        store_spread(op_dx(v, p, dv, load_spread(out, a.out.s0, count)), out,
                     a.out.s0, count);
    }
}

INLINED void forward_span(realv p, const struct layout a, ulong first,
                          ulong span, uint non_temporal,
                          __global const stored *x, __global stored *y)
{
    const ulong end = min(a.n, first + span);
    struct spot s = find_spot(a, first);
    for (ulong i = first; i < end;) {
        const ulong count = min(end - i, a.size.s0 - s.index);
        const struct place at = place_of(a, &s);
        forward_part(p, a, x + at.x, count, non_temporal, y + at.out);
        i += count;
        pass_on(a, i, count, &s);
    }
}

INLINED void backward_span(realv p, const struct layout a, ulong first,
                           ulong span, uint non_temporal,
                           __global const stored *x, __global const stored *dy,
                           __global stored *dx)
{
    const ulong end = min(a.n, first + span);
    struct spot s = find_spot(a, first);
    for (ulong i = first; i < end;) {
        const ulong count = min(end - i, a.size.s0 - s.index);
        const struct place at = place_of(a, &s);
        backward_part(p, a, x + at.x, dy + at.dy, count, non_temporal,
                      dx + at.out);
        i += count;
        pass_on(a, i, count, &s);
    }
}
