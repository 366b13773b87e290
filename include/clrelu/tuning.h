/* tuning.h - measured parameters of a device, and the plan of a call
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TUNING_H
#define CLRELU_TUNING_H

#include "chain.h"

#ifdef __cplusplus
extern "C" {
#endif

/* -------------------------------------------------------------- tuning -- */

/* A value measured by clrelu_tune. */
typedef struct clrelu_tuned {
    const char *knob; /* such as "vector" */
    uint64_t value;
    int is_default, is_repeat; /* the default is measured twice */
    int is_chosen;
    uint32_t reserved_32;
    double margin; /* relative time that may be noise */
    double mean;   /* time relative to the default, over the workloads */
    size_t workloads;
    const char *const *names; /* of each workload */
    const double *seconds;    /* median time of a call of each workload */
    uint64_t reserved[4];
} clrelu_tuned;

/* Measures the knobs that have defaults for each class of device: vector
 * widths, work-group size, work per item, number of work-groups, and the size
 * from which non-temporal stores are used.  Stores the fastest values in the
 * user's cache.  Contexts created afterwards for the same device, driver,
 * number of compute units and version of the library use them, unless
 * CLRELU_CACHE is 0 or off; this context does not change.  No value changes a
 * bit of the results.  A default is only replaced by a value that is faster by
 * more than the noise.
 *
 * on_result, if not NULL, is called with data for each value once its knob is
 * decided; tuned is only valid during the call.  On failure the values stored
 * before stay.
 * Ordering: takes and waits for half a minute, on a queue and buffers of its
 * own (at most an eighth of the device's memory and 402 MB, and 268 MB of host
 * memory).  The device should be otherwise idle.
 * Errors: INVALID_NULL, FILE_ERROR (no cache to store in), UNSUPPORTED (a
 * context with a program file, or a device without a compiler), BUILD_FAILED,
 * OUT_OF_MEMORY, DEVICE_LOST, OPENCL_ERROR. */
CLRELU_API clrelu_status clrelu_tune(
    clrelu_context *context,
    void (*on_result)(void *data, const clrelu_tuned *tuned), void *data);

/* ------------------------------------------------------------- explain -- */

/* The plan of a call. */
typedef struct clrelu_explanation {
    char shape[256];        /* n, or the merged shape, such as
                             * "64 shared x 64 kept x 3136 shared" */
    char kernel[64];        /* name of the main kernel */
    char options[256];      /* its build options */
    char stores[32];        /* "cached" or "non-temporal" */
    char values[256];       /* "default: " or "tuned: ", and the values of
                             * clrelu_tune's knobs */
    uint64_t groups;        /* work-groups of the main kernel */
    uint64_t local_size;    /* work-items per work-group */
    uint64_t launches;      /* commands enqueued */
    uint64_t bytes_read;    /* min bytes of the operation; alpha and dalpha */
    uint64_t bytes_written; /* count once */
    uint64_t workspace_bytes;
    uint64_t reserved[8];
} clrelu_explanation;

/* The plan of a call in a direction.  Buffers are not checked, and their
 * aliasing is not seen; clrelu_explain_prelu explains a backward call with both
 * outputs, or with dx alone from a mask, clrelu_explain_dense the pass after or
 * before the matrix products.  For clrelu_explain_chain it matters which
 * buffers are given.
 * Errors: INVALID_NULL, INVALID_OP, INVALID_DTYPE, INVALID_SIZE, INVALID_FLAGS,
 * INVALID_ENUM (direction), INVALID_RESERVED, UNSUPPORTED and those of
 * clrelu_prelu_alpha_dims. */
CLRELU_API clrelu_status clrelu_explain_elementwise(
    clrelu_context *context, clrelu_direction direction,
    const clrelu_elementwise *call, clrelu_explanation *out);
CLRELU_API clrelu_status clrelu_explain_prelu(clrelu_context *context,
                                              clrelu_direction direction,
                                              const clrelu_prelu *call,
                                              clrelu_explanation *out);
CLRELU_API clrelu_status clrelu_explain_chain(clrelu_context *context,
                                              clrelu_direction direction,
                                              const clrelu_chain *call,
                                              clrelu_explanation *out);
CLRELU_API clrelu_status clrelu_explain_dense(clrelu_context *context,
                                              clrelu_direction direction,
                                              const clrelu_dense *call,
                                              clrelu_explanation *out);

#ifdef __cplusplus
}
#endif

#endif
