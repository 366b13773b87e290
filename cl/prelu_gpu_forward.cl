/* prelu_gpu_forward.cl - the kernel of PReLU's forward pass on GPUs
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl prelu.cl prelu_gpu.cl
 * used by: prelu forward on GPUs */

__kernel WG_SIZED
void prelu_forward(const struct tiling_argument argument,
                   const ulong first_task,
                   const uint non_temporal, const uint prefetch_far,
                   __global const stored *x, const ulong x_offset,
                   __global const alpha_t *alpha, const ulong alpha_offset,
                   __global stored *y, const ulong y_offset,
                   const struct direct d)
{
    const struct operands o = {x + x_offset, x + x_offset, alpha + alpha_offset,
                               y + y_offset};
    process_task(argument, d, first_task + get_group_id(0), &o);
}
