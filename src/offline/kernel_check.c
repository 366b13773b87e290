/* kernel_check.c - do the formulas keep their bits in a program built so?
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "core/build.h"
#include "core/check.h"
#include "core/float_check.h"
#include "core/launch.h"
#include "core/sources.h"
#include "offline/kernel_cases.h"
#include "offline/precompile.h"

/* Inputs, the library's outputs, those of the kernel. */
enum { X, DY, ALPHA, Y, DX, OUT_Y, OUT_DX, ARRAYS };

static const unsigned widths[] = {1, 2, 3, 4, 8, 16};

enum { WIDTHS = sizeof(widths) / sizeof(widths[0]), WIDTH_TEXT = 16 };

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

/* -------------------------------------------------------------- program -- */

/* T is the type of the elements, P(load) the parameter. */
static const char kernels[] =
    "#define vload1(i, p) (p)[i]\n"
    "#define vstore1(v, i, p) (p)[i] = (v)\n"
    "#define CHECK(n, forward, backward) \\\n"
    "__kernel void check##n(const REAL p, __global const T *a, \\\n"
    "    __global const T *x, __global const T *dy, __global T *y, \\\n"
    "    __global T *dx) \\\n"
    "{ \\\n"
    "    const size_t i = get_global_id(0); \\\n"
    "    vstore##n(forward(vload##n(i, x), P(vload##n)), i, y); \\\n"
    "    vstore##n(backward(vload##n(i, x), P(vload##n), \\\n"
    "                       vload##n(i, dy)), i, dx); \\\n"
    "}\n";

/* The end of a function's name. */
static void write_width(unsigned width, char text[WIDTH_TEXT])
{
    text[0] = '\0';
    if (width > 1)
        sprintf(text, "%u", width);
}

static void write_calls(const check *c, char text[1024])
{
    const char *real = c->dtype == CLRELU_FLOAT64 ? "double" : "float";
    const char *name = clrelu_op_name(c->op);
    int used =
        sprintf(text, "#define REAL %s\n#define T %s\n#define P(load) %s\n",
                real, clrelu_dtype_size(c->dtype) == 2 ? "ushort" : real,
                c->op == CLRELU_PRELU ? "load(i, a)" : "p");

    for (size_t i = 0; i < WIDTHS; i++) {
        char n[WIDTH_TEXT];
        write_width(widths[i], n);
        used +=
            sprintf(text + used, "CHECK(%u, clrelu_%s%s, clrelu_%s_grad%s)\n",
                    widths[i], name, n, name, n);
    }
}

static clrelu_status build_texts(const check *c, cl_uint count,
                                 const char **texts, const char *options,
                                 cl_program *out)
{
    clrelu_status status;

    clrelu_build_lock();
    status = clrelu_build_text(c->call.context, count, texts, options, out);
    clrelu_build_unlock();
    return status;
}

static clrelu_status build(check *c, const char *options)
{
    char calls[1024], *text;
    size_t length = 0;
    clrelu_status status =
        clrelu_source(c->op, c->dtype, NULL, 0, NULL, &length);

    if (status)
        return status;
    text = malloc(length + 1);
    if (!text)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for a program");
    status = clrelu_source(c->op, c->dtype, NULL, length + 1, text, NULL);
    write_calls(c, calls);
    const char *texts[] = {text, kernels, calls};
    if (!status)
        status = build_texts(c, 3, texts, options, &c->program);
    free(text);
    return status;
}

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
    return error ? clrelu_fail_cl(error, "clEnqueueWriteBuffer") : CLRELU_OK;
}

static clrelu_status read_outputs(check *c, size_t first)
{
    cl_int error = CL_SUCCESS;

    for (size_t i = first; i < first + 2 && !error; i++)
        error = clEnqueueReadBuffer(c->exec.queue, c->mems[i], CL_TRUE, 0,
                                    bytes_of(c), c->arrays[i], 0, NULL, NULL);
    return error ? clrelu_fail_cl(error, "clEnqueueReadBuffer") : CLRELU_OK;
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
    return error ? clrelu_fail_cl(error, "clCreateKernel") : CLRELU_OK;
}

static clrelu_status run_kernel(check *c, unsigned width, double parameter)
{
    const float narrow = (float)parameter;
    const clrelu_arg args[] = {
        c->dtype == CLRELU_FLOAT64 ? CLRELU_ARG(parameter) : CLRELU_ARG(narrow),
        CLRELU_ARG(c->mems[ALPHA]),
        CLRELU_ARG(c->mems[X]),
        CLRELU_ARG(c->mems[DY]),
        CLRELU_ARG(c->mems[OUT_Y]),
        CLRELU_ARG(c->mems[OUT_DX])};
    char name[16];
    clrelu_kernel kernel;
    clrelu_status status;

    sprintf(name, "check%u", width);
    status = open_kernel(c, c->program, name, &kernel);
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
    char n[WIDTH_TEXT];

    write_width(width, n);
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
        for (size_t w = 0; w < WIDTHS && !status; w++) {
            status = run_kernel(c, widths[w], parameters[i]);
            if (!status)
                compare(c, widths[w], parameters[i]);
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
    clrelu_status status = build_texts(c, count, texts, options, &program);

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
    cl_int error;

    c->exec.queue = clCreateCommandQueue(c->call.context->context,
                                         c->call.context->device, 0, &error);
    if (error)
        return clrelu_fail_cl(error, "clCreateCommandQueue");
    for (size_t i = 0; i < ARRAYS; i++) {
        c->arrays[i] = malloc(bytes_of(c));
        if (!c->arrays[i])
            return clrelu_fail(CLRELU_OUT_OF_MEMORY,
                               "no memory to check a kernel");
        c->mems[i] = clCreateBuffer(c->call.context->context, CL_MEM_READ_WRITE,
                                    bytes_of(c), NULL, &error);
        if (error)
            return clrelu_fail_cl(error, "clCreateBuffer");
    }
    return CLRELU_OK;
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

clrelu_status clrelu_check_kernel(clrelu_context *context, clrelu_op op,
                                  clrelu_dtype dtype, const char *options,
                                  clrelu_kernel_check *out)
{
    check c = {.call = {.context = context}, .op = op, .dtype = dtype};
    clrelu_status status = clrelu_precompile_check(context, op, dtype);

    if (status)
        return status;
    if (!out)
        return clrelu_fail(CLRELU_INVALID_NULL, "out is NULL");
    *out = (clrelu_kernel_check){0};
    c.call.exec = &c.exec;
    options = options ? options : "";
    status = build(&c, options);
    if (!status)
        status = open_arrays(&c);
    if (!status)
        status = run_rounds(&c);
    if (!status && c.differs)
        status = explain(&c, options, out);
    out->same_bits = !status && !c.differs;
    close_all(&c);
    return status;
}
