/* context.h - a device, what is known about it, and its programs
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_CONTEXT_H
#define CLRELU_CORE_CONTEXT_H

#include <pthread.h>
#include <stdbool.h>

#include "clrelu.h"
#include "store/envelope.h"

/* What plans and programs ask of a device.  None of it changes a bit of the
 * results. */
typedef struct clrelu_device_params {
    unsigned group;        /* work-items of a work-group */
    unsigned vector;       /* float32 elements of one access, element-wise */
    unsigned prelu_vector; /* ... and in PReLU's kernels */
    unsigned work;  /* accesses of a work-item, element-wise; in a group of one
                     * the most elements */
    unsigned tasks; /* work-groups of one of PReLU, without dalpha */
    unsigned compute_units, max_group;
    uint64_t non_temporal_bytes; /* 0: streaming stores never pay */
    bool prefetch_far; /* and rows to come are called for from far away, too */
    bool has_fp64;
} clrelu_device_params;

struct clrelu_context {
    cl_context context;
    cl_device_id device;
    clrelu_device_params defaults, params; /* the class's, and what is used */
    bool tuned;           /* the traits were measured                     */
    bool no_cache;        /* its programs are neither kept nor looked for */
    char *device_text;    /* what its binaries are good for               */
    clrelu_envelope file; /* a program file, or all NULL                  */
    pthread_mutex_t lock; /* of programs and their idle kernels */
    struct clrelu_program *programs;
};

#endif
