/* harness.c - the device under test, the clock, and the way out
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void die(const char *format, ...)
{
    va_list arguments;

    fflush(stdout);
    fputs("clrelu-bench: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

void must(clrelu_status status)
{
    if (status)
        die("%s", clrelu_error());
}

void must_cl(cl_int error, const char *call)
{
    if (error)
        die("%s failed with OpenCL error %d", call, (int)error);
}

void *must_have(void *memory)
{
    if (!memory)
        die("out of memory");
    return memory;
}

double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double busy_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void wait_until_idle(void)
{
    const struct timespec pause = {0, 3000000};
    double before = busy_seconds(), busy = 1;

    for (int i = 0; i < 60 && busy > 0.1e-3; i++) {
        nanosleep(&pause, NULL);
        busy = busy_seconds() - before;
        before += busy;
    }
}

static void read_names(harness *h)
{
    cl_platform_id platform;

    must_cl(clGetDeviceInfo(h->device, CL_DEVICE_PLATFORM, sizeof(platform),
                            &platform, NULL),
            "clGetDeviceInfo");
    /* A name too long for its array stays empty. */
    clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof(h->platform),
                      h->platform, NULL);
    clGetDeviceInfo(h->device, CL_DEVICE_NAME, sizeof(h->name), h->name, NULL);
    clGetDeviceInfo(h->device, CL_DRIVER_VERSION, sizeof(h->driver), h->driver,
                    NULL);
}

void harness_open(harness *h, const char *spec)
{
    const clrelu_context_params params = {.spec = spec};
    cl_device_type type = 0;
    cl_uint cores = 1;
    cl_int error;

    memset(h, 0, sizeof(*h));
    /* Linux may leave both of two threads that have slept on one core for tens
     * of milliseconds.  PoCL's stay apart; the ceiling's do, too. */
    setenv("POCL_AFFINITY", "1", 0);
    must(clrelu_context_create(&params, &h->library));
    h->cl = clrelu_context_cl_context(h->library);
    h->device = clrelu_context_cl_device(h->library);
    h->queue = clCreateCommandQueue(h->cl, h->device, 0, &error);
    must_cl(error, "clCreateCommandQueue");
    must_cl(
        clGetDeviceInfo(h->device, CL_DEVICE_TYPE, sizeof(type), &type, NULL),
        "clGetDeviceInfo");
    must_cl(clGetDeviceInfo(h->device, CL_DEVICE_MAX_COMPUTE_UNITS,
                            sizeof(cores), &cores, NULL),
            "clGetDeviceInfo");
    h->is_cpu = type & CL_DEVICE_TYPE_CPU;
    h->is_gpu = type & CL_DEVICE_TYPE_GPU;
    h->cores = cores;
    read_names(h);
}

void harness_close(harness *h)
{
    clReleaseCommandQueue(h->queue);
    clrelu_context_destroy(&h->library);
}

/* Written by a command, so that its pages exist on the device. */
cl_mem harness_buffer(const harness *h, size_t n, const float *values)
{
    const cl_float zero = 0;
    cl_int error;
    cl_mem mem = clCreateBuffer(h->cl, CL_MEM_READ_WRITE, n * sizeof(float),
                                NULL, &error);

    if (error)
        return NULL;
    error = values
                ? clEnqueueWriteBuffer(h->queue, mem, CL_TRUE, 0,
                                       n * sizeof(float), values, 0, NULL, NULL)
                : clEnqueueFillBuffer(h->queue, mem, &zero, sizeof(zero), 0,
                                      n * sizeof(float), 0, NULL, NULL);
    if (!error)
        error = clFinish(h->queue);
    if (error)
        harness_release(&mem);
    return mem;
}

cl_mem harness_share(const harness *h, size_t n, float *values)
{
    cl_int error;

    if (!h->is_cpu)
        return harness_buffer(h, n, values);
    return clCreateBuffer(h->cl, CL_MEM_READ_WRITE | CL_MEM_USE_HOST_PTR,
                          n * sizeof(float), values, &error);
}

bool harness_read(const harness *h, cl_mem mem, size_t n, float *values)
{
    return !clEnqueueReadBuffer(h->queue, mem, CL_TRUE, 0, n * sizeof(float),
                                values, 0, NULL, NULL);
}

void harness_release(cl_mem *mem)
{
    if (*mem)
        clReleaseMemObject(*mem);
    *mem = NULL;
}

cl_program harness_program(const harness *h, const char *source)
{
    static char log[4096];
    cl_int error;
    cl_program program =
        clCreateProgramWithSource(h->cl, 1, &source, NULL, &error);

    must_cl(error, "clCreateProgramWithSource");
    error = clBuildProgram(program, 1, &h->device, "", NULL, NULL);
    if (!error)
        return program;
    clGetProgramBuildInfo(program, h->device, CL_PROGRAM_BUILD_LOG,
                          sizeof(log) - 1, log, NULL);
    die("clBuildProgram failed with OpenCL error %d: %s", (int)error, log);
}

cl_kernel harness_kernel(cl_program program, const char *name)
{
    cl_int error;
    cl_kernel kernel = clCreateKernel(program, name, &error);

    must_cl(error, "clCreateKernel");
    return kernel;
}
