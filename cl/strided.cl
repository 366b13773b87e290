/* strided.cl - the kernels of element-wise operations on arrays with gaps
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl elu.cl strides.cl operation.cl strided_cpu.cl
 *     strided_gpu.cl
 * used by: elementwise with strided
 *
 * A work-group takes a span. */

#if !FROM_OUTPUT
__kernel WG_SIZED
void forward(const struct layout a, const real parameter, const ulong span,
             const ulong first, const uint non_temporal,
             __global const stored *x, const ulong x_offset,
             __global stored *y, const ulong y_offset)
{
    const ulong start = (first + get_group_id(0)) * span;
    x += x_offset;
    y += y_offset;
    if (FASTER_AT_1 && parameter == 1)
        forward_span((realv)(1), &a, start, span, non_temporal, x, y);
    else
        forward_span((realv)(parameter), &a, start, span, non_temporal, x, y);
}
#endif

__kernel WG_SIZED
void backward(const struct layout a, const real parameter, const ulong span,
              const ulong first, const uint non_temporal,
              __global const stored *x, const ulong x_offset,
              __global const stored *dy, const ulong dy_offset,
              __global stored *dx, const ulong dx_offset)
{
    const realv p = (realv)(parameter);
    const ulong start = (first + get_group_id(0)) * span;
    x += x_offset;
    dy += dy_offset;
    dx += dx_offset;
    if (FASTER_AT_1 && parameter == 1)
        backward_span((realv)(1), &a, start, span, non_temporal, x, dy, dx);
    else
        backward_span(p, &a, start, span, non_temporal, x, dy, dx);
}
