/* prelu_cpu_dx.cl - the kernel of a pass over x and dy without sums on CPUs
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl prelu.cl chain.cl prelu_cpu.cl
 *     prelu_cpu_tasks.cl
 * used by: prelu dx on CPUs; chain dx on CPUs; chain pair on CPUs */

__kernel WG_SIZED
void prelu_backward(const struct tiling_argument argument,
                    const ulong first_task,
                    __global const stored *x, const ulong x_offset,
                    __global const stored *dy, const ulong dy_offset,
                    const uint non_temporal, const uint prefetch_far,
                    __global const alpha_t *alpha, const ulong alpha_offset,
                    __global stored *dx,
                    const ulong dx_offset CHAIN_ARGUMENTS)
{
    const struct operands o = {x + x_offset,    dy + dy_offset,
                               ARRAYS_OF_CALL,  dx + dx_offset,
                               non_temporal,    prefetch_far,
                               SCALARS_OF_CALL, SECOND_OF_CALL};
    process_task(argument, first_task + get_group_id(0), o);
}
