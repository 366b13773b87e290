/* launch.c - empty kernels, launched like those of the library's call
 * SPDX-License-Identifier: MIT
 *
 * As many work-items as its main kernel has, and one work-group for each other
 * kernel.  What this takes is the OpenCL implementation's part of the call. */
#include <stdlib.h>

#include "impl.h"

typedef struct launch {
    const harness *h;
    cl_program program;
    cl_kernel kernel;
    size_t groups, local, count;
} launch;

static bool prepare(void *self, const problem *p)
{
    launch *l = self;
    const clrelu_direction direction =
        p->c.backward ? CLRELU_BACKWARD : CLRELU_FORWARD;
    const clrelu_shape shape = case_shape(&p->c);
    const clrelu_prelu prelu = {.dtype = CLRELU_FLOAT32, .shape = &shape};
    const clrelu_elementwise elementwise = {
        .op = p->c.op, .dtype = CLRELU_FLOAT32, .scalar = p->scalar, .n = p->n};
    clrelu_explanation e;

    must(p->alpha ? clrelu_explain_prelu(l->h->library, direction, &prelu, &e)
                  : clrelu_explain_elementwise(l->h->library, direction,
                                               &elementwise, &e));
    l->groups = (size_t)e.groups;
    l->local = (size_t)e.local_size;
    l->count = (size_t)e.launches;
    return true;
}

static void enqueue(const launch *l, size_t groups)
{
    const size_t global = groups * l->local;

    must_cl(clEnqueueNDRangeKernel(l->h->queue, l->kernel, 1, NULL, &global,
                                   &l->local, 0, NULL, NULL),
            "clEnqueueNDRangeKernel");
}

static double run(void *self, unsigned calls)
{
    const launch *l = self;
    const double start = now();

    for (unsigned i = 0; i < calls; i++) {
        enqueue(l, l->groups);
        for (size_t k = 1; k < l->count; k++)
            enqueue(l, 1);
    }
    must_cl(clFinish(l->h->queue), "clFinish");
    return now() - start;
}

static void clear(void *self)
{
    (void)self;
}

static void close_launch(void *self)
{
    launch *l = self;

    clReleaseKernel(l->kernel);
    clReleaseProgram(l->program);
    free(l);
}

bool launch_open(const harness *h, impl *i)
{
    launch *l = must_have(calloc(1, sizeof(*l)));

    l->h = h;
    l->program = harness_program(h, "__kernel void empty(void)\n{\n}\n");
    l->kernel = harness_kernel(l->program, "empty");
    *i = (impl){"launch", KIND_LAUNCH,  l, prepare, run, NULL,
                clear,    close_launch, ""};
    return true;
}
