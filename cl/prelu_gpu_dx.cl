/* prelu_gpu_dx.cl - the kernel of a pass over x and dy without sums on GPUs
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl prelu.cl chain.cl prelu_gpu.cl
 * used by: prelu dx on GPUs; chain dx on GPUs; chain pair on GPUs */

__kernel WG_SIZED
void prelu_backward(const struct tiling_argument argument,
                    const ulong first_task,
                    __global const stored *x, const ulong x_offset,
                    __global const stored *dy, const ulong dy_offset,
                    const uint non_temporal, const uint prefetch_far,
                    __global const alpha_t *alpha, const ulong alpha_offset,
                    __global stored *dx,
                    const ulong dx_offset CHAIN_ARGUMENTS,
                    const struct direct d)
{
    const struct operands o = {x + x_offset,    dy + dy_offset,
                               ARRAYS_OF_CALL,  dx + dx_offset,
                               SCALARS_OF_CALL, SECOND_OF_CALL};
    process_task(argument, d, first_task + get_group_id(0), &o);
}
