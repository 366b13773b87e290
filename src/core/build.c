/* build.c - programs from sources or binaries
 * SPDX-License-Identifier: MIT */
#include "core/build.h"

#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "core/log.h"
#include "core/sources.h"

enum { MAX_DEVICES = 64 };

static pthread_mutex_t build_lock = PTHREAD_MUTEX_INITIALIZER;

void clrelu_build_lock(void)
{
    pthread_mutex_lock(&build_lock);
    clrelu_log_hold();
}

void clrelu_build_unlock(void)
{
    pthread_mutex_unlock(&build_lock);
    clrelu_log_deliver();
}

/* ---------------------------------------------------------------- source -- */

static clrelu_status fail_build(cl_program program, cl_device_id device,
                                cl_int error, const char *options)
{
    clrelu_status status;
    size_t size = 0;
    char *log = NULL;

    if (!clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, 0, NULL,
                               &size))
        log = calloc(size + 1, 1);
    if (log && clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG,
                                     size, log, NULL))
        log[0] = '\0';
    status = clrelu_fail(CLRELU_BUILD_FAILED,
                         "the device's compiler refused the program (OpenCL "
                         "error %d, options %s): %s",
                         error, options, log && log[0] ? log : "no build log");
    free(log);
    return status;
}

static clrelu_status fail_source(cl_program program, cl_device_id device,
                                 cl_int error, const char *options)
{
    if (error == CL_COMPILER_NOT_AVAILABLE)
        return clrelu_fail(CLRELU_UNSUPPORTED,
                           "the device has no compiler: it needs a program "
                           "file, see clrelu compile --help");
    if (!program)
        return clrelu_fail_cl(error, "clCreateProgramWithSource");
    if (error == CL_DEVICE_NOT_AVAILABLE || error == CL_OUT_OF_HOST_MEMORY)
        return clrelu_fail_cl(error, "clBuildProgram");
    return fail_build(program, device, error, options);
}

clrelu_status clrelu_build_text(const clrelu_context *context, cl_uint count,
                                const char **sources, const char *options,
                                cl_program *out)
{
    clrelu_status status;
    cl_int error;

    *out = clCreateProgramWithSource(context->context, count, sources, NULL,
                                     &error);
    if (!error)
        error = clBuildProgram(*out, 1, &context->device, options, NULL, NULL);
    if (!error)
        return CLRELU_OK;
    status = fail_source(*out, context->device, error, options);
    if (*out)
        clReleaseProgram(*out);
    *out = NULL;
    return status;
}

clrelu_status clrelu_build_source(const clrelu_context *context,
                                  const clrelu_program_key *key, bool silent,
                                  cl_program *out)
{
    const char *sources[CLRELU_MAX_SOURCES];
    const cl_uint count = clrelu_sources_list(&context->params, key, sources);
    char options[CLRELU_OPTIONS] = "";

    clrelu_program_options(&context->params, key, options);
    if (silent)
        strcat(options, " -w");
    return clrelu_build_text(context, count, sources, options, out);
}

/* ---------------------------------------------------------------- binary -- */

static bool failed(clrelu_driver_error *driver_error, cl_int error,
                   const char *call)
{
    *driver_error = (clrelu_driver_error){error, call};
    return error != CL_SUCCESS;
}

/* Some drivers compile only here.  A program without kernels is damaged. */
static bool create_kernels(cl_program program,
                           clrelu_driver_error *driver_error)
{
    cl_kernel kernels[CLRELU_KERNELS];
    cl_uint count = 0;

    if (failed(
            driver_error,
            clCreateKernelsInProgram(program, CLRELU_KERNELS, kernels, &count),
            "clCreateKernelsInProgram"))
        return false;
    for (cl_uint i = 0; i < count; i++)
        clReleaseKernel(kernels[i]);
    return count > 0;
}

cl_program clrelu_build_binary(const clrelu_context *context,
                               const clrelu_binary *binary,
                               clrelu_driver_error *driver_error)
{
    cl_int error, status = CL_SUCCESS;
    cl_program program = clCreateProgramWithBinary(
        context->context, 1, &context->device, &binary->size,
        (const unsigned char **)(uintptr_t)&binary->bytes, &status, &error);

    if (failed(driver_error, error, "clCreateProgramWithBinary"))
        return NULL;
    if (!failed(driver_error, status, "clCreateProgramWithBinary") &&
        !failed(driver_error,
                clBuildProgram(program, 1, &context->device, "", NULL, NULL),
                "clBuildProgram") &&
        create_kernels(program, driver_error))
        return program;
    clReleaseProgram(program);
    return NULL;
}

/* The index of the context's device in the program's list. */
static cl_uint find_device(const clrelu_context *context, cl_program program,
                           cl_uint *count, clrelu_driver_error *driver_error)
{
    cl_device_id devices[MAX_DEVICES];
    size_t size = 0;
    cl_uint i = 0;

    *count = 0;
    if (failed(driver_error,
               clGetProgramInfo(program, CL_PROGRAM_DEVICES, sizeof(devices),
                                devices, &size),
               "clGetProgramInfo"))
        return 0;
    *count = (cl_uint)(size / sizeof(devices[0]));
    while (i < *count && devices[i] != context->device)
        i++;
    return i;
}

unsigned char *clrelu_build_extract(const clrelu_context *context,
                                    cl_program program, size_t *size,
                                    clrelu_driver_error *driver_error)
{
    cl_uint count;
    const cl_uint own = find_device(context, program, &count, driver_error);
    size_t sizes[MAX_DEVICES] = {0};
    unsigned char *binaries[MAX_DEVICES] = {NULL}, *own_binary = NULL;
    bool good = own < count && create_kernels(program, driver_error) &&
                !failed(driver_error,
                        clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES,
                                         count * sizeof(sizes[0]), sizes, NULL),
                        "clGetProgramInfo") &&
                sizes[own] > 0;

    /* NULL entries are legal, but some drivers write through them. */
    for (cl_uint i = 0; i < count && good; i++) {
        good = (binaries[i] = malloc(sizes[i] + 1)) != NULL;
        if (!good)
            failed(driver_error, CL_OUT_OF_HOST_MEMORY, NULL);
    }
    if (good &&
        !failed(driver_error,
                clGetProgramInfo(program, CL_PROGRAM_BINARIES,
                                 count * sizeof(binaries[0]), binaries, NULL),
                "clGetProgramInfo")) {
        *size = sizes[own];
        own_binary = binaries[own];
        binaries[own] = NULL;
    }
    for (cl_uint i = 0; i < count; i++)
        free(binaries[i]);
    return own_binary;
}
