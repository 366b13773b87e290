/* gear.c - the device under test, the clock, and the way out
 * SPDX-License-Identifier: MIT */
#include "gear.h"

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

static void read_names(gear *g)
{
    cl_platform_id platform;

    must_cl(clGetDeviceInfo(g->device, CL_DEVICE_PLATFORM, sizeof(platform),
                            &platform, NULL),
            "clGetDeviceInfo");
    /* A name too long for its array stays empty. */
    clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof(g->platform),
                      g->platform, NULL);
    clGetDeviceInfo(g->device, CL_DEVICE_NAME, sizeof(g->name), g->name, NULL);
    clGetDeviceInfo(g->device, CL_DRIVER_VERSION, sizeof(g->driver), g->driver,
                    NULL);
}

void gear_open(gear *g, const char *spec)
{
    const clrelu_context_params params = {.spec = spec};
    cl_device_type type = 0;
    cl_uint cores = 1;
    cl_int error;

    memset(g, 0, sizeof(*g));
    /* Linux may leave both of two threads that have slept on one core for tens
     * of milliseconds.  PoCL's stay apart; the ceiling's do, too. */
    setenv("POCL_AFFINITY", "1", 0);
    must(clrelu_context_create(&params, &g->library));
    g->cl = clrelu_context_cl(g->library);
    g->device = clrelu_context_device(g->library);
    g->queue = clCreateCommandQueue(g->cl, g->device, 0, &error);
    must_cl(error, "clCreateCommandQueue");
    must_cl(
        clGetDeviceInfo(g->device, CL_DEVICE_TYPE, sizeof(type), &type, NULL),
        "clGetDeviceInfo");
    must_cl(clGetDeviceInfo(g->device, CL_DEVICE_MAX_COMPUTE_UNITS,
                            sizeof(cores), &cores, NULL),
            "clGetDeviceInfo");
    g->is_cpu = type & CL_DEVICE_TYPE_CPU;
    g->is_gpu = type & CL_DEVICE_TYPE_GPU;
    g->cores = cores;
    read_names(g);
}

void gear_close(gear *g)
{
    clReleaseCommandQueue(g->queue);
    clrelu_context_destroy(&g->library);
}

/* Written by a command, so that its pages exist on the device. */
cl_mem gear_buffer(const gear *g, size_t n, const float *values)
{
    const cl_float zero = 0;
    cl_int error;
    cl_mem mem = clCreateBuffer(g->cl, CL_MEM_READ_WRITE, n * sizeof(float),
                                NULL, &error);

    if (error)
        return NULL;
    error = values
                ? clEnqueueWriteBuffer(g->queue, mem, CL_TRUE, 0,
                                       n * sizeof(float), values, 0, NULL, NULL)
                : clEnqueueFillBuffer(g->queue, mem, &zero, sizeof(zero), 0,
                                      n * sizeof(float), 0, NULL, NULL);
    if (!error)
        error = clFinish(g->queue);
    if (error)
        gear_release(&mem);
    return mem;
}

cl_mem gear_share(const gear *g, size_t n, float *values)
{
    cl_int error;

    if (!g->is_cpu)
        return gear_buffer(g, n, values);
    return clCreateBuffer(g->cl, CL_MEM_READ_WRITE | CL_MEM_USE_HOST_PTR,
                          n * sizeof(float), values, &error);
}

bool gear_read(const gear *g, cl_mem mem, size_t n, float *values)
{
    return !clEnqueueReadBuffer(g->queue, mem, CL_TRUE, 0, n * sizeof(float),
                                values, 0, NULL, NULL);
}

void gear_release(cl_mem *mem)
{
    if (*mem)
        clReleaseMemObject(*mem);
    *mem = NULL;
}

cl_program gear_program(const gear *g, const char *source)
{
    static char log[4096];
    cl_int error;
    cl_program program =
        clCreateProgramWithSource(g->cl, 1, &source, NULL, &error);

    must_cl(error, "clCreateProgramWithSource");
    error = clBuildProgram(program, 1, &g->device, "", NULL, NULL);
    if (!error)
        return program;
    clGetProgramBuildInfo(program, g->device, CL_PROGRAM_BUILD_LOG,
                          sizeof(log) - 1, log, NULL);
    die("clBuildProgram failed with OpenCL error %d: %s", (int)error, log);
}

cl_kernel gear_kernel(cl_program program, const char *name)
{
    cl_int error;
    cl_kernel kernel = clCreateKernel(program, name, &error);

    must_cl(error, "clCreateKernel");
    return kernel;
}
