/* test_structs.c - reserved fields that are not 0, and structs that are missing
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "folder.h"
#include "functions.h"
#include "tap.h"

static struct device device;
static struct arguments given;

/* The name of each struct in error texts, and its reserved fields. */
static const struct {
    const char *name;
    struct {
        void *at;
        size_t bytes;
    } reserved[2];
} structs[KINDS] = {
#define FIELD(field) \
    { \
        &given.field, sizeof(given.field) \
    }
#define FIELDS(s) \
    { \
        FIELD(s.reserved_32), FIELD(s.reserved) \
    }
    [CONTEXT_PARAMS] = {"params", {FIELD(context_params.reserved)}},
    [EXEC] = {"exec", FIELDS(exec)},
    [ELEMENTWISE] = {"call", FIELDS(elementwise)},
    [SHAPE] = {"shape", FIELDS(shape)},
    [PRELU] = {"call", FIELDS(prelu)},
    [CHAIN] = {"call", {FIELD(chain.reserved)}},
    [SECOND] = {"second", {FIELD(second.reserved)}},
    [DENSE] = {"call", {FIELD(dense.reserved)}},
    [PARAMETER] = {"parameter", {FIELD(parameter.reserved)}},
    [LAYER_PARAMS] = {"params", {FIELD(layer_params.reserved)}},
#undef FIELDS
#undef FIELD
};

/* The arrays, each with a call that uses it. */
static const struct {
    const char *function, *name;
    clrelu_buffer *buffer;
} buffers[] = {
    {"clrelu_forward", "x", &given.elementwise.x},
    {"clrelu_forward", "y", &given.elementwise.y},
    {"clrelu_backward", "x", &given.elementwise.x},
    {"clrelu_backward", "dy", &given.elementwise.dy},
    {"clrelu_backward", "dx", &given.elementwise.dx},
    {"clrelu_prelu_forward", "x", &given.prelu.x},
    {"clrelu_prelu_forward", "alpha", &given.prelu.alpha},
    {"clrelu_prelu_forward", "y", &given.prelu.y},
    {"clrelu_prelu_backward", "x", &given.prelu.x},
    {"clrelu_prelu_backward", "alpha", &given.prelu.alpha},
    {"clrelu_prelu_backward", "dy", &given.prelu.dy},
    {"clrelu_prelu_backward", "dx", &given.prelu.dx},
    {"clrelu_prelu_backward", "dalpha", &given.prelu.dalpha},
    {"clrelu_prelu_backward_partial", "dalpha", &given.prelu.dalpha},
    {"clrelu_prelu_layer_forward", "x", &given.prelu.x},
    {"clrelu_prelu_layer_backward", "dx", &given.prelu.dx},
    {"clrelu_chain_forward", "scale", &given.chain.scale},
    {"clrelu_chain_forward", "bias", &given.chain.bias},
    {"clrelu_chain_forward", "alpha", &given.chain.alpha},
    {"clrelu_chain_forward", "residual", &given.chain.residual},
    {"clrelu_chain_forward", "z", &given.chain.z},
    {"clrelu_chain_forward", "y", &given.chain.y},
    {"clrelu_chain_backward", "x", &given.chain.x},
    {"clrelu_chain_backward", "dy", &given.chain.dy},
    {"clrelu_chain_backward", "dx", &given.chain.dx},
    {"clrelu_chain_backward", "dscale", &given.chain.dscale},
    {"clrelu_chain_backward", "dbias", &given.chain.dbias},
    {"clrelu_chain_backward", "dalpha", &given.chain.dalpha},
    {"clrelu_chain_backward", "dresidual", &given.chain.dresidual},
    {"clrelu_chain_double_backward", "ddx", &given.second.ddx},
    {"clrelu_chain_double_backward", "ddscale", &given.second.ddscale},
    {"clrelu_chain_double_backward", "ddbias", &given.second.ddbias},
    {"clrelu_chain_double_backward", "ddalpha", &given.second.ddalpha},
    {"clrelu_chain_double_backward", "ddy", &given.second.ddy},
    {"clrelu_sum_partials", "partials", &given.partials},
    {"clrelu_sum_partials", "out", &given.out},
    {"clrelu_initialize", "values", &given.parameter.values},
    {"clrelu_penalty", "values", &given.parameter.values},
    {"clrelu_penalty", "gradient", &given.parameter.gradient},
    {"clrelu_penalty", "penalty", &given.out},
    {"clrelu_constrain", "values", &given.parameter.values},
    {"clrelu_sgd_step", "values", &given.parameter.values},
    {"clrelu_sgd_step", "gradient", &given.parameter.gradient},
    {"clrelu_sgd_step", "velocity", &given.parameter.velocity},
    {"clrelu_prelu_layer_penalty", "penalty", &given.out},
    {"clrelu_dense_forward", "x", &given.dense.x},
    {"clrelu_dense_forward", "w", &given.dense.w},
    {"clrelu_dense_forward", "b", &given.dense.b},
    {"clrelu_dense_forward", "alpha", &given.dense.alpha},
    {"clrelu_dense_forward", "z", &given.dense.z},
    {"clrelu_dense_forward", "y", &given.dense.y},
    {"clrelu_dense_backward", "dy", &given.dense.dy},
    {"clrelu_dense_backward", "dz", &given.dense.dz},
    {"clrelu_dense_backward", "dx", &given.dense.dx},
    {"clrelu_dense_backward", "dw", &given.dense.dw},
    {"clrelu_dense_backward", "db", &given.dense.db},
    {"clrelu_dense_backward", "dalpha", &given.dense.dalpha},
};

