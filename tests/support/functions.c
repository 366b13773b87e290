/* functions.c - a good call of each function that takes structs or a queue
 * SPDX-License-Identifier: MIT */
#include "functions.h"

#include <string.h>

#include "tap.h"

enum { ROWS = 2, COLUMNS = 4, N = ROWS * COLUMNS };

static const size_t dims[] = {ROWS, COLUMNS};

static void make_structs(struct arguments *a, const struct device *d)
{
    *a = (struct arguments){
        .context = d->context,
        .context_params = {.queue = d->queue},
        .exec = {.queue = d->queue},
        .elementwise = {.op = CLRELU_ELU,
                        .dtype = CLRELU_FLOAT32,
                        .scalar = 1,
                        .n = N},
        .shape = {.rank = 2, .dims = dims},
        .prelu = {.dtype = CLRELU_FLOAT32, .shape = &a->shape},
        .chain = {.op = CLRELU_PRELU,
                  .dtype = CLRELU_FLOAT32,
                  .shape = &a->shape},
        .dense = {.op = CLRELU_PRELU,
                  .rows = ROWS,
                  .inputs = 2,
                  .outputs = COLUMNS,
                  .alpha_count = COLUMNS},
        .parameter = {.rank = 2, .dims = dims},
        .layer_params = {.rank = 2, .dims = dims, .regularizer = "l2(0.5)"},
        .given = {[CONTEXT_PARAMS] = &a->context_params,
                  [EXEC] = &a->exec,
                  [ELEMENTWISE] = &a->elementwise,
                  [SHAPE] = &a->shape,
                  [PRELU] = &a->prelu,
                  [CHAIN] = &a->chain,
                  [SECOND] = &a->second,
                  [DENSE] = &a->dense,
                  [PARAMETER] = &a->parameter,
                  [LAYER_PARAMS] = &a->layer_params},
    };
}

/* Each argument of a call has an array of its own. */
static void make_arrays(struct arguments *a, const struct device *d)
{
    clrelu_elementwise *e = &a->elementwise;
    clrelu_prelu *p = &a->prelu;
    clrelu_chain *c = &a->chain;
    clrelu_second *s = &a->second;
    clrelu_dense *g = &a->dense;
    clrelu_parameter *v = &a->parameter;
    clrelu_buffer *const all[][COUNT_OF(a->mems)] = {
        {&e->x, &e->y, &e->dy, &e->dx},
        {&p->x, &p->alpha, &p->y, &p->dy, &p->dx, &p->dalpha, &p->workspace},
        {&c->x, &c->scale, &c->bias, &c->alpha, &c->residual, &c->z, &c->y,
         &c->dy, &c->dx, &c->dscale, &c->dbias, &c->dalpha, &c->dresidual,
         &c->workspace, &s->ddx, &s->ddscale, &s->ddbias, &s->ddalpha, &s->ddy},
        {&g->x, &g->w, &g->b, &g->alpha, &g->z, &g->y, &g->dy, &g->dz, &g->dx,
         &g->dw, &g->db, &g->dalpha},
        {&v->values, &v->gradient, &v->velocity, &a->partials, &a->out},
    };
    float values[2 * N];

    for (int i = 0; i < 2 * N; i++)
        values[i] = (float)(i % 5) - 2;
    for (size_t i = 0; i < COUNT_OF(a->mems); i++)
        a->mems[i] = device_buffer(d, sizeof(values), values);
    for (size_t i = 0; i < COUNT_OF(all); i++)
        for (size_t j = 0; j < COUNT_OF(a->mems) && all[i][j]; j++)
            *all[i][j] = clrelu_at(a->mems[j], 0);
}

void arguments_open(struct arguments *a, const struct device *d)
{
    make_structs(a, d);
    make_arrays(a, d);
}

void arguments_open_layer(struct arguments *a)
{
    must_succeed(clrelu_prelu_layer_create(a->context, &a->exec,
                                           &a->layer_params, &a->layer));
}

