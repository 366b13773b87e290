/* device_params.h - the parameters of a device that plans and programs use
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_DEVICE_PARAMS_H
#define CLRELU_CORE_DEVICE_PARAMS_H

#include <stdbool.h>

#include "clrelu.h"

/* No value changes a bit of the results.  group is 1 on FPGAs and most CPUs. */
typedef struct clrelu_device_params {
    unsigned group;        /* work-items of a work-group */
    unsigned vector;       /* float32 elements of an access, element-wise */
    unsigned prelu_vector; /* ... and in PReLU's kernels */
    unsigned cpu_span;     /* group 1: max elements of a work-group */
    unsigned gpu_accesses; /* group > 1: element-wise accesses of a work-item */
    unsigned tasks;        /* group 1: work-groups of PReLU without dalpha */
    unsigned compute_units, max_group;
    uint64_t non_temporal_bytes; /* of a call; stores are non-temporal above it;
                                  * 0: never */
    bool prefetch_far; /* with non-temporal stores: prefetch into L2, too */
    bool has_fp64;
} clrelu_device_params;

/* A cl_uint, size_t or cl_ulong, by its size; 0: the driver does not know. */
cl_ulong clrelu_device_number(cl_device_id device, cl_device_info info,
                              size_t size);

/* The defaults for the device's class.  A failing query leaves the most
 * portable value; that of the vector width, on which programs depend, is an
 * error. */
clrelu_status clrelu_device_params_read(cl_device_id device,
                                        clrelu_device_params *params);

/* The default of non_temporal_bytes on a CPU, from the bytes of the last-level
 * cache as OpenCL reports them. */
uint64_t clrelu_non_temporal_bytes(uint64_t cache, unsigned compute_units);

#endif
