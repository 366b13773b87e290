/* formulas_all.c - the formulas have the library's bits for all float32 inputs
 * SPDX-License-Identifier: MIT
 *
 * formulas_all [FIRST END]: the chunks of 2^24 inputs to look at, of 256.
 *
 * A kernel of its own computes what clrelu_forward and clrelu_backward compute,
 * and compares. */
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "tap.h"

enum { CHUNK = 1 << 24, CHUNKS = 256, WIDTH = 4 };

/* Counts where y or dx differ; any NaN is like any other. */
static const char kernel_text[] =
    "__kernel void fill(const uint first, __global float *x)\n"
    "{\n"
    "    x[get_global_id(0)] = as_float(first + (uint)get_global_id(0));\n"
    "}\n"
    "#define SAME(a, b) \\\n"
    "    (as_int4(a) == as_int4(b) || (isnan(a) && isnan(b)))\n"
    "__kernel void compare(const float p, const float dy,\n"
    "                      __global const float4 *x, __global const float4 "
    "*y,\n"
    "                      __global const float4 *dx,\n"
    "                      __global volatile int *differ)\n"
    "{\n"
    "    const size_t i = get_global_id(0);\n"
    "    if (!all(SAME(OP(x[i], p), y[i])) ||\n"
    "        !all(SAME(GRAD(x[i], p, (float4)(dy)), dx[i])))\n"
    "        atomic_inc(differ);\n"
    "}\n";

struct bench {
    struct device device;
    cl_mem x, y, dx, differ;
};

/* An operation with a parameter, and its kernels. */
struct work {
    clrelu_op op;
    float parameter, dy;
    cl_program program;
    cl_kernel fill, compare;
    long differ;
};

static void must_run(const struct bench *b, cl_kernel kernel, size_t items)
{
    device_must(clEnqueueNDRangeKernel(b->device.queue, kernel, 1, NULL, &items,
                                       NULL, 0, NULL, NULL),
                "clEnqueueNDRangeKernel");
}

static void work_open(const struct bench *b, struct work *w)
{
    char names[128], *text = program_source(w->op, CLRELU_FLOAT32, "f_");
    cl_int error;

    snprintf(names, sizeof(names),
             "#define OP f_%s%d\n#define GRAD f_%s_grad%d\n",
             clrelu_op_name(w->op), WIDTH, clrelu_op_name(w->op), WIDTH);
    w->program = program_build(&b->device, 3,
                               (const char *[]){text, names, kernel_text}, "");
    if (!w->program)
        bail("no program of %s", clrelu_op_name(w->op));
    free(text);
    w->fill = program_kernel(w->program, "fill");
    w->compare = program_kernel(w->program, "compare");
    error = clSetKernelArg(w->fill, 1, sizeof(b->x), &b->x) |
            clSetKernelArg(w->compare, 0, sizeof(w->parameter), &w->parameter) |
            clSetKernelArg(w->compare, 1, sizeof(w->dy), &w->dy) |
            clSetKernelArg(w->compare, 2, sizeof(b->x), &b->x) |
            clSetKernelArg(w->compare, 3, sizeof(b->y), &b->y) |
            clSetKernelArg(w->compare, 4, sizeof(b->dx), &b->dx) |
            clSetKernelArg(w->compare, 5, sizeof(b->differ), &b->differ);
    device_must(error, "clSetKernelArg");
}

static void work_close(struct work *w)
{
    clReleaseKernel(w->fill);
    clReleaseKernel(w->compare);
    clReleaseProgram(w->program);
}

/* dx overwrites dy. */
static void run_library(const struct bench *b, const struct work *w)
{
    const struct device *d = &b->device;
    clrelu_elementwise call = {.op = w->op,
                               .dtype = CLRELU_FLOAT32,
                               .scalar = (double)w->parameter,
                               .n = CHUNK,
                               .x = clrelu_at(b->x, 0),
                               .y = clrelu_at(b->y, 0)};

    must_succeed(clrelu_forward(d->context, &d->exec, &call));
    call.y = (clrelu_buffer){0};
    call.dy = call.dx = clrelu_at(b->dx, 0);
    device_must(clEnqueueFillBuffer(d->queue, b->dx, &w->dy, sizeof(w->dy), 0,
                                    CHUNK * sizeof(w->dy), 0, NULL, NULL),
                "clEnqueueFillBuffer");
    must_succeed(clrelu_backward(d->context, &d->exec, &call));
}

static void run_chunk(const struct bench *b, struct work *w, size_t chunk)
{
    const cl_uint first = (cl_uint)(chunk * CHUNK);
    cl_int differ = 0;

    device_must(clSetKernelArg(w->fill, 0, sizeof(first), &first),
                "clSetKernelArg");
    must_run(b, w->fill, CHUNK);
    run_library(b, w);
    device_write(&b->device, b->differ, 0, sizeof(differ), &differ);
    must_run(b, w->compare, CHUNK / WIDTH);
    device_read(&b->device, b->differ, 0, sizeof(differ), &differ);
    if (differ && !w->differ)
        diag("%s: the first x that differ are in chunk %zu",
             clrelu_op_name(w->op), chunk);
    w->differ += differ;
}

int main(int argc, char **argv)
{
    const size_t first = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;
    const size_t end = argc > 2 ? strtoul(argv[2], NULL, 10) : CHUNKS;
    struct work works[] = {{.op = CLRELU_ELU, .parameter = 1},
                           {.op = CLRELU_ELU, .parameter = -0.7f},
                           {.op = CLRELU_LEAKY_RELU, .parameter = 1},
                           {.op = CLRELU_LEAKY_RELU, .parameter = 0.3f},
                           {.op = CLRELU_THRESHOLDED_RELU, .parameter = 1},
                           {.op = CLRELU_THRESHOLDED_RELU, .parameter = 0}};
    struct bench b;

    device_open(&b.device);
    b.x = device_buffer(&b.device, CHUNK * sizeof(float), NULL);
    b.y = device_buffer(&b.device, CHUNK * sizeof(float), NULL);
    b.dx = device_buffer(&b.device, CHUNK * sizeof(float), NULL);
    b.differ = device_buffer(&b.device, sizeof(cl_int), NULL);
    for (size_t k = 0; k < COUNT_OF(works); k++) {
        struct work *w = &works[k];
        w->dy = -1.3f;
        work_open(&b, w);
        for (size_t chunk = first; chunk < end && chunk < CHUNKS; chunk++)
            run_chunk(&b, w, chunk);
        ok(w->differ == 0, "%s with %g: %ld of 2^30 vectors differ",
           clrelu_op_name(w->op), (double)w->parameter, w->differ);
        work_close(w);
    }
    clReleaseMemObject(b.x);
    clReleaseMemObject(b.y);
    clReleaseMemObject(b.dx);
    clReleaseMemObject(b.differ);
    device_close(&b.device);
    return done_testing();
}