void arguments_close(struct arguments *a)
{
    clrelu_prelu_layer_destroy(&a->layer);
    for (size_t i = 0; i < COUNT_OF(a->mems); i++)
        clReleaseMemObject(a->mems[i]);
}

static clrelu_status create_context(const struct arguments *a)
{
    clrelu_context *made;
    const clrelu_status status =
        clrelu_context_create(a->given[CONTEXT_PARAMS], &made);

    clrelu_context_destroy(&made);
    return status;
}

static clrelu_status float_check(const struct arguments *a)
{
    clrelu_float_check check;

    return clrelu_context_float_check(a->context, &check);
}

/* ---------------------------------------------------------- element-wise -- */

static clrelu_status forward(const struct arguments *a)
{
    return clrelu_forward(a->context, a->given[EXEC], a->given[ELEMENTWISE]);
}

static clrelu_status backward(const struct arguments *a)
{
    return clrelu_backward(a->context, a->given[EXEC], a->given[ELEMENTWISE]);
}

static clrelu_status explain_elementwise(const struct arguments *a)
{
    clrelu_explanation e;

    return clrelu_explain_elementwise(a->context, CLRELU_FORWARD,
                                      a->given[ELEMENTWISE], &e);
}

/* ----------------------------------------------------------------- prelu -- */

static clrelu_status alpha_dims(const struct arguments *a)
{
    return clrelu_prelu_alpha_dims(a->given[SHAPE], NULL, NULL, NULL);
}

static clrelu_status workspace(const struct arguments *a)
{
    size_t count;

    return clrelu_prelu_workspace(a->given[PRELU], &count);
}

static clrelu_status prelu_forward(const struct arguments *a)
{
    return clrelu_prelu_forward(a->context, a->given[EXEC], a->given[PRELU]);
}

static clrelu_status prelu_backward(const struct arguments *a)
{
    return clrelu_prelu_backward(a->context, a->given[EXEC], a->given[PRELU]);
}

static clrelu_status prelu_partial(const struct arguments *a)
{
    return clrelu_prelu_backward_partial(a->context, a->given[EXEC],
                                         a->given[PRELU]);
}

static clrelu_status explain_prelu(const struct arguments *a)
{
    clrelu_explanation e;

    return clrelu_explain_prelu(a->context, CLRELU_BACKWARD, a->given[PRELU],
                                &e);
}

static clrelu_status sum_partials(const struct arguments *a)
{
    return clrelu_sum_partials(a->context, a->given[EXEC], CLRELU_FLOAT32, ROWS,
                               COLUMNS, a->partials, a->out);
}

/* ----------------------------------------------------------------- chain -- */

static clrelu_status chain_workspace(const struct arguments *a)
{
    size_t count;

    return clrelu_chain_workspace(a->given[CHAIN], &count);
}

static clrelu_status chain_forward(const struct arguments *a)
{
    return clrelu_chain_forward(a->context, a->given[EXEC], a->given[CHAIN]);
}

static clrelu_status chain_backward(const struct arguments *a)
{
    return clrelu_chain_backward(a->context, a->given[EXEC], a->given[CHAIN]);
}

static clrelu_status chain_partial(const struct arguments *a)
{
    return clrelu_chain_backward_partial(a->context, a->given[EXEC],
                                         a->given[CHAIN]);
}

static clrelu_status chain_double(const struct arguments *a)
{
    return clrelu_chain_double_backward(a->context, a->given[EXEC],
                                        a->given[CHAIN], a->given[SECOND]);
}

static clrelu_status chain_double_partial(const struct arguments *a)
{
    return clrelu_chain_double_backward_partial(
        a->context, a->given[EXEC], a->given[CHAIN], a->given[SECOND]);
}

static clrelu_status explain_chain(const struct arguments *a)
{
    clrelu_explanation e;

    return clrelu_explain_chain(a->context, CLRELU_BACKWARD, a->given[CHAIN],
                                &e);
}

/* ----------------------------------------------------------------- dense -- */

static clrelu_status dense_forward(const struct arguments *a)
{
    return clrelu_dense_forward(a->context, a->given[EXEC], a->given[DENSE]);
}