/* ---------------------------------------------------------- the tests -- */

static bool refused(run_function *run, clrelu_status status, const char *name)
{
    const clrelu_status got = run(&given);
    const size_t length = strlen(name);

    if (got == status && strncmp(clrelu_error(), name, length) == 0)
        return true;
    diag("%s, must be %s: \"%s\" must begin with %s", clrelu_status_name(got),
         clrelu_status_name(status), clrelu_error(), name);
    return false;
}

/* Each of the bytes alone. */
static bool bytes_refused(run_function *run, const char *name,
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

/* The shape is in the calls. */
static void give(enum kind kind, const void *object)
{
    given.given[kind] = object;
    if (kind == SHAPE)
        given.prelu.shape = given.chain.shape = object;
}

static void test_struct(const struct function_call *f, enum kind kind)
{
    const char *name = structs[kind].name;
    const void *object = given.given[kind];
    bool good = true;

    for (int i = 0; i < 2; i++)
        good = good && bytes_refused(f->run, name, structs[kind].reserved[i].at,
                                     structs[kind].reserved[i].bytes);
    ok(good, "%s: reserved fields of %s", f->name, name);
    give(kind, NULL);
    if (kind == CONTEXT_PARAMS)
        ok(f->run(&given) == CLRELU_OK, "%s: no %s", f->name, name);
    else
        ok(refused(f->run, CLRELU_INVALID_NULL, name), "%s: no %s", f->name,
           name);
    give(kind, object);
}

static void test_function(const struct function_call *f)
{
    const clrelu_status status = f->run(&given);

    ok(status == CLRELU_OK, "%s: a good call%s%s", f->name, status ? ": " : "",
       status ? clrelu_error() : "");
    for (enum kind kind = CONTEXT_PARAMS; kind < KINDS; kind++)
        if (f->takes & TAKES(kind))
            test_struct(f, kind);
}

/* Whether the call is one that only a library with CLBlast makes. */
static bool needs_clblast(const struct function_call *f)
{
    return f->takes == (TAKES(EXEC) | TAKES(DENSE));
}

static void test_buffers(bool with_dense)
{
    for (size_t i = 0; i < COUNT_OF(buffers); i++) {
        const struct function_call *f = function_call(buffers[i].function);
        const char *name = buffers[i].name;
        clrelu_buffer *b = buffers[i].buffer;
        if (needs_clblast(f) && !with_dense)
            continue;
        ok(bytes_refused(f->run, name, (unsigned char *)&b->reserved,
                         sizeof(b->reserved)),
           "%s: %s, its reserved field", f->name, name);
        b->pointer = &b;
        ok(refused(f->run, CLRELU_INVALID_BUFFER, name),
           "%s: %s, both mem and pointer", f->name, name);
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
    ok(!clrelu_explain_prelu(device.context, CLRELU_FORWARD, &given.prelu,
                             &e) &&
           zero(e.reserved, sizeof(e.reserved)),
       "clrelu_explain_prelu writes 0 to reserved fields");
}

int main(void)
{
    device_open(&device);
    folder_enter();
    arguments_open(&given, &device);
    arguments_open_layer(&given);
    const bool with_dense =
        function_call("clrelu_dense_forward")->run(&given) !=
        CLRELU_UNSUPPORTED;
    if (!with_dense)
        skip("no CLBlast", "dense layers");
    for (size_t i = 0; i < FUNCTION_CALLS; i++)
        if (with_dense || !needs_clblast(&function_calls[i]))
            test_function(&function_calls[i]);
    test_buffers(with_dense);
    test_outputs();
    arguments_close(&given);
    folder_leave();
    device_close(&device);
    return done_testing();
}
