/* strided_cpu.cl - element-wise operations on arrays with gaps, on CPUs
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl memory.cl strides.cl operation.cl
 *     elementwise_cpu.cl
 * used by: elementwise on CPUs with strided
 *
 * A span is of elements: line by line, the first and the last may be parts of
 * lines. */

/* n elements of a line. */
INLINED void forward_part(realv p, const struct layout *a,
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
        const storedv v = load_spread(x + i * a->x.s0, a->x.s0, count);
        store_spread(op_y(v, p), y + i * a->out.s0, a->out.s0, count);
    }
}

INLINED void backward_part(realv p, const struct layout *a,
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
        __global stored *out = dx + i * a->out.s0;
        const storedv v = load_spread(x + i * a->x.s0, a->x.s0, count);
        const storedv dv = load_spread(dy + i * a->dy.s0, a->dy.s0, count);
        store_spread(op_dx(v, p, dv, load_spread(out, a->out.s0, count)), out,
                     a->out.s0, count);
    }
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
    return PARTS > 1 && whole && has_lines(a)
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
    for (ulong i = 0; i < l->count; i += STEP) {
        storedv v[PARTS];
        UNROLLED
        for (uint k = 0; k < PARTS; k++) {
            __global const stored *x_k = x + l->x[k] + l->peel[k] + i;
            __global stored *y_k = y + l->out[k] + l->peel[k] + i;
            if (STEP > VECTOR) {
                forward_line(p, x_k, non_temporal, is_new, y_k);
            } else {
                prefetch_step(x_k);
                if (is_new)
                    prefetch_output(y_k);
                v[k] = op_y(load(x_k), p);
            }
        }
        UNROLLED
        for (uint k = 0; STEP == VECTOR && k < PARTS; k++)
            store_vector(v[k], y + l->out[k] + l->peel[k] + i, non_temporal);
    }
    for (uint k = 0; k < PARTS; k++) {
        const ulong done = l->peel[k] + l->count;
        if (done < a->size.s0)
            forward_part(p, a, x + l->x[k] + done, a->size.s0 - done,
                         non_temporal, y + l->out[k] + done);
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
    for (ulong i = 0; i < l->count; i += STEP) {
        storedv v[PARTS];
        UNROLLED
        for (uint k = 0; k < PARTS; k++) {
            __global const stored *x_k = x + l->x[k] + l->peel[k] + i;
            __global const stored *dy_k = dy + l->dy[k] + l->peel[k] + i;
            __global stored *dx_k = dx + l->out[k] + l->peel[k] + i;
            if (STEP > VECTOR) {
                backward_line(p, x_k, dy_k, non_temporal, is_new, dx_k);
            } else {
                prefetch_step(x_k);
                prefetch_step(dy_k);
                if (is_new)
                    prefetch_output(dx_k);
                v[k] = op_dx(load(x_k), p, load(dy_k), load(dx_k));
            }
        }
        UNROLLED
        for (uint k = 0; STEP == VECTOR && k < PARTS; k++)
            store_vector(v[k], dx + l->out[k] + l->peel[k] + i, non_temporal);
    }
    for (uint k = 0; k < PARTS; k++) {
        const ulong done = l->peel[k] + l->count;
        if (done < a->size.s0)
            backward_part(p, a, x + l->x[k] + done, dy + l->dy[k] + done,
                          a->size.s0 - done, non_temporal,
                          dx + l->out[k] + done);
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
