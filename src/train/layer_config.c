/* layer_config.c - a PReLU layer as text
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/status.h"
#include "core/check.h"
#include "core/trace.h"
#include "train/layer.h"

enum { INPUT_SHAPE, SHARED_AXES, INITIALIZER, REGULARIZER, CONSTRAINT, SEED };

#define SPEC(name) \
    { \
        name, CLRELU_TEXT, 0.0, NULL, NULL \
    }

/* Keras's arguments; input_shape has the batch, too, and seed is ours. */
static const clrelu_entry table[] = {
    {0,
     {"PReLU"},
     {{"input_shape", CLRELU_LIST, 0, NULL, NULL},
      {"shared_axes", CLRELU_LIST, 0, NULL, NULL},
      SPEC("alpha_initializer"),
      SPEC("alpha_regularizer"),
      SPEC("alpha_constraint"),
      {"seed", CLRELU_SEED, 0.0, NULL, NULL}}},
    {0, {NULL}, {{0}}}};

static clrelu_status take_lists(const clrelu_spec *spec,
                                size_t dims[CLRELU_MAX_RANK],
                                int axes[CLRELU_MAX_RANK])
{
    const clrelu_value *shape = &spec->values[INPUT_SHAPE];
    const clrelu_value *shared = &spec->values[SHARED_AXES];

    for (size_t i = 0; i < shape->count; i++) {
        if (shape->list[i] < 0)
            return clrelu_fail(CLRELU_INVALID_SPEC,
                               "PReLU: input_shape has %lld, must be >= 0, 0 "
                               "for an open axis",
                               (long long)shape->list[i]);
        dims[i] = (size_t)shape->list[i];
    }
    for (size_t i = 0; i < shared->count; i++) {
        if (shared->list[i] < 1 || shared->list[i] > CLRELU_MAX_RANK)
            return clrelu_fail(CLRELU_INVALID_AXIS,
                               "PReLU: shared axis %lld is not an axis of "
                               "input_shape, which count from 1",
                               (long long)shared->list[i]);
        axes[i] = (int)shared->list[i];
    }
    return CLRELU_OK;
}

static clrelu_status create(const clrelu_call *call, const char *config,
                            clrelu_prelu_layer **out)
{
    size_t dims[CLRELU_MAX_RANK];
    int axes[CLRELU_MAX_RANK];
    clrelu_text_range specs[3];
    clrelu_spec spec;
    clrelu_status status;

    if (!out)
        return clrelu_fail(CLRELU_INVALID_NULL, "out is NULL");
    *out = NULL;
    status = clrelu_check_call(call);
    if (!status && !config)
        status = clrelu_fail(CLRELU_INVALID_NULL, "config is NULL");
    if (!status)
        status =
            clrelu_spec_parse("layer", table, config, strlen(config), &spec);
    if (!status)
        status = take_lists(&spec, dims, axes);
    if (status)
        return status;
    for (unsigned i = 0; i < 3; i++)
        specs[i] = (clrelu_text_range){spec.values[INITIALIZER + i].text,
                                       spec.values[INITIALIZER + i].length};
    const clrelu_prelu_layer_params params = {
        .rank = spec.values[INPUT_SHAPE].count,
        .dims = dims,
        .shared_count = spec.values[SHARED_AXES].count,
        .shared_axes = axes,
        .seed = spec.values[SEED].seed,
    };
    return clrelu_layer_make(call, &params, specs, out);
}

clrelu_status clrelu_prelu_layer_create_from_config(clrelu_context *context,
                                                    const clrelu_exec *exec,
                                                    const char *config,
                                                    clrelu_prelu_layer **out)
{
    const clrelu_call call = {context, exec};

    CLRELU_TRACE(clrelu_trace_begin(__func__));
    return clrelu_traced(create(&call, config, out));
}

clrelu_status clrelu_prelu_layer_config(const clrelu_prelu_layer *layer,
                                        size_t size, char *text, size_t *length)
{
    clrelu_text t = {text, size, 0};

    if (!layer || (size > 0 && !text))
        return clrelu_fail(CLRELU_INVALID_NULL, "%s is NULL",
                           layer ? "text" : "layer");
    clrelu_text_add(&t, "PReLU(input_shape=[");
    for (size_t i = 0; i < layer->rank; i++) {
        clrelu_text_add(&t, i > 0 ? "," : "");
        clrelu_text_add_unsigned(&t, layer->dims[i]);
    }
    clrelu_text_add(&t, "],shared_axes=[");
    for (size_t i = 0; i < layer->shared_count; i++) {
        clrelu_text_add(&t, i > 0 ? "," : "");
        clrelu_text_add_unsigned(&t, (uint64_t)layer->shared_axes[i]);
    }
    clrelu_text_add(&t, "],alpha_initializer=");
    clrelu_spec_format(&layer->initializer, &t);
    clrelu_text_add(&t, ",alpha_regularizer=");
    clrelu_spec_format(&layer->regularizer, &t);
    clrelu_text_add(&t, ",alpha_constraint=");
    clrelu_spec_format(&layer->constraint, &t);
    clrelu_text_add(&t, ",seed=");
    clrelu_text_add_unsigned(&t, layer->seed);
    clrelu_text_add(&t, ")");
    if (length)
        *length = t.used;
    return CLRELU_OK;
}
