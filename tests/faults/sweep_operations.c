/* sweep_operations.c - devices, contexts and operations, each call failing once
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/launch.h"
#include "sweep_library.h"
#include "tap.h"

static const size_t alpha_dims[] = {4, 2};
static const clrelu_shape empty_shape = {.rank = 2,
                                         .dims = (const size_t[]){0, ALPHAS}};
static struct array *const arrays = lib.arrays;

static clrelu_status forward(const struct device *d)
{
    return array_forward(d, CLRELU_ELU, 1, &arrays[X], &arrays[OUT]);
}

static clrelu_status forward_nothing(const struct device *d)
{
    struct array none = arrays[X];

    none.n = 0;
    return array_forward(d, CLRELU_ELU, 1, &none, &arrays[OUT]);
}

static clrelu_status backward(const struct device *d)
{
    return array_backward(d, CLRELU_LEAKY_RELU, 0.3, CLRELU_ACCUMULATE_DX,
                          &arrays[X], &arrays[DY], &arrays[OUT]);
}

/* DALPHA is the mask. */
static clrelu_status forward_mask(const struct device *d)
{
    const clrelu_elementwise c = {.op = CLRELU_LEAKY_RELU,
                                  .dtype = CLRELU_FLOAT32,
                                  .scalar = 0.3,
                                  .n = N,
                                  .x = on(X),
                                  .y = on(OUT),
                                  .mask = on(DALPHA)};

    return clrelu_forward(d->context, &d->exec, &c);
}

static clrelu_status prelu_mask(const struct device *d)
{
    const clrelu_prelu c = {.dtype = CLRELU_FLOAT32,
                            .shape = &small_shape,
                            .alpha = on(ALPHA),
                            .dy = on(DY),
                            .dx = on(OUT),
                            .mask = on(DALPHA)};

    return clrelu_prelu_backward(d->context, &d->exec, &c);
}

static clrelu_status prelu_strides(const struct device *d)
{
    const size_t halved[] = {BATCH_BLOCKS, ALPHAS / 2};
    const int64_t gaps[] = {ALPHAS, 1};
    const clrelu_shape shape = {.rank = 2, .dims = halved};
    const clrelu_strides strides = {
        .rank = 2, .dims = halved, .x = gaps, .dy = gaps};
    const clrelu_prelu c = {.dtype = CLRELU_FLOAT32,
                            .shape = &shape,
                            .x = on(LONG_X),
                            .dy = on(LONG_DY),
                            .dalpha = on(DALPHA),
                            .strides = &strides};

    return clrelu_prelu_backward(d->context, &d->exec, &c);
}

/* dalpha is divided. */
static clrelu_status prelu_output(const struct device *d)
{
    const clrelu_prelu c = {.dtype = CLRELU_FLOAT32,
                            .flags = CLRELU_FROM_OUTPUT,
                            .shape = &long_shape,
                            .alpha = on(ALPHA),
                            .y = on(LONG_X),
                            .dy = on(LONG_DY),
                            .dalpha = on(DALPHA)};

    return clrelu_prelu_backward(d->context, &d->exec, &c);
}

static clrelu_status prelu_forward(const struct device *d)
{
    return array_prelu_forward(d, &small_shape, &arrays[X], &arrays[ALPHA],
                               &arrays[OUT]);
}

/* With a workspace of its own, and a second kernel. */
static clrelu_status prelu_partial(const struct device *d)
{
    return clrelu_prelu_backward_partial(
        d->context, &d->exec,
        &(clrelu_prelu){.dtype = CLRELU_FLOAT32,
                        .shape = &long_shape,
                        .x = on(LONG_X),
                        .dy = on(LONG_DY),
                        .dalpha = on(OUT)});
}

static clrelu_status prelu_backward(const struct device *d)
{
    return array_prelu_backward(d, &long_shape, 0, &arrays[LONG_X],
                                &arrays[ALPHA], &arrays[LONG_DY],
                                &arrays[LONG_OUT], &arrays[DALPHA]);
}

static clrelu_status prelu_empty(const struct device *d)
{
    return array_prelu_backward(d, &empty_shape, 0, &arrays[X], &arrays[ALPHA],
                                &arrays[DY], &arrays[OUT], &arrays[DALPHA]);
}

static clrelu_status names(const struct device *d)
{
    (void)d;
    return strcmp(clrelu_op_name(CLRELU_ELU), "elu") == 0 &&
                   strcmp(clrelu_op_parameter(CLRELU_ELU, NULL), "alpha") ==
                       0 &&
                   strcmp(clrelu_status_name(CLRELU_OK), "CLRELU_OK") == 0 &&
                   clrelu_dtype_size(CLRELU_FLOAT32) == 4 &&
                   *clrelu_version() &&
                   clrelu_version_number() == CLRELU_VERSION
               ? CLRELU_OK
               : CLRELU_INVALID_OP;
}

