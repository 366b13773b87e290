/* network.c - two dense layers on a device: an activation, then ten scores
 * SPDX-License-Identifier: MIT */
#include "network.h"

#include "must.h"

static clrelu_exec exec_of(const network *n)
{
    return (clrelu_exec){.queue = n->queue};
}

/* call has the operation and the sizes. */
static dense_layer make_layer(const network *n, const char *initializer,
                              uint64_t seed, clrelu_dense call)
{
    const size_t dims[] = {call.inputs, call.outputs};
    const size_t count = call.rows * call.outputs;
    const clrelu_exec exec = exec_of(n);
    const parameter w =
        parameter_make(n->context, &exec, initializer, seed, 2, dims);
    const parameter b =
        parameter_make(n->context, &exec, "zeros", 0, 1, &call.outputs);

    call.w = w.value;
    call.dw = w.gradient;
    call.b = b.value;
    call.db = b.gradient;
    call.z = make_array(n->context, count);
    call.y = make_array(n->context, count);
    call.dy = call.dz = make_array(n->context, count);
    return (dense_layer){call, w, b};
}

static void make_prelu(network *n, const network_params *p)
{
    const size_t dims[] = {0, p->units};
    const int all = 1;
    const clrelu_prelu_layer_params params = {
        .rank = 2,
        .dims = dims,
        .shared_count = p->has_one ? 1 : 0,
        .shared_axes = &all,
        .initializer = "constant(0.25)",
        .regularizer = p->regularizer,
        .constraint = p->constraint,
    };

    const clrelu_exec exec = exec_of(n);

    must(clrelu_prelu_layer_create(n->context, &exec, &params, &n->prelu));
    n->layers[0].call.alpha = clrelu_prelu_layer_alpha_buffer(n->prelu);
    n->layers[0].call.dalpha = clrelu_prelu_layer_dalpha_buffer(n->prelu);
}

network network_open(clrelu_context *context, cl_command_queue queue,
                     const network_params *p)
{
    network n = {.context = context, .queue = queue, .max_rows = p->max_rows};
    const clrelu_dense hidden = {.op = p->op,
                                 .scalar = p->scalar,
                                 .rows = p->max_rows,
                                 .inputs = p->inputs,
                                 .outputs = p->units,
                                 .alpha_count = p->has_one ? 1 : p->units};
    /* leaky_relu with alpha 1 is the identity. */
    const clrelu_dense scores = {.op = CLRELU_LEAKY_RELU,
                                 .scalar = 1.0,
                                 .rows = p->max_rows,
                                 .inputs = p->units,
                                 .outputs = NETWORK_CLASSES};

    n.layers[0] = make_layer(&n, "he_normal", 2 * p->seed, hidden);
    n.layers[1] = make_layer(&n, "glorot_uniform", 2 * p->seed + 1, scores);
    n.x = make_array(context, p->max_rows * p->inputs);
    n.layers[0].call.x = n.x;
    n.layers[1].call.x = n.layers[0].call.y;
    n.layers[1].call.dx = n.layers[0].call.dy;
    n.penalty = make_array(context, 1);
    if (p->op == CLRELU_PRELU)
        make_prelu(&n, p);
    return n;
}

static void release(clrelu_buffer b)
{
    clReleaseMemObject(b.mem);
}

void network_close(network *n)
{
    for (int i = 0; i < NETWORK_LAYERS; i++) {
        const dense_layer *l = &n->layers[i];
        parameter_release(&l->w);
        parameter_release(&l->b);
        release(l->call.z);
        release(l->call.y);
        release(l->call.dy);
    }
    release(n->x);
    release(n->penalty);
    clrelu_prelu_layer_destroy(&n->prelu);
}

void network_forward(network *n, size_t rows, const float *x, float *scores)
{
    const clrelu_exec exec = exec_of(n);

    must_cl(clEnqueueWriteBuffer(n->queue, n->x.mem, CL_TRUE, 0,
                                 rows * n->layers[0].call.inputs * sizeof(*x),
                                 x, 0, NULL, NULL),
            "clEnqueueWriteBuffer");
    for (int i = 0; i < NETWORK_LAYERS; i++) {
        n->layers[i].call.rows = rows;
        must(clrelu_dense_forward(n->context, &exec, &n->layers[i].call));
    }
    must_cl(clEnqueueReadBuffer(n->queue, n->layers[1].call.y.mem, CL_TRUE, 0,
                                rows * NETWORK_CLASSES * sizeof(*scores),
                                scores, 0, NULL, NULL),
            "clEnqueueReadBuffer");
}

size_t network_right(size_t rows, const float *scores, const float *labels)
{
    size_t right = 0;

    for (size_t r = 0; r < rows; r++, scores += NETWORK_CLASSES) {
        int best = 0;
        for (int k = 1; k < NETWORK_CLASSES; k++)
            if (scores[k] > scores[best])
                best = k;
        right += best == (int)labels[r];
    }
    return right;
}

