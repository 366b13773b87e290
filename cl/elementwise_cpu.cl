/* elementwise_cpu.cl - the loops of element-wise operations on CPUs
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl memory.cl operation.cl
 * used by: elementwise on CPUs
 *
 * A CPU interleaves four parts of a span, a cache line of each in turn: so more
 * of the memory is busy than one part keeps busy, and non-temporal stores fill
 * whole lines.  Each line is prefetched once, a little before it is read; the
 * rest the hardware prefetches. */

#define PARTS (CAN_PREFETCH ? 4 : 1)
#define STEP (CAN_PREFETCH && LINE > VECTOR ? LINE : VECTOR)
#define ALIGNMENT STEP /* elements, of the output */

INLINED void prefetch_step(__global const stored *p)
{
    for (uint line = 0; line < STEP; line += LINE)
        prefetch_l1(p + 384 / sizeof(stored) + line);
}

/* Elements of a part.  The last group may begin beyond the end. */
ulong part_of(ulong i, ulong end)
{
    return i < end ? (end - i) / (PARTS * STEP) * STEP : 0;
}

/* A line of one part in narrower vectors.  They are in fewer registers, which
 * do not hold those of four parts. */
INLINED void forward_line(realv p, __global const stored *x, uint non_temporal,
                          bool is_new, __global stored *y)
{
    storedv v[STEP / VECTOR];
    prefetch_step(x);
    if (is_new)
        prefetch_output(y);
    UNROLLED
    for (uint h = 0; h < STEP; h += VECTOR)
        v[h / VECTOR] = op_y(load(x + h), p);
    UNROLLED
    for (uint h = 0; h < STEP; h += VECTOR)
        store_vector(v[h / VECTOR], y + h, non_temporal);
}

INLINED void backward_line(realv p, __global const stored *x,
                           __global const stored *dy, uint non_temporal,
                           bool is_new, __global stored *dx)
{
    storedv v[STEP / VECTOR];
    prefetch_step(x);
    prefetch_step(dy);
    if (is_new)
        prefetch_output(dx);
    UNROLLED
    for (uint h = 0; h < STEP; h += VECTOR)
        v[h / VECTOR] = op_dx(load(x + h), p, load(dy + h), load(dx + h));
    UNROLLED
    for (uint h = 0; h < STEP; h += VECTOR)
        store_vector(v[h / VECTOR], dx + h, non_temporal);
}

/* The whole vectors from i to end; returns where they end. */
INLINED ulong forward_vectors(realv p, __global const stored *x, ulong i,
                              ulong end, uint non_temporal, bool aligned,
                              __global stored *y)
{
    const ulong part = part_of(i, end);
    const bool is_new = !non_temporal && y != x;
    for (const ulong to = i + part; i < to; i += STEP) {
        storedv v[PARTS];
        UNROLLED
        for (uint k = 0; k < PARTS; k++) {
            if (STEP > VECTOR) {
                forward_line(p, x + i + k * part, non_temporal, is_new,
                             y + i + k * part);
            } else {
                prefetch_step(x + i + k * part);
                if (is_new)
                    prefetch_output(y + i + k * part);
                v[k] = op_y(load(x + i + k * part), p);
            }
        }
        UNROLLED
        for (uint k = 0; STEP == VECTOR && k < PARTS; k++)
            store_vector(v[k], y + i + k * part, non_temporal);
    }
    for (i += (PARTS - 1) * part; i + VECTOR <= end; i += VECTOR)
        store_vector(op_y(load(x + i), p), y + i, non_temporal);
    return i;
}

INLINED ulong backward_vectors(realv p, __global const stored *x,
                               __global const stored *dy, ulong i, ulong end,
                               uint non_temporal, bool aligned,
                               __global stored *dx)
{
    const ulong part = part_of(i, end);
    const bool is_new = !non_temporal && dx != x && dx != dy;
    for (const ulong to = i + part; i < to; i += STEP) {
        storedv v[PARTS];
        UNROLLED
        for (uint k = 0; k < PARTS; k++) {
            const ulong at = i + k * part;
            if (STEP > VECTOR) {
                backward_line(p, x + at, dy + at, non_temporal, is_new,
                              dx + at);
            } else {
                prefetch_step(x + at);
                prefetch_step(dy + at);
                if (is_new)
                    prefetch_output(dx + at);
                v[k] = op_dx(load(x + at), p, load(dy + at), load(dx + at));
            }
        }
        UNROLLED
        for (uint k = 0; STEP == VECTOR && k < PARTS; k++)
            store_vector(v[k], dx + i + k * part, non_temporal);
    }
    for (i += (PARTS - 1) * part; i + VECTOR <= end; i += VECTOR) {
        const storedv v = op_dx(load(x + i), p, load(dy + i), load(dx + i));
        store_vector(v, dx + i, non_temporal);
    }
    return i;
}
