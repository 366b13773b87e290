/* strided_cpu.cl - element-wise operations on arrays with gaps, on CPUs
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl memory.cl strides.cl operation.cl
 *     elementwise_cpu.cl
 * used by: elementwise on CPUs with strided
 *
 * A span is of elements: line by line, the first and the last may be parts of
 * lines. */

/* Elements of a line that repay whole lines of the cache. */
#define LONG_LINE (4 * STEP)

/* n elements of a line, which are apart or few.  The last vector ends with the
 * line, and so may have elements of the one before it: as the output may be the
 * input, it is loaded first. */
INLINED void forward_few(realv p, const struct layout *a,
                         __global const stored *x, ulong n, __global stored *y)
{
    const ulong rest = n % VECTOR, tail = n - VECTOR;
    const bool overlaps = n > VECTOR && rest > 0;
    const ulong end = overlaps ? n - rest : n;
    storedv last;
    if (overlaps)
        last = op_y(load_spread(x + tail * a->x.s0, a->x.s0, VECTOR), p);
    for (ulong i = 0; i < end; i += VECTOR) {
        const uint count = (uint)min(end - i, (ulong)VECTOR);
        const storedv v = load_spread(x + i * a->x.s0, a->x.s0, count);
        store_spread(op_y(v, p), y + i * a->out.s0, a->out.s0, count);
    }
    if (overlaps)
        store_spread(last, y + tail * a->out.s0, a->out.s0, VECTOR);
}

/* The elements from i on. */
INLINED storedv backward_spread(realv p, const struct layout *a,
                                __global const stored *x,
                                __global const stored *dy, ulong i, uint count,
                                __global const stored *dx)
{
    const storedv v = load_spread(x + i * a->x.s0, a->x.s0, count);
    const storedv dv = load_spread(dy + i * a->dy.s0, a->dy.s0, count);
    return op_dx(v, p, dv,
                 load_spread(dx + i * a->out.s0, a->out.s0, count));
}

INLINED void backward_few(realv p, const struct layout *a,
                          __global const stored *x, __global const stored *dy,
                          ulong n, __global stored *dx)
{
    const ulong rest = n % VECTOR, tail = n - VECTOR;
    const bool overlaps = n > VECTOR && rest > 0;
    const ulong end = overlaps ? n - rest : n;
    storedv last;
    if (overlaps)
        last = backward_spread(p, a, x, dy, tail, VECTOR, dx);
    for (ulong i = 0; i < end; i += VECTOR) {
        const uint count = (uint)min(end - i, (ulong)VECTOR);
        store_spread(backward_spread(p, a, x, dy, i, count, dx),
                     dx + i * a->out.s0, a->out.s0, count);
    }
    if (overlaps)
        store_spread(last, dx + tail * a->out.s0, a->out.s0, VECTOR);
}

/* n elements of a line. */
INLINED void forward_part(realv p, const struct layout *a,
                          __global const stored *x, ulong n, uint non_temporal,
                          __global stored *y)
{
    if (n < LONG_LINE || !has_lines(a)) {
        forward_few(p, a, x, n, y);
        return;
    }
    const uint peel = peel_of(y, ALIGNMENT, n);
    for (uint at = 0; at < peel; at += VECTOR)
        forward_partial(p, x + at, peel - at, y + at);
    const ulong i = forward_vectors(p, x, peel, n, non_temporal, true, y);
    if (i < n)
        forward_partial(p, x + i, (uint)(n - i), y + i);
}

INLINED void backward_part(realv p, const struct layout *a,
                           __global const stored *x, __global const stored *dy,
                           ulong n, uint non_temporal, __global stored *dx)
{
    if (n < LONG_LINE || !has_lines(a)) {
        backward_few(p, a, x, dy, n, dx);
        return;
    }
    const uint peel = peel_of(dx, ALIGNMENT, n);
    for (uint at = 0; at < peel; at += VECTOR)
        backward_partial(p, x + at, dy + at, peel - at, dx + at);
    const ulong i = backward_vectors(p, x, dy, peel, n, non_temporal, true, dx);
    if (i < n)
        backward_partial(p, x + i, dy + i, (uint)(n - i), dx + i);
}

/* Lines that are far apart, a cache line of each in turn: as elementwise_cpu.cl
 * does with parts of a span, whose distance may be a multiple of a page in a
 * line. */
struct line_set {
    ulong x[PARTS], dy[PARTS], out[PARTS];
    ulong count; /* elements that all have in whole steps after the peel */
    uint peel[PARTS];
};

/* Whole lines of which there is one in each of PARTS parts of a span. */
INLINED ulong lines_of_part(const struct layout *a, ulong first, ulong end)
{
    const bool whole = first < end && first % a->size.s0 == 0;
    return PARTS > 1 && whole && a->size.s0 >= LONG_LINE && has_lines(a)
               ? (end - first) / a->size.s0 / PARTS
               : 0;
}

