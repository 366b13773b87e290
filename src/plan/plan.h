/* plan.h - which kernel, which work sizes, how many bytes
 * SPDX-License-Identifier: MIT
 *
 * Pure functions of operation, shape and device traits: no OpenCL call. */
#ifndef CLRELU_PLAN_PLAN_H
#define CLRELU_PLAN_PLAN_H

#include "core/program.h"
#include "plan/direct.h"

typedef struct clrelu_plan {
    clrelu_program_key key;
    clrelu_kernel_id kernel;
    unsigned group_size;
    uint64_t groups;
    cl_ulong span;  /* elements per work-group, element-wise kernels */
    cl_uint stream; /* 1: stores past the caches; 2: and calls from far away */
    uint64_t bytes_read, bytes_written;
    /* prelu only */
    clrelu_tiling tiling;
    clrelu_direct direct; /* span is 0: x is walked */
    uint64_t alphas;
    uint64_t workspace_bytes;
    uint64_t reduce_groups; /* 0: the main kernel writes dalpha itself */
    cl_ulong reduce_span;
} clrelu_plan;

/* Bytes of a call from which on a processor's stores go past the caches, for
 * the size of the last cache as OpenCL has it.  0: never. */
uint64_t clrelu_plan_non_temporal_bytes(uint64_t cache, unsigned compute_units);

/* n > 0. */
void clrelu_plan_elementwise(const clrelu_device_params *params, clrelu_op op,
                             clrelu_dtype dtype, bool backward, bool accumulate,
                             uint64_t n, clrelu_plan *plan);

/* chain->n > 0; dx and dalpha both false is the forward pass. */
void clrelu_plan_prelu(const clrelu_device_params *params, clrelu_dtype dtype,
                       clrelu_dtype alpha_dtype, bool dx, bool dalpha,
                       bool accumulate, const clrelu_merged_shape *chain,
                       clrelu_plan *plan);

#endif
