/* work.h - several kernels made ready, so that none can fail once one runs
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_SRC_WORK_H
#define CLRELU_SRC_WORK_H

#include "launch.h"

#define CLRELU_WORK_MOST 12

/* All zero but for context to begin with.  Its launches run in turn. */
typedef struct clrelu_work {
    clrelu_context *context;
    unsigned count, scratch_count;
    clrelu_launch launches[CLRELU_WORK_MOST];
    clrelu_lent *lent[CLRELU_WORK_MOST];
    cl_mem scratch[CLRELU_WORK_MOST];
} clrelu_work;

/* Elements of n that a work-group takes, a multiple of all accesses at once
 * and few enough work-groups for one launch. */
cl_ulong clrelu_work_span(const clrelu_context *context, uint64_t n);

/* One more kernel, over groups work-groups. */
clrelu_status clrelu_work_add(clrelu_work *work, const clrelu_program_key *key,
                              clrelu_kernel_id id, uint64_t groups,
                              const clrelu_arg *args, cl_uint count);

/* Memory for the kernels, released with the work. */
clrelu_status clrelu_work_scratch(clrelu_work *work, uint64_t bytes,
                                  cl_mem *mem);

/* Adds up [2][rows][count] pairs at sums: into out, or into pairs [2][count]
 * there. */
clrelu_status clrelu_work_sum_rows(clrelu_work *work,
                                   const clrelu_program_key *key,
                                   clrelu_buffer sums, uint64_t rows,
                                   uint64_t count, bool pair, bool accumulate,
                                   clrelu_buffer out);

/* Enqueues all, or keeps the promises about events if there is nothing. */
clrelu_status clrelu_work_enqueue(const clrelu_call *call,
                                  const clrelu_work *work);

void clrelu_work_end(clrelu_work *work);

/* n floats from the host to out, which need not outlive the call. */
clrelu_status clrelu_upload(const clrelu_call *call, const float *values,
                            size_t n, clrelu_buffer out);

#endif
