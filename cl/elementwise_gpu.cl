/* elementwise_gpu.cl - the loops of element-wise operations on GPUs
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl memory.cl operation.cl
 * used by: elementwise on GPUs but strided
 *
 * A work-item loads two vectors before it stores one: they may be in the same
 * memory, so no compiler changes the order. */

#define ALIGNMENT VECTOR /* elements, of the output */
#define STEP (GROUP * VECTOR)

bool is_pair(ulong i, ulong end)
{
    return !HAS_FEW_REGISTERS && i + STEP + VECTOR <= end;
}

/* The whole vectors of a work-item from i to end; returns where they end. */
INLINED ulong forward_vectors(realv p, __global const stored *x, ulong i,
                              ulong end, uint non_temporal, bool aligned,
                              __global stored *y)
{
    for (; is_pair(i, end); i += 2 * STEP) {
        const storedv v = load_vector(x + i, aligned);
        const storedv w = load_vector(x + i + STEP, aligned);
        store_vector(op_y(v, p), y + i, non_temporal);
        store_vector(op_y(w, p), y + i + STEP, non_temporal);
    }
    for (; i + VECTOR <= end; i += STEP) {
        const storedv v = load_vector(x + i, aligned);
        store_vector(op_y(v, p), y + i, non_temporal);
    }
    return i;
}

INLINED ulong backward_vectors(realv p, __global const stored *x,
                               __global const stored *dy, ulong i, ulong end,
                               uint non_temporal, bool aligned,
                               __global stored *dx)
{
    for (; is_pair(i, end); i += 2 * STEP) {
        const ulong j = i + STEP;
        const storedv v = load_vector(x + i, aligned);
        const storedv w = load_vector(x + j, aligned);
        const storedv dv = load_vector(dy + i, aligned);
        const storedv dw = load_vector(dy + j, aligned);
        store_vector(op_dx(v, p, dv, load_aligned(dx + i)), dx + i,
                     non_temporal);
        store_vector(op_dx(w, p, dw, load_aligned(dx + j)), dx + j,
                     non_temporal);
    }
    for (; i + VECTOR <= end; i += STEP) {
        const storedv v = load_vector(x + i, aligned);
        const storedv dv = load_vector(dy + i, aligned);
        store_vector(op_dx(v, p, dv, load_aligned(dx + i)), dx + i,
                     non_temporal);
    }
    return i;
}