static clrelu_status ask_context(const struct device *d)
{
    return clrelu_context_cl_context(d->context) == lib.device.cl &&
                   clrelu_context_cl_device(d->context) == lib.device.id
               ? CLRELU_OK
               : CLRELU_INVALID_CONTEXT;
}

static clrelu_status float_check(const struct device *d)
{
    clrelu_float_check a;
    const clrelu_status status = clrelu_context_float_check(d->context, &a);

    return answer(status, &a.is_ieee, sizeof(a.is_ieee));
}

static clrelu_status ask_shape(const struct device *d)
{
    size_t got[4];
    clrelu_status status =
        clrelu_prelu_alpha_dims(&long_shape, got, got + 1, got + 2);

    (void)d;
    if (!status)
        status = clrelu_prelu_workspace(
            &(clrelu_prelu){.dtype = CLRELU_FLOAT32, .shape = &long_shape},
            got + 3);
    return answer(status, got, sizeof(got));
}

enum { ROWS = 5 };

static clrelu_status sum_partials(const struct device *d)
{
    return clrelu_sum_partials(d->context, &d->exec, CLRELU_FLOAT32, ROWS,
                               ALPHAS, on(LONG_X), on(DALPHA));
}

static clrelu_status sum_partials_host(const struct device *d)
{
    const struct array *x = &arrays[LONG_X];
    float sums[ALPHAS];
    const clrelu_status status = clrelu_sum_partials_host(
        CLRELU_FLOAT32, ROWS, ALPHAS, x->sent + x->offset, sums);

    (void)d;
    return answer(status, sums, sizeof(sums));
}

static clrelu_status initialize(const struct device *d)
{
    return array_initialize(d, "he_normal", 3, 2, alpha_dims, &arrays[DALPHA]);
}

static clrelu_status orthogonal(const struct device *d)
{
    return array_initialize(d, "orthogonal", 3, 2, alpha_dims, &arrays[DALPHA]);
}

static clrelu_status penalty(const struct device *d)
{
    const size_t all[] = {N};

    return array_penalty(d, "l1_l2", 1, all, &arrays[X], &arrays[OUT],
                         &arrays[DALPHA]);
}

static clrelu_status penalty_of_matrix(const struct device *d)
{
    return array_penalty(d, "orthogonal_regularizer", 2, alpha_dims, &arrays[X],
                         &arrays[OUT], &arrays[DALPHA]);
}

static clrelu_status constrain(const struct device *d)
{
    return array_constrain(d, "max_norm(2)", 2, alpha_dims, &arrays[DALPHA]);
}

static clrelu_status constrain_kernels(const struct device *d)
{
    static const size_t kernels[] = {2, 2, 1, 2};

    return array_constrain(d, "radial_constraint", 4, kernels, &arrays[DALPHA]);
}

static clrelu_status sgd_step(const struct device *d)
{
    return array_sgd_step(d, 0.1, 0.9, &arrays[DALPHA], &arrays[OUT],
                          &arrays[LONG_OUT]);
}

#define DENSE_SIZES \
    .op = CLRELU_PRELU, .rows = 4, .inputs = 6, .outputs = 8, .alpha_count = 8

static clrelu_status dense_forward(const struct device *d)
{
    return clrelu_dense_forward(
        d->context, &d->exec,
        &(clrelu_dense){DENSE_SIZES, .x = on(LONG_X), .w = on(X), .b = on(DY),
                        .alpha = on(ALPHA), .z = on(OUT), .y = on(LONG_OUT)});
}

static clrelu_status dense_backward(const struct device *d)
{
    const clrelu_buffer out = on(LONG_OUT);

    return clrelu_dense_backward(
        d->context, &d->exec,
        &(clrelu_dense){
            DENSE_SIZES, .x = on(LONG_X), .w = on(X), .alpha = on(ALPHA),
            .z = on(LONG_DY), .dy = on(DY), .dz = on(OUT),
            .dx = clrelu_at(out.mem, out.offset + 100),
            .dw = clrelu_at(out.mem, out.offset + 200),
            .db = clrelu_at(out.mem, out.offset + 300), .dalpha = on(DALPHA)});
}

/* One alpha: a workspace, and all the kernels that there can be. */
static clrelu_chain chain_of(const clrelu_shape *shape)
{
    const clrelu_buffer out = on(LONG_OUT);

    return (clrelu_chain){.op = CLRELU_PRELU,
                          .dtype = CLRELU_FLOAT32,
                          .gain = 0.5,
                          .alpha_count = 1,
                          .shape = shape,
                          .x = on(LONG_X),
                          .bias = on(ALPHA),
                          .alpha = on(ALPHA),
                          .y = out,
                          .dy = on(LONG_DY),
                          .dx = out,
                          .dbias = on(OUT),
                          .dalpha = on(DALPHA)};
}

