/* plan.h - kernel, work sizes, bytes and workspace of a call
 * SPDX-License-Identifier: MIT
 *
 * Pure functions of operation, shape and device parameters: no OpenCL call. */
#ifndef CLRELU_PLAN_PLAN_H
#define CLRELU_PLAN_PLAN_H

#include "core/program_key.h"
#include "plan/direct.h"
#include "plan/strides.h"

typedef struct clrelu_plan {
    clrelu_program_key key;
    clrelu_kernel_id kernel;
    unsigned group_size;
    uint64_t groups;
    cl_ulong span;     /* element-wise: elements of a work-group; of arrays with
                        * gaps on GPUs, vectors */
    bool non_temporal; /* stores bypass the caches */
    bool prefetch_far; /* only with non_temporal: the next rows into L2 */
    uint64_t bytes_read, bytes_written;
    clrelu_layout layout; /* of arrays with gaps */
    /* PReLU and chains only. */
    clrelu_tiling tiling;
    clrelu_direct direct; /* span 0: rows are traversed */
    uint64_t alphas;
    uint64_t workspace_bytes;
    unsigned sums;          /* dalpha, dbias, dscale: as many reductions */
    uint64_t reduce_groups; /* of a final reduction; 0: there is none */
    cl_ulong reduce_span;   /* alphas of one of them */
    bool reduce_alphas;     /* dalpha of one alpha: sums of all columns */
    bool divides;           /* dalpha from y: sums divided by alpha */
} clrelu_plan;

/* call->n > 0. */
void clrelu_plan_elementwise(const clrelu_device_params *params,
                             const clrelu_elementwise *call, bool backward,
                             clrelu_plan *plan);

/* merged->n > 0.  dx and dalpha both false: the forward pass. */
void clrelu_plan_prelu(const clrelu_device_params *params, clrelu_dtype dtype,
                       clrelu_dtype alpha_dtype, bool dx, bool dalpha,
                       bool accumulate, const clrelu_merged_shape *merged,
                       clrelu_plan *plan);

/* The same for the program of a chain, or of PReLU. */
void clrelu_plan_chain(const clrelu_device_params *params,
                       const clrelu_program_key *key,
                       const clrelu_merged_shape *merged, clrelu_plan *plan);

/* Adapts a plan without a mask to arrays with gaps, if there are any. */
void clrelu_plan_layout(const clrelu_device_params *params,
                        const clrelu_layout *layout, clrelu_plan *plan);

/* The same for PReLU with a mask. */
void clrelu_plan_prelu_mask(const clrelu_device_params *params,
                            const clrelu_program_key *key,
                            const clrelu_merged_shape *merged,
                            clrelu_plan *plan);

#endif
