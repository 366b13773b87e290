/* image_network.c - convolutions with activations on a device, then ten scores
 * SPDX-License-Identifier: MIT */
#include "image_network.h"

#include "must.h"

/* A work-item computes an element: of y, of dx, of dw, of the means m, of their
 * input's gradient.  The orders of summation are fixed. */
static const char kernel_text[] =
    "#define SIZES int n, int images, int IN, int OUT, int X, int Y, int T,\\\n"
    "              int pad\n"
    "#define EACH_TAP for (int a = 0; a < T; a++) for (int b = 0; b < T; b++)\n"
    "#define INSIDE(r, c, rows) (r >= 0 && r < rows && c >= 0 && c < rows)\n"
    "#define IN_AT(image, c, row, column)\\\n"
    "    (((image * IN + c) * X + row) * X + column)\n"
    "#define OUT_AT(image, o, row, column)\\\n"
    "    (((image * OUT + o) * Y + row) * Y + column)\n"
    "#define TAP(c, o) (((a * T + b) * IN + c) * OUT + o)\n"
    "\n"
    "__kernel void convolve(SIZES, __global const float *x,\n"
    "                       __global const float *w, __global float *y)\n"
    "{\n"
    "    const int i = get_global_id(0), column = i % Y, row = i / Y % Y;\n"
    "    const int o = i / Y / Y % OUT, image = i / Y / Y / OUT;\n"
    "    float sum = 0;\n"
    "    if (i >= n)\n"
    "        return;\n"
    "    for (int c = 0; c < IN; c++)\n"
    "        EACH_TAP {\n"
    "            const int r = row + a - pad, s = column + b - pad;\n"
    "            if (INSIDE(r, s, X))\n"
    "                sum += w[TAP(c, o)] * x[IN_AT(image, c, r, s)];\n"
    "        }\n"
    "    y[i] = sum;\n"
    "}\n"
    "\n"
    "__kernel void convolve_dx(SIZES, __global const float *dy,\n"
    "                          __global const float *w, __global float *dx)\n"
    "{\n"
    "    const int i = get_global_id(0), column = i % X, row = i / X % X;\n"
    "    const int c = i / X / X % IN, image = i / X / X / IN;\n"
    "    float sum = 0;\n"
    "    if (i >= n)\n"
    "        return;\n"
    "    for (int o = 0; o < OUT; o++)\n"
    "        EACH_TAP {\n"
    "            const int r = row - a + pad, s = column - b + pad;\n"
    "            if (INSIDE(r, s, Y))\n"
    "                sum += w[TAP(c, o)] * dy[OUT_AT(image, o, r, s)];\n"
    "        }\n"
    "    dx[i] = sum;\n"
    "}\n"
    "\n"
    "__kernel void convolve_dw(SIZES, __global const float *x,\n"
    "                          __global const float *dy, __global float *dw)\n"
    "{\n"
    "    const int i = get_global_id(0), o = i % OUT, c = i / OUT % IN;\n"
    "    const int b = i / OUT / IN % T, a = i / OUT / IN / T;\n"
    "    float sum = 0;\n"
    "    if (i >= n)\n"
    "        return;\n"
    "    for (int image = 0; image < images; image++)\n"
    "        for (int row = 0; row < Y; row++)\n"
    "            for (int column = 0; column < Y; column++) {\n"
    "                const int r = row + a - pad, s = column + b - pad;\n"
    "                if (INSIDE(r, s, X))\n"
    "                    sum += x[IN_AT(image, c, r, s)] *\n"
    "                           dy[OUT_AT(image, o, row, column)];\n"
    "            }\n"
    "    dw[i] = sum;\n"
    "}\n"
    "\n"
    "__kernel void mean(int n, int M, __global const float *x,\n"
    "                   __global float *m)\n"
    "{\n"
    "    const int i = get_global_id(0);\n"
    "    if (i >= n)\n"
    "        return;\n"
    "    x += i / M * 4 * M + i % M * 2;\n"
    "    m[i] = (x[0] + x[1] + x[2 * M] + x[2 * M + 1]) / 4;\n"
    "}\n"
    "\n"
    "__kernel void mean_dx(int n, int M, __global const float *dm,\n"
    "                      __global float *dx)\n"
    "{\n"
    "    const int i = get_global_id(0);\n"
    "    if (i < n)\n"
    "        dx[i] = dm[i / (4 * M) * M + i % (2 * M) / 2] / 4;\n"
    "}\n";

enum { CONVOLVE, CONVOLVE_DX, CONVOLVE_DW, MEAN, MEAN_DX };
enum { CHANNELS = 8, MEAN_ROWS = IMAGE_ROWS / 2, GROUP = 64 };