static clrelu_status dense_backward(const struct arguments *a)
{
    return clrelu_dense_backward(a->context, a->given[EXEC], a->given[DENSE]);
}

static clrelu_status explain_dense(const struct arguments *a)
{
    clrelu_explanation e;

    return clrelu_explain_dense(a->context, CLRELU_BACKWARD, a->given[DENSE],
                                &e);
}

/* ------------------------------------------------------------- parameter -- */

static clrelu_status initialize(const struct arguments *a)
{
    return clrelu_initialize(a->context, a->given[EXEC], "random_normal(0, 1)",
                             1, a->given[PARAMETER]);
}

static clrelu_status penalty(const struct arguments *a)
{
    return clrelu_penalty(a->context, a->given[EXEC], "l1(0.5)",
                          a->given[PARAMETER], a->out);
}

static clrelu_status constrain(const struct arguments *a)
{
    return clrelu_constrain(a->context, a->given[EXEC], "non_neg",
                            a->given[PARAMETER]);
}

static clrelu_status sgd_step(const struct arguments *a)
{
    return clrelu_sgd_step(a->context, a->given[EXEC], 0.5, 0.5,
                           a->given[PARAMETER]);
}

/* ----------------------------------------------------------------- layer -- */

static clrelu_status layer_create(const struct arguments *a)
{
    clrelu_prelu_layer *made;
    const clrelu_status status = clrelu_prelu_layer_create(
        a->context, a->given[EXEC], a->given[LAYER_PARAMS], &made);

    clrelu_prelu_layer_destroy(&made);
    return status;
}

static clrelu_status layer_from_config(const struct arguments *a)
{
    clrelu_prelu_layer *made;
    const clrelu_status status = clrelu_prelu_layer_create_from_config(
        a->context, a->given[EXEC], "PReLU(input_shape=[0,4])", &made);

    clrelu_prelu_layer_destroy(&made);
    return status;
}

/* A layer's call has neither alpha nor dalpha. */
static const clrelu_prelu *layer_call(const struct arguments *a,
                                      clrelu_prelu *call)
{
    if (!a->given[PRELU])
        return NULL;
    *call = a->prelu;
    call->alpha = call->dalpha = (clrelu_buffer){0};
    return call;
}

static clrelu_status layer_forward(const struct arguments *a)
{
    clrelu_prelu p;

    return clrelu_prelu_layer_forward(a->layer, a->given[EXEC],
                                      layer_call(a, &p));
}

static clrelu_status layer_backward(const struct arguments *a)
{
    clrelu_prelu p;

    return clrelu_prelu_layer_backward(a->layer, a->given[EXEC],
                                       layer_call(a, &p));
}

static clrelu_status layer_penalty(const struct arguments *a)
{
    return clrelu_prelu_layer_penalty(a->layer, a->given[EXEC], a->out);
}

static clrelu_status layer_update(const struct arguments *a)
{
    return clrelu_prelu_layer_update(a->layer, a->given[EXEC], 0.5, 0.5);
}

static clrelu_status layer_write(const struct arguments *a)
{
    static const float values[COLUMNS] = {1, 2, 3, 4};

    return clrelu_prelu_layer_write_alpha(a->layer, a->given[EXEC], COLUMNS,
                                          values);
}

static clrelu_status layer_read(const struct arguments *a)
{
    float values[COLUMNS];

    return clrelu_prelu_layer_read_alpha(a->layer, a->given[EXEC], COLUMNS,
                                         values);
}

static clrelu_status layer_save(const struct arguments *a)
{
    return clrelu_prelu_layer_save(a->layer, a->given[EXEC], "functions.npy");
}

static clrelu_status layer_load(const struct arguments *a)
{
    return clrelu_prelu_layer_load(a->layer, a->given[EXEC], "functions.npy");
}

/* --------------------------------------------------------------- the table --
 */

#define ON_QUEUE(kind) (TAKES(EXEC) | TAKES(kind))

