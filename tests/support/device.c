/* device.c - a device to test on
 * SPDX-License-Identifier: MIT */
#include "device.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "values.h"

bool device_usable(cl_device_id device)
{
    char version[256] = "";
    int major = 0, minor = 0;

    if (clGetDeviceInfo(device, CL_DEVICE_VERSION, sizeof(version) - 1, version,
                        NULL) ||
        sscanf(version, "OpenCL %d.%d", &major, &minor) != 2)
        return false;
    return major > 1 || minor > 1;
}

cl_device_id device_first(void)
{
    cl_platform_id platforms[16];
    cl_uint count = 0;

    if (clGetPlatformIDs(16, platforms, &count))
        return NULL;
    for (cl_uint i = 0; i < count && i < 16; i++) {
        cl_device_id first;
        if (!clGetDeviceIDs(platforms[i], CL_DEVICE_TYPE_ALL, 1, &first,
                            NULL) &&
            device_usable(first))
            return first;
    }
    return NULL;
}

void device_need(void)
{
    setenv("POCL_DEVICES", "pthread pthread", 0);
    if (device_first())
        return;
    printf("1..0 # SKIP no device with OpenCL 1.2\n");
    exit(0);
}

void device_must(cl_int error, const char *what)
{
    if (error)
        bail("%s failed with OpenCL error %d", what, error);
}

cl_command_queue device_queue(const struct device *d,
                              cl_command_queue_properties properties)
{
    cl_int error;
    cl_command_queue queue =
        clCreateCommandQueue(d->cl, d->id, properties, &error);

    device_must(error, "clCreateCommandQueue");
    return queue;
}

bool device_out_of_order(const struct device *d)
{
    cl_command_queue_properties properties = 0;

    if (device_named(d, "FPGA Emulation", ""))
        return false;
    device_must(clGetDeviceInfo(d->id, CL_DEVICE_QUEUE_PROPERTIES,
                                sizeof(properties), &properties, NULL),
                "clGetDeviceInfo");
    return properties & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE;
}

bool device_has_float64(const struct device *d)
{
    return clrelu_forward(d->context, &d->exec,
                          &(clrelu_elementwise){.op = CLRELU_ELU,
                                                .dtype = CLRELU_FLOAT64,
                                                .scalar = 1}) !=
           CLRELU_UNSUPPORTED;
}

bool device_has_dtype(const struct device *d, clrelu_dtype dtype)
{
    return dtype != CLRELU_FLOAT64 || device_has_float64(d);
}

bool device_subnormal(cl_device_id device)
{
    cl_device_fp_config config = 0;

    device_must(clGetDeviceInfo(device, CL_DEVICE_SINGLE_FP_CONFIG,
                                sizeof(config), &config, NULL),
                "clGetDeviceInfo");
    return config & CL_FP_DENORM;
}

bool device_named(const struct device *d, const char *platform,
                  const char *name)
{
    char names[2][256] = {"", ""};
    cl_platform_id id;

    device_must(
        clGetDeviceInfo(d->id, CL_DEVICE_PLATFORM, sizeof(id), &id, NULL),
        "clGetDeviceInfo");
    device_must(clGetPlatformInfo(id, CL_PLATFORM_NAME, sizeof(names[0]) - 1,
                                  names[0], NULL),
                "clGetPlatformInfo");
    device_must(clGetDeviceInfo(d->id, CL_DEVICE_NAME, sizeof(names[1]) - 1,
                                names[1], NULL),
                "clGetDeviceInfo");
    return strstr(names[0], platform) && strstr(names[1], name);
}

bool device_user_events(const struct device *d, const char *what)
{
    if (device_named(d, "Oclgrind", ""))
        skip("Oclgrind hangs where a command waits for a user event", "%s",
             what);
    else if (device_named(d, "Portable Computing Language", "basic"))
        skip("PoCL's basic device hangs in clSetUserEventStatus", "%s", what);
    else
        return true;
    return false;
}

