/* layer.c - PReLU with alpha, dalpha, velocity and constraint
 * SPDX-License-Identifier: MIT */
#include "train/layer.h"

#include <stdlib.h>
#include <string.h>

#include "base/fork.h"
#include "base/status.h"
#include "core/check.h"
#include "core/trace.h"
#include "train/initializer.h"

static clrelu_status parse_specs(clrelu_prelu_layer *l,
                                 const clrelu_text_range specs[3])
{
    const char *text = specs[0].text ? specs[0].text : "zeros";
    const size_t length = specs[0].text ? specs[0].length : strlen(text);
    clrelu_status status =
        clrelu_initializer_parse(text, length, &l->initializer);

    if (!status)
        status = clrelu_regularizer_parse(specs[1].text, specs[1].length,
                                          &l->regularizer);
    if (!status)
        status = clrelu_constraint_parse(specs[2].text, specs[2].length,
                                         &l->constraint);
    return status;
}

/* Checks the shape with extents of 1 for the batch and open axes. */
static clrelu_status find_shape(clrelu_prelu_layer *l,
                                const clrelu_prelu_layer_params *p)
{
    size_t dims[CLRELU_MAX_RANK] = {1};
    const clrelu_shape shape = {.rank = p->rank,
                                .dims = dims,
                                .shared_count = p->shared_count,
                                .shared_axes = p->shared_axes};
    clrelu_status status;

    if (!p->dims)
        return clrelu_fail(CLRELU_INVALID_NULL, "params: dims is NULL");
    if (p->rank == 0)
        return clrelu_fail(CLRELU_INVALID_RANK,
                           "params: rank is 0, must be in 1..%d: the batch and "
                           "the axes of alpha",
                           CLRELU_MAX_RANK);
    /* clrelu_prelu_alpha_dims rejects a rank that is too high. */
    for (size_t i = 1; i < p->rank && i < CLRELU_MAX_RANK; i++)
        dims[i] = p->dims[i] > 0 ? p->dims[i] : 1;
    status = clrelu_prelu_alpha_dims(&shape, &l->alpha_rank, l->alpha_dims,
                                     &l->count);
    if (status)
        return status;
    l->rank = p->rank;
    memcpy(l->dims, p->dims, p->rank * sizeof(*p->dims));
    for (size_t i = 0; i < p->shared_count; i++)
        dims[p->shared_axes[i]] = 0;
    for (size_t i = 1; i < p->rank; i++)
        if (p->dims[i] == 0 && dims[i] != 0)
            return clrelu_fail(CLRELU_INVALID_ALPHA_SHAPE,
                               "params: axis %zu is open (0), but not shared: "
                               "alpha's shape is unknown",
                               i);
    return CLRELU_OK;
}

/* Sorted, without repetitions. */
static void copy_shared_axes(clrelu_prelu_layer *l,
                             const clrelu_prelu_layer_params *p)
{
    l->shared_count = 0;
    for (size_t axis = 1; axis < p->rank; axis++)
        for (size_t i = 0; i < p->shared_count; i++)
            if ((size_t)p->shared_axes[i] == axis) {
                l->shared_axes[l->shared_count++] = (int)axis;
                break;
            }
}

static clrelu_status create_buffer(const clrelu_prelu_layer *l,
                                   const float *zeros, clrelu_buffer *out)
{
    const size_t bytes = (l->count > 0 ? l->count : 1) * sizeof(*zeros);
    cl_int error;

    out->mem = clCreateBuffer(l->context->context,
                              CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, bytes,
                              (void *)(uintptr_t)zeros, &error);
    return error ? clrelu_fail_cl(error, "clCreateBuffer for alpha")
                 : CLRELU_OK;
}

static clrelu_status create_buffers(clrelu_prelu_layer *l)
{
    float *zeros = calloc(l->count > 0 ? l->count : 1, sizeof(*zeros));
    clrelu_status status = CLRELU_OK;

    if (!zeros)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for alpha");
    status = create_buffer(l, zeros, &l->alpha);
    if (!status)
        status = create_buffer(l, zeros, &l->dalpha);
    if (!status)
        status = create_buffer(l, zeros, &l->velocity);
    free(zeros);
    return status;
}

/* alpha as a parameter. */
static clrelu_parameter parameter(const clrelu_prelu_layer *l)
{
    return (clrelu_parameter){.rank = l->alpha_rank,
                              .dims = l->alpha_dims,
                              .values = l->alpha,
                              .gradient = l->dalpha,
                              .velocity = l->velocity};
}

void clrelu_layer_trace(const clrelu_prelu_layer *layer)
{
    const clrelu_parameter p = layer ? parameter(layer) : (clrelu_parameter){0};

    clrelu_trace_parameter(NULL, layer ? &p : NULL);
}