/* The i-th line of each part, and the next ones to s. */
INLINED struct line_set take_lines(const struct layout *a, ulong first,
                                   ulong part, ulong i,
                                   __global const stored *out,
                                   struct spot s[PARTS])
{
    struct line_set l = {.count = a->size.s0};
    ROLLED
    for (uint k = 0; k < PARTS; k++) {
        const ulong at = first + (k * part + i) * a->size.s0;
        if (i == 0)
            s[k] = find_spot(a, at);
        l.x[k] = s[k].line.x;
        l.dy[k] = s[k].line.dy;
        l.out[k] = s[k].line.out;
        l.peel[k] = peel_of(out + l.out[k], ALIGNMENT, a->size.s0);
        l.count = min(l.count, (a->size.s0 - l.peel[k]) / STEP * STEP);
        if (i + 1 < part)
            pass_on(a, at + a->size.s0, a->size.s0, &s[k]);
    }
    return l;
}

INLINED void forward_lines(realv p, const struct layout *a,
                           const struct line_set *l, uint non_temporal,
                           __global const stored *x, __global stored *y)
{
    const bool is_new = !non_temporal && y != x;
    for (uint k = 0; k < PARTS; k++)
        for (uint at = 0; at < l->peel[k]; at += VECTOR)
            forward_partial(p, x + l->x[k] + at, l->peel[k] - at,
                            y + l->out[k] + at);
    __global const stored *x_of[PARTS];
    __global stored *y_of[PARTS];
    for (uint k = 0; k < PARTS; k++) {
        x_of[k] = x + l->x[k] + l->peel[k];
        y_of[k] = y + l->out[k] + l->peel[k];
    }
    for (ulong i = 0; i < l->count; i += STEP)
        forward_step(p, x_of, i, non_temporal, is_new, y_of);
    for (uint k = 0; k < PARTS; k++) {
        const ulong done = l->peel[k] + l->count;
        if (done < a->size.s0)
            forward_few(p, a, x + l->x[k] + done, a->size.s0 - done,
                        y + l->out[k] + done);
    }
}

INLINED void backward_lines(realv p, const struct layout *a,
                            const struct line_set *l, uint non_temporal,
                            __global const stored *x, __global const stored *dy,
                            __global stored *dx)
{
    const bool is_new = !non_temporal && dx != x && dx != dy;
    for (uint k = 0; k < PARTS; k++)
        for (uint at = 0; at < l->peel[k]; at += VECTOR)
            backward_partial(p, x + l->x[k] + at, dy + l->dy[k] + at,
                             l->peel[k] - at, dx + l->out[k] + at);
    __global const stored *x_of[PARTS], *dy_of[PARTS];
    __global stored *dx_of[PARTS];
    for (uint k = 0; k < PARTS; k++) {
        x_of[k] = x + l->x[k] + l->peel[k];
        dy_of[k] = dy + l->dy[k] + l->peel[k];
        dx_of[k] = dx + l->out[k] + l->peel[k];
    }
    for (ulong i = 0; i < l->count; i += STEP)
        backward_step(p, x_of, dy_of, i, non_temporal, is_new, dx_of);
    for (uint k = 0; k < PARTS; k++) {
        const ulong done = l->peel[k] + l->count;
        if (done < a->size.s0)
            backward_few(p, a, x + l->x[k] + done, dy + l->dy[k] + done,
                         a->size.s0 - done, dx + l->out[k] + done);
    }
}

INLINED void forward_span(realv p, const struct layout *a, ulong first,
                          ulong span, uint non_temporal,
                          __global const stored *x, __global stored *y)
{
    const ulong end = min(a->n, first + span);
    const ulong part = lines_of_part(a, first, end);
    struct spot spots[PARTS];
    for (ulong i = 0; i < part; i++) {
        const struct line_set l = take_lines(a, first, part, i, y, spots);
        forward_lines(p, a, &l, non_temporal, x, y);
    }
    first += PARTS * part * a->size.s0;
    struct spot s = find_spot(a, first);
    for (ulong i = first; i < end;) {
        const ulong count = min(end - i, a->size.s0 - s.index);
        const struct place at = place_of(a, &s);
        forward_part(p, a, x + at.x, count, non_temporal, y + at.out);
        i += count;
        pass_on(a, i, count, &s);
    }
}

INLINED void backward_span(realv p, const struct layout *a, ulong first,
                           ulong span, uint non_temporal,
                           __global const stored *x, __global const stored *dy,
                           __global stored *dx)
{
    const ulong end = min(a->n, first + span);
    const ulong part = lines_of_part(a, first, end);
    struct spot spots[PARTS];
    for (ulong i = 0; i < part; i++) {
        const struct line_set l = take_lines(a, first, part, i, dx, spots);
        backward_lines(p, a, &l, non_temporal, x, dy, dx);
    }
    first += PARTS * part * a->size.s0;
    struct spot s = find_spot(a, first);
    for (ulong i = first; i < end;) {
        const ulong count = min(end - i, a->size.s0 - s.index);
        const struct place at = place_of(a, &s);
        backward_part(p, a, x + at.x, dy + at.dy, count, non_temporal,
                      dx + at.out);
        i += count;
        pass_on(a, i, count, &s);
    }
}
