/* test_structs.c - reserved fields that are not 0, and structs that are missing
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "device.h"
#include "folder.h"
#include "tap.h"

enum { N = 8 };
enum kind {
    CONTEXT_PARAMS,
    EXEC,
    ELEMENTWISE,
    SHAPE,
    PRELU,
    CHAIN,
    DENSE,
    PARAMETER,
    LAYER_PARAMS,
    KINDS
};

/* The structs, and what the calls are given: one of them, or NULL. */
static struct device device;
static clrelu_prelu_layer *layer;
static clrelu_context_params context_params;
static clrelu_exec exec;
static clrelu_elementwise elementwise;
static clrelu_shape shape;
static clrelu_prelu prelu;
static clrelu_chain chain;
static clrelu_dense dense;
static clrelu_parameter parameter;
static clrelu_prelu_layer_params layer_params;
static clrelu_buffer partials, out;
static void *given[KINDS];

/* The name of each struct in error texts, and its reserved fields. */
static const struct {
    const char *name;
    void *object;
    struct {
        void *at;
        size_t bytes;
    } reserved[2];
} structs[KINDS] = {
#define FIELD(field) \
    { \
        &(field), sizeof(field) \
    }
    [CONTEXT_PARAMS] = {"params",
                        &context_params,
                        {FIELD(context_params.reserved)}},
    [EXEC] = {"exec", &exec, {FIELD(exec.reserved_32), FIELD(exec.reserved)}},
    [ELEMENTWISE] = {"call",
                     &elementwise,
                     {FIELD(elementwise.reserved_32),
                      FIELD(elementwise.reserved)}},
    [SHAPE] = {"shape",
               &shape,
               {FIELD(shape.reserved_32), FIELD(shape.reserved)}},
    [PRELU] = {"call",
               &prelu,
               {FIELD(prelu.reserved_32), FIELD(prelu.reserved)}},
    [CHAIN] = {"call", &chain, {FIELD(chain.reserved)}},
    [DENSE] = {"call", &dense, {FIELD(dense.reserved)}},
    [PARAMETER] = {"parameter", &parameter, {FIELD(parameter.reserved)}},
    [LAYER_PARAMS] = {"params", &layer_params, {FIELD(layer_params.reserved)}},
#undef FIELD
};

/* ---------------------------------------------------------- the calls -- */

static clrelu_status create_context(void)
{
    clrelu_context *made;
    const clrelu_status status =
        clrelu_context_create(given[CONTEXT_PARAMS], &made);

    clrelu_context_destroy(&made);
    return status;
}

static clrelu_status forward(void)
{
    return clrelu_forward(device.context, given[EXEC], given[ELEMENTWISE]);
}

static clrelu_status backward(void)
{
    return clrelu_backward(device.context, given[EXEC], given[ELEMENTWISE]);
}

static clrelu_status explain_elementwise(void)
{
    clrelu_explanation e;

    return clrelu_explain_elementwise(device.context, CLRELU_FORWARD,
                                      given[ELEMENTWISE], &e);
}

static clrelu_status alpha_dims(void)
{
    return clrelu_prelu_alpha_dims(given[SHAPE], NULL, NULL, NULL);
}

static clrelu_status workspace(void)
{
    size_t count;

    prelu.shape = given[SHAPE];
    return clrelu_prelu_workspace(given[PRELU], &count);
}

static clrelu_status prelu_forward(void)
{
    prelu.shape = given[SHAPE];
    return clrelu_prelu_forward(device.context, given[EXEC], given[PRELU]);
}

static clrelu_status prelu_backward(void)
{
    prelu.shape = given[SHAPE];
    return clrelu_prelu_backward(device.context, given[EXEC], given[PRELU]);
}

static clrelu_status prelu_partial(void)
{
    prelu.shape = given[SHAPE];
    return clrelu_prelu_backward_partial(device.context, given[EXEC],
                                         given[PRELU]);
}