clrelu_status clrelu_layer_make(const clrelu_call *call,
                                const clrelu_prelu_layer_params *params,
                                const clrelu_text_range specs[3],
                                clrelu_prelu_layer **out)
{
    clrelu_prelu_layer *l = calloc(1, sizeof(*l));
    clrelu_status status;

    if (!l)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for a layer");
    l->context = call->context;
    l->seed = params->seed;
    status = parse_specs(l, specs);
    if (!status)
        status = find_shape(l, params);
    if (!status)
        CLRELU_TRACE(clrelu_layer_trace(l));
    if (!status)
        copy_shared_axes(l, params);
    if (!status)
        status = clrelu_regularizer_check(&l->regularizer, l->alpha_rank);
    if (!status)
        status = clrelu_constraint_axes(&l->constraint, l->alpha_rank,
                                        l->alpha_dims, &l->axes);
    if (!status)
        status = create_buffers(l);
    if (!status)
        status = clrelu_initializer_run(call, &l->initializer, l->seed,
                                        l->alpha_rank, l->alpha_dims, l->alpha);
    if (status)
        clrelu_prelu_layer_destroy(&l);
    *out = l;
    return status;
}

static clrelu_status create(const clrelu_call *call,
                            const clrelu_prelu_layer_params *params,
                            clrelu_prelu_layer **out)
{
    clrelu_status status;

    if (!out)
        return clrelu_fail(CLRELU_INVALID_NULL, "out is NULL");
    *out = NULL;
    status = clrelu_check_call(call);
    if (!status && !params)
        status = clrelu_fail(CLRELU_INVALID_NULL, "params is NULL");
    if (!status)
        status = CLRELU_CHECK_RESERVED("params", params->reserved);
    if (status)
        return status;
    const char *texts[] = {params->initializer, params->regularizer,
                           params->constraint};
    clrelu_text_range specs[3];
    for (unsigned i = 0; i < 3; i++)
        specs[i] =
            (clrelu_text_range){texts[i], texts[i] ? strlen(texts[i]) : 0};
    return clrelu_layer_make(call, params, specs, out);
}

clrelu_status clrelu_prelu_layer_create(clrelu_context *context,
                                        const clrelu_exec *exec,
                                        const clrelu_prelu_layer_params *params,
                                        clrelu_prelu_layer **out)
{
    const clrelu_call call = {context, exec};

    CLRELU_TRACE(clrelu_trace_begin(__func__));
    return clrelu_traced(create(&call, params, out));
}

void clrelu_prelu_layer_destroy(clrelu_prelu_layer **layer)
{
    if (!layer || !*layer)
        return;
    const cl_mem mems[] = {(*layer)->alpha.mem, (*layer)->dalpha.mem,
                           (*layer)->velocity.mem};
    for (unsigned i = 0; i < 3; i++)
        if (mems[i] && !clrelu_fork_is_child())
            clReleaseMemObject(mems[i]);
    free(*layer);
    *layer = NULL;
}

clrelu_status clrelu_prelu_layer_alpha_dims(const clrelu_prelu_layer *layer,
                                            size_t *rank, size_t *dims,
                                            size_t *count)
{
    if (!layer)
        return clrelu_fail(CLRELU_INVALID_NULL, "layer is NULL");
    if (rank)
        *rank = layer->alpha_rank;
    if (dims)
        memcpy(dims, layer->alpha_dims, layer->alpha_rank * sizeof(*dims));
    if (count)
        *count = layer->count;
    return CLRELU_OK;
}

clrelu_buffer clrelu_prelu_layer_alpha_buffer(const clrelu_prelu_layer *layer)
{
    return layer ? layer->alpha : (clrelu_buffer){0};
}

clrelu_buffer clrelu_prelu_layer_dalpha_buffer(const clrelu_prelu_layer *layer)
{
    return layer ? layer->dalpha : (clrelu_buffer){0};
}

clrelu_status clrelu_layer_check(const clrelu_call *call,
                                 const clrelu_prelu_layer *layer)
{
    if (!layer)
        return clrelu_fail(CLRELU_INVALID_NULL, "layer is NULL");
    return clrelu_check_call(call);
}

static clrelu_status check_dims(const clrelu_prelu_layer *l,
                                const clrelu_shape *x)
{
    if (x->rank != l->rank)
        return clrelu_fail(CLRELU_INVALID_ALPHA_SHAPE,
                           "x has rank %zu, must have the layer's, %zu",
                           x->rank, l->rank);
    if (!x->dims)
        return clrelu_fail(CLRELU_INVALID_NULL, "shape: dims is NULL");
    for (size_t i = 1; i < x->rank; i++)
        if (l->dims[i] > 0 && x->dims[i] != l->dims[i])
            return clrelu_fail(CLRELU_INVALID_ALPHA_SHAPE,
                               "x: axis %zu has extent %zu, must have the "
                               "layer's, %zu",
                               i, x->dims[i], l->dims[i]);
    return CLRELU_OK;
}

/* What a call leaves to the layer. */
static clrelu_status check_left_out(const clrelu_prelu *call)
{
    const clrelu_shape *s = call->shape;

    if (clrelu_is_given(call->alpha) || clrelu_is_given(call->dalpha) ||
        call->alpha_dtype)
        return clrelu_fail(CLRELU_INVALID_BUFFER,
                           "alpha, dalpha and alpha_dtype must be left out: "
                           "they are the layer's");
    if (s->shared_count || s->alpha_rank || s->alpha_dims || s->alpha_layout)
        return clrelu_fail(CLRELU_INVALID_AXIS,
                           "shape must have only rank and dims: the shared "
                           "axes and alpha are the layer's");
    return CLRELU_OK;
}