static clrelu_status chain_forward(const struct device *d)
{
    const clrelu_chain chain = chain_of(&long_shape);

    return clrelu_chain_forward(d->context, &d->exec, &chain);
}

static clrelu_status chain_backward(const struct device *d)
{
    const clrelu_chain chain = chain_of(&long_shape);

    return clrelu_chain_backward(d->context, &d->exec, &chain);
}

static clrelu_status chain_partial(const struct device *d)
{
    const clrelu_chain chain = chain_of(&long_shape);

    return clrelu_chain_backward_partial(d->context, &d->exec, &chain);
}

/* X's first elements stand for each column. */
static clrelu_second second_of(void)
{
    return (clrelu_second){
        .ddx = on(LONG_DY), .ddbias = on(X), .ddalpha = on(ALPHA)};
}

static clrelu_status chain_double(const struct device *d)
{
    const clrelu_chain chain = chain_of(&long_shape);
    const clrelu_second second = second_of();

    return clrelu_chain_double_backward(d->context, &d->exec, &chain, &second);
}

static clrelu_status chain_double_partial(const struct device *d)
{
    const clrelu_chain chain = chain_of(&long_shape);
    const clrelu_second second = second_of();

    return clrelu_chain_double_backward_partial(d->context, &d->exec, &chain,
                                                &second);
}

static clrelu_status chain_empty(const struct device *d)
{
    const clrelu_chain chain = chain_of(&empty_shape);

    return clrelu_chain_backward(d->context, &d->exec, &chain);
}

static clrelu_status ask_chain(const struct device *d)
{
    const clrelu_chain chain = chain_of(&long_shape);
    clrelu_explanation e;
    size_t count;
    clrelu_status status =
        clrelu_explain_chain(d->context, CLRELU_BACKWARD, &chain, &e);

    if (!status)
        status = clrelu_chain_workspace(&chain, &count);
    return answer(status, &count, sizeof(count));
}

static clrelu_status explain_prelu(const struct device *d)
{
    clrelu_explanation e;

    return clrelu_explain_prelu(
        d->context, CLRELU_BACKWARD,
        &(clrelu_prelu){.dtype = CLRELU_FLOAT32, .shape = &small_shape}, &e);
}

static clrelu_status explain_elementwise(const struct device *d)
{
    clrelu_explanation e;

    return clrelu_explain_elementwise(
        d->context, CLRELU_FORWARD,
        &(clrelu_elementwise){
            .op = CLRELU_ELU, .dtype = CLRELU_FLOAT32, .scalar = 1.0, .n = N},
        &e);
}

static clrelu_status explain_dense(const struct device *d)
{
    clrelu_explanation e;

    return clrelu_explain_dense(d->context, CLRELU_BACKWARD,
                                &(clrelu_dense){DENSE_SIZES}, &e);
}

static clrelu_status create(const clrelu_context_params *params)
{
    clrelu_context *made;
    const clrelu_status status = clrelu_context_create(params, &made);

    clrelu_context_destroy(&made);
    return status;
}

static clrelu_status create_default(const struct device *d)
{
    (void)d;
    return create(NULL);
}

static clrelu_status create_on_queue(const struct device *d)
{
    return create(&(clrelu_context_params){.queue = d->queue});
}

static clrelu_status create_on_context(const struct device *d)
{
    return create(&(clrelu_context_params){.context = d->cl, .device = d->id});
}

static clrelu_status list_devices(const struct device *d)
{
    clrelu_device list[4];
    size_t count;

    (void)d;
    return clrelu_device_list("any", 4, list, &count);
}

/* A launch of more than 2^31 work-items, none of which runs. */
static clrelu_status launch_in_parts(const struct device *d)
{
    const clrelu_call one = {d->context, &d->exec};
    const clrelu_program_key key = {.op = CLRELU_LEAKY_RELU,
                                    .dtype = CLRELU_FLOAT32};
    clrelu_launch l = {NULL, UINT64_C(1) << 32, 1};
    clrelu_status status = clrelu_kernel_acquire(
        d->context, &key, CLRELU_KERNEL_FORWARD, &l.kernel);

    fault_swallow(true);
    if (!status)
        status = clrelu_enqueue(&one, &l, 1);
    fault_swallow(false);
    clrelu_kernel_release(d->context, l.kernel);
    return status;
}

/* With the same kernel. */
static void forward_leaky(const struct scenario *s)
{
    must(s, array_forward(&lib.device, CLRELU_LEAKY_RELU, 0.5, &arrays[X],
                          &arrays[OUT]));
}