static clrelu_status explain_prelu(void)
{
    clrelu_explanation e;

    prelu.shape = given[SHAPE];
    return clrelu_explain_prelu(device.context, CLRELU_BACKWARD, given[PRELU],
                                &e);
}

static clrelu_status chain_workspace(void)
{
    size_t count;

    chain.shape = given[SHAPE];
    return clrelu_chain_workspace(given[CHAIN], &count);
}

static clrelu_status chain_forward(void)
{
    chain.shape = given[SHAPE];
    return clrelu_chain_forward(device.context, given[EXEC], given[CHAIN]);
}

static clrelu_status chain_backward(void)
{
    chain.shape = given[SHAPE];
    return clrelu_chain_backward(device.context, given[EXEC], given[CHAIN]);
}

static clrelu_status chain_partial(void)
{
    chain.shape = given[SHAPE];
    return clrelu_chain_backward_partial(device.context, given[EXEC],
                                         given[CHAIN]);
}

static clrelu_status explain_chain(void)
{
    clrelu_explanation e;

    chain.shape = given[SHAPE];
    return clrelu_explain_chain(device.context, CLRELU_BACKWARD, given[CHAIN],
                                &e);
}

static clrelu_status sum_partials(void)
{
    return clrelu_sum_partials(device.context, given[EXEC], CLRELU_FLOAT32, 2,
                               2, partials, out);
}

static clrelu_status dense_forward(void)
{
    return clrelu_dense_forward(device.context, given[EXEC], given[DENSE]);
}

static clrelu_status dense_backward(void)
{
    return clrelu_dense_backward(device.context, given[EXEC], given[DENSE]);
}

static clrelu_status explain_dense(void)
{
    clrelu_explanation e;

    return clrelu_explain_dense(device.context, CLRELU_BACKWARD, given[DENSE],
                                &e);
}

static clrelu_status initialize(void)
{
    return clrelu_initialize(device.context, given[EXEC], "ones", 1,
                             given[PARAMETER]);
}

static clrelu_status penalty(void)
{
    return clrelu_penalty(device.context, given[EXEC], "l2", given[PARAMETER],
                          out);
}

static clrelu_status constrain(void)
{
    return clrelu_constrain(device.context, given[EXEC], "non_neg",
                            given[PARAMETER]);
}

static clrelu_status sgd_step(void)
{
    return clrelu_sgd_step(device.context, given[EXEC], 0.5, 0.5,
                           given[PARAMETER]);
}

static clrelu_status create_layer(void)
{
    clrelu_prelu_layer *made;
    const clrelu_status status = clrelu_prelu_layer_create(
        device.context, given[EXEC], given[LAYER_PARAMS], &made);

    clrelu_prelu_layer_destroy(&made);
    return status;
}

static clrelu_status create_from_config(void)
{
    clrelu_prelu_layer *made;
    const clrelu_status status = clrelu_prelu_layer_create_from_config(
        device.context, given[EXEC], "PReLU([0,4])", &made);

    clrelu_prelu_layer_destroy(&made);
    return status;
}

/* A layer's call has neither alpha nor dalpha. */
static clrelu_status with_layer(clrelu_status (*run)(void))
{
    const clrelu_prelu was = prelu;

    prelu.alpha = prelu.dalpha = (clrelu_buffer){0};
    prelu.shape = given[SHAPE];
    const clrelu_status status = run();
    prelu = was;
    return status;
}

static clrelu_status run_layer_forward(void)
{
    return clrelu_prelu_layer_forward(layer, given[EXEC], given[PRELU]);
}

static clrelu_status run_layer_backward(void)
{
    return clrelu_prelu_layer_backward(layer, given[EXEC], given[PRELU]);
}

static clrelu_status layer_forward(void)
{
    return with_layer(run_layer_forward);
}

static clrelu_status layer_backward(void)
{
    return with_layer(run_layer_backward);
}