static void build(image_network *n)
{
    static const char *const names[IMAGE_KERNELS] = {
        "convolve", "convolve_dx", "convolve_dw", "mean", "mean_dx"};
    const char *text = kernel_text;
    cl_int error;
    const cl_program program = clCreateProgramWithSource(
        clrelu_context_cl_context(n->context), 1, &text, NULL, &error);

    must_cl(error, "clCreateProgramWithSource");
    must_cl(clBuildProgram(program, 0, NULL, NULL, NULL, NULL),
            "clBuildProgram");
    for (int i = 0; i < IMAGE_KERNELS; i++) {
        n->kernels[i] = clCreateKernel(program, names[i], &error);
        must_cl(error, "clCreateKernel");
    }
    clReleaseProgram(program);
}

/* The arguments are integers, the number of elements first, then arrays. */
static void launch(const image_network *n, int which, cl_uint integers,
                   const cl_int *values, cl_uint arrays,
                   const clrelu_buffer *at)
{
    const cl_kernel kernel = n->kernels[which];
    const size_t group = GROUP;
    const size_t items = ((size_t)values[0] + GROUP - 1) / GROUP * GROUP;

    for (cl_uint i = 0; i < integers; i++)
        must_cl(clSetKernelArg(kernel, i, sizeof(values[i]), &values[i]),
                "clSetKernelArg");
    for (cl_uint i = 0; i < arrays; i++)
        must_cl(
            clSetKernelArg(kernel, integers + i, sizeof(cl_mem), &at[i].mem),
            "clSetKernelArg");
    must_cl(clEnqueueNDRangeKernel(n->queue, kernel, 1, NULL, &items, &group, 0,
                                   NULL, NULL),
            "clEnqueueNDRangeKernel");
}

/* One of the three passes: out has count elements. */
static void convolve(const image_network *n, const convolution *l, int which,
                     size_t count, clrelu_buffer a, clrelu_buffer b,
                     clrelu_buffer out)
{
    const cl_int sizes[] = {(cl_int)count, (cl_int)n->images, l->in,   l->out,
                            l->x_rows,     l->y_rows,         l->taps, l->pad};
    const clrelu_buffer arrays[] = {a, b, out};

    launch(n, which, sizeof(sizes) / sizeof(sizes[0]), sizes, 3, arrays);
}

static void mean(const image_network *n, int which, size_t rows,
                 clrelu_buffer from, clrelu_buffer to)
{
    const cl_int sizes[] = {(cl_int)(n->images * CHANNELS * rows * rows),
                            MEAN_ROWS};
    const clrelu_buffer arrays[] = {from, to};

    launch(n, which, 2, sizes, 2, arrays);
}

static size_t x_count(const convolution *l, size_t images)
{
    return images * (size_t)(l->in * l->x_rows * l->x_rows);
}

static size_t y_count(const convolution *l, size_t images)
{
    return images * (size_t)(l->out * l->y_rows * l->y_rows);
}

/* kept, if not NULL, counts its bytes. */
static clrelu_buffer make(image_network *n, size_t count, size_t *kept)
{
    const clrelu_buffer made = make_array(n->context, count);

    n->arrays[n->array_count++] = made.mem;
    if (kept)
        *kept += count * sizeof(float);
    return made;
}

static void make_activation(image_network *n, int i, keep what,
                            clrelu_elementwise call)
{
    const clrelu_buffer none = {.mem = NULL};
    convolution *l = &n->layers[i];

    /* In place unless x is kept. */
    l->y = what == KEEP_X ? make(n, call.n, &n->kept) : call.y;
    call.x = l->y;
    if (what == KEEP_MASK)
        call.mask = make(n, (call.n + 31) / 32, &n->kept);
    n->forward[i] = call;
    call.x = what == KEEP_X ? call.x : none;
    call.y = what == KEEP_Y ? call.y : none;
    call.flags = what == KEEP_Y ? CLRELU_FROM_OUTPUT : 0;
    call.dy = call.dx = l->dy;
    n->backward[i] = call;
}

static void make_arrays(image_network *n, keep what, clrelu_elementwise call)
{
    convolution *l = n->layers;

    call.n = y_count(&l[0], IMAGE_BATCH);
    l[0].x = make(n, x_count(&l[0], IMAGE_BATCH), &n->kept_inputs);
    l[1].x = make(n, call.n, &n->kept_inputs);
    l[2].x = make(n, x_count(&l[2], IMAGE_BATCH), &n->kept_inputs);
    l[1].dx = l[0].dy = make(n, call.n, NULL);
    l[1].dy = make(n, call.n, NULL);
    l[2].dx = make(n, x_count(&l[2], IMAGE_BATCH), NULL);
    l[2].y = make(n, y_count(&l[2], IMAGE_BATCH), NULL);
    l[2].dy = make(n, y_count(&l[2], IMAGE_BATCH), NULL);

    call.y = l[1].x;
    make_activation(n, 0, what, call);
    /* The means' backward pass needs no input: the gradient may overwrite it,
     * unless it is kept. */
    call.y = what == KEEP_Y ? make(n, call.n, &n->kept) : l[1].dy;
    make_activation(n, 1, what, call);
}

