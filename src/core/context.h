/* context.h - a device, its parameters and its programs
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_CONTEXT_H
#define CLRELU_CORE_CONTEXT_H

#include <pthread.h>

#include "core/device_params.h"
#include "core/pointer.h"
#include "store/envelope.h"

struct clrelu_context {
    cl_context context;
    cl_device_id device;
    clrelu_pointers pointers;
    clrelu_log_callback log;
    void *log_data;
    clrelu_device_params defaults, params; /* of its class; in use */
    bool tuned;                            /* params come from clrelu_tune */
    bool no_cache;        /* programs are neither stored nor looked up */
    bool cache_failed;    /* its folder cannot be used, which is logged */
    char *device_text;    /* core/program_text.h */
    clrelu_envelope file; /* the program file, or all 0 */
    pthread_mutex_t lock; /* protects programs and their idle kernels */
    struct clrelu_program *programs;
};

#endif
