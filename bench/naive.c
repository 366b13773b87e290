/* naive.c - straightforward kernels, for what care is worth
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "impl.h"
#include "naive_cl.h"

enum { MAX_TERMS = 1 << 21 };

typedef struct naive {
    const harness *h;
    const problem *p;
    cl_program program;
    cl_kernel kernel, reduce;
    cl_mem x, dy, out, alpha, dalpha, product, layout;
} naive;

/* The first and the last axis that alpha has; false if there is none, or one
 * between them that it has not. */
static bool find_run(const bench_case *c, size_t *first, size_t *last)
{
    bool any = false;

    for (size_t axis = 0; axis < c->shape.rank; axis++) {
        if (case_is_shared(c, axis))
            continue;
        if (!any)
            *first = axis;
        else if (*last != axis - 1)
            return false;
        *last = axis;
        any = true;
    }
    return any;
}

/* As alpha_of in naive.cl reads it. */
static size_t find_layout(const bench_case *c, cl_ulong *layout)
{
    size_t first = 0, last = 0;

    memset(layout, 0, (2 * CASE_AXES + 1) * sizeof(*layout));
    if (find_run(c, &first, &last)) {
        layout[1] = layout[2] = 1;
        for (size_t axis = first; axis < c->shape.rank; axis++)
            layout[axis <= last ? 2 : 1] *= c->shape.dims[axis];
        return 3;
    }
    layout[0] = c->shape.rank;
    for (size_t axis = 0; axis < c->shape.rank; axis++) {
        layout[1 + axis] = case_is_shared(c, axis) ? 1 : c->shape.dims[axis];
        layout[1 + c->shape.rank + axis] = c->shape.dims[axis];
    }
    return 1 + 2 * c->shape.rank;
}

static cl_mem make_layout(const naive *s)
{
    cl_ulong layout[2 * CASE_AXES + 1];
    const size_t count = find_layout(&s->p->c, layout);

    return harness_buffer(s->h, 2 * count, (const float *)layout);
}

static bool make_buffers(naive *s)
{
    const problem *p = s->p;
    const harness *h = s->h;

    s->x = harness_share(h, p->n, p->x_in);
    s->dy = p->dy ? harness_share(h, p->n, p->dy_in) : NULL;
    s->out = p->c.in_place ? NULL : harness_share(h, p->n, p->out);
    if (!s->x || (p->dy && !s->dy) || (!p->c.in_place && !s->out))
        return false;
    if (!p->alpha)
        return true;
    s->alpha = harness_buffer(h, p->alphas, p->alpha);
    s->layout = make_layout(s);
    if (!p->dy)
        return s->alpha && s->layout;
    s->dalpha = harness_buffer(h, p->alphas, NULL);
    s->product = harness_buffer(h, p->n, NULL);
    return s->alpha && s->layout && s->dalpha && s->product;
}

static void set_arg(cl_kernel kernel, cl_uint *index, size_t size,
                    const void *value)
{
    must_cl(clSetKernelArg(kernel, (*index)++, size, value), "clSetKernelArg");
}

static void set_mem(cl_kernel kernel, cl_uint *index, cl_mem mem)
{
    if (mem)
        set_arg(kernel, index, sizeof(mem), &mem);
}

static void set_args(naive *s)
{
    const problem *p = s->p;
    const cl_float scalar = (cl_float)p->scalar;
    const cl_mem in_place = p->dy ? s->dy : s->x;
    cl_uint i = 0;

    set_mem(s->kernel, &i, s->x);
    set_mem(s->kernel, &i, s->dy);
    set_mem(s->kernel, &i, s->out ? s->out : in_place);
    set_mem(s->kernel, &i, s->alpha);
    set_mem(s->kernel, &i, s->product);
    set_mem(s->kernel, &i, s->layout);
    if (!p->alpha)
        set_arg(s->kernel, &i, sizeof(scalar), &scalar);
}

static void set_reduce_args(naive *s)
{
    const cl_ulong terms = s->p->n / s->p->alphas;
    cl_uint i = 0;

    set_mem(s->reduce, &i, s->product);
    set_mem(s->reduce, &i, s->dalpha);
    set_arg(s->reduce, &i, sizeof(terms), &terms);
    set_mem(s->reduce, &i, s->layout);
}

/* One work-item adds up all that belongs to an alpha: of 2^26 elements a GPU's
 * takes a minute. */
static bool is_endless(const naive *s)
{
    const problem *p = s->p;

    return s->h->is_gpu && p->alpha && p->dy && p->n / p->alphas > MAX_TERMS;
}

static bool prepare(void *self, const problem *p)
{
    naive *s = self;
    char name[64];

    s->p = p;
    if (is_endless(s) || !make_buffers(s))
        return false;
    snprintf(name, sizeof(name), "%s_%s", clrelu_op_name(p->c.op),
             p->c.backward ? "backward" : "forward");
    s->kernel = harness_kernel(s->program, name);
    set_args(s);
    if (s->product) {
        s->reduce = harness_kernel(s->program, "prelu_reduce");
        set_reduce_args(s);
    }
    return true;
}

static void enqueue(const naive *s, cl_kernel kernel, size_t n)
{
    must_cl(clEnqueueNDRangeKernel(s->h->queue, kernel, 1, NULL, &n, NULL, 0,
                                   NULL, NULL),
            "clEnqueueNDRangeKernel");
}

static double run(void *self, unsigned calls)
{
    const naive *s = self;
    const double start = now();

    for (unsigned i = 0; i < calls; i++) {
        enqueue(s, s->kernel, s->p->n);
        if (s->reduce)
            enqueue(s, s->reduce, s->p->alphas);
    }
    must_cl(clFinish(s->h->queue), "clFinish");
    return now() - start;
}

static bool fetch(void *self, float *out, float *dalpha)
{
    const naive *s = self;
    const cl_mem in_place = s->p->dy ? s->dy : s->x;

    return harness_read(s->h, s->out ? s->out : in_place, s->p->n, out) &&
           (!dalpha || harness_read(s->h, s->dalpha, s->p->alphas, dalpha));
}

static void clear(void *self)
{
    naive *s = self;

    if (s->kernel)
        clReleaseKernel(s->kernel);
    if (s->reduce)
        clReleaseKernel(s->reduce);
    s->kernel = s->reduce = NULL;
    harness_release(&s->x);
    harness_release(&s->dy);
    harness_release(&s->out);
    harness_release(&s->alpha);
    harness_release(&s->dalpha);
    harness_release(&s->product);
    harness_release(&s->layout);
}

static void close_naive(void *self)
{
    naive *s = self;

    clReleaseProgram(s->program);
    free(s);
}

bool naive_open(const harness *h, impl *i)
{
    naive *s = must_have(calloc(1, sizeof(*s)));

    s->h = h;
    s->program = harness_program(h, naive_cl);
    *i = (impl){"naive", KIND_NAIVE, s,           prepare, run,
                fetch,   clear,      close_naive, ""};
    return true;
}
