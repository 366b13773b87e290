/* strided_gpu.cl - element-wise operations on arrays with gaps, on GPUs
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl strides.cl operation.cl
 * used by: elementwise on GPUs with strided
 *
 * A span is of vectors of lines, a work-item for each. */

INLINED void forward_span(realv p, const struct layout *a, ulong first,
                          ulong span, uint non_temporal,
                          __global const stored *x, __global stored *y)
{
    const ulong end = min(a->units, first + span);
    for (ulong i = first + get_local_id(0); i < end; i += GROUP) {
        struct place at;
        ulong element;
        const uint count = find_unit(a, i, &element, &at);
        const storedv v = load_spread(x + at.x, a->x.s0, count);
        store_spread(op_y(v, p), y + at.out, a->out.s0, count);
    }
}

INLINED void backward_span(realv p, const struct layout *a, ulong first,
                           ulong span, uint non_temporal,
                           __global const stored *x, __global const stored *dy,
                           __global stored *dx)
{
    const ulong end = min(a->units, first + span);
    for (ulong i = first + get_local_id(0); i < end; i += GROUP) {
        struct place at;
        ulong element;
        const uint count = find_unit(a, i, &element, &at);
        __global stored *out = dx + at.out;
        const storedv v = load_spread(x + at.x, a->x.s0, count);
        const storedv dv = load_spread(dy + at.dy, a->dy.s0, count);
        store_spread(op_dx(v, p, dv, load_spread(out, a->out.s0, count)), out,
                     a->out.s0, count);
    }
}
