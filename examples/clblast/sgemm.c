/* sgemm.c - activations between a program's calls of CLBlast
 * SPDX-License-Identifier: MIT
 *
 *     y = leaky_relu(prelu(x W1 + b1) W2)
 *
 * on the program's queue, which the library adopts.  All calls are enqueued
 * before the first one ends.  CLBlast takes no wait list and relies on the
 * queue's order; the activation waits for CLBlast's event, as it must on a
 * queue out of order.  The result is compared with plain C. */
#include <clblast_c.h>
#include <math.h>

#include "../must.h"

enum { ROWS = 96, INPUTS = 48, HIDDEN = 80, OUTPUTS = 33, AHEAD = 5 };

static float x[ROWS * INPUTS], w1[INPUTS * HIDDEN], b1[HIDDEN], alpha[HIDDEN],
    w2[HIDDEN * OUTPUTS], y[ROWS * OUTPUTS];

static void fill(float *values, size_t n, unsigned seed)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        values[i] = (float)(seed >> 8) * 0x1p-23f - 1.0f;
    }
}

/* c = a b: a of (rows, inner), b of (inner, columns), from element ahead of c.
 */
static cl_event multiply(cl_command_queue queue, size_t rows, size_t inner,
                         size_t columns, cl_mem a, cl_mem b, cl_mem c,
                         size_t ahead)
{
    cl_event event;
    const CLBlastStatusCode code = CLBlastSgemm(
        CLBlastLayoutRowMajor, CLBlastTransposeNo, CLBlastTransposeNo, rows,
        columns, inner, 1.0f, a, 0, inner, b, 0, columns, 0.0f, c, ahead,
        columns, &queue, &event);

    must_cl((cl_int)code, "CLBlastSgemm");
    return event;
}

/* The calls between upload and download, on the program's buffers. */
static void infer(clrelu_context *relu, cl_command_queue queue, cl_mem mem_x,
                  cl_mem mem_w1, cl_mem mem_b1, cl_mem mem_alpha, cl_mem mem_w2,
                  cl_mem mem_h, cl_mem mem_y)
{
    const clrelu_shape shape = {.rank = 2,
                                .dims = (const size_t[]){ROWS, HIDDEN}};
    cl_event product =
        multiply(queue, ROWS, INPUTS, HIDDEN, mem_x, mem_w1, mem_h, 0);
    const clrelu_exec exec = {
        .queue = queue, .wait_count = 1, .wait_list = &product};
    const clrelu_chain prelu = {.op = CLRELU_PRELU,
                                .dtype = CLRELU_FLOAT32,
                                .shape = &shape,
                                .x = clrelu_at(mem_h, 0),
                                .bias = clrelu_at(mem_b1, 0),
                                .alpha = clrelu_at(mem_alpha, 0),
                                .y = clrelu_at(mem_h, 0)};
    const clrelu_elementwise leaky_relu = {.op = CLRELU_LEAKY_RELU,
                                           .dtype = CLRELU_FLOAT32,
                                           .scalar = 0.3,
                                           .n = ROWS * OUTPUTS,
                                           .x = clrelu_at(mem_y, AHEAD),
                                           .y = clrelu_at(mem_y, AHEAD)};

    must(clrelu_chain_forward(relu, &exec, &prelu));
    must_cl(clReleaseEvent(product), "clReleaseEvent");
    product =
        multiply(queue, ROWS, HIDDEN, OUTPUTS, mem_h, mem_w2, mem_y, AHEAD);
    must(clrelu_forward(relu, &exec, &leaky_relu));
    must_cl(clReleaseEvent(product), "clReleaseEvent");
}

/* In double, with the error bound of float: u times the sum of magnitudes for
 * each operation on the path. */
static double expect(size_t row, size_t column, double *allowed)
{
    double sum = 0, size = 0;

    for (size_t j = 0; j < HIDDEN; j++) {
        double h = (double)b1[j], h_size = fabs(h);
        for (size_t i = 0; i < INPUTS; i++) {
            const double term =
                (double)x[row * INPUTS + i] * (double)w1[i * HIDDEN + j];
            h += term;
            h_size += fabs(term);
        }
        const double w = (double)w2[j * OUTPUTS + column];
        sum += (h < 0 ? (double)alpha[j] * h : h) * w;
        size += h_size * fabs(w);
    }
    *allowed = (INPUTS + HIDDEN + 5) * 0x1p-24 * size;
    return sum < 0 ? (double)0.3f * sum : sum;
}

static int compare(void)
{
    double worst = 0, allowed;

    for (size_t i = 0; i < ROWS * OUTPUTS; i++) {
        const double wanted = expect(i / OUTPUTS, i % OUTPUTS, &allowed);
        worst = fmax(worst, fabs((double)y[i] - wanted) / allowed);
        if (isnan(y[i]))
            worst = INFINITY;
    }
    printf("y = leaky_relu(prelu(x W1 + b1) W2): %d results, largest error "
           "%.3f of "
           "what is allowed\n",
           ROWS * OUTPUTS, worst);
    return worst > 1;
}

int main(void)
{
    clrelu_device found;
    clrelu_context *relu;
    size_t count;
    cl_int error;

    must(clrelu_device_list(getenv("CLRELU_DEVICE"), 1, &found, &count));
    if (count == 0)
        return fprintf(stderr, "no OpenCL device\n"), 1;
    fill(x, ROWS * INPUTS, 1);
    fill(w1, INPUTS * HIDDEN, 2);
    fill(alpha, HIDDEN, 3);
    fill(w2, HIDDEN * OUTPUTS, 4);
    fill(b1, HIDDEN, 5);

    cl_context cl = clCreateContext(NULL, 1, &found.device, NULL, NULL, &error);
    must_cl(error, "clCreateContext");
    cl_command_queue queue = clCreateCommandQueue(cl, found.device, 0, &error);
    must_cl(error, "clCreateCommandQueue");
    cl_mem mems[] = {must_make(cl, ROWS * INPUTS, x),
                     must_make(cl, INPUTS * HIDDEN, w1),
                     must_make(cl, HIDDEN, b1),
                     must_make(cl, HIDDEN, alpha),
                     must_make(cl, HIDDEN * OUTPUTS, w2),
                     must_make(cl, ROWS * HIDDEN, NULL),
                     must_make(cl, AHEAD + ROWS * OUTPUTS, NULL)};

    must(
        clrelu_context_create(&(clrelu_context_params){.queue = queue}, &relu));
    infer(relu, queue, mems[0], mems[1], mems[2], mems[3], mems[4], mems[5],
          mems[6]);
    must_cl(clEnqueueReadBuffer(queue, mems[6], CL_TRUE, AHEAD * sizeof(float),
                                sizeof(y), y, 0, NULL, NULL),
            "clEnqueueReadBuffer");

    clrelu_context_destroy(&relu);
    for (size_t i = 0; i < sizeof(mems) / sizeof(mems[0]); i++)
        must_cl(clReleaseMemObject(mems[i]), "clReleaseMemObject");
    must_cl(clReleaseCommandQueue(queue), "clReleaseCommandQueue");
    must_cl(clReleaseContext(cl), "clReleaseContext");
    return compare();
}
