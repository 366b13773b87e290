/* prelu_forward.cl - the kernel of PReLU's forward pass
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl prelu.cl chain.cl prelu_cpu_tasks.cl
 *     prelu_gpu.cl
 * used by: prelu forward; chain forward */

__kernel WG_SIZED
void prelu_forward(const struct tiling_argument argument,
                   const ulong first_task,
                   __global const stored *x, const ulong x_offset,
                   const uint non_temporal, const uint prefetch_far,
                   __global const alpha_t *alpha, const ulong alpha_offset,
                   __global stored *y,
                   const ulong y_offset CHAIN_ARGUMENTS DIRECT_ARGUMENT
                       LAYOUT_ARGUMENT)
{
    const struct operands o = {x + x_offset,   x + x_offset,
                               ARRAYS_OF_CALL, y + y_offset,
                               SECOND_OF_CALL, SCALARS_OF_CALL,
                               non_temporal,   prefetch_far,
                               DDX_OF_CALL LAYOUT_OF_CALL};
    PROCESS_TASK(first_task + get_group_id(0), o);
}