/* The call with the layer's alpha; of shape, too. */
static clrelu_status complete(const clrelu_prelu_layer *l,
                              const clrelu_prelu *call, clrelu_prelu *full,
                              clrelu_shape *shape)
{
    clrelu_status status;

    if (!l || !call || !call->shape)
        return clrelu_fail(CLRELU_INVALID_NULL, "%s is NULL",
                           !l      ? "layer"
                           : !call ? "call"
                                   : "shape");
    status = check_left_out(call);
    if (!status)
        status = check_dims(l, call->shape);
    *full = *call;
    *shape = *call->shape;
    shape->shared_count = l->shared_count;
    shape->shared_axes = l->shared_axes;
    full->shape = shape;
    full->alpha = l->alpha;
    full->alpha_dtype = CLRELU_FLOAT32;
    return status;
}

clrelu_status clrelu_prelu_layer_forward(const clrelu_prelu_layer *layer,
                                         const clrelu_exec *exec,
                                         const clrelu_prelu *call)
{
    clrelu_shape shape;
    clrelu_prelu full;
    clrelu_status status;

    CLRELU_TRACE(clrelu_trace_begin(__func__));
    CLRELU_TRACE(clrelu_trace_prelu(call));
    status = complete(layer, call, &full, &shape);
    if (!status)
        status = clrelu_prelu_forward(layer->context, exec, &full);
    return clrelu_traced(status);
}

clrelu_status clrelu_prelu_layer_backward(clrelu_prelu_layer *layer,
                                          const clrelu_exec *exec,
                                          const clrelu_prelu *call)
{
    clrelu_shape shape;
    clrelu_prelu full;
    clrelu_status status;

    CLRELU_TRACE(clrelu_trace_begin(__func__));
    CLRELU_TRACE(clrelu_trace_prelu(call));
    status = complete(layer, call, &full, &shape);
    if (!status) {
        full.flags |= CLRELU_ACCUMULATE_DALPHA;
        full.dalpha = layer->dalpha;
        status = clrelu_prelu_backward(layer->context, exec, &full);
    }
    return clrelu_traced(status);
}

clrelu_status clrelu_prelu_layer_penalty(const clrelu_prelu_layer *layer,
                                         const clrelu_exec *exec,
                                         clrelu_buffer penalty)
{
    const clrelu_call call = {layer ? layer->context : NULL, exec};
    clrelu_batch batch = {.context = call.context};
    clrelu_span on_penalty, on_alpha;
    clrelu_status status;

    CLRELU_TRACE(clrelu_trace_begin(__func__));
    CLRELU_TRACE(clrelu_layer_trace(layer));
    status = clrelu_layer_check(&call, layer);
    if (!status)
        status = clrelu_check_buffer(&call, "penalty", penalty, sizeof(float),
                                     1, CLRELU_WRITE, &on_penalty);
    if (!status)
        status =
            clrelu_check_buffer(&call, "alpha", layer->alpha, sizeof(float),
                                layer->count, CLRELU_READ, &on_alpha);
    if (!status)
        status = clrelu_check_disjoint(&on_penalty, &on_alpha, false);
    if (!status) {
        clrelu_parameter p = parameter(layer);
        p.gradient = (clrelu_buffer){0};
        status = clrelu_penalty_add(&batch, &layer->regularizer, &p, penalty);
    }
    if (!status)
        status = clrelu_batch_enqueue(&call, &batch);
    clrelu_batch_end(&batch);
    return clrelu_traced(status);
}

static clrelu_status add_update(clrelu_batch *batch,
                                const clrelu_prelu_layer *l,
                                double learning_rate, double momentum)
{
    const clrelu_parameter p = parameter(l);
    clrelu_status status =
        clrelu_penalty_add(batch, &l->regularizer, &p, (clrelu_buffer){0});

    if (!status)
        status = clrelu_sgd_add(batch, learning_rate, momentum, l->count, &p);
    if (!status)
        status = clrelu_constraint_add(batch, &l->constraint, l->count,
                                       &l->axes, l->alpha);
    return status;
}

clrelu_status clrelu_prelu_layer_update(clrelu_prelu_layer *layer,
                                        const clrelu_exec *exec,
                                        double learning_rate, double momentum)
{
    const clrelu_call call = {layer ? layer->context : NULL, exec};
    clrelu_batch batch = {.context = call.context};
    clrelu_status status;

    CLRELU_TRACE(clrelu_trace_begin(__func__));
    CLRELU_TRACE(clrelu_layer_trace(layer));
    status = clrelu_layer_check(&call, layer);
    if (!status)
        status = clrelu_sgd_check(learning_rate, momentum);
    if (!status)
        status = add_update(&batch, layer, learning_rate, momentum);
    if (!status)
        status = clrelu_batch_enqueue(&call, &batch);
    clrelu_batch_end(&batch);
    return clrelu_traced(status);
}
