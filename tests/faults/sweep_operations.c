/* sweep_operations.c - devices, contexts and operations, each call failing once
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/launch.h"
#include "reference.h"
#include "sweep_library.h"
#include "tap.h"

static const size_t dims[] = {BATCH, ALPHAS},
                    long_dims[] = {BATCH_BLOCKS, ALPHAS}, alpha_dims[] = {4, 2};

static clrelu_status forward(clrelu_context *context, cl_event *event)
{
    return clrelu_forward(context, lib.device.queue, CLRELU_ELU, CLRELU_FLOAT32,
                          1.0, N, on(X), on(OUT), 1, &lib.ready, event);
}

static clrelu_status forward_nothing(clrelu_context *context, cl_event *event)
{
    return clrelu_forward(context, lib.device.queue, CLRELU_ELU, CLRELU_FLOAT32,
                          1.0, 0, on(X), on(OUT), 1, &lib.ready, event);
}

static clrelu_status backward(clrelu_context *context, cl_event *event)
{
    return clrelu_backward(context, lib.device.queue, CLRELU_LEAKY_RELU,
                           CLRELU_FLOAT32, 0.3, CLRELU_ACCUMULATE_DX, N, on(X),
                           on(DY), on(OUT), 1, &lib.ready, event);
}

static clrelu_status prelu_forward(clrelu_context *context, cl_event *event)
{
    const clrelu_shape shape = reference_shape(2, dims, 0, NULL);

    return clrelu_prelu_forward(context, lib.device.queue, CLRELU_FLOAT32,
                                &shape, on(X), on(ALPHA), on(OUT), 1,
                                &lib.ready, event);
}

/* With a workspace of its own, and a second kernel. */
static clrelu_status prelu_backward(clrelu_context *context, cl_event *event)
{
    const clrelu_shape shape = reference_shape(2, long_dims, 0, NULL);

    return clrelu_prelu_backward(
        context, lib.device.queue, CLRELU_FLOAT32, &shape, 0, on(LONG_X),
        on(ALPHA), on(LONG_DY), on(LONG_OUT), on(DALPHA),
        (clrelu_buffer){NULL, 0}, 1, &lib.ready, event);
}

static clrelu_status prelu_empty(clrelu_context *context, cl_event *event)
{
    const size_t none[] = {0, ALPHAS};
    const clrelu_shape shape = reference_shape(2, none, 0, NULL);

    return clrelu_prelu_backward(context, lib.device.queue, CLRELU_FLOAT32,
                                 &shape, 0, on(X), on(ALPHA), on(DY), on(OUT),
                                 on(DALPHA), (clrelu_buffer){NULL, 0}, 1,
                                 &lib.ready, event);
}

static clrelu_status names(clrelu_context *context, cl_event *event)
{
    (void)context, (void)event;
    return strcmp(clrelu_op_name(CLRELU_ELU), "elu") == 0 &&
                   strcmp(clrelu_op_parameter(CLRELU_ELU, NULL), "alpha") ==
                       0 &&
                   strcmp(clrelu_status_name(CLRELU_OK), "CLRELU_OK") == 0 &&
                   clrelu_dtype_size(CLRELU_FLOAT32) == 4 && *clrelu_version()
               ? CLRELU_OK
               : CLRELU_INVALID_OP;
}

static clrelu_status ask_context(clrelu_context *context, cl_event *event)
{
    (void)event;
    return clrelu_context_cl(context) == lib.device.cl &&
                   clrelu_context_device(context) == lib.device.id
               ? CLRELU_OK
               : CLRELU_INVALID_CONTEXT;
}

static clrelu_status arithmetic(clrelu_context *context, cl_event *event)
{
    clrelu_arithmetic a;
    const clrelu_status status = clrelu_context_arithmetic(context, &a);

    (void)event;
    return answer(status, &a.same_bits, sizeof(a.same_bits));
}

static clrelu_status ask_shape(clrelu_context *context, cl_event *event)
{
    const clrelu_shape shape = reference_shape(2, long_dims, 0, NULL);
    size_t got[3];
    clrelu_status status = clrelu_prelu_alpha_dims(&shape, got, got + 1);

    (void)context, (void)event;
    if (!status)
        status = clrelu_prelu_workspace(CLRELU_FLOAT32, &shape, got + 2);
    return answer(status, got, sizeof(got));
}

enum { ROWS = 5 };

static clrelu_status sum_partials(clrelu_context *context, cl_event *event)
{
    return clrelu_sum_partials(context, lib.device.queue, CLRELU_FLOAT32, ROWS,
                               ALPHAS, on(LONG_X), on(DALPHA), 1, &lib.ready,
                               event);
}

