/* batch.h - several kernels made ready, so that none can fail once one runs
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_BATCH_H
#define CLRELU_CORE_BATCH_H

#include "core/launch.h"

#define CLRELU_BATCH_MAX 12

/* All zero but for context to begin with.  Its launches run in turn. */
typedef struct clrelu_batch {
    clrelu_context *context;
    unsigned count, scratch_count;
    clrelu_launch launches[CLRELU_BATCH_MAX];
    clrelu_kernel *kernel[CLRELU_BATCH_MAX];
    cl_mem scratch[CLRELU_BATCH_MAX];
} clrelu_batch;

/* Elements of n that a work-group takes, a multiple of all accesses at once
 * and few enough work-groups for one launch. */
cl_ulong clrelu_batch_span(const clrelu_context *context, uint64_t n);

/* One more kernel, over groups work-groups. */
clrelu_status clrelu_batch_add(clrelu_batch *batch,
                               const clrelu_program_key *key,
                               clrelu_kernel_id id, uint64_t groups,
                               const clrelu_arg *args, cl_uint count);

/* Memory for the kernels, released with the work. */
clrelu_status clrelu_batch_scratch(clrelu_batch *batch, uint64_t bytes,
                                   cl_mem *mem);

/* Adds up [2][rows][count] pairs at sums: into out, or into pairs [2][count]
 * there. */
clrelu_status clrelu_batch_sum_rows(clrelu_batch *batch,
                                    const clrelu_program_key *key,
                                    clrelu_buffer sums, uint64_t rows,
                                    uint64_t count, bool pair, bool accumulate,
                                    clrelu_buffer out);

/* Enqueues all, or keeps the promises about events if there is nothing. */
clrelu_status clrelu_batch_enqueue(const clrelu_call *call,
                                   const clrelu_batch *batch);

void clrelu_batch_end(clrelu_batch *batch);

/* n floats from the host to out, which need not outlive the call. */
clrelu_status clrelu_upload(const clrelu_call *call, const float *values,
                            size_t n, clrelu_buffer out);

#endif
