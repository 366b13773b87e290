/* kernel_check.c - do the formulas keep their bits in a program built so?
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "core/check.h"
#include "core/float_check.h"
#include "core/launch.h"
#include "core/sources.h"
#include "core/trace.h"
#include "core/upload.h"
#include "offline/kernel_cases.h"
#include "offline/kernel_program.h"
#include "offline/precompile.h"

/* Inputs, the library's outputs, those of the kernel. */
enum { X, DY, ALPHA, Y, DX, OUT_Y, OUT_DX, ARRAYS };

typedef struct check {
    clrelu_call call;
    clrelu_exec exec;
    clrelu_op op;
    clrelu_dtype dtype;
    cl_program program;
    cl_mem mems[ARRAYS];
    void *arrays[ARRAYS];
    bool differs;
    char first[160]; /* the first result that differs */
} check;

/* -------------------------------------------------------------- results -- */

static size_t bytes_of(const check *c)
{
    return KERNEL_CASES * clrelu_dtype_size(c->dtype);
}

static clrelu_status write_inputs(check *c, size_t round)
{
    cl_int error = CL_SUCCESS;

    clrelu_kernel_cases(c->dtype, round, c->arrays[X], c->arrays[DY],
                        c->arrays[ALPHA]);
    for (size_t i = X; i <= ALPHA && !error; i++)
        error = clEnqueueWriteBuffer(c->exec.queue, c->mems[i], CL_TRUE, 0,
                                     bytes_of(c), c->arrays[i], 0, NULL, NULL);
    return clrelu_check_cl(error, "clEnqueueWriteBuffer");
}

static clrelu_status read_outputs(check *c, size_t first)
{
    cl_int error = CL_SUCCESS;

    for (size_t i = first; i < first + 2 && !error; i++)
        error = clEnqueueReadBuffer(c->exec.queue, c->mems[i], CL_TRUE, 0,
                                    bytes_of(c), c->arrays[i], 0, NULL, NULL);
    return clrelu_check_cl(error, "clEnqueueReadBuffer");
}

static clrelu_status run_prelu(const check *c)
{
    const size_t dims[] = {1, KERNEL_CASES};
    const clrelu_shape shape = {.rank = 2, .dims = dims};
    clrelu_prelu call = {.dtype = c->dtype,
                         .shape = &shape,
                         .x = clrelu_at(c->mems[X], 0),
                         .alpha = clrelu_at(c->mems[ALPHA], 0),
                         .y = clrelu_at(c->mems[Y], 0)};
    clrelu_status status =
        clrelu_prelu_forward(c->call.context, &c->exec, &call);

    call.y = (clrelu_buffer){0};
    call.dy = clrelu_at(c->mems[DY], 0);
    call.dx = clrelu_at(c->mems[DX], 0);
    return status ? status
                  : clrelu_prelu_backward(c->call.context, &c->exec, &call);
}

static clrelu_status run_library(check *c, double parameter)
{
    clrelu_elementwise call = {.op = c->op,
                               .dtype = c->dtype,
                               .scalar = parameter,
                               .n = KERNEL_CASES,
                               .x = clrelu_at(c->mems[X], 0),
                               .y = clrelu_at(c->mems[Y], 0)};
    clrelu_status status;

    if (c->op == CLRELU_PRELU) {
        status = run_prelu(c);
    } else {
        status = clrelu_forward(c->call.context, &c->exec, &call);
        call.y = (clrelu_buffer){0};
        call.dy = clrelu_at(c->mems[DY], 0);
        call.dx = clrelu_at(c->mems[DX], 0);
        if (!status)
            status = clrelu_backward(c->call.context, &c->exec, &call);
    }
    return status ? status : read_outputs(c, Y);
}

static clrelu_status open_kernel(const check *c, cl_program program,
                                 const char *name, clrelu_kernel *kernel)
{
    cl_int error;

    *kernel = (clrelu_kernel){.pointers = &c->call.context->pointers,
                              .first_group = -1};
    kernel->handle = clCreateKernel(program, name, &error);
    return clrelu_check_cl(error, "clCreateKernel");
}

static clrelu_status run_kernel(check *c, cl_uint width, double parameter)
{
    const float narrow = (float)parameter;
    const clrelu_arg args[] = {
        CLRELU_ARG(width),
        c->dtype == CLRELU_FLOAT64 ? CLRELU_ARG(parameter) : CLRELU_ARG(narrow),
        CLRELU_ARG(c->mems[ALPHA]),
        CLRELU_ARG(c->mems[X]),
        CLRELU_ARG(c->mems[DY]),
        CLRELU_ARG(c->mems[OUT_Y]),
        CLRELU_ARG(c->mems[OUT_DX])};
    clrelu_kernel kernel;
    clrelu_status status = open_kernel(c, c->program, "check", &kernel);

    if (status)
        return status;
    const clrelu_launch launch = {&kernel, KERNEL_CASES / width, 1};
    status = clrelu_set_args(&kernel, CLRELU_ARGS(args));
    if (!status)
        status = clrelu_enqueue(&c->call, &launch, 1);
    if (!status)
        status = read_outputs(c, OUT_Y);
    clReleaseKernel(kernel.handle);
    return status;
}

/* ----------------------------------------------------------- comparison -- */

static double value(const check *c, int array, size_t i)
{
    return clrelu_kernel_value(c->dtype, c->arrays[array], i);
}