static clrelu_status sum_partials_host(clrelu_context *context, cl_event *event)
{
    const struct array *x = &lib.arrays[LONG_X];
    float sums[ALPHAS];
    const clrelu_status status = clrelu_sum_partials_host(
        CLRELU_FLOAT32, ROWS, ALPHAS, x->sent + x->offset, sums);

    (void)context, (void)event;
    return answer(status, sums, sizeof(sums));
}

static clrelu_status initialize(clrelu_context *context, cl_event *event)
{
    return clrelu_initialize(context, lib.device.queue, CLRELU_FLOAT32,
                             "he_normal", 3, 2, alpha_dims, on(DALPHA), 1,
                             &lib.ready, event);
}

static clrelu_status orthogonal(clrelu_context *context, cl_event *event)
{
    return clrelu_initialize(context, lib.device.queue, CLRELU_FLOAT32,
                             "orthogonal", 3, 2, alpha_dims, on(DALPHA), 1,
                             &lib.ready, event);
}

static clrelu_status regularize(clrelu_context *context, cl_event *event)
{
    const size_t all[] = {N};

    return clrelu_regularize(context, lib.device.queue, CLRELU_FLOAT32, "l1_l2",
                             1, all, on(X), on(DALPHA), on(OUT), 1, &lib.ready,
                             event);
}

static clrelu_status regularize_matrix(clrelu_context *context, cl_event *event)
{
    return clrelu_regularize(context, lib.device.queue, CLRELU_FLOAT32,
                             "orthogonal_regularizer", 2, alpha_dims, on(X),
                             on(DALPHA), on(OUT), 1, &lib.ready, event);
}

static clrelu_status constrain(clrelu_context *context, cl_event *event)
{
    return clrelu_constrain(context, lib.device.queue, CLRELU_FLOAT32,
                            "max_norm(2)", 2, alpha_dims, on(DALPHA), 1,
                            &lib.ready, event);
}

static clrelu_status constrain_kernels(clrelu_context *context, cl_event *event)
{
    static const size_t kernels[] = {2, 2, 1, 2};

    return clrelu_constrain(context, lib.device.queue, CLRELU_FLOAT32,
                            "radial_constraint", 4, kernels, on(DALPHA), 1,
                            &lib.ready, event);
}

static clrelu_status descend(clrelu_context *context, cl_event *event)
{
    return clrelu_descend(context, lib.device.queue, CLRELU_FLOAT32, 0.1, 0.9,
                          ALPHAS, on(DALPHA), on(OUT), on(LONG_OUT), 1,
                          &lib.ready, event);
}

static clrelu_status dense_forward(clrelu_context *context, cl_event *event)
{
    const clrelu_dense dense = {
        .rows = 4, .inputs = 6, .outputs = 8, .op = CLRELU_PRELU, .alphas = 8};

    return clrelu_dense_forward(context, lib.device.queue, CLRELU_FLOAT32,
                                &dense, on(LONG_X), on(X), on(DY), on(ALPHA),
                                on(OUT), on(LONG_OUT), 1, &lib.ready, event);
}

static clrelu_status dense_backward(clrelu_context *context, cl_event *event)
{
    const clrelu_dense dense = {
        .rows = 4, .inputs = 6, .outputs = 8, .op = CLRELU_PRELU, .alphas = 8};
    const clrelu_buffer out = on(LONG_OUT);
    const clrelu_buffer dx = {out.mem, out.offset + 100},
                        dw = {out.mem, out.offset + 200},
                        db = {out.mem, out.offset + 300};

    return clrelu_dense_backward(context, lib.device.queue, CLRELU_FLOAT32,
                                 &dense, 0, on(LONG_X), on(X), on(ALPHA),
                                 on(LONG_DY), on(DY), on(OUT), dx, dw, db,
                                 on(DALPHA), 1, &lib.ready, event);
}

static clrelu_status explain(clrelu_context *context, cl_event *event)
{
    const clrelu_shape shape = reference_shape(2, dims, 0, NULL);
    clrelu_explanation e;

    (void)event;
    return clrelu_explain(context, CLRELU_PRELU, CLRELU_FLOAT32, 1, 0, &shape,
                          &e);
}

static clrelu_status create_default(clrelu_context *context, cl_event *event)
{
    clrelu_context *made;
    const clrelu_status status = clrelu_context_create(NULL, &made);

    (void)context, (void)event;
    clrelu_context_destroy(&made);
    return status;
}

static clrelu_status create_on_queue(clrelu_context *context, cl_event *event)
{
    const clrelu_context_params params = {.queue = lib.device.queue};
    clrelu_context *made;
    const clrelu_status status = clrelu_context_create(&params, &made);

    (void)context, (void)event;
    clrelu_context_destroy(&made);
    return status;
}

