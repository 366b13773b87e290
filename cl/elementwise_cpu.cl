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

/* A step of each part, i elements from its beginning.  Narrow vectors are in
 * fewer registers, so each is stored before the next is loaded. */
INLINED void forward_step(realv p, __global const stored *const x[PARTS],
                          ulong i, uint non_temporal, bool is_new,
                          __global stored *const y[PARTS])
{
    storedv v[PARTS];
    UNROLLED
    for (uint k = 0; k < PARTS; k++) {
        prefetch_step(x[k] + i);
        if (is_new)
            prefetch_output(y[k] + i);
        UNROLLED
        for (uint h = 0; STEP > VECTOR && h < STEP; h += VECTOR)
            store_vector(op_y(load(x[k] + i + h), p), y[k] + i + h,
                         non_temporal);
        if (STEP == VECTOR)
            v[k] = op_y(load(x[k] + i), p);
    }
    UNROLLED
    for (uint k = 0; STEP == VECTOR && k < PARTS; k++)
        store_vector(v[k], y[k] + i, non_temporal);
}

INLINED void backward_step(realv p, __global const stored *const x[PARTS],
                           __global const stored *const dy[PARTS], ulong i,
                           uint non_temporal, bool is_new,
                           __global stored *const dx[PARTS])
{
    storedv v[PARTS];
    UNROLLED
    for (uint k = 0; k < PARTS; k++) {
        prefetch_step(x[k] + i);
        prefetch_step(dy[k] + i);
        if (is_new)
            prefetch_output(dx[k] + i);
        UNROLLED
        for (uint h = 0; STEP > VECTOR && h < STEP; h += VECTOR)
            store_vector(op_dx(load(x[k] + i + h), p, load(dy[k] + i + h),
                               load(dx[k] + i + h)),
                         dx[k] + i + h, non_temporal);
        if (STEP == VECTOR)
            v[k] = op_dx(load(x[k] + i), p, load(dy[k] + i), load(dx[k] + i));
    }
    UNROLLED
    for (uint k = 0; STEP == VECTOR && k < PARTS; k++)
        store_vector(v[k], dx[k] + i, non_temporal);
}

/* The whole vectors from i to end; returns where they end. */
INLINED ulong forward_vectors(realv p, __global const stored *x, ulong i,
                              ulong end, uint non_temporal, bool aligned,
                              __global stored *y)
{
    const ulong part = part_of(i, end);
    const bool is_new = !non_temporal && y != x;
    __global const stored *x_of[PARTS];
    __global stored *y_of[PARTS];
    for (uint k = 0; k < PARTS; k++) {
        x_of[k] = x + i + k * part;
        y_of[k] = y + i + k * part;
    }
    for (ulong at = 0; at < part; at += STEP)
        forward_step(p, x_of, at, non_temporal, is_new, y_of);
    for (i += PARTS * part; i + VECTOR <= end; i += VECTOR)
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
    __global const stored *x_of[PARTS], *dy_of[PARTS];
    __global stored *dx_of[PARTS];
    for (uint k = 0; k < PARTS; k++) {
        x_of[k] = x + i + k * part;
        dy_of[k] = dy + i + k * part;
        dx_of[k] = dx + i + k * part;
    }
    for (ulong at = 0; at < part; at += STEP)
        backward_step(p, x_of, dy_of, at, non_temporal, is_new, dx_of);
    for (i += PARTS * part; i + VECTOR <= end; i += VECTOR) {
        const storedv v = op_dx(load(x + i), p, load(dy + i), load(dx + i));
        store_vector(v, dx + i, non_temporal);
    }
    return i;
}
