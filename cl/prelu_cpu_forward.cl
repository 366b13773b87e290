/* prelu_cpu_forward.cl - the kernel of PReLU's forward pass on CPUs
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl prelu.cl chain.cl prelu_cpu.cl
 *     prelu_cpu_tasks.cl
 * used by: prelu forward on CPUs; chain forward on CPUs */

__kernel WG_SIZED
void prelu_forward(const struct tiling_argument argument,
                   const ulong first_task,
                   __global const stored *x, const ulong x_offset,
                   const uint non_temporal, const uint prefetch_far,
                   __global const alpha_t *alpha, const ulong alpha_offset,
                   __global stored *y, const ulong y_offset CHAIN_ARGUMENTS)
{
    const struct operands o = {x + x_offset,    0,
                               ARRAYS_OF_CALL,  y + y_offset,
                               non_temporal,    prefetch_far,
                               SCALARS_OF_CALL, SECOND_OF_CALL};
    process_task(argument, first_task + get_group_id(0), o);
}