/* l has all sizes but y_rows. */
static convolution make_convolution(const image_network *n, uint64_t seed,
                                    convolution l)
{
    const clrelu_exec exec = {.queue = n->queue};
    const size_t taps = (size_t)l.taps;
    const size_t dims[] = {taps, taps, (size_t)l.in, (size_t)l.out};

    l.y_rows = l.x_rows + 2 * l.pad - l.taps + 1;
    l.w = parameter_make(n->context, &exec, "he_normal", seed, 4, dims);
    return l;
}

void image_network_open(image_network *n, clrelu_context *context,
                        cl_command_queue queue, clrelu_op op, double scalar,
                        keep what, uint64_t seed)
{
    const clrelu_elementwise call = {
        .op = op, .dtype = CLRELU_FLOAT32, .scalar = scalar};
    convolution l = {.in = 1, .out = CHANNELS, .x_rows = IMAGE_ROWS};

    *n = (image_network){.context = context, .queue = queue};
    build(n);
    l.taps = 3;
    l.pad = 1;
    n->layers[0] = make_convolution(n, 3 * seed, l);
    l.in = CHANNELS;
    n->layers[1] = make_convolution(n, 3 * seed + 1, l);
    l.out = NETWORK_CLASSES;
    l.x_rows = l.taps = MEAN_ROWS;
    l.pad = 0;
    n->layers[2] = make_convolution(n, 3 * seed + 2, l);
    make_arrays(n, what, call);
}

void image_network_close(image_network *n)
{
    for (size_t i = 0; i < n->array_count; i++)
        clReleaseMemObject(n->arrays[i]);
    for (int i = 0; i < IMAGE_CONVOLUTIONS; i++)
        parameter_release(&n->layers[i].w);
    for (int i = 0; i < IMAGE_KERNELS; i++)
        clReleaseKernel(n->kernels[i]);
}

static void convolve_forward(const image_network *n, const convolution *l)
{
    convolve(n, l, CONVOLVE, y_count(l, n->images), l->x, l->w.value, l->y);
}

static void convolve_backward(const image_network *n, const convolution *l)
{
    convolve(n, l, CONVOLVE_DW, l->w.n, l->x, l->dy, l->w.gradient);
    if (l->dx.mem)
        convolve(n, l, CONVOLVE_DX, x_count(l, n->images), l->dy, l->w.value,
                 l->dx);
}

void image_network_forward(image_network *n, size_t images, const float *x,
                           float *scores)
{
    const clrelu_exec exec = {.queue = n->queue};
    const convolution *l = n->layers;

    n->images = images;
    must_cl(clEnqueueWriteBuffer(n->queue, l[0].x.mem, CL_TRUE, 0,
                                 x_count(&l[0], images) * sizeof(*x), x, 0,
                                 NULL, NULL),
            "clEnqueueWriteBuffer");
    for (int i = 0; i < IMAGE_ACTIVATIONS; i++) {
        convolve_forward(n, &l[i]);
        n->forward[i].n = n->backward[i].n = y_count(&l[i], images);
        must(clrelu_forward(n->context, &exec, &n->forward[i]));
    }
    mean(n, MEAN, MEAN_ROWS, n->forward[1].y, l[2].x);
    convolve_forward(n, &l[2]);
    must_cl(clEnqueueReadBuffer(n->queue, l[2].y.mem, CL_TRUE, 0,
                                images * NETWORK_CLASSES * sizeof(*scores),
                                scores, 0, NULL, NULL),
            "clEnqueueReadBuffer");
}

void image_network_backward(image_network *n, const float *dscores)
{
    const clrelu_exec exec = {.queue = n->queue};
    const convolution *l = n->layers;

    must_cl(clEnqueueWriteBuffer(n->queue, l[2].dy.mem, CL_TRUE, 0,
                                 n->images * NETWORK_CLASSES * sizeof(*dscores),
                                 dscores, 0, NULL, NULL),
            "clEnqueueWriteBuffer");
    convolve_backward(n, &l[2]);
    mean(n, MEAN_DX, IMAGE_ROWS, l[2].dx, l[1].dy);
    for (int i = IMAGE_ACTIVATIONS; i-- > 0;) {
        must(clrelu_backward(n->context, &exec, &n->backward[i]));
        convolve_backward(n, &l[i]);
    }
}

void image_network_update(image_network *n, double learning_rate,
                          double momentum)
{
    const clrelu_exec exec = {.queue = n->queue};

    for (int i = 0; i < IMAGE_CONVOLUTIONS; i++)
        parameter_step(&n->layers[i].w, n->context, &exec, learning_rate,
                       momentum);
}
