/* overhead.c - the host cost of a call beside the OpenCL calls it stands for
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "gear.h"
#include "modes.h"
#include "overhead_cl.h"

enum { BLOCK = 50, BLOCKS = 200, CALLS = BLOCK * BLOCKS };

typedef struct test test;

/* args: one letter per argument of the kernel in overhead.cl; l ulong, u uint,
 * f float, m a buffer, t a whole shape. */
typedef struct pair {
    const char *name, *kernel, *args;
    clrelu_op op;
    int backward;
    clrelu_status (*call)(const test *t);
} pair;

struct test {
    gear g;
    clrelu_shape shape;
    clrelu_buffer x, dy, dx, alpha, dalpha, workspace;
    cl_program program;
    cl_kernel kernel;
    const char *args;
    size_t local, global;
};

static clrelu_status call_forward(const test *t)
{
    return clrelu_forward(t->g.library, t->g.queue, CLRELU_LEAKY_RELU,
                          CLRELU_FLOAT32, 0.3, 1, t->x, t->dx, 0, NULL, NULL);
}

static clrelu_status call_backward(const test *t)
{
    return clrelu_backward(t->g.library, t->g.queue, CLRELU_LEAKY_RELU,
                           CLRELU_FLOAT32, 0.3, 0, 1, t->x, t->dy, t->dx, 0,
                           NULL, NULL);
}

static clrelu_status call_prelu_forward(const test *t)
{
    return clrelu_prelu_forward(t->g.library, t->g.queue, CLRELU_FLOAT32,
                                &t->shape, t->x, t->alpha, t->dx, 0, NULL,
                                NULL);
}

static clrelu_status call_prelu_backward(const test *t)
{
    return clrelu_prelu_backward(t->g.library, t->g.queue, CLRELU_FLOAT32,
                                 &t->shape, 0, t->x, t->alpha, t->dy, t->dx,
                                 t->dalpha, t->workspace, 0, NULL, NULL);
}

static const pair pairs[] = {
    {"leaky_relu forward", "forward", "lfllumlml", CLRELU_LEAKY_RELU, 0,
     call_forward},
    {"leaky_relu backward", "backward", "lfllumlmlml", CLRELU_LEAKY_RELU, 1,
     call_backward},
    {"prelu forward", "prelu_forward", "tlumlmlml", CLRELU_PRELU, 0,
     call_prelu_forward},
    {"prelu backward", "prelu_backward", "tlmlmlumlmlmlluml", CLRELU_PRELU, 1,
     call_prelu_backward},
};

/* The arguments that change nothing: one element, offsets 0. */
static cl_int set_arg(const test *t, cl_uint i, char letter)
{
    static const cl_ulong shape[77] = {1};
    const cl_ulong number = i == 0;
    const cl_uint flag = 0;
    const cl_float factor = 0.3f;

    switch (letter) {
    case 'l':
        return clSetKernelArg(t->kernel, i, sizeof(number), &number);
    case 'u':
        return clSetKernelArg(t->kernel, i, sizeof(flag), &flag);
    case 'f':
        return clSetKernelArg(t->kernel, i, sizeof(factor), &factor);
    case 't':
        return clSetKernelArg(t->kernel, i, sizeof(shape), shape);
    default:
        return clSetKernelArg(t->kernel, i, sizeof(t->x.mem), &t->x.mem);
    }
}

static cl_int call_bare(const test *t)
{
    cl_int error = CL_SUCCESS;

    for (cl_uint i = 0; t->args[i] && !error; i++)
        error = set_arg(t, i, t->args[i]);
    return error ? error
                 : clEnqueueNDRangeKernel(t->g.queue, t->kernel, 1, NULL,
                                          &t->global, &t->local, 0, NULL, NULL);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *seconds)
{
    qsort(seconds, CALLS, sizeof(*seconds), compare);
    return seconds[CALLS / 2];
}

/* A block of the one, a block of the other; each with the queue empty first. */
static void time_both(const test *t, const pair *p, double *mine, double *bare)
{
    for (size_t i = 0; i < 2 * (size_t)CALLS; i++) {
        const bool is_mine = i / BLOCK % 2 == 0;
        double start;
        if (i % BLOCK == 0)
            must_cl(clFinish(t->g.queue), "clFinish");
        start = now();
        if (is_mine)
            must(p->call(t));
        else
            must_cl(call_bare(t), "a bare launch");
        *(is_mine ? mine++ : bare++) = now() - start;
    }
}

/* What it takes to look at the clock twice, which is in every measurement. */
static double time_nothing(double *seconds)
{
    for (size_t i = 0; i < CALLS; i++) {
        const double start = now();
        seconds[i] = now() - start;
    }
    return median(seconds);
}

static void compare_pair(test *t, const pair *p)
{
    static double mine[CALLS], bare[CALLS];
    const bool prelu = p->op == CLRELU_PRELU;
    clrelu_explanation e;
    double a, b, clock;

    must(clrelu_explain(t->g.library, p->op, CLRELU_FLOAT32, p->backward,
                        prelu ? 0 : 1, prelu ? &t->shape : NULL, &e));
    t->local = e.local_size;
    t->global = e.groups * e.local_size;
    t->args = p->args;
    t->kernel = gear_kernel(t->program, p->kernel);
    /* The first time only warms what there is to warm. */
    time_both(t, p, mine, bare);
    time_both(t, p, mine, bare);
    must_cl(clFinish(t->g.queue), "clFinish");
    clReleaseKernel(t->kernel);
    a = median(mine);
    b = median(bare);
    clock = time_nothing(bare);
    a -= clock;
    b -= clock;
    printf("%-20s %10.3f %10.3f %8.2f\n", p->name, 1e6 * a, 1e6 * b, a / b);
}

static void make(test *t, clrelu_buffer *buffer)
{
    static const float one[16] = {-1};

    buffer->mem = must_have(gear_buffer(&t->g, COUNT_OF(one), one));
}

bool overhead_run(const options *o)
{
    static const size_t dims[] = {1, 1};
    test t = {.shape = {.rank = 2, .dims = dims}};
    clrelu_buffer *const buffers[] = {&t.x,     &t.dy,     &t.dx,
                                      &t.alpha, &t.dalpha, &t.workspace};

    gear_open(&t.g, o->device);
    t.program = gear_program(&t.g, overhead_cl);
    for (size_t i = 0; i < COUNT_OF(buffers); i++)
        make(&t, buffers[i]);
    printf("%s: host time of a call with n = 1, microseconds, median of %d\n\n",
           t.g.name, CALLS);
    printf("%-20s %10s %10s %8s\n", "", "clrelu", "bare", "ratio");
    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        compare_pair(&t, &pairs[i]);
    for (size_t i = 0; i < COUNT_OF(buffers); i++)
        gear_release(&buffers[i]->mem);
    clReleaseProgram(t.program);
    gear_close(&t.g);
    return true;
}
