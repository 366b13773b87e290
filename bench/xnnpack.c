/* xnnpack.c - XNNPACK, the peer for inference on a CPU
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xnnpack.h>

#include "impl.h"

typedef struct xnnpack {
    pthreadpool_t pool;
    const problem *p;
    xnn_operator_t operator;
} xnnpack;

/* XNNPACK's alphas are those of the last axis: some axes at the end must have
 * alphas of their own, and no other. */
static size_t count_channels(const problem *p)
{
    const bench_case *c = &p->c;
    size_t channels = 1;

    for (size_t axis = c->shape.rank; axis-- > 0 && !case_is_shared(c, axis);)
        channels *= c->shape.dims[axis];
    return channels == p->alphas ? channels : 0;
}

static enum xnn_status create_prelu(xnnpack *s)
{
    const problem *p = s->p;
    const size_t channels = count_channels(p);
    enum xnn_status status = xnn_status_unsupported_parameter;

    if (channels < 2)
        return status;
    status = xnn_create_prelu_nc_f32(channels, channels, channels, p->alpha, 0,
                                     &s->operator);
    if (!status)
        status = xnn_setup_prelu_nc_f32(s->operator, p->n / channels, p->x_in,
                                        p->out, s->pool);
    return status;
}

static enum xnn_status create_elu(xnnpack *s)
{
    const problem *p = s->p;
    enum xnn_status status =
        xnn_create_elu_nc_f32(1, 1, 1, (float)p->scalar, 0, &s->operator);

    if (!status)
        status =
            xnn_setup_elu_nc_f32(s->operator, p->n, p->x_in, p->out, s->pool);
    return status;
}

static enum xnn_status create_leaky(xnnpack *s)
{
    const problem *p = s->p;
    enum xnn_status status = xnn_create_leaky_relu_nc_f32(
        1, 1, 1, (float)p->scalar, 0, &s->operator);

    if (!status)
        status = xnn_setup_leaky_relu_nc_f32(s->operator, p->n, p->x_in, p->out,
                                             s->pool);
    return status;
}

static enum xnn_status create(xnnpack *s)
{
    switch (s->p->c.op) {
    case CLRELU_LEAKY_RELU:
        return create_leaky(s);
    case CLRELU_ELU:
        return create_elu(s);
    case CLRELU_PRELU:
        return create_prelu(s);
    default:
        return xnn_status_unsupported_parameter;
    }
}

static bool prepare(void *self, const problem *p)
{
    xnnpack *s = self;

    s->p = p;
    if (p->c.backward)
        return false;
    return create(s) == xnn_status_success;
}

static double run(void *self, unsigned calls)
{
    const xnnpack *s = self;
    const double start = now();
    enum xnn_status status = xnn_status_success;

    for (unsigned i = 0; i < calls && !status; i++)
        status = xnn_run_operator(s->operator, s->pool);
    return status ? -1.0 : now() - start;
}

static bool fetch(void *self, float *out, float *dalpha)
{
    const xnnpack *s = self;

    (void)dalpha;
    memcpy(out, s->p->out, s->p->n * sizeof(*out));
    return true;
}

static void clear(void *self)
{
    xnnpack *s = self;

    if (s->operator)
        xnn_delete_operator(s->operator);
    s->operator= NULL;
}

static void close_xnnpack(void *self)
{
    xnnpack *s = self;

    pthreadpool_destroy(s->pool);
    xnn_deinitialize();
    free(s);
}

bool xnnpack_open(const harness *h, impl *i)
{
    xnnpack *s;

    i->name = "xnnpack";
    snprintf(i->version, sizeof(i->version), "%s",
             h->is_cpu ? "not for this CPU" : "CPUs only");
    if (!h->is_cpu || xnn_initialize(NULL) != xnn_status_success)
        return false;
    s = must_have(calloc(1, sizeof(*s)));
    s->pool = pthreadpool_create(h->cores);
    *i = (impl){"xnnpack", KIND_PEER,     s, prepare, run, fetch,
                clear,     close_xnnpack, ""};
    return true;
}