bool device_long_loops(const struct device *d)
{
    static const char *source =
        "__kernel void turn(__global uint *x) {"
        "    for (uint i = 0; i < x[0]; i++) x[1] += x[2]; }";
    const size_t one = 1;
    cl_uint x[3] = {100000, 0, 1};
    cl_int error;
    cl_program program =
        clCreateProgramWithSource(d->cl, 1, &source, NULL, &error);
    device_must(error, "clCreateProgramWithSource");
    device_must(clBuildProgram(program, 1, &d->id, "", NULL, NULL),
                "clBuildProgram");
    cl_kernel kernel = clCreateKernel(program, "turn", &error);
    device_must(error, "clCreateKernel");
    cl_mem mem = device_buffer(d, sizeof(x), x);
    device_must(clSetKernelArg(kernel, 0, sizeof(mem), &mem), "clSetKernelArg");
    device_must(clEnqueueNDRangeKernel(d->queue, kernel, 1, NULL, &one, &one, 0,
                                       NULL, NULL),
                "clEnqueueNDRangeKernel");
    device_read(d, mem, 0, sizeof(x), x);
    clReleaseMemObject(mem);
    clReleaseKernel(kernel);
    clReleaseProgram(program);
    return x[1] == x[0];
}

bool device_function_fma(const struct device *d)
{
    return device_named(d, "rusticl", "llvmpipe") ||
           device_named(d, "Clover", "llvmpipe");
}

bool device_runs(size_t n, size_t limit, const char *what)
{
    if (n <= limit || !getenv("CLRELU_TEST_SMALL"))
        return true;
    skip("CLRELU_TEST_SMALL", "%s", what);
    return false;
}

void device_open(struct device *d)
{
    device_need();
    device_open_on(d, NULL);
    allow_subnormal(d->id);
}

void device_open_on(struct device *d, cl_device_id id)
{
    const clrelu_context_params params = {.device = id};

    must_succeed(clrelu_context_create(&params, &d->context));
    d->cl = clrelu_context_cl_context(d->context);
    d->id = clrelu_context_cl_device(d->context);
    device_use(d, device_queue(d, 0));
}

clrelu_context *device_context(const struct device *d, const char *program)
{
    const clrelu_context_params params = {.queue = d->queue,
                                          .program = program};
    clrelu_context *context;

    must_succeed(clrelu_context_create(&params, &context));
    return context;
}

size_t device_max_group(const struct device *d)
{
    size_t max = 0;

    device_must(clGetDeviceInfo(d->id, CL_DEVICE_MAX_WORK_GROUP_SIZE,
                                sizeof(max), &max, NULL),
                "clGetDeviceInfo");
    return max;
}

void device_use(struct device *d, cl_command_queue queue)
{
    d->queue = queue;
    d->exec = (clrelu_exec){.queue = queue};
}

void device_close(struct device *d)
{
    report_subnormal();
    clReleaseCommandQueue(d->queue);
    clrelu_context_destroy(&d->context);
}

cl_event device_user_event(const struct device *d)
{
    cl_int error;
    cl_event event = clCreateUserEvent(d->cl, &error);

    device_must(error, "clCreateUserEvent");
    return event;
}

cl_int event_state(cl_event event)
{
    cl_int state = CL_QUEUED;

    device_must(clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS,
                               sizeof(state), &state, NULL),
                "clGetEventInfo");
    return state;
}

cl_mem device_buffer(const struct device *d, size_t bytes, const void *values)
{
    cl_int error;
    cl_mem mem = clCreateBuffer(d->cl, CL_MEM_READ_WRITE, bytes, NULL, &error);

    device_must(error, "clCreateBuffer");
    if (values)
        device_write(d, mem, 0, bytes, values);
    return mem;
}

void device_read(const struct device *d, cl_mem mem, size_t offset,
                 size_t bytes, void *values)
{
    device_must(clEnqueueReadBuffer(d->queue, mem, CL_TRUE, offset, bytes,
                                    values, 0, NULL, NULL),
                "clEnqueueReadBuffer");
}

void device_write(const struct device *d, cl_mem mem, size_t offset,
                  size_t bytes, const void *values)
{
    device_must(clEnqueueWriteBuffer(d->queue, mem, CL_TRUE, offset, bytes,
                                     values, 0, NULL, NULL),
                "clEnqueueWriteBuffer");
}
