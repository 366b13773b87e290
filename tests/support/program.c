/* program.c - programs of OpenCL, and the formulas as a part of them
 * SPDX-License-Identifier: MIT */
#include "program.h"

cl_program program_build(const struct device *d, cl_uint count,
                         const char **texts, const char *options)
{
    cl_int error;
    cl_program program =
        clCreateProgramWithSource(d->cl, count, texts, NULL, &error);

    device_must(error, "clCreateProgramWithSource");
    if (!clBuildProgram(program, 1, &d->id, options, NULL, NULL))
        return program;
    program_show_log(d, program);
    clReleaseProgram(program);
    return NULL;
}

void program_show_log(const struct device *d, cl_program program)
{
    char log[2048] = "";

    clGetProgramBuildInfo(program, d->id, CL_PROGRAM_BUILD_LOG, sizeof(log) - 1,
                          log, NULL);
    diag("%s", log);
}

cl_kernel program_kernel(cl_program program, const char *name)
{
    cl_int error;
    cl_kernel kernel = clCreateKernel(program, name, &error);

    device_must(error, "clCreateKernel");
    return kernel;
}

void program_run(const struct device *d, cl_kernel kernel, cl_uint first,
                 size_t count, const cl_mem *mems, size_t items, size_t local)
{
    cl_int error = CL_SUCCESS;

    for (size_t i = 0; i < count && !error; i++)
        error =
            clSetKernelArg(kernel, first + (cl_uint)i, sizeof(*mems), &mems[i]);
    if (!error)
        error = clEnqueueNDRangeKernel(d->queue, kernel, 1, NULL, &items,
                                       &local, 0, NULL, NULL);
    device_must(error, "clEnqueueNDRangeKernel");
    clReleaseKernel(kernel);
}

char *program_source(clrelu_op op, clrelu_dtype dtype, const char *prefix)
{
    size_t length = 0;
    char *text;

    must_succeed(clrelu_source(op, dtype, prefix, 0, NULL, &length));
    text = must_alloc(length + 1);
    must_succeed(clrelu_source(op, dtype, prefix, length + 1, text, NULL));
    return text;
}