static clrelu_status layer_penalty(void)
{
    return clrelu_prelu_layer_penalty(layer, given[EXEC], out);
}

static clrelu_status layer_update(void)
{
    return clrelu_prelu_layer_update(layer, given[EXEC], 0.5, 0.5);
}

static clrelu_status layer_write(void)
{
    static const float values[4] = {1, 2, 3, 4};

    return clrelu_prelu_layer_write_alpha(layer, given[EXEC], 4, values);
}

static clrelu_status layer_read(void)
{
    float values[4];

    return clrelu_prelu_layer_read_alpha(layer, given[EXEC], 4, values);
}

static clrelu_status layer_save(void)
{
    return clrelu_prelu_layer_save(layer, given[EXEC], "structs.npy");
}

static clrelu_status layer_load(void)
{
    return clrelu_prelu_layer_load(layer, given[EXEC], "structs.npy");
}

#define TAKES(kind) (1u << (kind))

static const struct function {
    const char *name;
    clrelu_status (*run)(void);
    unsigned takes; /* kinds of structs */
    bool dense;     /* needs CLBlast */
} functions[] = {
    {"clrelu_context_create", create_context, TAKES(CONTEXT_PARAMS), false},
    {"clrelu_forward", forward, TAKES(EXEC) | TAKES(ELEMENTWISE), false},
    {"clrelu_backward", backward, TAKES(EXEC) | TAKES(ELEMENTWISE), false},
    {"clrelu_explain_elementwise", explain_elementwise, TAKES(ELEMENTWISE),
     false},
    {"clrelu_prelu_alpha_dims", alpha_dims, TAKES(SHAPE), false},
    {"clrelu_prelu_workspace", workspace, TAKES(SHAPE) | TAKES(PRELU), false},
    {"clrelu_prelu_forward", prelu_forward,
     TAKES(EXEC) | TAKES(SHAPE) | TAKES(PRELU), false},
    {"clrelu_prelu_backward", prelu_backward,
     TAKES(EXEC) | TAKES(SHAPE) | TAKES(PRELU), false},
    {"clrelu_prelu_backward_partial", prelu_partial,
     TAKES(EXEC) | TAKES(SHAPE) | TAKES(PRELU), false},
    {"clrelu_explain_prelu", explain_prelu, TAKES(SHAPE) | TAKES(PRELU), false},
    {"clrelu_chain_workspace", chain_workspace, TAKES(SHAPE) | TAKES(CHAIN),
     false},
    {"clrelu_chain_forward", chain_forward,
     TAKES(EXEC) | TAKES(SHAPE) | TAKES(CHAIN), false},
    {"clrelu_chain_backward", chain_backward,
     TAKES(EXEC) | TAKES(SHAPE) | TAKES(CHAIN), false},
    {"clrelu_chain_backward_partial", chain_partial,
     TAKES(EXEC) | TAKES(SHAPE) | TAKES(CHAIN), false},
    {"clrelu_explain_chain", explain_chain, TAKES(SHAPE) | TAKES(CHAIN), false},
    {"clrelu_sum_partials", sum_partials, TAKES(EXEC), false},
    {"clrelu_dense_forward", dense_forward, TAKES(EXEC) | TAKES(DENSE), true},
    {"clrelu_dense_backward", dense_backward, TAKES(EXEC) | TAKES(DENSE), true},
    {"clrelu_explain_dense", explain_dense, TAKES(DENSE), false},
    {"clrelu_initialize", initialize, TAKES(EXEC) | TAKES(PARAMETER), false},
    {"clrelu_penalty", penalty, TAKES(EXEC) | TAKES(PARAMETER), false},
    {"clrelu_constrain", constrain, TAKES(EXEC) | TAKES(PARAMETER), false},
    {"clrelu_sgd_step", sgd_step, TAKES(EXEC) | TAKES(PARAMETER), false},
    {"clrelu_prelu_layer_create", create_layer,
     TAKES(EXEC) | TAKES(LAYER_PARAMS), false},
    {"clrelu_prelu_layer_create_from_config", create_from_config, TAKES(EXEC),
     false},
    {"clrelu_prelu_layer_forward", layer_forward,
     TAKES(EXEC) | TAKES(SHAPE) | TAKES(PRELU), false},
    {"clrelu_prelu_layer_backward", layer_backward,
     TAKES(EXEC) | TAKES(SHAPE) | TAKES(PRELU), false},
    {"clrelu_prelu_layer_penalty", layer_penalty, TAKES(EXEC), false},
    {"clrelu_prelu_layer_update", layer_update, TAKES(EXEC), false},
    {"clrelu_prelu_layer_write_alpha", layer_write, TAKES(EXEC), false},
    {"clrelu_prelu_layer_read_alpha", layer_read, TAKES(EXEC), false},
    {"clrelu_prelu_layer_save", layer_save, TAKES(EXEC), false},
    {"clrelu_prelu_layer_load", layer_load, TAKES(EXEC), false},
};