static clrelu_status create_on_context(clrelu_context *context, cl_event *event)
{
    const clrelu_context_params params = {.context = lib.device.cl,
                                          .device = lib.device.id};
    clrelu_context *made;
    const clrelu_status status = clrelu_context_create(&params, &made);

    (void)context, (void)event;
    clrelu_context_destroy(&made);
    return status;
}

static clrelu_status list_devices(clrelu_context *context, cl_event *event)
{
    clrelu_device list[4];
    size_t count;

    (void)context, (void)event;
    return clrelu_device_list("any", 4, list, &count);
}
/* A launch of more than 2^31 work-items, none of which runs. */
static clrelu_status launch_in_parts(clrelu_context *context, cl_event *event)
{
    const clrelu_call one = {context, lib.device.queue, 1, &lib.ready, event};
    const clrelu_program_key key = {.op = CLRELU_LEAKY_RELU,
                                    .dtype = CLRELU_FLOAT32};
    clrelu_launch l = {NULL, UINT64_C(1) << 32, 1};
    clrelu_status status =
        clrelu_kernel_acquire(context, &key, CLRELU_KERNEL_FORWARD, &l.kernel);

    fault_swallow(true);
    if (!status)
        status = clrelu_enqueue(&one, &l, 1);
    fault_swallow(false);
    clrelu_kernel_release(context, l.kernel);
    return status;
}

static clrelu_status forward_leaky(void)
{
    return clrelu_forward(lib.device.context, lib.device.queue,
                          CLRELU_LEAKY_RELU, CLRELU_FLOAT32, 0.5, N, on(X),
                          on(OUT), 0, NULL, NULL);
}

/* Sets the kernel's arguments. */
static void open_parts(const struct scenario *s)
{
    if (forward_leaky())
        bail("%s: %s", s->name, clrelu_error());
    reset(s);
}

/* The same kernel again must begin at the beginning. */
static void close_parts(const struct scenario *s)
{
    if (forward_leaky())
        bail("%s: %s", s->name, clrelu_error());
    const float *y = array_fetch(&lib.device, &lib.arrays[OUT]);
    const float *x = lib.arrays[X].sent + lib.arrays[X].offset;
    for (size_t i = 0; i < N; i++)
        if (y[i] != (x[i] < 0 ? x[i] / 2 : x[i]))
            bail("%s: the next call is wrong", s->name);
}

/* ---------------------------------------------------------- scenarios -- */

#define DENSE(f) \
    WARM(f), .absorbs = " clGetCommandQueueInfo ", .tells = " CLBlastSgemm ", \
             .tears = true

static const struct scenario scenarios[] = {
    {"clrelu_version, clrelu_status_name, clrelu_op_name, clrelu_op_parameter, "
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
    {"clrelu_context_cl, clrelu_context_device", WARM(ask_context)},
    {"clrelu_context_arithmetic", WARM(arithmetic)},
    {"clrelu_context_arithmetic, compiled", COLD(arithmetic), .tells = BUILD},
    {"clrelu_forward", WARM(forward)},
    {"clrelu_forward, nothing", WARM(forward_nothing)},
    {"clrelu_forward, compiled", COLD(forward), .tells = BUILD},
    {"clrelu_enqueue, in parts", .before = open_parts, .after = close_parts,
     FUNCTION(launch_in_parts)},
    {"clrelu_backward", WARM(backward)},
    {"clrelu_prelu_alpha_dims, clrelu_prelu_workspace", WARM(ask_shape)},
    {"clrelu_prelu_forward", WARM(prelu_forward)},
    {"clrelu_prelu_backward", WARM(prelu_backward)},
    {"clrelu_prelu_backward, compiled", COLD(prelu_backward), .tells = BUILD},
    {"clrelu_prelu_backward, empty", WARM(prelu_empty)},
    {"clrelu_sum_partials", WARM(sum_partials)},
    {"clrelu_sum_partials, compiled", COLD(sum_partials), .tells = BUILD},
    {"clrelu_sum_partials_host", WARM(sum_partials_host)},
    {"clrelu_initialize", WARM(initialize)},
    {"clrelu_initialize, orthogonal", WARM(orthogonal)},
    {"clrelu_regularize", WARM(regularize)},
    {"clrelu_regularize, orthogonal", WARM(regularize_matrix)},
    {"clrelu_constrain", WARM(constrain)},
    {"clrelu_constrain, radial", WARM(constrain_kernels)},
    {"clrelu_descend", WARM(descend)},
    {"clrelu_dense_forward", DENSE(dense_forward)},
    {"clrelu_dense_backward", DENSE(dense_backward)},
    {"clrelu_explain", WARM(explain)},
};
const struct scenarios sweep_operations = {scenarios, COUNT_OF(scenarios)};
