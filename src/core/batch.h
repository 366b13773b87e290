/* batch.h - several kernels, all prepared before the first is enqueued
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_BATCH_H
#define CLRELU_CORE_BATCH_H

#include "core/launch.h"

#define CLRELU_BATCH_MAX 12

/* Starts all zero except for context.  Each launch waits for the one before it,
 * as the values of one may be the next one's inputs. */
typedef struct clrelu_batch {
    clrelu_context *context;
    unsigned count, scratch_count;
    clrelu_launch launches[CLRELU_BATCH_MAX];
    cl_mem scratch[CLRELU_BATCH_MAX];
} clrelu_batch;

/* Elements of a work-group, for arrays of n elements: a multiple of the vectors
 * of all its work-items.  The work-groups fit one launch. */
cl_ulong clrelu_batch_span(const clrelu_context *context, uint64_t n);

/* Acquires a kernel, sets its arguments and adds its launch over groups
 * work-groups.  After a failure, too, clrelu_batch_end releases it. */
clrelu_status clrelu_batch_add(clrelu_batch *batch,
                               const clrelu_program_key *key,
                               clrelu_kernel_id id, uint64_t groups,
                               const clrelu_arg *args, cl_uint count);

/* Allocates device memory, released by clrelu_batch_end. */
clrelu_status clrelu_batch_scratch(clrelu_batch *batch, uint64_t bytes,
                                   cl_mem *mem);

/* Adds a launch that sums the rows of pairs, sums[2][rows][count], into
 * out[count] or, with pair, into out[2][count].  accumulate: adds to out. */
clrelu_status clrelu_batch_sum_rows(clrelu_batch *batch,
                                    const clrelu_program_key *key,
                                    clrelu_buffer sums, uint64_t rows,
                                    uint64_t count, bool pair, bool accumulate,
                                    clrelu_buffer out);

/* Enqueues all launches; none: a marker, as clrelu_enqueue_nothing. */
clrelu_status clrelu_batch_enqueue(const clrelu_call *call,
                                   const clrelu_batch *batch);

/* Releases kernels and memory. */
void clrelu_batch_end(clrelu_batch *batch);

/* Both, the first only if status is CLRELU_OK; returns the status. */
clrelu_status clrelu_batch_finish(const clrelu_call *call, clrelu_batch *batch,
                                  clrelu_status status);

#endif
