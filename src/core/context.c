/* context.c - a device, what is known about it, and its programs
 * SPDX-License-Identifier: MIT */
#include "core/context.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/fork.h"
#include "base/status.h"
#include "core/compile.h"
#include "core/device.h"
#include "core/enumerate.h"
#include "core/program.h"
#include "core/program_load.h"
#include "core/tune_store.h"
#include "plan/plan.h"
#include "plan/tiling.h"

/* A GPU wants many work-items with neighbouring elements; a CPU, or an FPGA
 * compiler, one work-item per work-group with whole vectors.  That makes each
 * kernel a loop with unit stride and without a barrier: a pipeline, on an FPGA
 * as wide as the device says and not a lane wider. */
enum {
    GPU_GROUP = 128,
    GPU_VECTOR = 4,
    GPU_WORK = 2,       /* accesses in flight */
    MIN_CPU_VECTOR = 4, /* registers of 128 bits */
    MAX_VECTOR = 16,
    /* Beyond which it only spoils the balance; a quarter of it is not whole
     * pages, which would share places in the caches. */
    CPU_WORK = 33 * 2048,
    TASKS = 512
};

static cl_ulong device_number(cl_device_id device, cl_device_info info,
                              size_t size)
{
    union {
        cl_uint u32;
        size_t size;
        cl_ulong u64;
    } value = {.u64 = 0};

    if (clGetDeviceInfo(device, info, size, &value, NULL))
        return 0;
    if (size == sizeof(value.u32))
        return value.u32;
    return size == sizeof(value.u64) ? value.u64 : value.size;
}

/* The only way to know: some compilers define the macro of an extension that
 * the device lacks, some drivers leave the configuration query at 0. */
static bool has_fp64(cl_device_id device)
{
    bool found = false;
    size_t size = 0;
    char *extensions = NULL;

    if (!clGetDeviceInfo(device, CL_DEVICE_EXTENSIONS, 0, NULL, &size))
        extensions = calloc(size + 1, 1);
    if (extensions &&
        !clGetDeviceInfo(device, CL_DEVICE_EXTENSIONS, size, extensions, NULL))
        found = strstr(extensions, "cl_khr_fp64") != NULL;
    free(extensions);
    return found;
}

static cl_ulong native_lanes(cl_device_id device)
{
    return device_number(device, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT,
                         sizeof(cl_uint));
}

/* Its lanes are work-items, and fma is a function of hundreds of instructions
 * that its compiler repeats for each lane of a vector: ELU in vectors of 16
 * takes Mesa's llvmpipe minutes. */
static bool wants_single(cl_device_id device, cl_ulong type)
{
    const cl_ulong config = device_number(device, CL_DEVICE_SINGLE_FP_CONFIG,
                                          sizeof(cl_device_fp_config));

    return !(type & (CL_DEVICE_TYPE_GPU | CL_DEVICE_TYPE_ACCELERATOR)) &&
           !(config & CL_FP_FMA) && native_lanes(device) == 1;
}

/* No wider than a register: a compiler splits a wider vector, spills, and warns
 * of one that is passed by value.  Some CPU drivers report 0 or 1. */
static unsigned choose_vector(cl_device_id device, cl_ulong type)
{
    const cl_ulong lanes = native_lanes(device);
    unsigned vector = type & CL_DEVICE_TYPE_ACCELERATOR ? 1 : MIN_CPU_VECTOR;

    if (type & CL_DEVICE_TYPE_GPU)
        return GPU_VECTOR;
    if (wants_single(device, type))
        return 1;
    while (vector < MAX_VECTOR && 2 * vector <= lanes)
        vector *= 2;
    return vector;
}

/* Processors of AMD read less far ahead on their own than Intel's, and have
 * less room in the first cache for what is called for: bench/NOTES.md. */
static bool prefetch_far(cl_device_id device, cl_ulong type)
{
    char vendor[256] = "";

    return (type & CL_DEVICE_TYPE_CPU) &&
           !clGetDeviceInfo(device, CL_DEVICE_VENDOR, sizeof(vendor), vendor,
                            NULL) &&
           strstr(vendor, "AMD");
}

static void read_device_params(cl_device_id device, clrelu_device_params *t)
{
    const cl_ulong type =
        device_number(device, CL_DEVICE_TYPE, sizeof(cl_device_type));
    const cl_ulong limit =
        device_number(device, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof(size_t));
    const cl_ulong local =
        device_number(device, CL_DEVICE_LOCAL_MEM_SIZE, sizeof(cl_ulong));
    const bool gpu = type & CL_DEVICE_TYPE_GPU;
    const bool many = gpu || wants_single(device, type);

    t->has_fp64 = has_fp64(device);
    t->compute_units = (unsigned)device_number(
        device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof(cl_uint));
    if (t->compute_units == 0)
        t->compute_units = 1;
    t->max_group = many && limit < UINT_MAX ? (unsigned)limit : 1;
    t->group = many ? GPU_GROUP : 1;
    while (t->group > limit && t->group > 1)
        t->group /= 2;
    /* Two sums per lane, and room for what the driver keeps there. */
    if (local < 3 * CLRELU_ROW_MAX * sizeof(cl_double))
        t->group = 1;
    t->vector = choose_vector(device, type);
    t->prelu_vector = t->vector;
    t->work = t->group > 1 ? GPU_WORK : CPU_WORK;
    t->tasks = TASKS;
    t->non_temporal_bytes =
        gpu ? 0
            : clrelu_plan_non_temporal_bytes(
                  device_number(device, CL_DEVICE_GLOBAL_MEM_CACHE_SIZE,
                                sizeof(cl_ulong)),
                  t->compute_units);
    t->prefetch_far = prefetch_far(device, type);
}

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

/* A cl_context to own and its device. */
static clrelu_status find_context(const clrelu_context_params *p,
                                  cl_context *context, cl_device_id *device)
{
    clrelu_status status = CLRELU_OK;
    cl_int error;

    if (p->queue || p->context) {
        status = p->queue ? adopt_queue(p, context, device)
                          : adopt_context(p, context, device);
        error = status ? CL_SUCCESS : clRetainContext(*context);
        if (error)
            status = clrelu_fail_cl(error, "clRetainContext");
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
    return error ? clrelu_fail_cl(error, "clCreateContext") : CLRELU_OK;
}

static clrelu_status prepare(clrelu_context *context, const char *program)
{
    clrelu_status status;

    if (!clrelu_device_usable(context->device))
        return clrelu_fail(CLRELU_UNSUPPORTED,
                           "the device has OpenCL 1.0 or 1.1, must have 1.2 or "
                           "later");
    read_device_params(context->device, &context->defaults);
    context->params = context->defaults;
    status = clrelu_compile_device_text(context->device, &context->device_text);
    if (status)
        return status;
    if (!program)
        program = getenv("CLRELU_PROGRAM");
    if (program && *program)
        return clrelu_program_file_open(context, program);
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
    status = clrelu_fork_check();
    if (status)
        return status;
    context = calloc(1, sizeof(*context));
    if (!context)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for a context");
    if (pthread_mutex_init(&context->lock, NULL)) {
        free(context);
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for a mutex");
    }
    status = find_context(params ? params : &defaults, &context->context,
                          &context->device);
    if (!status)
        status = prepare(context, params ? params->program : NULL);
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

cl_context clrelu_context_cl(const clrelu_context *context)
{
    return context ? context->context : NULL;
}

cl_device_id clrelu_context_device(const clrelu_context *context)
{
    return context ? context->device : NULL;
}
