/* chain_onednn.c - bias, leaky_relu and residual as post-ops of oneDNN
 * SPDX-License-Identifier: MIT */
#include "chain_onednn.h"

#include <dnnl.h>
#include <stdbool.h>
#include <stdlib.h>

#include "harness.h"

enum { INPUTS = 3, ARGS = INPUTS + 1 };

struct chain_onednn {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_t primitive;
    dnnl_exec_arg_t args[ARGS];
    int count;
};

/* x + bias, with the others as post-ops.  oneDNN 2 and 3 differ in the
 * descriptors' types and in eltwise's scale. */
#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t memory_desc;

static bool describe(memory_desc *desc, const dnnl_dims_t dims)
{
    return !dnnl_memory_desc_create_with_tag(desc, 4, dims, dnnl_f32,
                                             dnnl_nchw);
}

static bool append_leaky(dnnl_post_ops_t ops, float alpha)
{
    return !dnnl_post_ops_append_eltwise(ops, dnnl_eltwise_relu, alpha, 0);
}

static bool describe_add(dnnl_primitive_desc_t *made, dnnl_engine_t engine,
                         memory_desc data, memory_desc bias,
                         dnnl_primitive_attr_t attributes)
{
    return !dnnl_binary_primitive_desc_create(made, engine, dnnl_binary_add,
                                              data, bias, data, attributes);
}
#else
typedef const dnnl_memory_desc_t *memory_desc;

static bool describe(memory_desc *desc, const dnnl_dims_t dims)
{
    dnnl_memory_desc_t *made = must_have(malloc(sizeof(*made)));

    *desc = made;
    return !dnnl_memory_desc_init_by_tag(made, 4, dims, dnnl_f32, dnnl_nchw);
}

static bool append_leaky(dnnl_post_ops_t ops, float alpha)
{
    return !dnnl_post_ops_append_eltwise(ops, 1, dnnl_eltwise_relu, alpha, 0);
}

static bool describe_add(dnnl_primitive_desc_t *made, dnnl_engine_t engine,
                         memory_desc data, memory_desc bias,
                         dnnl_primitive_attr_t attributes)
{
    dnnl_binary_desc_t desc;

    return !dnnl_binary_desc_init(&desc, dnnl_binary_add, data, bias, data) &&
           !dnnl_primitive_desc_create(made, &desc, attributes, engine, NULL);
}
#endif

static bool make_primitive(chain_onednn *o, memory_desc data, memory_desc bias,
                           bool residual, float alpha)
{
    dnnl_post_ops_t ops = NULL;
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_primitive_desc_t desc = NULL;
    const bool made = !dnnl_post_ops_create(&ops) && append_leaky(ops, alpha) &&
                      (!residual || !dnnl_post_ops_append_binary(
                                        ops, dnnl_binary_add, data)) &&
                      !dnnl_primitive_attr_create(&attributes) &&
                      !dnnl_primitive_attr_set_post_ops(attributes, ops) &&
                      describe_add(&desc, o->engine, data, bias, attributes) &&
                      !dnnl_primitive_create(&o->primitive, desc);

    dnnl_primitive_desc_destroy(desc);
    dnnl_primitive_attr_destroy(attributes);
    dnnl_post_ops_destroy(ops);
    return made;
}

static bool add(chain_onednn *o, int what, memory_desc desc, float *values)
{
    dnnl_exec_arg_t *arg = &o->args[o->count];

    arg->arg = what;
    if (dnnl_memory_create(&arg->memory, desc, o->engine, values))
        return false;
    o->count++;
    return true;
}

chain_onednn *chain_onednn_open(const size_t dims[4], float *x, float *bias,
                                float *residual, float *y, float alpha)
{
    chain_onednn *o = must_have(calloc(1, sizeof(*o)));
    const dnnl_dims_t all = {(dnnl_dim_t)dims[0], (dnnl_dim_t)dims[1],
                             (dnnl_dim_t)dims[2], (dnnl_dim_t)dims[3]};
    const dnnl_dims_t channels = {1, all[1], 1, 1};
    memory_desc data, few;

    if (dnnl_engine_create(&o->engine, dnnl_cpu, 0) ||
        dnnl_stream_create(&o->stream, o->engine, dnnl_stream_default_flags) ||
        !describe(&data, all) || !describe(&few, channels) ||
        !make_primitive(o, data, few, residual != NULL, alpha) ||
        !add(o, DNNL_ARG_SRC_0, data, x) ||
        !add(o, DNNL_ARG_SRC_1, few, bias) || !add(o, DNNL_ARG_DST, data, y) ||
        (residual && !add(o, DNNL_ARG_ATTR_MULTIPLE_POST_OP(1) | DNNL_ARG_SRC_1,
                          data, residual)))
        die("oneDNN cannot do the chain");
    return o;
}

double chain_onednn_run(const chain_onednn *o)
{
    const double start = now();

    if (dnnl_primitive_execute(o->primitive, o->stream, o->count, o->args) ||
        dnnl_stream_wait(o->stream))
        die("oneDNN failed");
    return now() - start;
}