/* Sets the kernel's arguments. */
static void open_parts(const struct scenario *s)
{
    forward_leaky(s);
    reset(s);
}

/* The same kernel again must begin at the beginning. */
static void close_parts(const struct scenario *s)
{
    forward_leaky(s);
    const float *y = array_fetch(&lib.device, &arrays[OUT]);
    const float *x = arrays[X].sent + arrays[X].offset;
    for (size_t i = 0; i < N; i++)
        if (y[i] != (x[i] < 0 ? x[i] / 2 : x[i]))
            bail("%s: the next call is wrong", s->name);
}

/* ---------------------------------------------------------- scenarios -- */

#define DENSE(f) \
    WARM(f), .absorbs = " clGetCommandQueueInfo ", .tells = " CLBlastSgemm ", \
             .tears = true

static const struct scenario scenarios[] = {
    {"clrelu_version, clrelu_version_number, clrelu_status_name, "
     "clrelu_op_name, clrelu_op_parameter, "
     "clrelu_dtype_size",
     WARM(names)},
    {"clrelu_device_list", WARM(list_devices),
     .absorbs = " clGetPlatformIDs" FINDING},
    {"clrelu_context_create and clrelu_context_destroy", WARM(create_default),
     .absorbs = FINDING, .tells = " OpenCL "},
    {"clrelu_context_create, a queue", WARM(create_on_queue),
     .absorbs = FINDING},
    {"clrelu_context_create, a context", WARM(create_on_context),
     .absorbs = FINDING},
    {"clrelu_context_cl_context, clrelu_context_cl_device", WARM(ask_context)},
    {"clrelu_context_float_check", WARM(float_check)},
    {"clrelu_context_float_check, compiled", COLD(float_check), .tells = BUILD},
    {"clrelu_forward", WARM(forward)},
    {"clrelu_forward, nothing", WARM(forward_nothing)},
    {"clrelu_forward, compiled", COLD(forward), .tells = BUILD},
    {"clrelu_enqueue, in parts", .before = open_parts, .after = close_parts,
     FUNCTION(launch_in_parts)},
    {"clrelu_backward", WARM(backward)},
    {"clrelu_forward, a mask", WARM(forward_mask)},
    {"clrelu_prelu_alpha_dims, clrelu_prelu_workspace", WARM(ask_shape)},
    {"clrelu_prelu_forward", WARM(prelu_forward)},
    {"clrelu_prelu_backward", WARM(prelu_backward)},
    {"clrelu_prelu_backward, compiled", COLD(prelu_backward), .tells = BUILD},
    {"clrelu_prelu_backward, from a mask", WARM(prelu_mask)},
    {"clrelu_prelu_backward, from y", WARM(prelu_output)},
    {"clrelu_prelu_backward, strides", WARM(prelu_strides)},
    {"clrelu_prelu_backward, empty", WARM(prelu_empty)},
    {"clrelu_prelu_backward_partial", WARM(prelu_partial)},
    {"clrelu_chain_forward", WARM(chain_forward)},
    {"clrelu_chain_backward", WARM(chain_backward)},
    {"clrelu_chain_backward, empty", WARM(chain_empty)},
    {"clrelu_chain_backward_partial", WARM(chain_partial)},
    {"clrelu_chain_double_backward", WARM(chain_double)},
    {"clrelu_chain_double_backward_partial", WARM(chain_double_partial)},
    {"clrelu_chain_workspace, clrelu_explain_chain", WARM(ask_chain)},
    {"clrelu_sum_partials", WARM(sum_partials)},
    {"clrelu_sum_partials, compiled", COLD(sum_partials), .tells = BUILD},
    {"clrelu_sum_partials_host", WARM(sum_partials_host)},
    {"clrelu_initialize", WARM(initialize)},
    {"clrelu_initialize, orthogonal", WARM(orthogonal)},
    {"clrelu_penalty", WARM(penalty)},
    {"clrelu_penalty, orthogonal", WARM(penalty_of_matrix)},
    {"clrelu_constrain", WARM(constrain)},
    {"clrelu_constrain, radial", WARM(constrain_kernels)},
    {"clrelu_sgd_step", WARM(sgd_step)},
    {"clrelu_dense_forward", DENSE(dense_forward)},
    {"clrelu_dense_backward", DENSE(dense_backward)},
    {"clrelu_explain_elementwise", WARM(explain_elementwise)},
    {"clrelu_explain_prelu", WARM(explain_prelu)},
    {"clrelu_explain_dense", WARM(explain_dense)},
};
const struct scenarios sweep_operations = {scenarios, COUNT_OF(scenarios)};