/* The arrays, each with a call that uses it. */
static const struct {
    const char *name;
    clrelu_status (*run)(void);
    clrelu_buffer *buffer;
    bool dense;
} buffers[] = {
    {"x", forward, &elementwise.x, false},
    {"y", forward, &elementwise.y, false},
    {"x", backward, &elementwise.x, false},
    {"dy", backward, &elementwise.dy, false},
    {"dx", backward, &elementwise.dx, false},
    {"x", prelu_forward, &prelu.x, false},
    {"alpha", prelu_forward, &prelu.alpha, false},
    {"y", prelu_forward, &prelu.y, false},
    {"x", prelu_backward, &prelu.x, false},
    {"alpha", prelu_backward, &prelu.alpha, false},
    {"dy", prelu_backward, &prelu.dy, false},
    {"dx", prelu_backward, &prelu.dx, false},
    {"dalpha", prelu_backward, &prelu.dalpha, false},
    {"dalpha", prelu_partial, &prelu.dalpha, false},
    {"x", layer_forward, &prelu.x, false},
    {"dx", layer_backward, &prelu.dx, false},
    {"scale", chain_forward, &chain.scale, false},
    {"bias", chain_forward, &chain.bias, false},
    {"alpha", chain_forward, &chain.alpha, false},
    {"residual", chain_forward, &chain.residual, false},
    {"z", chain_forward, &chain.z, false},
    {"y", chain_forward, &chain.y, false},
    {"x", chain_backward, &chain.x, false},
    {"dy", chain_backward, &chain.dy, false},
    {"dx", chain_backward, &chain.dx, false},
    {"dscale", chain_backward, &chain.dscale, false},
    {"dbias", chain_backward, &chain.dbias, false},
    {"dalpha", chain_backward, &chain.dalpha, false},
    {"dresidual", chain_backward, &chain.dresidual, false},
    {"partials", sum_partials, &partials, false},
    {"out", sum_partials, &out, false},
    {"values", initialize, &parameter.values, false},
    {"values", penalty, &parameter.values, false},
    {"gradient", penalty, &parameter.gradient, false},
    {"penalty", penalty, &out, false},
    {"values", constrain, &parameter.values, false},
    {"values", sgd_step, &parameter.values, false},
    {"gradient", sgd_step, &parameter.gradient, false},
    {"velocity", sgd_step, &parameter.velocity, false},
    {"penalty", layer_penalty, &out, false},
    {"x", dense_forward, &dense.x, true},
    {"w", dense_forward, &dense.w, true},
    {"b", dense_forward, &dense.b, true},
    {"alpha", dense_forward, &dense.alpha, true},
    {"z", dense_forward, &dense.z, true},
    {"y", dense_forward, &dense.y, true},
    {"dy", dense_backward, &dense.dy, true},
    {"dz", dense_backward, &dense.dz, true},
    {"dx", dense_backward, &dense.dx, true},
    {"dw", dense_backward, &dense.dw, true},
    {"db", dense_backward, &dense.db, true},
    {"dalpha", dense_backward, &dense.dalpha, true},
};

