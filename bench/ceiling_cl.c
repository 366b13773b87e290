/* ceiling_cl.c - what the memory of a device can do at most
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "ceiling_cl.h"
#include "impl.h"

enum { LOCAL = 256 };

typedef struct ceiling {
    const harness *h;
    cl_program program; /* NULL: clEnqueueCopyBuffer                          */
    cl_kernel kernel;
    cl_mem a, b, out; /* b is NULL forward, out in place                      */
    size_t items;     /* of 4 floats each                                     */
} ceiling;

static bool make_buffers(ceiling *c, const problem *p)
{
    const size_t n = 4 * c->items;
    const harness *h = c->h;

    c->a = harness_buffer(h, n, NULL);
    c->b = p->c.backward ? harness_buffer(h, n, NULL) : NULL;
    c->out = p->c.in_place ? NULL : harness_buffer(h, n, NULL);
    return c->a && (c->b || !p->c.backward) && (c->out || p->c.in_place);
}

static void set_args(ceiling *c)
{
    const cl_mem out = c->out ? c->out : c->b ? c->b : c->a;
    cl_int error = clSetKernelArg(c->kernel, 0, sizeof(out), &out);

    if (!error)
        error = clSetKernelArg(c->kernel, 1, sizeof(c->a), &c->a);
    if (!error && c->b)
        error = clSetKernelArg(c->kernel, 2, sizeof(c->b), &c->b);
    must_cl(error, "clSetKernelArg");
}

static bool prepare(void *self, const problem *p)
{
    ceiling *c = self;

    if (!c->program && (p->c.backward || p->c.in_place))
        return false;
    c->items = (p->n + 4 * LOCAL - 1) / (4 * LOCAL) * LOCAL;
    if (!make_buffers(c, p))
        return false;
    if (!c->program)
        return true;
    c->kernel = harness_kernel(c->program, c->b ? "triad" : "copy");
    set_args(c);
    return true;
}

static double run(void *self, unsigned calls)
{
    const ceiling *c = self;
    const size_t local = LOCAL;
    const double start = now();

    for (unsigned i = 0; i < calls; i++)
        must_cl(c->kernel
                    ? clEnqueueNDRangeKernel(c->h->queue, c->kernel, 1, NULL,
                                             &c->items, &local, 0, NULL, NULL)
                    : clEnqueueCopyBuffer(c->h->queue, c->a, c->out, 0, 0,
                                          c->items * sizeof(cl_float4), 0, NULL,
                                          NULL),
                "enqueueing a copy");
    must_cl(clFinish(c->h->queue), "clFinish");
    return now() - start;
}

static void clear(void *self)
{
    ceiling *c = self;

    if (c->kernel)
        clReleaseKernel(c->kernel);
    c->kernel = NULL;
    harness_release(&c->a);
    harness_release(&c->b);
    harness_release(&c->out);
}

static void close_ceiling(void *self)
{
    ceiling *c = self;

    if (c->program)
        clReleaseProgram(c->program);
    free(c);
}

bool ceiling_cl_open(const harness *h, bool kernel, impl *i)
{
    ceiling *c = must_have(calloc(1, sizeof(*c)));

    c->h = h;
    c->program = kernel ? harness_program(h, ceiling_cl) : NULL;
    *i = (impl){kernel ? "ceiling (kernel)" : "ceiling (clEnqueueCopyBuffer)",
                KIND_CEILING,
                c,
                prepare,
                run,
                NULL,
                clear,
                close_ceiling,
                ""};
    return true;
}