double network_accuracy(network *n, size_t rows, const float *x,
                        const float *labels)
{
    const size_t inputs = n->layers[0].call.inputs;
    float *scores =
        must_have(malloc(n->max_rows * NETWORK_CLASSES * sizeof(*scores)));
    size_t right = 0;

    for (size_t i = 0, some; i < rows; i += some) {
        some = rows - i < n->max_rows ? rows - i : n->max_rows;
        network_forward(n, some, x + i * inputs, scores);
        right += network_right(some, scores, labels + i);
    }
    free(scores);
    return (double)right / (double)rows;
}

void network_backward(network *n, const float *dscores)
{
    const size_t rows = n->layers[0].call.rows;

    const clrelu_exec exec = exec_of(n);

    must_cl(clEnqueueWriteBuffer(n->queue, n->layers[1].call.dy.mem, CL_TRUE, 0,
                                 rows * NETWORK_CLASSES * sizeof(*dscores),
                                 dscores, 0, NULL, NULL),
            "clEnqueueWriteBuffer");
    for (int i = NETWORK_LAYERS; i-- > 0;) {
        clrelu_dense call = n->layers[i].call;
        call.flags = CLRELU_ACCUMULATE_DW;
        if (call.dalpha.mem)
            call.flags |= CLRELU_ACCUMULATE_DALPHA;
        must(clrelu_dense_backward(n->context, &exec, &call));
    }
}

double network_penalty(network *n)
{
    const clrelu_exec exec = exec_of(n);
    float penalty;

    if (!n->prelu)
        return 0.0;
    must(clrelu_prelu_layer_penalty(n->prelu, &exec, n->penalty));
    must_cl(clEnqueueReadBuffer(n->queue, n->penalty.mem, CL_TRUE, 0,
                                sizeof(penalty), &penalty, 0, NULL, NULL),
            "clEnqueueReadBuffer");
    return (double)penalty;
}

void network_update(network *n, double learning_rate, double momentum)
{
    const clrelu_exec exec = exec_of(n);

    for (int i = 0; i < NETWORK_LAYERS; i++) {
        const dense_layer *l = &n->layers[i];
        parameter_step(&l->w, n->context, &exec, learning_rate, momentum);
        parameter_step(&l->b, n->context, &exec, learning_rate, momentum);
    }
    if (n->prelu)
        must(clrelu_prelu_layer_update(n->prelu, &exec, learning_rate,
                                       momentum));
}

enum { GRADIENTS = 2 * NETWORK_LAYERS + 1 };

/* All gradients, with their sizes; 0: the network has none. */
static void list_gradients(const network *n, clrelu_buffer at[GRADIENTS],
                           size_t sizes[GRADIENTS])
{
    for (int i = 0; i < NETWORK_LAYERS; i++) {
        const dense_layer *l = &n->layers[i];
        at[2 * i] = l->w.gradient;
        sizes[2 * i] = l->w.n;
        at[2 * i + 1] = l->b.gradient;
        sizes[2 * i + 1] = l->b.n;
    }
    sizes[GRADIENTS - 1] = 0;
    if (n->prelu) {
        at[GRADIENTS - 1] = clrelu_prelu_layer_dalpha_buffer(n->prelu);
        must(clrelu_prelu_layer_alpha_dims(n->prelu, NULL, NULL,
                                           &sizes[GRADIENTS - 1]));
    }
}

size_t network_gradient_count(const network *n)
{
    clrelu_buffer at[GRADIENTS];
    size_t sizes[GRADIENTS], count = 0;

    list_gradients(n, at, sizes);
    for (int i = 0; i < GRADIENTS; i++)
        count += sizes[i];
    return count;
}

void network_take_gradients(const network *n, float *out)
{
    const float zero = 0.0f;
    clrelu_buffer at[GRADIENTS];
    size_t sizes[GRADIENTS];

    list_gradients(n, at, sizes);
    for (int i = 0; i < GRADIENTS; out += sizes[i], i++) {
        const size_t start = at[i].offset * sizeof(*out);
        const size_t bytes = sizes[i] * sizeof(*out);
        if (bytes == 0)
            continue;
        must_cl(clEnqueueReadBuffer(n->queue, at[i].mem, CL_TRUE, start, bytes,
                                    out, 0, NULL, NULL),
                "clEnqueueReadBuffer");
        must_cl(clEnqueueFillBuffer(n->queue, at[i].mem, &zero, sizeof(zero),
                                    start, bytes, 0, NULL, NULL),
                "clEnqueueFillBuffer");
    }
}

void network_set_gradients(const network *n, const float *in)
{
    clrelu_buffer at[GRADIENTS];
    size_t sizes[GRADIENTS];

    list_gradients(n, at, sizes);
    for (int i = 0; i < GRADIENTS; in += sizes[i], i++)
        if (sizes[i] > 0)
            must_cl(clEnqueueWriteBuffer(n->queue, at[i].mem, CL_TRUE,
                                         at[i].offset * sizeof(*in),
                                         sizes[i] * sizeof(*in), in, 0, NULL,
                                         NULL),
                    "clEnqueueWriteBuffer");
}
