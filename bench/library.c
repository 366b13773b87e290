/* library.c - clrelu itself, through its public header; and other builds of it
 * SPDX-License-Identifier: MIT */
#if defined(__linux__)
#define _GNU_SOURCE /* RTLD_DEEPBIND */
#endif
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "impl.h"

/* What a build offers, name by name.  A build without the last has other
 * parameters. */
#define API(DO) \
    DO(clrelu_error) \
    DO(clrelu_version) \
    DO(clrelu_context_create) \
    DO(clrelu_context_destroy) \
    DO(clrelu_forward) \
    DO(clrelu_backward) \
    DO(clrelu_prelu_forward) \
    DO(clrelu_prelu_backward) \
    DO(clrelu_prelu_workspace) \
    DO(clrelu_prelu_backward_partial)

#define MEMBER(name) __typeof__(&name) name;
typedef struct build {
    API(MEMBER)
} build;

typedef struct library {
    const harness *h;
    build build;
    clrelu_context *context;
    const problem *p;
    clrelu_shape shape;
    clrelu_prelu prelu;             /* with all arrays; dx is y */
    clrelu_elementwise elementwise; /* the same ones */
} library;

static bool make(library *l, clrelu_buffer *buffer, size_t n,
                 const float *values)
{
    buffer->mem = harness_buffer(l->h, n, values);
    return buffer->mem != NULL;
}

static bool share(library *l, clrelu_buffer *buffer, float *values)
{
    buffer->mem = harness_share(l->h, l->p->n, values);
    return buffer->mem != NULL;
}

static void must_work(const library *l, clrelu_status status)
{
    if (status)
        die("%s", l->build.clrelu_error());
}

static bool make_workspace(library *l)
{
    size_t count = 0;

    must_work(l, l->build.clrelu_prelu_workspace(&l->prelu, &count));
    return count == 0 || make(l, &l->prelu.workspace, count, NULL);
}

static bool make_arrays(library *l)
{
    const problem *p = l->p;
    clrelu_prelu *c = &l->prelu;

    if (!share(l, &c->x, p->x_in))
        return false;
    if (p->dy && !share(l, &c->dy, p->dy_in))
        return false;
    if (p->alpha && !make(l, &c->alpha, p->alphas, p->alpha))
        return false;
    if (p->alpha && p->dy && !make(l, &c->dalpha, p->alphas, NULL))
        return false;
    if (p->alpha && p->dy && !make_workspace(l))
        return false;
    if (!p->c.in_place)
        return share(l, &c->y, p->out);
    c->y = p->dy ? c->dy : c->x;
    return true;
}

static bool prepare(void *self, const problem *p)
{
    library *l = self;

    l->p = p;
    l->shape = case_shape(&p->c);
    l->prelu = (clrelu_prelu){.dtype = CLRELU_FLOAT32, .shape = &l->shape};
    if (!make_arrays(l))
        return false;
    l->prelu.dx = l->prelu.y;
    l->elementwise = (clrelu_elementwise){.op = p->c.op,
                                          .dtype = CLRELU_FLOAT32,
                                          .scalar = p->scalar,
                                          .n = p->n,
                                          .x = l->prelu.x,
                                          .y = l->prelu.y,
                                          .dy = l->prelu.dy,
                                          .dx = l->prelu.dx};
    return true;
}

static clrelu_status call(const library *l)
{
    const build *b = &l->build;
    const clrelu_exec exec = {.queue = l->h->queue};

    if (l->p->alpha)
        return l->p->dy ? b->clrelu_prelu_backward(l->context, &exec, &l->prelu)
                        : b->clrelu_prelu_forward(l->context, &exec, &l->prelu);
    return l->p->dy ? b->clrelu_backward(l->context, &exec, &l->elementwise)
                    : b->clrelu_forward(l->context, &exec, &l->elementwise);
}

static double run(void *self, unsigned calls)
{
    const library *l = self;
    const double start = now();

    for (unsigned i = 0; i < calls; i++)
        must_work(l, call(l));
    must_cl(clFinish(l->h->queue), "clFinish");
    return now() - start;
}

static bool fetch(void *self, float *out, float *dalpha)
{
    const library *l = self;

    return harness_read(l->h, l->prelu.y.mem, l->p->n, out) &&
           (!dalpha ||
            harness_read(l->h, l->prelu.dalpha.mem, l->p->alphas, dalpha));
}

static void clear(void *self)
{
    library *l = self;

    if (l->p->c.in_place)
        l->prelu.y.mem = NULL;
    harness_release(&l->prelu.x.mem);
    harness_release(&l->prelu.dy.mem);
    harness_release(&l->prelu.y.mem);
    harness_release(&l->prelu.alpha.mem);
    harness_release(&l->prelu.dalpha.mem);
    harness_release(&l->prelu.workspace.mem);
}

#define OWN(name) name,

bool library_open(const harness *h, impl *i)
{
    library *l = must_have(calloc(1, sizeof(*l)));

    l->h = h;
    l->build = (build){API(OWN)};
    l->context = h->library;
    *i =
        (impl){"clrelu", KIND_LIBRARY, l, prepare, run, fetch, clear, free, ""};
    snprintf(i->version, sizeof(i->version), "%s", clrelu_version());
    return true;
}

static void close_other(void *self)
{
    library *l = self;

    l->build.clrelu_context_destroy(&l->context);
    free(l);
}

/* Calls within that build stay within it. */
#ifdef RTLD_DEEPBIND
#define FLAGS (RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND)
#else
#define FLAGS (RTLD_NOW | RTLD_LOCAL)
#endif

/* Never unloaded: the OpenCL implementation may hold callbacks into it. */
static void load(const char *path, build *b)
{
    void *file = dlopen(path, FLAGS);

    if (!file)
        die("%s", dlerror());
#define FIND(name) \
    void *const found_##name = dlsym(file, #name); \
    if (!found_##name) \
        die("%s: has no " #name, path); \
    memcpy(&b->name, &found_##name, sizeof(b->name));
    API(FIND)
}

bool library_open_other(const harness *h, const char *path, impl *i)
{
    library *l = must_have(calloc(1, sizeof(*l)));
    const clrelu_context_params params = {.queue = h->queue};

    load(path, &l->build);
    l->h = h;
    must_work(l, l->build.clrelu_context_create(&params, &l->context));
    *i = (impl){"other", KIND_PEER, l,           prepare, run,
                fetch,   clear,     close_other, ""};
    snprintf(i->version, sizeof(i->version), "%s", l->build.clrelu_version());
    return true;
}
