/* onednn.c - oneDNN 2 or 3, the peer with tuned kernels for a CPU
 * SPDX-License-Identifier: MIT */
#include <dnnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "impl.h"

enum { MAX_ARGS = 6 };

#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t memory_desc;
#else
typedef dnnl_memory_desc_t *memory_desc;
#endif

typedef struct onednn {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    const problem *p;
    memory_desc data, weights;
    dnnl_primitive_t primitive;
    dnnl_exec_arg_t args[MAX_ARGS];
    int count;
    float *dalpha;
} onednn;

/* What oneDNN 2 and 3 call differently.  The primitives' descriptors are of the
 * pass forward, or with that as a hint of the pass backward. */
#if DNNL_VERSION_MAJOR >= 3
static bool new_memory_desc(memory_desc *desc, int rank,
                            const dnnl_dims_t extents,
                            const dnnl_dims_t strides)
{
    return !dnnl_memory_desc_create_with_strides(desc, rank, extents, dnnl_f32,
                                                 strides);
}

static void free_memory_desc(memory_desc desc)
{
    dnnl_memory_desc_destroy(desc);
}

static dnnl_status_t new_eltwise(const onednn *o, dnnl_alg_kind_t kind,
                                 const_dnnl_primitive_desc_t hint,
                                 dnnl_primitive_desc_t *made)
{
    const float scalar = (float)o->p->scalar;

    if (!hint)
        return dnnl_eltwise_forward_primitive_desc_create(
            made, o->engine, dnnl_forward_training, kind, o->data, o->data,
            scalar, 0.0f, NULL);
    return dnnl_eltwise_backward_primitive_desc_create(
        made, o->engine, kind, o->data, o->data, o->data, scalar, 0.0f, hint,
        NULL);
}

static dnnl_status_t new_prelu(const onednn *o,
                               const_dnnl_primitive_desc_t hint,
                               dnnl_primitive_desc_t *made)
{
    if (!hint)
        return dnnl_prelu_forward_primitive_desc_create(
            made, o->engine, dnnl_forward_training, o->data, o->weights,
            o->data, NULL);
    return dnnl_prelu_backward_primitive_desc_create(
        made, o->engine, o->data, o->weights, o->data, o->weights, o->data,
        hint, NULL);
}
#else
static bool new_memory_desc(memory_desc *desc, int rank,
                            const dnnl_dims_t extents,
                            const dnnl_dims_t strides)
{
    *desc = must_have(calloc(1, sizeof(**desc)));
    return !dnnl_memory_desc_init_by_strides(*desc, rank, extents, dnnl_f32,
                                             strides);
}

static void free_memory_desc(memory_desc desc)
{
    free(desc);
}

static dnnl_status_t new_eltwise(const onednn *o, dnnl_alg_kind_t kind,
                                 const_dnnl_primitive_desc_t hint,
                                 dnnl_primitive_desc_t *made)
{
    const float scalar = (float)o->p->scalar;
    dnnl_eltwise_desc_t desc;
    const dnnl_status_t status =
        hint ? dnnl_eltwise_backward_desc_init(&desc, kind, o->data, o->data,
                                               scalar, 0.0f)
             : dnnl_eltwise_forward_desc_init(&desc, dnnl_forward_training,
                                              kind, o->data, scalar, 0.0f);

    if (status)
        return status;
    return dnnl_primitive_desc_create(made, &desc, NULL, o->engine, hint);
}

static dnnl_status_t new_prelu(const onednn *o,
                               const_dnnl_primitive_desc_t hint,
                               dnnl_primitive_desc_t *made)
{
    dnnl_prelu_desc_t desc;
    const dnnl_status_t status =
        hint ? dnnl_prelu_backward_desc_init(&desc, o->data, o->weights,
                                             o->data, o->weights)
             : dnnl_prelu_forward_desc_init(&desc, dnnl_forward_training,
                                            o->data, o->weights);

    if (status)
        return status;
    return dnnl_primitive_desc_create(made, &desc, NULL, o->engine, hint);
}
#endif

/* oneDNN wants the channels second, whatever their place in memory: axes of
 * (N, H, W, C) go as N, C, H, W with strides that tell. */
static size_t axis_at(const bench_case *c, size_t place)
{
    const bool last = c->shape.rank == 4 && !case_is_shared(c, 3) &&
                      case_is_shared(c, 1) && case_is_shared(c, 2);

    if (!last || place == 0)
        return place;
    return place == 1 ? c->shape.rank - 1 : place - 1;
}

static bool describe(const bench_case *c, bool alpha, memory_desc *desc)
{
    dnnl_dims_t strides, at, extents;
    dnnl_dim_t stride = 1;

    for (size_t axis = c->shape.rank; axis-- > 0;) {
        const bool one = alpha && case_is_shared(c, axis);
        extents[axis] = one ? 1 : (dnnl_dim_t)c->shape.dims[axis];
        strides[axis] = stride;
        stride *= extents[axis];
    }
    for (size_t place = 0; place < c->shape.rank; place++)
        at[place] = strides[axis_at(c, place)];
    for (size_t place = 0; place < c->shape.rank; place++)
        strides[place] = extents[axis_at(c, place)];
    return new_memory_desc(desc, (int)c->shape.rank, strides, at);
}

