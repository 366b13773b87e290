/* grown_client.c - a call with each struct of clrelu.h, and its results
 * SPDX-License-Identifier: MIT
 *
 *     grown_client [STRUCT]
 *
 * grown.py compiles it with today's header and, with GROWN, with a later one,
 * whose structs have a field future; that of STRUCT is set.  STRUCTS is X(name)
 * for each struct. */
#include <stdio.h>
#include <string.h>

#include "clrelu.h"

enum { N = 6, DEVICES = 4 };

static const char *chosen = "";

#ifdef GROWN
#define FUTURE_OF(s) (s).future
#else
#define FUTURE_OF(s) (s).reserved[0]
#endif
#define FUTURE(s, type) (FUTURE_OF(s) = strcmp(chosen, #type) == 0)

static clrelu_context *context;
static cl_command_queue queue;
static clrelu_exec on_queue;
static const size_t dims[] = {2, 3};
static clrelu_shape shape = {.rank = 2, .dims = dims};
static clrelu_buffer x, dy, alpha, y, dx, dalpha;

static int report(const char *call, clrelu_status status)
{
    printf("%s: %s %s\n", call, clrelu_status_name(status),
           status ? clrelu_error() : "");
    return !status;
}

static clrelu_buffer new_buffer(float scale)
{
    float values[N];
    clrelu_buffer buffer = {0};

    for (int i = 0; i < N; i++)
        values[i] = scale * (float)(i - 3);
    buffer.mem =
        clCreateBuffer(clrelu_context_cl_context(context), CL_MEM_COPY_HOST_PTR,
                       sizeof(values), values, NULL);
#ifdef GROWN
    if (strcmp(chosen, "clrelu_buffer") == 0)
        buffer.strides = dims;
#endif
    return buffer;
}

static void print_buffer(const char *name, clrelu_buffer buffer)
{
    float values[N];

    clEnqueueReadBuffer(queue, buffer.mem, CL_TRUE, 0, sizeof(values), values,
                        0, NULL, NULL);
    printf("    %s", name);
    for (int i = 0; i < N; i++)
        printf(" %a", (double)values[i]);
    printf("\n");
}

/* Where bytes begin that the library must not write. */
static void print_rest(const void *bytes, size_t size)
{
    const unsigned char *b = bytes;
    size_t i = 0;

    while (i < size && b[i] == 0xab)
        i++;
    printf("    %s\n", i == size ? "nothing behind it" : "bytes behind it");
}

static void list_devices(void)
{
    clrelu_device devices[DEVICES];
    size_t count = 0;

    memset(devices, 0xab, sizeof(devices));
    report("device_list", clrelu_device_list("", DEVICES, devices, &count));
    if (count > DEVICES)
        count = DEVICES;
    for (size_t i = 0; i < count; i++)
        printf("    %s, %s, %u units, svm %u, future %u\n", devices[i].name,
               devices[i].version, (unsigned)devices[i].compute_units,
               (unsigned)devices[i].svm, (unsigned)FUTURE_OF(devices[i]));
    print_rest(&devices[count], (DEVICES - count) * sizeof(devices[0]));
}

static void check_floats(void)
{
    clrelu_float_check checks[2];

    memset(checks, 0xab, sizeof(checks));
    if (report("float_check", clrelu_context_float_check(context, checks)))
        printf("    %d \"%s\", future %u\n", checks->is_ieee, checks->differs,
               (unsigned)FUTURE_OF(*checks));
    print_rest(&checks[1], sizeof(checks[1]));
}

static void compute_elementwise(void)
{
    clrelu_elementwise call = {.op = CLRELU_ELU,
                               .dtype = CLRELU_FLOAT32,
                               .scalar = 0.75,
                               .n = N,
                               .x = x,
                               .y = y,
                               .dy = dy,
                               .dx = dx};

    FUTURE(call, clrelu_elementwise);
    if (report("forward", clrelu_forward(context, &on_queue, &call)))
        print_buffer("y", y);
    if (report("backward", clrelu_backward(context, &on_queue, &call)))
        print_buffer("dx", dx);
}

static void compute_prelu(void)
{
    clrelu_strides strides = {.rank = 2, .dims = dims};
    clrelu_prelu call = {.dtype = CLRELU_FLOAT32,
                         .shape = &shape,
                         .x = x,
                         .alpha = alpha,
                         .y = y,
                         .dy = dy,
                         .dx = dx,
                         .dalpha = dalpha,
                         .strides = &strides};

    FUTURE(call, clrelu_prelu);
    FUTURE(strides, clrelu_strides);
    if (report("prelu_forward",
               clrelu_prelu_forward(context, &on_queue, &call)))
        print_buffer("y", y);
    if (report("prelu_backward",
               clrelu_prelu_backward(context, &on_queue, &call))) {
        print_buffer("dx", dx);
        print_buffer("dalpha", dalpha);
    }
}

