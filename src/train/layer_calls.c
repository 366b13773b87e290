/* layer_calls.c - a PReLU layer's passes, penalty and update
 * SPDX-License-Identifier: MIT */
#include "base/status.h"
#include "core/check.h"
#include "core/trace.h"
#include "train/layer.h"

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

typedef clrelu_status prelu(clrelu_context *context, const clrelu_exec *exec,
                            const clrelu_prelu *call);

/* The pass on the layer's arrays; dalpha is NULL forward. */
static clrelu_status run(const char *function, prelu *pass,
                         const clrelu_prelu_layer *layer,
                         const clrelu_exec *exec, const clrelu_prelu *call,
                         const clrelu_buffer *dalpha)
{
    clrelu_shape shape;
    clrelu_prelu full;
    clrelu_status status;

    CLRELU_TRACE(clrelu_trace_begin(function));
    CLRELU_TRACE(clrelu_trace_prelu(call));
    status = complete(layer, call, &full, &shape);
    if (!status && dalpha) {
        full.flags |= CLRELU_ACCUMULATE_DALPHA;
        full.dalpha = *dalpha;
    }
    if (!status)
        status = pass(layer->context, exec, &full);
    return clrelu_traced(status);
}

clrelu_status clrelu_prelu_layer_forward(const clrelu_prelu_layer *layer,
                                         const clrelu_exec *exec,
                                         const clrelu_prelu *call)
{
    return run(__func__, clrelu_prelu_forward, layer, exec, call, NULL);
}

clrelu_status clrelu_prelu_layer_backward(clrelu_prelu_layer *layer,
                                          const clrelu_exec *exec,
                                          const clrelu_prelu *call)
{
    return run(__func__, clrelu_prelu_backward, layer, exec, call,
               layer ? &layer->dalpha : NULL);
}

clrelu_status clrelu_prelu_layer_penalty(const clrelu_prelu_layer *layer,
                                         const clrelu_exec *exec,
                                         clrelu_buffer penalty)
{
    const clrelu_call call = {layer ? layer->context : NULL, exec};
    clrelu_batch batch = {.context = call.context};
    clrelu_status status;

    CLRELU_TRACE(clrelu_trace_begin(__func__));
    CLRELU_TRACE(clrelu_layer_trace(layer));
    status = clrelu_layer_check(&call, layer);
    if (!status) {
        const clrelu_array arrays[] = {
            {"penalty", penalty, sizeof(float), 1, CLRELU_WRITE},
            {"alpha", layer->alpha, sizeof(float), layer->count, CLRELU_READ}};
        status = clrelu_check_arrays(&call, CLRELU_ARRAYS(arrays));
    }
    if (!status) {
        clrelu_parameter p = clrelu_layer_parameter(layer);
        p.gradient = (clrelu_buffer){0};
        status = clrelu_penalty_add(&batch, &layer->regularizer, &p, penalty);
    }
    return clrelu_traced(clrelu_batch_finish(&call, &batch, status));
}

static clrelu_status add_update(clrelu_batch *batch,
                                const clrelu_prelu_layer *l,
                                double learning_rate, double momentum)
{
    const clrelu_parameter p = clrelu_layer_parameter(l);
    clrelu_step step = clrelu_step_make(learning_rate, momentum, l->count, &p);
    clrelu_status status =
        clrelu_penalty_add_to_step(batch, &l->regularizer, &p, &step);

    return status ? status
                  : clrelu_constraint_add(batch, &l->constraint, l->count,
                                          &l->axes, l->alpha, &step);
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
    return clrelu_traced(clrelu_batch_finish(&call, &batch, status));
}