/* ---------------------------------------------------------- the tests -- */

static bool refused(clrelu_status (*run)(void), clrelu_status status,
                    const char *name)
{
    const clrelu_status got = run();
    const size_t length = strlen(name);

    if (got == status && strncmp(clrelu_error(), name, length) == 0)
        return true;
    diag("%s, must be %s: \"%s\" must begin with %s", clrelu_status_name(got),
         clrelu_status_name(status), clrelu_error(), name);
    return false;
}

/* Each of the bytes alone. */
static bool bytes_refused(clrelu_status (*run)(void), const char *name,
                          unsigned char *at, size_t count)
{
    bool good = true;

    for (size_t i = 0; i < count && good; i++) {
        at[i] = (unsigned char)(1u << i % 8);
        good = refused(run, CLRELU_INVALID_RESERVED, name);
        at[i] = 0;
    }
    return good;
}

static void test_struct(const struct function *f, enum kind kind)
{
    const char *name = structs[kind].name;
    bool good = true;

    for (int i = 0; i < 2; i++)
        good = good && bytes_refused(f->run, name, structs[kind].reserved[i].at,
                                     structs[kind].reserved[i].bytes);
    ok(good, "%s: reserved fields of %s", f->name, name);
    given[kind] = NULL;
    if (kind == CONTEXT_PARAMS)
        ok(f->run() == CLRELU_OK, "%s: no %s", f->name, name);
    else
        ok(refused(f->run, CLRELU_INVALID_NULL, name), "%s: no %s", f->name,
           name);
    given[kind] = structs[kind].object;
}

static void test_function(const struct function *f)
{
    const clrelu_status status = f->run();

    ok(status == CLRELU_OK, "%s: a good call%s%s", f->name, status ? ": " : "",
       status ? clrelu_error() : "");
    for (enum kind kind = CONTEXT_PARAMS; kind < KINDS; kind++)
        if (f->takes & TAKES(kind))
            test_struct(f, kind);
}

static const char *name_of(clrelu_status (*run)(void))
{
    for (size_t i = 0; i < COUNT_OF(functions); i++)
        if (functions[i].run == run)
            return functions[i].name;
    return "?";
}

static void test_buffers(bool with_dense)
{
    for (size_t i = 0; i < COUNT_OF(buffers); i++) {
        clrelu_buffer *b = buffers[i].buffer;
        char what[64];
        if (buffers[i].dense && !with_dense)
            continue;
        snprintf(what, sizeof(what), "%s: %s", name_of(buffers[i].run),
                 buffers[i].name);
        ok(bytes_refused(buffers[i].run, buffers[i].name,
                         (unsigned char *)&b->reserved, sizeof(b->reserved)),
           "%s, its reserved field", what);
        b->pointer = &b;
        ok(refused(buffers[i].run, CLRELU_INVALID_BUFFER, buffers[i].name),
           "%s, both mem and pointer", what);
        b->pointer = NULL;
    }
}

static bool zero(const void *bytes, size_t count)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < count; i++)
        if (at[i])
            return false;
    return true;
}

/* Fields of a later version, as this one writes them. */
static void test_outputs(void)
{
    clrelu_device d;
    clrelu_float_check check;
    clrelu_explanation e;
    size_t count;

    memset(&d, 77, sizeof(d));
    memset(&check, 77, sizeof(check));
    memset(&e, 77, sizeof(e));
    ok(!clrelu_device_list(NULL, 1, &d, &count) && !d.reserved_32 &&
           zero(d.reserved, sizeof(d.reserved)),
       "clrelu_device_list writes 0 to reserved fields");
    ok(!clrelu_context_float_check(device.context, &check) &&
           zero(check.reserved, sizeof(check.reserved)),
       "clrelu_context_float_check writes 0 to reserved fields");
    ok(!clrelu_explain_prelu(device.context, CLRELU_FORWARD, &prelu, &e) &&
           zero(e.reserved, sizeof(e.reserved)),
       "clrelu_explain_prelu writes 0 to reserved fields");
}