static void compute_chain(void)
{
    clrelu_chain call = {.op = CLRELU_ELU,
                         .dtype = CLRELU_FLOAT32,
                         .scalar = 0.75,
                         .shape = &shape,
                         .x = x,
                         .bias = alpha,
                         .y = y,
                         .dy = dy,
                         .dbias = dalpha};

    FUTURE(call, clrelu_chain);
    if (report("chain_forward",
               clrelu_chain_forward(context, &on_queue, &call)))
        print_buffer("y", y);
    if (report("chain_backward",
               clrelu_chain_backward(context, &on_queue, &call)))
        print_buffer("dbias", dalpha);
    clrelu_second second = {.ddx = dy};
    FUTURE(second, clrelu_second);
    if (report(
            "chain_double_backward",
            clrelu_chain_double_backward(context, &on_queue, &call, &second)))
        print_buffer("dbias", dalpha);
}

static void explain_dense(void)
{
    clrelu_dense call = {.op = CLRELU_PRELU,
                         .rows = 2,
                         .inputs = 3,
                         .outputs = 3,
                         .alpha_count = 3};
    clrelu_explanation plans[2];

    FUTURE(call, clrelu_dense);
    memset(plans, 0xab, sizeof(plans));
    if (report("explain_dense",
               clrelu_explain_dense(context, CLRELU_BACKWARD, &call, plans)))
        printf("    %s, %s, %u read, future %u\n", plans->shape, plans->kernel,
               (unsigned)plans->bytes_read, (unsigned)FUTURE_OF(*plans));
    print_rest(&plans[1], sizeof(plans[1]));
}

static void step(void)
{
    clrelu_parameter p = {.rank = 2,
                          .dims = dims,
                          .values = dx,
                          .gradient = dalpha,
                          .velocity = y};

    FUTURE(p, clrelu_parameter);
    if (report("sgd_step", clrelu_sgd_step(context, &on_queue, 0.5, 0.25, &p)))
        print_buffer("values", dx);
}

static void train_layer(void)
{
    const char *calls[] = {"layer_forward", "layer_backward", "layer_update"};
    clrelu_prelu_layer_params params = {
        .rank = 2, .dims = dims, .initializer = "constant(0.3)"};
    clrelu_prelu_layer *layer;
    clrelu_prelu call = {.dtype = CLRELU_FLOAT32,
                         .shape = &shape,
                         .x = x,
                         .y = y,
                         .dy = dy,
                         .dx = dx};
    float values[3] = {0};

    FUTURE(params, clrelu_prelu_layer_params);
    if (!report("layer_create",
                clrelu_prelu_layer_create(context, &on_queue, &params, &layer)))
        return;
    report(calls[0], clrelu_prelu_layer_forward(layer, &on_queue, &call));
    report(calls[1], clrelu_prelu_layer_backward(layer, &on_queue, &call));
    report(calls[2], clrelu_prelu_layer_update(layer, &on_queue, 0.5, 0));
    report("layer_read_alpha",
           clrelu_prelu_layer_read_alpha(layer, &on_queue, 3, values));
    printf("    alpha %a %a %a\n", (double)values[0], (double)values[1],
           (double)values[2]);
    clrelu_prelu_layer_destroy(&layer);
}

static void open_context(void)
{
    clrelu_context_params params = {0};

    FUTURE(params, clrelu_context_params);
    if (!report("context_create", clrelu_context_create(&params, &context)))
        return;
    queue = clCreateCommandQueue(clrelu_context_cl_context(context),
                                 clrelu_context_cl_device(context), 0, NULL);
    on_queue.queue = queue;
    FUTURE(on_queue, clrelu_exec);
    FUTURE(shape, clrelu_shape);
}

static void run(void)
{
    clrelu_buffer *buffers[] = {&x, &dy, &alpha, &y, &dx, &dalpha};

    for (int i = 0; i < 6; i++)
        *buffers[i] = new_buffer(0.25f * (float)(i + 1));
    check_floats();
    compute_elementwise();
    compute_prelu();
    compute_chain();
    explain_dense();
    step();
    train_layer();
    for (int i = 0; i < 6; i++)
        clReleaseMemObject(buffers[i]->mem);
    clReleaseCommandQueue(queue);
    clrelu_context_destroy(&context);
}

int main(int count, char **arguments)
{
    if (count > 1)
        chosen = arguments[1];
#define X(type) printf("%s has %u bytes\n", #type, (unsigned)sizeof(type));
    STRUCTS
#undef X
    printf("version %d\n", clrelu_version_number());
    list_devices();
    open_context();
    if (context)
        run();
    return 0;
}