static dnnl_status_t new_desc(const onednn *o, dnnl_primitive_desc_t hint,
                              dnnl_primitive_desc_t *made)
{
    switch (o->p->c.op) {
    case CLRELU_LEAKY_RELU:
        return new_eltwise(o, dnnl_eltwise_relu, hint, made);
    case CLRELU_ELU:
        return new_eltwise(o, dnnl_eltwise_elu, hint, made);
    case CLRELU_PRELU:
        return new_prelu(o, hint, made);
    default:
        return dnnl_unimplemented;
    }
}

static bool make_primitive(onednn *o)
{
    dnnl_primitive_desc_t forward, backward;
    dnnl_status_t status = new_desc(o, NULL, &forward);

    if (status)
        return false;
    if (o->p->c.backward)
        status = new_desc(o, forward, &backward);
    if (!status && o->p->c.backward) {
        status = dnnl_primitive_create(&o->primitive, backward);
        dnnl_primitive_desc_destroy(backward);
    } else if (!status) {
        status = dnnl_primitive_create(&o->primitive, forward);
    }
    dnnl_primitive_desc_destroy(forward);
    return !status;
}

static bool make_dalpha(onednn *o)
{
    if (o->p->dy && o->p->alpha)
        o->dalpha = new_floats(o->p->alphas);
    return o->dalpha || !o->p->dy || !o->p->alpha;
}

static bool add(onednn *o, int what, memory_desc desc, float *values)
{
    dnnl_exec_arg_t *arg = &o->args[o->count];

    arg->arg = what;
    if (dnnl_memory_create(&arg->memory, desc, o->engine, values))
        return false;
    o->count++;
    return true;
}

static bool set_args(onednn *o)
{
    const problem *p = o->p;
    bool ok = add(o, DNNL_ARG_SRC, o->data, p->x_in);

    if (p->alpha)
        ok = ok && add(o, DNNL_ARG_WEIGHTS, o->weights, p->alpha);
    if (!p->dy)
        return ok && add(o, DNNL_ARG_DST, o->data, p->out);
    ok = ok && add(o, DNNL_ARG_DIFF_DST, o->data, p->dy_in) &&
         add(o, DNNL_ARG_DIFF_SRC, o->data, p->out);
    if (p->alpha)
        ok = ok && add(o, DNNL_ARG_DIFF_WEIGHTS, o->weights, o->dalpha);
    return ok;
}

static bool prepare(void *self, const problem *p)
{
    onednn *o = self;

    o->p = p;
    if (p->c.op == CLRELU_THRESHOLDED_RELU)
        return false;
    return describe(&p->c, false, &o->data) &&
           (!p->alpha || describe(&p->c, true, &o->weights)) &&
           make_primitive(o) && make_dalpha(o) && set_args(o);
}

static double run(void *self, unsigned calls)
{
    const onednn *o = self;
    const double start = now();
    dnnl_status_t status = dnnl_success;

    for (unsigned i = 0; i < calls && !status; i++)
        status =
            dnnl_primitive_execute(o->primitive, o->stream, o->count, o->args);
    if (!status)
        status = dnnl_stream_wait(o->stream);
    return status ? -1.0 : now() - start;
}

static bool fetch(void *self, float *out, float *dalpha)
{
    const onednn *o = self;

    memcpy(out, o->p->out, o->p->n * sizeof(*out));
    if (dalpha)
        memcpy(dalpha, o->dalpha, o->p->alphas * sizeof(*dalpha));
    return true;
}

static void clear(void *self)
{
    onednn *o = self;

    while (o->count > 0)
        dnnl_memory_destroy(o->args[--o->count].memory);
    if (o->primitive)
        dnnl_primitive_destroy(o->primitive);
    o->primitive = NULL;
    if (o->data)
        free_memory_desc(o->data);
    if (o->weights)
        free_memory_desc(o->weights);
    o->data = o->weights = NULL;
    free(o->dalpha);
    o->dalpha = NULL;
}

static void close_onednn(void *self)
{
    onednn *o = self;

    if (o->stream)
        dnnl_stream_destroy(o->stream);
    if (o->engine)
        dnnl_engine_destroy(o->engine);
    free(o);
}

bool onednn_open(const harness *h, impl *i)
{
    const dnnl_version_t *version = dnnl_version();
    onednn *o = must_have(calloc(1, sizeof(*o)));

    *i = (impl){"onednn", KIND_PEER,    o, prepare, run, fetch,
                clear,    close_onednn, ""};
    dnnl_set_verbose(0); /* 3 prints errors to stdout */
    if (h->is_cpu && !dnnl_engine_create(&o->engine, dnnl_cpu, 0) &&
        !dnnl_stream_create(&o->stream, o->engine, dnnl_stream_default_flags)) {
        snprintf(i->version, sizeof(i->version), "%d.%d.%d", version->major,
                 version->minor, version->patch);
        return true;
    }
    snprintf(i->version, sizeof(i->version), "%s",
             h->is_cpu ? "no CPU engine" : "CPUs only");
    close_onednn(o);
    return false;
}
