/* prelu_cpu_forward.cl - the kernel of PReLU's forward pass on CPUs
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl prelu.cl prelu_cpu.cl prelu_cpu_tasks.cl
 * used by: prelu forward on CPUs */

__kernel WG_SIZED
void prelu_forward(const struct tiling_argument argument,
                   const ulong first_task,
                   const uint non_temporal, const uint prefetch_far,
                   __global const stored *x, const ulong x_offset,
                   __global const alpha_t *alpha, const ulong alpha_offset,
                   __global stored *y, const ulong y_offset)
{
    const struct operands o = {x + x_offset, 0, alpha + alpha_offset,
                               y + y_offset, non_temporal, prefetch_far};
    process_task(argument, first_task + get_group_id(0), o);
}
