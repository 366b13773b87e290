/* context_create.c - the creation and destruction of contexts
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/fork.h"
#include "base/status.h"
#include "core/check.h"
#include "core/context.h"
#include "core/device.h"
#include "core/enumerate.h"
#include "core/kernel_pool.h"
#include "core/log.h"
#include "core/program_file.h"
#include "core/program_text.h"
#include "core/trace.h"
#include "core/tune_store.h"
#include "store/cache.h"

static clrelu_status adopt_queue(const clrelu_context_params *p,
                                 cl_context *context, cl_device_id *device)
{
    cl_int error = clGetCommandQueueInfo(p->queue, CL_QUEUE_CONTEXT,
                                         sizeof(*context), context, NULL);

    if (!error)
        error = clGetCommandQueueInfo(p->queue, CL_QUEUE_DEVICE,
                                      sizeof(*device), device, NULL);
    if (clrelu_is_resource_error(error))
        return clrelu_fail_cl(error, "clGetCommandQueueInfo");
    if (error)
        return clrelu_fail(CLRELU_INVALID_QUEUE,
                           "params: queue is not a command queue");
    if (p->context && p->context != *context)
        return clrelu_fail(CLRELU_INVALID_CONTEXT,
                           "params: context is not the queue's cl_context");
    if (p->device && p->device != *device)
        return clrelu_fail(CLRELU_INVALID_DEVICE,
                           "params: device is not the queue's device");
    return CLRELU_OK;
}

static clrelu_status adopt_context(const clrelu_context_params *p,
                                   cl_context *context, cl_device_id *device)
{
    cl_device_id devices[64];
    size_t bytes = 0;
    const cl_int error = clGetContextInfo(p->context, CL_CONTEXT_DEVICES,
                                          sizeof(devices), devices, &bytes);

    if (clrelu_is_resource_error(error))
        return clrelu_fail_cl(error, "clGetContextInfo");
    if (error)
        return clrelu_fail(CLRELU_INVALID_CONTEXT,
                           "params: context is not a cl_context of at most 64 "
                           "devices");
    const size_t count = bytes / sizeof(devices[0]);
    *context = p->context;
    if (!p->device && count != 1)
        return clrelu_fail(CLRELU_INVALID_DEVICE,
                           "params: device is NULL, but context has %zu "
                           "devices: name one of them",
                           count);
    *device = p->device ? p->device : devices[0];
    for (size_t i = 0; i < count; i++)
        if (devices[i] == *device)
            return CLRELU_OK;
    return clrelu_fail(CLRELU_INVALID_DEVICE,
                       "params: device is not one of context's %zu devices",
                       count);
}

/* Returns a reference to a cl_context, and its device. */
static clrelu_status find_context(const clrelu_context_params *p,
                                  cl_context *context, cl_device_id *device)
{
    clrelu_status status = CLRELU_OK;
    cl_int error;

    if (p->queue || p->context) {
        status = p->queue ? adopt_queue(p, context, device)
                          : adopt_context(p, context, device);
        if (!status)
            status =
                clrelu_check_cl(clRetainContext(*context), "clRetainContext");
        if (status)
            *context = NULL;
        return status;
    }
    *device = p->device;
    if (!p->device) {
        const char *spec = p->spec ? p->spec : getenv("CLRELU_DEVICE");
        status = clrelu_device_pick(spec, device);
    }
    if (status)
        return status;
    *context = clCreateContext(NULL, 1, device, NULL, NULL, &error);
    if (error == CL_INVALID_DEVICE)
        return clrelu_fail(CLRELU_INVALID_DEVICE,
                           "params: device is not an OpenCL device");
    return clrelu_check_cl(error, "clCreateContext");
}

static void warn_of_setting(const clrelu_context *context)
{
    char text[CACHE_REASON];

    clrelu_cache_explain(text);
    if (clrelu_cache_read_setting() == CACHE_UNKNOWN)
        clrelu_log(context, CLRELU_LOG_WARNING, "%s", text);
}

static clrelu_status prepare(clrelu_context *context,
                             const clrelu_context_params *p)
{
    const char *program = p->program;
    clrelu_status status;

    context->log = p->log;
    context->log_data = p->log_data;
    clrelu_trace_open(context);
    if (!clrelu_device_usable(context->device))
        return clrelu_fail(CLRELU_UNSUPPORTED,
                           "the device has OpenCL 1.0 or 1.1, must have 1.2 or "
                           "later");
    status = clrelu_device_params_read(context->device, &context->defaults);
    context->params = context->defaults;
    if (!status)
        status = clrelu_pointers_find(context->context, context->device,
                                      &context->pointers);
    if (!status)
        status = clrelu_device_text(context->device, &context->device_text);
    if (status)
        return status;
    if (!program)
        program = getenv("CLRELU_PROGRAM");
    if (program && *program)
        return clrelu_program_file_open(context, program);
    warn_of_setting(context);
    clrelu_tuning_load(context);
    return CLRELU_OK;
}

clrelu_status clrelu_context_create(const clrelu_context_params *params,
                                    clrelu_context **out)
{
    static const clrelu_context_params defaults;
    clrelu_context *context;
    clrelu_status status;

    if (!out)
        return clrelu_fail(CLRELU_INVALID_NULL, "out is NULL");
    *out = NULL;
    if (!params)
        params = &defaults;
    status = clrelu_fork_check();
    if (!status)
        status = CLRELU_CHECK_RESERVED("params", params->reserved);
    if (status)
        return status;
    context = calloc(1, sizeof(*context));
    if (!context)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for a context");
    if (pthread_mutex_init(&context->lock, NULL)) {
        free(context);
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for a mutex");
    }
    status = find_context(params, &context->context, &context->device);
    if (!status)
        status = prepare(context, params);
    if (status) {
        clrelu_context_destroy(&context);
        return status;
    }
    *out = context;
    return CLRELU_OK;
}

void clrelu_context_destroy(clrelu_context **context)
{
    if (!context || !*context)
        return;
    clrelu_programs_destroy(*context);
    if ((*context)->context && !clrelu_fork_is_child())
        clReleaseContext((*context)->context);
    clrelu_envelope_free(&(*context)->file);
    free((*context)->device_text);
    pthread_mutex_destroy(&(*context)->lock);
    free(*context);
    *context = NULL;
}

cl_context clrelu_context_cl_context(const clrelu_context *context)
{
    return context ? context->context : NULL;
}

cl_device_id clrelu_context_cl_device(const clrelu_context *context)
{
    return context ? context->device : NULL;
}
