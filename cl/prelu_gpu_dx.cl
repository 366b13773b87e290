/* prelu_gpu_dx.cl - the kernel of PReLU's backward pass without dalpha on GPUs
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl prelu.cl prelu_gpu.cl
 * used by: prelu dx on GPUs */

__kernel WG_SIZED
void prelu_backward(const struct tiling_argument argument,
                    const ulong first_task,
                    __global const stored *x, const ulong x_offset,
                    __global const stored *dy, const ulong dy_offset,
                    const uint non_temporal, const uint prefetch_far,
                    __global const alpha_t *alpha, const ulong alpha_offset,
                    __global stored *dx, const ulong dx_offset,
                    const struct direct d)
{
    const struct operands o = {x + x_offset, dy + dy_offset,
                               alpha + alpha_offset, dx + dx_offset};
    process_task(argument, d, first_task + get_group_id(0), &o);
}