/* ---------------------------------------------------- what calls take -- */

enum { ARRAYS = 16 };
static cl_mem mems[ARRAYS];

static void make_structs(void)
{
    static const size_t dims[] = {2, 4};

    exec = device.exec;
    context_params = (clrelu_context_params){.queue = device.queue};
    shape = (clrelu_shape){.rank = 2, .dims = dims};
    layer_params = (clrelu_prelu_layer_params){.rank = 2, .dims = dims};
    elementwise = (clrelu_elementwise){
        .op = CLRELU_ELU, .dtype = CLRELU_FLOAT32, .scalar = 1, .n = N};
    prelu = (clrelu_prelu){.dtype = CLRELU_FLOAT32, .shape = &shape};
    chain = (clrelu_chain){
        .op = CLRELU_PRELU, .dtype = CLRELU_FLOAT32, .shape = &shape};
    dense = (clrelu_dense){.op = CLRELU_PRELU,
                           .rows = 2,
                           .inputs = 2,
                           .outputs = 4,
                           .alpha_count = 4};
    parameter = (clrelu_parameter){.rank = 2, .dims = dims};
    for (int i = 0; i < KINDS; i++)
        given[i] = structs[i].object;
}

/* Each argument has an array of its own, of N elements or more. */
static void make_arrays(void)
{
    clrelu_buffer *const all[][ARRAYS] = {
        {&elementwise.x, &elementwise.y, &elementwise.dy, &elementwise.dx},
        {&prelu.x, &prelu.alpha, &prelu.y, &prelu.dy, &prelu.dx, &prelu.dalpha,
         &prelu.workspace},
        {&chain.x, &chain.scale, &chain.bias, &chain.alpha, &chain.residual,
         &chain.z, &chain.y, &chain.dy, &chain.dx, &chain.dscale, &chain.dbias,
         &chain.dalpha, &chain.dresidual, &chain.workspace},
        {&dense.x, &dense.w, &dense.b, &dense.alpha, &dense.z, &dense.y,
         &dense.dy, &dense.dz, &dense.dx, &dense.dw, &dense.db, &dense.dalpha},
        {&parameter.values, &parameter.gradient, &parameter.velocity, &partials,
         &out},
    };
    cl_int error;

    for (int i = 0; i < ARRAYS; i++) {
        mems[i] = clCreateBuffer(device.cl, CL_MEM_READ_WRITE,
                                 2 * N * sizeof(float), NULL, &error);
        device_must(error, "clCreateBuffer");
    }
    for (size_t i = 0; i < COUNT_OF(all); i++)
        for (int j = 0; j < ARRAYS && all[i][j]; j++)
            *all[i][j] = clrelu_at(mems[j], 0);
}

int main(void)
{
    device_open(&device);
    folder_enter();
    make_structs();
    make_arrays();
    if (clrelu_prelu_layer_create(device.context, &exec, &layer_params, &layer))
        bail("%s", clrelu_error());
    const bool with_dense = dense_forward() != CLRELU_UNSUPPORTED;
    if (!with_dense)
        skip("no CLBlast", "dense layers");
    for (size_t i = 0; i < COUNT_OF(functions); i++)
        if (with_dense || !functions[i].dense)
            test_function(&functions[i]);
    test_buffers(with_dense);
    test_outputs();
    folder_leave();
    clrelu_prelu_layer_destroy(&layer);
    for (int i = 0; i < ARRAYS; i++)
        clReleaseMemObject(mems[i]);
    device_close(&device);
    return done_testing();
}
