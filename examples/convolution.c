/* convolution.c - a convolution that ends in a bias and an activation
 * SPDX-License-Identifier: MIT
 *
 *     y = elu(conv(x, w) + bias)
 *
 * in two ways: with the library's formulas in the program's own kernel, one
 * pass over memory; and as that kernel without its end, followed by a chain,
 * which reads and writes y once more.  A chain is for kernels that cannot be
 * changed. Prints how many bits differ: none. */
#include <string.h>

#include "must.h"

enum { BATCH = 2, IN = 3, OUT = 8, SIZE = 30, TAPS = 3, Y = SIZE - TAPS + 1 };
enum {
    X_COUNT = BATCH * IN * SIZE * SIZE,
    W_COUNT = OUT * IN * TAPS * TAPS,
    Y_COUNT = BATCH * OUT * Y * Y
};

/* A work-item computes an element of y.  END is what becomes of its sum. */
static const char kernel_text[] =
    "__kernel void convolve(__global const float *x, __global const float *w,\n"
    "                       __global const float *bias, __global float *y)\n"
    "{\n"
    "    const int column = get_global_id(0), row = get_global_id(1);\n"
    "    const int channel = get_global_id(2) % OUT;\n"
    "    const int image = get_global_id(2) / OUT;\n"
    "    float sum = 0;\n"
    "    for (int c = 0; c < IN; c++)\n"
    "        for (int i = 0; i < TAPS; i++)\n"
    "            for (int j = 0; j < TAPS; j++)\n"
    "                sum += w[((channel * IN + c) * TAPS + i) * TAPS + j] *\n"
    "                       x[((image * IN + c) * SIZE + row + i) * SIZE +\n"
    "                         column + j];\n"
    "    y[(get_global_id(2) * Y + row) * Y + column] = END;\n"
    "}\n";

#define SIZES "-DOUT=8 -DIN=3 -DTAPS=3 -DSIZE=30 -DY=28 "

typedef struct program {
    clrelu_context *relu;
    cl_context cl;
    cl_device_id device;
    cl_command_queue queue;
    cl_mem x, w, bias;
} program;

static float *make_values(size_t n, unsigned seed)
{
    float *values = must_have(malloc(n * sizeof(*values)));

    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        values[i] = (float)(seed >> 8) * 0x1p-23f - 1.0f;
    }
    return values;
}

static cl_mem make_buffer(const program *p, size_t n, unsigned seed)
{
    float *values = make_values(n, seed);
    cl_mem mem = must_make(p->cl, n, values);

    free(values);
    return mem;
}

static void open_program(program *p)
{
    cl_int error;

    must(clrelu_context_create(NULL, &p->relu));
    p->cl = clrelu_context_cl_context(p->relu);
    p->device = clrelu_context_cl_device(p->relu);
    p->queue = clCreateCommandQueue(p->cl, p->device, 0, &error);
    must_cl(error, "clCreateCommandQueue");
    p->x = make_buffer(p, X_COUNT, 1);
    p->w = make_buffer(p, W_COUNT, 2);
    p->bias = make_buffer(p, OUT, 3);
}

static void close_program(program *p)
{
    clReleaseMemObject(p->x);
    clReleaseMemObject(p->w);
    clReleaseMemObject(p->bias);
    clReleaseCommandQueue(p->queue);
    clrelu_context_destroy(&p->relu);
}

/* The kernel with the formulas' text before it. */
static cl_kernel build(const program *p, const char *options)
{
    size_t length;
    cl_int error;

    must(clrelu_source(CLRELU_ELU, CLRELU_FLOAT32, NULL, 0, NULL, &length));
    char *formulas = must_have(malloc(length + 1));
    must(clrelu_source(CLRELU_ELU, CLRELU_FLOAT32, NULL, length + 1, formulas,
                       NULL));
    const char *texts[] = {formulas, kernel_text};
    cl_program made = clCreateProgramWithSource(p->cl, 2, texts, NULL, &error);
    must_cl(error, "clCreateProgramWithSource");
    must_cl(clBuildProgram(made, 1, &p->device, options, NULL, NULL),
            "clBuildProgram");
    cl_kernel kernel = clCreateKernel(made, "convolve", &error);
    must_cl(error, "clCreateKernel");
    clReleaseProgram(made);
    free(formulas);
    return kernel;
}

static void convolve(const program *p, const char *options, cl_mem y)
{
    const size_t global[] = {Y, Y, BATCH * OUT};
    const cl_mem arguments[] = {p->x, p->w, p->bias, y};
    cl_kernel kernel = build(p, options);

    for (cl_uint i = 0; i < 4; i++)
        must_cl(clSetKernelArg(kernel, i, sizeof(cl_mem), &arguments[i]),
                "clSetKernelArg");
    must_cl(clEnqueueNDRangeKernel(p->queue, kernel, 3, NULL, global, NULL, 0,
                                   NULL, NULL),
            "clEnqueueNDRangeKernel");
    clReleaseKernel(kernel);
}

/* bias is of the channels: the axes of the pixels are shared.  y is x, too. */
static void add_chain(const program *p, cl_mem y)
{
    const size_t dims[] = {BATCH, OUT, Y, Y};
    const int pixels[] = {2, 3};
    const clrelu_shape shape = {
        .rank = 4, .dims = dims, .shared_count = 2, .shared_axes = pixels};
    const clrelu_exec exec = {.queue = p->queue};
    const clrelu_chain chain = {.op = CLRELU_ELU,
                                .dtype = CLRELU_FLOAT32,
                                .scalar = 1.0,
                                .shape = &shape,
                                .x = clrelu_at(y, 0),
                                .bias = clrelu_at(p->bias, 0),
                                .y = clrelu_at(y, 0)};

    must(clrelu_chain_forward(p->relu, &exec, &chain));
}

static float *read_back(const program *p, cl_mem y)
{
    float *values = must_have(malloc(Y_COUNT * sizeof(*values)));

    must_cl(clEnqueueReadBuffer(p->queue, y, CL_TRUE, 0,
                                Y_COUNT * sizeof(*values), values, 0, NULL,
                                NULL),
            "clEnqueueReadBuffer");
    clReleaseMemObject(y);
    return values;
}

int main(void)
{
    program p;
    size_t differ = 0;

    open_program(&p);
    cl_mem fused = must_make(p.cl, Y_COUNT, NULL);
    cl_mem chained = must_make(p.cl, Y_COUNT, NULL);
    convolve(&p, SIZES "-DEND=clrelu_elu(sum+bias[channel],1.0f)", fused);
    convolve(&p, SIZES "-DEND=sum", chained);
    add_chain(&p, chained);
    float *a = read_back(&p, fused), *b = read_back(&p, chained);
    for (size_t i = 0; i < Y_COUNT; i++)
        differ += memcmp(&a[i], &b[i], sizeof(*a)) != 0;
    printf("convolution, bias and elu in one kernel: %zu of %d results differ "
           "from those of a chain\n",
           differ, (int)Y_COUNT);
    free(a);
    free(b);
    close_program(&p);
    return differ > 0;
}
