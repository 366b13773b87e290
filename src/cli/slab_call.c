/* slab_call.c - the library's call for a slab
 * SPDX-License-Identifier: MIT */
#include "slab_call.h"

clrelu_dtype slab_column_type(clrelu_dtype x)
{
    return x == CLRELU_FLOAT64 ? x : CLRELU_FLOAT32;
}

static clrelu_buffer in(const slab_call *c, int buffer)
{
    return clrelu_at(c->mem[buffer], 0);
}

/* What backward reads x from: none where y or a mask takes its place. */
static clrelu_buffer x_of(const slab_call *c)
{
    const clrelu_buffer none = {0};
    const bool from_mask = c->backward && c->mem[STREAM_MASK];

    return from_mask || c->from_output ? none : in(c, STREAM_X);
}

static clrelu_buffer dy_of(const slab_call *c)
{
    return in(c, c->mem[STREAM_MASK] ? STREAM_X : STREAM_DY);
}

static uint32_t flags_of(const slab_call *c)
{
    return c->from_output ? CLRELU_FROM_OUTPUT : 0;
}

/* The slab's shape, with alpha's like NumPy's. */
static clrelu_shape shape_of(const slab_call *c,
                             size_t alpha_dims[NPY_MAX_RANK])
{
    const size_t *extents = c->columns->extents;

    for (size_t i = 0; i < c->rank; i++)
        alpha_dims[i] =
            !c->columns->any || extents[i] == 1 ? 1 : c->slab->dims[i];
    return (clrelu_shape){.rank = c->rank,
                          .dims = c->slab->dims,
                          .alpha_rank = c->rank,
                          .alpha_dims = alpha_dims,
                          .alpha_layout = CLRELU_ALPHA_NUMPY};
}

static clrelu_status call_chain(const slab_call *c)
{
    const clrelu_exec exec = {.queue = c->device->queue};
    size_t alpha_dims[NPY_MAX_RANK];
    const clrelu_shape shape = shape_of(c, alpha_dims);
    const clrelu_buffer x = in(c, STREAM_X), dy = in(c, STREAM_DY);
    const clrelu_chain call = {.op = c->op,
                               .dtype = c->dtype,
                               .alpha_dtype = slab_column_type(c->dtype),
                               .scalar = c->scalar,
                               .gain = c->gain,
                               .alpha_count = c->columns->one_alpha,
                               .shape = &shape,
                               .x = x,
                               .scale = in(c, STREAM_VALUES + COLUMN_SCALE),
                               .bias = in(c, STREAM_VALUES + COLUMN_BIAS),
                               .alpha = in(c, STREAM_VALUES + COLUMN_ALPHA),
                               .residual = dy,
                               .y = x,
                               .dy = dy,
                               .dx = dy,
                               .dscale = in(c, STREAM_GRADIENTS + COLUMN_SCALE),
                               .dbias = in(c, STREAM_GRADIENTS + COLUMN_BIAS),
                               .dalpha =
                                   in(c, STREAM_GRADIENTS + COLUMN_ALPHA)};

    return c->backward ? clrelu_chain_backward(c->device->context, &exec, &call)
                       : clrelu_chain_forward(c->device->context, &exec, &call);
}

static clrelu_status call_prelu(const slab_call *c)
{
    const device *d = c->device;
    const clrelu_exec exec = {.queue = d->queue};
    size_t alpha_dims[NPY_MAX_RANK];
    const clrelu_shape shape = shape_of(c, alpha_dims);
    const clrelu_buffer dy = dy_of(c);
    const clrelu_prelu call = {.dtype = c->dtype,
                               .alpha_dtype = slab_column_type(c->dtype),
                               .flags = flags_of(c),
                               .shape = &shape,
                               .x = x_of(c),
                               .alpha = in(c, STREAM_VALUES + COLUMN_ALPHA),
                               .y = in(c, STREAM_X),
                               .dy = dy,
                               .dx = dy,
                               .dalpha = in(c, STREAM_GRADIENTS + COLUMN_ALPHA),
                               .mask = in(c, STREAM_MASK)};

    return c->backward ? clrelu_prelu_backward(d->context, &exec, &call)
                       : clrelu_prelu_forward(d->context, &exec, &call);
}

static clrelu_status call_scalar(const slab_call *c)
{
    const device *d = c->device;
    const clrelu_exec exec = {.queue = d->queue};
    const clrelu_buffer dy = dy_of(c);
    const clrelu_elementwise call = {.op = c->op,
                                     .dtype = c->dtype,
                                     .flags = flags_of(c),
                                     .scalar = c->scalar,
                                     .n = c->slab->n,
                                     .x = x_of(c),
                                     .y = in(c, STREAM_X),
                                     .dy = dy,
                                     .dx = dy,
                                     .mask = in(c, STREAM_MASK)};

    return c->backward ? clrelu_backward(d->context, &exec, &call)
                       : clrelu_forward(d->context, &exec, &call);
}

clrelu_status slab_compute(const slab_call *c)
{
    bool is_chain = c->gain != 1 || (c->mem[STREAM_DY] && !c->backward);

    for (int i = COLUMN_SCALE; i < COLUMN_ARRAYS; i++)
        is_chain = is_chain || c->mem[STREAM_VALUES + i] ||
                   c->mem[STREAM_GRADIENTS + i];
    if (is_chain)
        return call_chain(c);
    return c->op == CLRELU_PRELU ? call_prelu(c) : call_scalar(c);
}
