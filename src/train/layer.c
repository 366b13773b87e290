/* layer.c - PReLU with alpha, dalpha, velocity and constraint
 * SPDX-License-Identifier: MIT */
#include "train/layer.h"

#include <stdlib.h>
#include <string.h>

#include "base/fork.h"
#include "base/status.h"
#include "core/check.h"
#include "core/trace.h"
#include "core/upload.h"
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

static clrelu_status create_buffers(clrelu_prelu_layer *l)
{
    cl_mem *const mems[] = {&l->alpha.mem, &l->dalpha.mem, &l->velocity.mem};
    const size_t bytes = (l->count > 0 ? l->count : 1) * sizeof(float);
    float *zeros = calloc(bytes, 1);
    clrelu_status status = CLRELU_OK;

    if (!zeros)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for alpha");
    for (unsigned i = 0; i < 3 && !status; i++)
        status = clrelu_buffer_create(l->context, bytes, zeros, mems[i]);
    free(zeros);
    return status;
}

clrelu_parameter clrelu_layer_parameter(const clrelu_prelu_layer *l)
{
    return (clrelu_parameter){.rank = l->alpha_rank,
                              .dims = l->alpha_dims,
                              .values = l->alpha,
                              .gradient = l->dalpha,
                              .velocity = l->velocity};
}

void clrelu_layer_trace(const clrelu_prelu_layer *layer)
{
    const clrelu_parameter p =
        layer ? clrelu_layer_parameter(layer) : (clrelu_parameter){0};

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
    if (!status)
        status = CLRELU_CHECK_STRUCT("params", params);
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