const struct function_call function_calls[FUNCTION_CALLS] = {
    {"clrelu_context_create", create_context, TAKES(CONTEXT_PARAMS)},
    {"clrelu_context_float_check", float_check, 0},
    {"clrelu_forward", forward, ON_QUEUE(ELEMENTWISE)},
    {"clrelu_backward", backward, ON_QUEUE(ELEMENTWISE)},
    {"clrelu_explain_elementwise", explain_elementwise, TAKES(ELEMENTWISE)},
    {"clrelu_prelu_alpha_dims", alpha_dims, TAKES(SHAPE)},
    {"clrelu_prelu_workspace", workspace, TAKES(SHAPE) | TAKES(PRELU)},
    {"clrelu_prelu_forward", prelu_forward, ON_QUEUE(SHAPE) | TAKES(PRELU)},
    {"clrelu_prelu_backward", prelu_backward, ON_QUEUE(SHAPE) | TAKES(PRELU)},
    {"clrelu_prelu_backward_partial", prelu_partial,
     ON_QUEUE(SHAPE) | TAKES(PRELU)},
    {"clrelu_explain_prelu", explain_prelu, TAKES(SHAPE) | TAKES(PRELU)},
    {"clrelu_chain_workspace", chain_workspace, TAKES(SHAPE) | TAKES(CHAIN)},
    {"clrelu_chain_forward", chain_forward, ON_QUEUE(SHAPE) | TAKES(CHAIN)},
    {"clrelu_chain_backward", chain_backward, ON_QUEUE(SHAPE) | TAKES(CHAIN)},
    {"clrelu_chain_backward_partial", chain_partial,
     ON_QUEUE(SHAPE) | TAKES(CHAIN)},
    {"clrelu_chain_double_backward", chain_double,
     ON_QUEUE(SHAPE) | TAKES(CHAIN) | TAKES(SECOND)},
    {"clrelu_chain_double_backward_partial", chain_double_partial,
     ON_QUEUE(SHAPE) | TAKES(CHAIN) | TAKES(SECOND)},
    {"clrelu_explain_chain", explain_chain, TAKES(SHAPE) | TAKES(CHAIN)},
    {"clrelu_sum_partials", sum_partials, TAKES(EXEC)},
    {"clrelu_dense_forward", dense_forward, ON_QUEUE(DENSE)},
    {"clrelu_dense_backward", dense_backward, ON_QUEUE(DENSE)},
    {"clrelu_explain_dense", explain_dense, TAKES(DENSE)},
    {"clrelu_initialize", initialize, ON_QUEUE(PARAMETER)},
    {"clrelu_penalty", penalty, ON_QUEUE(PARAMETER)},
    {"clrelu_constrain", constrain, ON_QUEUE(PARAMETER)},
    {"clrelu_sgd_step", sgd_step, ON_QUEUE(PARAMETER)},
    {"clrelu_prelu_layer_create", layer_create, ON_QUEUE(LAYER_PARAMS)},
    {"clrelu_prelu_layer_create_from_config", layer_from_config, TAKES(EXEC)},
    {"clrelu_prelu_layer_forward", layer_forward,
     ON_QUEUE(SHAPE) | TAKES(PRELU)},
    {"clrelu_prelu_layer_backward", layer_backward,
     ON_QUEUE(SHAPE) | TAKES(PRELU)},
    {"clrelu_prelu_layer_penalty", layer_penalty, TAKES(EXEC)},
    {"clrelu_prelu_layer_update", layer_update, TAKES(EXEC)},
    {"clrelu_prelu_layer_write_alpha", layer_write, TAKES(EXEC)},
    {"clrelu_prelu_layer_read_alpha", layer_read, TAKES(EXEC)},
    {"clrelu_prelu_layer_save", layer_save, TAKES(EXEC)},
    {"clrelu_prelu_layer_load", layer_load, TAKES(EXEC)},
};

const struct function_call *function_call(const char *name)
{
    for (size_t i = 0; i < FUNCTION_CALLS; i++)
        if (strcmp(function_calls[i].name, name) == 0)
            return &function_calls[i];
    bail("no call of %s", name);
    return NULL;
}
