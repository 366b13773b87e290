/* device_params.c - the parameters of a device that plans and programs use
 * SPDX-License-Identifier: MIT */
#include "core/device_params.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/integer.h"
#include "base/limits.h"
#include "base/status.h"

/* A GPU has many work-items with neighbouring elements; a CPU or FPGA has one
 * work-item per work-group with whole vectors.  Its kernels are then loops of
 * unit stride without a barrier: on an FPGA pipelines, no wider than the device
 * reports. */
enum {
    GPU_GROUP = 128,
    GPU_VECTOR = 4,
    GPU_ACCESSES = 2,   /* in flight */
    MIN_CPU_VECTOR = 4, /* 128-bit registers */
    MAX_VECTOR = 16,
    /* More only spoils the load balance.  A quarter of it is no multiple of the
     * page size: the 4 streams of a span do not share cache sets. */
    CPU_SPAN = 33 * 2048,
    TASKS = 512,
    NON_TEMPORAL_SHARE = 32u << 20 /* max bytes for each core */
};

cl_ulong clrelu_device_number(cl_device_id device, cl_device_info info,
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

/* Only the extensions are reliable: some compilers define the extension's macro
 * on devices without it, some drivers report an empty
 * CL_DEVICE_DOUBLE_FP_CONFIG. */
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

/* A failure is an error: a program file has programs of one vector width. */
static clrelu_status read_native_width(cl_device_id device, cl_uint *width)
{
    const cl_int error =
        clGetDeviceInfo(device, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT,
                        sizeof(*width), width, NULL);

    return clrelu_check_cl(error == CL_INVALID_VALUE ? CL_SUCCESS : error,
                           "clGetDeviceInfo");
}

/* Mesa's llvmpipe: a CPU whose SIMD lanes are work-items.  Its fma is a
 * function of hundreds of instructions, repeated for each element of a vector:
 * ELU in vectors of 16 compiles for minutes. */
static bool is_scalar_cpu(cl_device_id device, cl_ulong type, cl_uint width)
{
    const cl_ulong config = clrelu_device_number(
        device, CL_DEVICE_SINGLE_FP_CONFIG, sizeof(cl_device_fp_config));

    return !(type & (CL_DEVICE_TYPE_GPU | CL_DEVICE_TYPE_ACCELERATOR)) &&
           !(config & CL_FP_FMA) && width == 1;
}

/* No wider than a register: compilers split and spill wider vectors, and warn
 * of ones passed by value.  Some CPU drivers report 0 or 1. */
static unsigned choose_vector(cl_ulong type, bool scalar, cl_uint width)
{
    unsigned vector = type & CL_DEVICE_TYPE_ACCELERATOR ? 1 : MIN_CPU_VECTOR;

    if (type & CL_DEVICE_TYPE_GPU)
        return GPU_VECTOR;
    if (scalar)
        return 1;
    while (vector < MAX_VECTOR && 2 * vector <= width)
        vector *= 2;
    return vector;
}

/* AMD's hardware prefetchers run less far ahead than Intel's, and its L1 has
 * less room for prefetched lines: bench/NOTES.md. */
static bool wants_far_prefetch(cl_device_id device, cl_ulong type)
{
    char vendor[256] = "";

    return (type & CL_DEVICE_TYPE_CPU) &&
           !clGetDeviceInfo(device, CL_DEVICE_VENDOR, sizeof(vendor), vendor,
                            NULL) &&
           strstr(vendor, "AMD");
}

/* The other half of the cache is left to the caller's other arrays.  Virtual
 * machines of few cores report the cache of the whole CPU: hence the share. */
uint64_t clrelu_non_temporal_bytes(uint64_t cache, unsigned compute_units)
{
    return min_u64(cache / 2, (uint64_t)NON_TEMPORAL_SHARE * compute_units);
}

static unsigned choose_group(cl_device_id device, bool many, cl_ulong limit)
{
    const cl_ulong local = clrelu_device_number(
        device, CL_DEVICE_LOCAL_MEM_SIZE, sizeof(cl_ulong));
    unsigned group = many ? GPU_GROUP : 1;

    while (group > limit && group > 1)
        group /= 2;
    /* Two sums per column, and room for the driver's own variables. */
    return local < 3 * CLRELU_ROW_MAX * sizeof(cl_double) ? 1 : group;
}

clrelu_status clrelu_device_params_read(cl_device_id device,
                                        clrelu_device_params *p)
{
    cl_uint width = 0;
    const clrelu_status status = read_native_width(device, &width);
    const cl_ulong type =
        clrelu_device_number(device, CL_DEVICE_TYPE, sizeof(cl_device_type));
    const cl_ulong limit = clrelu_device_number(
        device, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof(size_t));
    const cl_ulong cache = clrelu_device_number(
        device, CL_DEVICE_GLOBAL_MEM_CACHE_SIZE, sizeof(cl_ulong));
    const bool gpu = type & CL_DEVICE_TYPE_GPU;
    const bool scalar = is_scalar_cpu(device, type, width);
    const bool many = gpu || scalar;

    p->has_fp64 = has_fp64(device);
    p->compute_units = (unsigned)clrelu_device_number(
        device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof(cl_uint));
    if (p->compute_units == 0)
        p->compute_units = 1;
    p->max_group = many && limit < UINT_MAX ? (unsigned)limit : 1;
    p->group = choose_group(device, many, limit);
    p->vector = p->prelu_vector = choose_vector(type, scalar, width);
    p->cpu_span = CPU_SPAN;
    p->gpu_accesses = GPU_ACCESSES;
    p->tasks = TASKS;
    p->non_temporal_bytes =
        gpu ? 0 : clrelu_non_temporal_bytes(cache, p->compute_units);
    p->prefetch_far = wants_far_prefetch(device, type);
    return status;
}