static void describe(check *c, unsigned width, double parameter, int array,
                     size_t i)
{
    const bool is_prelu = c->op == CLRELU_PRELU;
    char n[KERNEL_WIDTH_TEXT];

    clrelu_kernel_width(width, n);
    c->differs = true;
    snprintf(c->first, sizeof(c->first),
             "%s%s%s of x %a, %s %a, dy %a is %a, not %a",
             clrelu_op_name(c->op), array == DX ? "_grad" : "", n,
             value(c, X, i), clrelu_op_parameter(c->op, NULL),
             is_prelu ? value(c, ALPHA, i) : parameter, value(c, DY, i),
             value(c, array + OUT_Y - Y, i), value(c, array, i));
}

static void compare(check *c, unsigned width, double parameter)
{
    const size_t size = clrelu_dtype_size(c->dtype);

    for (int array = Y; array <= DX; array++) {
        const char *want = c->arrays[array];
        const char *got = c->arrays[array + OUT_Y - Y];
        for (size_t i = 0; i < KERNEL_CASES && !c->differs; i++)
            if (memcmp(want + i * size, got + i * size, size) != 0 &&
                !(isnan(value(c, array, i)) &&
                  isnan(value(c, array + OUT_Y - Y, i))))
                describe(c, width, parameter, array, i);
    }
}

static clrelu_status run_rounds(check *c)
{
    double parameters[KERNEL_ROUNDS];
    const size_t rounds = clrelu_kernel_parameters(c->op, parameters);
    clrelu_status status = CLRELU_OK;

    for (size_t i = 0; i < rounds && !status; i++) {
        status = write_inputs(c, i);
        if (!status)
            status = run_library(c, parameters[i]);
        for (size_t w = 0; w < KERNEL_WIDTHS && !status; w++) {
            status = run_kernel(c, clrelu_kernel_widths[w], parameters[i]);
            if (!status)
                compare(c, clrelu_kernel_widths[w], parameters[i]);
        }
    }
    return status;
}

/* What the operations do that the formulas are made of. */
static clrelu_status explain(const check *c, const char *options,
                             clrelu_kernel_check *out)
{
    const clrelu_program_key key = {.dtype = CLRELU_FLOAT32,
                                    .kind = CLRELU_PROGRAM_FLOAT_CHECK};
    const char *texts[CLRELU_MAX_SOURCES];
    const cl_uint count =
        clrelu_sources_list(&c->call.context->params, &key, texts);
    clrelu_float_check floats;
    clrelu_kernel kernel;
    cl_program program;
    clrelu_status status =
        clrelu_kernel_build(c->call.context, count, texts, options, &program);

    if (status)
        return status;
    status = open_kernel(c, program, "arithmetic", &kernel);
    if (!status) {
        status = clrelu_float_check_run(c->call.context, &kernel, &floats);
        clReleaseKernel(kernel.handle);
    }
    clReleaseProgram(program);
    if (!status)
        snprintf(out->differs, sizeof(out->differs), "%.*s; %s",
                 (int)(sizeof(out->differs) - sizeof(c->first) - 2),
                 floats.is_ieee ? "formulas that the compiler changed"
                                : floats.differs,
                 c->first);
    return status;
}

/* ---------------------------------------------------------------- check -- */

static clrelu_status open_arrays(check *c)
{
    clrelu_status status;
    cl_int error;

    c->exec.queue = clCreateCommandQueue(c->call.context->context,
                                         c->call.context->device, 0, &error);
    status = clrelu_check_cl(error, "clCreateCommandQueue");
    for (size_t i = 0; i < ARRAYS && !status; i++) {
        c->arrays[i] = malloc(bytes_of(c));
        if (!c->arrays[i])
            return clrelu_fail(CLRELU_OUT_OF_MEMORY,
                               "no memory to check a kernel");
        status = clrelu_buffer_create(c->call.context, bytes_of(c), NULL,
                                      &c->mems[i]);
    }
    return status;
}

static void close_all(check *c)
{
    for (size_t i = 0; i < ARRAYS; i++) {
        free(c->arrays[i]);
        if (c->mems[i])
            clReleaseMemObject(c->mems[i]);
    }
    if (c->exec.queue)
        clReleaseCommandQueue(c->exec.queue);
    if (c->program)
        clReleaseProgram(c->program);
}

static clrelu_status check_all(check *c, const char *options,
                               clrelu_kernel_check *out)
{
    clrelu_status status =
        clrelu_precompile_check(c->call.context, c->op, c->dtype);

    if (status)
        return status;
    if (!out)
        return clrelu_fail(CLRELU_INVALID_NULL, "out is NULL");
    *out = (clrelu_kernel_check){0};
    status = clrelu_kernel_program(c->call.context, c->op, c->dtype, options,
                                   &c->program);
    if (!status)
        status = open_arrays(c);
    if (!status)
        status = run_rounds(c);
    if (!status && c->differs)
        status = explain(c, options, out);
    out->same_bits = !status && !c->differs;
    close_all(c);
    return status;
}

clrelu_status clrelu_check_kernel(clrelu_context *context, clrelu_op op,
                                  clrelu_dtype dtype, const char *options,
                                  clrelu_kernel_check *out)
{
    check c = {.call = {.context = context}, .op = op, .dtype = dtype};

    CLRELU_TRACE(clrelu_trace_begin(__func__));
    c.call.exec = &c.exec;
    return clrelu_traced(check_all(&c, options ? options : "", out));
}
