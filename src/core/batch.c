/* batch.c - several kernels, all prepared before the first is enqueued
 * SPDX-License-Identifier: MIT */
#include "core/batch.h"

#include <inttypes.h>

#include "base/integer.h"
#include "base/limits.h"
#include "base/status.h"

enum {
    CPU_SPAN = 4096, /* elements that repay a work-group of one work-item */
    GPU_ACCESSES = 4 /* of a work-item, in flight */
};

cl_ulong clrelu_batch_span(const clrelu_context *context, uint64_t n)
{
    const clrelu_device_params *p = &context->params;
    const uint64_t step = p->group * max_u64(p->vector, 4);
    const uint64_t span = p->group > 1 ? step * GPU_ACCESSES : CPU_SPAN;

    return (max_u64(span, n / CLRELU_MAX_GROUPS) / step + 1) * step;
}

clrelu_status clrelu_batch_add(clrelu_batch *batch,
                               const clrelu_program_key *key,
                               clrelu_kernel_id id, uint64_t groups,
                               const clrelu_arg *args, cl_uint count)
{
    clrelu_kernel *kernel;
    clrelu_status status =
        clrelu_kernel_acquire(batch->context, key, id, &kernel);

    if (status)
        return status;
    batch->launches[batch->count++] = (clrelu_launch){
        kernel, groups, clrelu_program_group(&batch->context->params, key)};
    return clrelu_set_args(kernel, args, count);
}

clrelu_status clrelu_batch_scratch(clrelu_batch *batch, uint64_t bytes,
                                   cl_mem *mem)
{
    cl_int error;

    if (bytes > SIZE_MAX)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for scratch");
    *mem = clCreateBuffer(batch->context->context, CL_MEM_READ_WRITE,
                          (size_t)bytes, NULL, &error);
    if (error == CL_INVALID_BUFFER_SIZE)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY,
                           "the device has no buffer of %" PRIu64
                           " bytes for scratch memory",
                           bytes);
    if (error)
        return clrelu_fail_cl(error, "clCreateBuffer for scratch memory");
    batch->scratch[batch->scratch_count++] = *mem;
    return CLRELU_OK;
}

clrelu_status clrelu_batch_sum_rows(clrelu_batch *batch,
                                    const clrelu_program_key *key,
                                    clrelu_buffer sums, uint64_t rows,
                                    uint64_t count, bool pair, bool accumulate,
                                    clrelu_buffer out)
{
    const cl_ulong span = clrelu_batch_span(batch->context, count);
    const cl_ulong row_count = rows, column_count = count;
    const cl_uint pair_arg = pair, accumulate_arg = accumulate;
    const clrelu_arg args[] = {
        CLRELU_ARRAY(sums), CLRELU_ARG(row_count), CLRELU_ARG(column_count),
        CLRELU_ARG(span),   CLRELU_ARG(pair_arg),  CLRELU_ARG(accumulate_arg),
        CLRELU_ARRAY(out),
    };

    return clrelu_batch_add(batch, key, CLRELU_KERNEL_SUM_ROWS,
                            ceil_div(count, span), CLRELU_ARGS(args));
}

clrelu_status clrelu_batch_enqueue(const clrelu_call *call,
                                   const clrelu_batch *batch)
{
    if (batch->count == 0)
        return clrelu_enqueue_nothing(call);
    return clrelu_enqueue(call, batch->launches, batch->count);
}

void clrelu_batch_end(clrelu_batch *batch)
{
    for (unsigned i = 0; i < batch->count; i++)
        clrelu_kernel_release(batch->context, batch->launches[i].kernel);
    /* Enqueued commands keep a reference until they have run. */
    for (unsigned i = 0; i < batch->scratch_count; i++)
        clReleaseMemObject(batch->scratch[i]);
    batch->count = batch->scratch_count = 0;
}

clrelu_status clrelu_batch_finish(const clrelu_call *call, clrelu_batch *batch,
                                  clrelu_status status)
{
    if (!status)
        status = clrelu_batch_enqueue(call, batch);
    clrelu_batch_end(batch);
    return status;
}
