/* library.c - clrelu itself, through its public header
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "impl.h"

typedef struct library {
    const gear *g;
    const problem *p;
    clrelu_shape shape;
    clrelu_buffer x, dy, out, alpha, dalpha, workspace;
} library;

static bool make(library *l, clrelu_buffer *buffer, size_t n,
                 const float *values)
{
    buffer->mem = gear_buffer(l->g, n, values);
    return buffer->mem != NULL;
}

static bool share(library *l, clrelu_buffer *buffer, float *values)
{
    buffer->mem = gear_share(l->g, l->p->n, values);
    return buffer->mem != NULL;
}

static bool make_workspace(library *l)
{
    size_t bytes = 0;

    must(clrelu_prelu_workspace(CLRELU_FLOAT32, &l->shape, &bytes));
    return bytes == 0 || make(l, &l->workspace, bytes / sizeof(float), NULL);
}

static bool prepare(void *self, const problem *p)
{
    library *l = self;

    l->p = p;
    l->shape = case_shape(&p->c);
    if (!share(l, &l->x, p->x_in))
        return false;
    if (p->dy && !share(l, &l->dy, p->dy_in))
        return false;
    if (p->alpha && !make(l, &l->alpha, p->alphas, p->alpha))
        return false;
    if (p->alpha && p->dy && !make(l, &l->dalpha, p->alphas, NULL))
        return false;
    if (p->alpha && p->dy && !make_workspace(l))
        return false;
    if (!p->c.in_place)
        return share(l, &l->out, p->out);
    l->out = p->dy ? l->dy : l->x;
    return true;
}

static clrelu_status call(const library *l)
{
    const problem *p = l->p;
    clrelu_context *context = l->g->library;
    cl_command_queue queue = l->g->queue;

    if (p->alpha && p->dy)
        return clrelu_prelu_backward(context, queue, CLRELU_FLOAT32, &l->shape,
                                     0, l->x, l->alpha, l->dy, l->out,
                                     l->dalpha, l->workspace, 0, NULL, NULL);
    if (p->alpha)
        return clrelu_prelu_forward(context, queue, CLRELU_FLOAT32, &l->shape,
                                    l->x, l->alpha, l->out, 0, NULL, NULL);
    if (p->dy)
        return clrelu_backward(context, queue, p->c.op, CLRELU_FLOAT32,
                               p->scalar, 0, p->n, l->x, l->dy, l->out, 0, NULL,
                               NULL);
    return clrelu_forward(context, queue, p->c.op, CLRELU_FLOAT32, p->scalar,
                          p->n, l->x, l->out, 0, NULL, NULL);
}

static double run(void *self, unsigned calls)
{
    const library *l = self;
    const double start = now();

    for (unsigned i = 0; i < calls; i++)
        must(call(l));
    must_cl(clFinish(l->g->queue), "clFinish");
    return now() - start;
}

static bool fetch(void *self, float *out, float *dalpha)
{
    const library *l = self;

    return gear_read(l->g, l->out.mem, l->p->n, out) &&
           (!dalpha || gear_read(l->g, l->dalpha.mem, l->p->alphas, dalpha));
}

static void clear(void *self)
{
    library *l = self;

    if (l->p->c.in_place)
        l->out.mem = NULL;
    gear_release(&l->x.mem);
    gear_release(&l->dy.mem);
    gear_release(&l->out.mem);
    gear_release(&l->alpha.mem);
    gear_release(&l->dalpha.mem);
    gear_release(&l->workspace.mem);
}

bool library_open(const gear *g, impl *i)
{
    library *l = must_have(calloc(1, sizeof(*l)));

    l->g = g;
    *i = (impl){"clrelu", KIND_LIBRARY, l, prepare, run, fetch, clear, free};
    return true;
}
