/* network.c - two dense layers on a device: an activation, then ten scores
 * SPDX-License-Identifier: MIT */
#include "network.h"

#include <string.h>

#include "must.h"

static const clrelu_buffer none = {NULL, 0};

static clrelu_buffer make_array(const network *n, size_t count)
{
    float *zeros = must_have(calloc(count, sizeof(*zeros)));
    const clrelu_buffer out = {
        must_make(clrelu_context_cl(n->context), count, zeros), 0};

    free(zeros);
    return out;
}

static parameter make_parameter(const network *n, const char *initializer,
                                uint64_t seed, size_t rank, const size_t *dims)
{
    parameter p = {.n = rank == 2 ? dims[0] * dims[1] : dims[0]};

    p.value = make_array(n, p.n);
    p.gradient = make_array(n, p.n);
    p.velocity = make_array(n, p.n);
    must(clrelu_initialize(n->context, n->queue, CLRELU_FLOAT32, initializer,
                           seed, rank, dims, p.value, 0, NULL, NULL));
    return p;
}

static dense_layer make_layer(const network *n, const char *initializer,
                              uint64_t seed, clrelu_dense shape)
{
    const size_t dims[] = {shape.inputs, shape.outputs};
    const size_t count = shape.rows * shape.outputs;

    return (dense_layer){
        .shape = shape,
        .w = make_parameter(n, initializer, seed, 2, dims),
        .b = make_parameter(n, "zeros", 0, 1, &shape.outputs),
        .z = make_array(n, count),
        .y = make_array(n, count),
        .dy = make_array(n, count),
    };
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

    must(clrelu_prelu_layer_create(n->context, n->queue, &params, NULL,
                                   &n->prelu));
}

network network_open(clrelu_context *context, cl_command_queue queue,
                     const network_params *p)
{
    network n = {.context = context, .queue = queue, .max_rows = p->max_rows};
    const clrelu_dense hidden = {p->max_rows, p->inputs,
                                 p->units,    p->op,
                                 p->scalar,   p->has_one ? 1 : p->units};
    /* leaky_relu with alpha 1 is the identity. */
    const clrelu_dense scores = {p->max_rows,       p->units, NETWORK_CLASSES,
                                 CLRELU_LEAKY_RELU, 1.0,      0};

    n.layers[0] = make_layer(&n, "he_normal", 2 * p->seed, hidden);
    n.layers[1] = make_layer(&n, "glorot_uniform", 2 * p->seed + 1, scores);
    n.x = make_array(&n, p->max_rows * p->inputs);
    n.penalty = make_array(&n, 1);
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
        const clrelu_buffer all[] = {l->w.value, l->w.gradient, l->w.velocity,
                                     l->b.value, l->b.gradient, l->b.velocity,
                                     l->z,       l->y,          l->dy};
        for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++)
            release(all[k]);
    }
    release(n->x);
    release(n->penalty);
    clrelu_prelu_layer_destroy(&n->prelu);
}

static clrelu_buffer alpha_of(const network *n, int layer)
{
    return layer == 0 ? clrelu_prelu_layer_alpha(n->prelu) : none;
}

void network_forward(network *n, size_t rows, const float *x, float *scores)
{
    clrelu_buffer in = n->x;

    must_cl(clEnqueueWriteBuffer(n->queue, n->x.mem, CL_TRUE, 0,
                                 rows * n->layers[0].shape.inputs * sizeof(*x),
                                 x, 0, NULL, NULL),
            "clEnqueueWriteBuffer");
    for (int i = 0; i < NETWORK_LAYERS; i++) {
        dense_layer *l = &n->layers[i];
        l->shape.rows = rows;
        must(clrelu_dense_forward(n->context, n->queue, CLRELU_FLOAT32,
                                  &l->shape, in, l->w.value, l->b.value,
                                  alpha_of(n, i), l->z, l->y, 0, NULL, NULL));
        in = l->y;
    }
    must_cl(clEnqueueReadBuffer(n->queue, in.mem, CL_TRUE, 0,
                                rows * NETWORK_CLASSES * sizeof(*scores),
                                scores, 0, NULL, NULL),
            "clEnqueueReadBuffer");
}

double network_accuracy(network *n, size_t rows, const float *x,
                        const float *labels)
{
    const size_t inputs = n->layers[0].shape.inputs;
    float *scores =
        must_have(malloc(n->max_rows * NETWORK_CLASSES * sizeof(*scores)));
    size_t right = 0;

    for (size_t i = 0, some; i < rows; i += some) {
        some = rows - i < n->max_rows ? rows - i : n->max_rows;
        network_forward(n, some, x + i * inputs, scores);
        for (size_t r = 0; r < some; r++) {
            const float *score = scores + r * NETWORK_CLASSES;
            int best = 0;
            for (int k = 1; k < NETWORK_CLASSES; k++)
                if (score[k] > score[best])
                    best = k;
            right += best == (int)labels[i + r];
        }
    }
    free(scores);
    return (double)right / (double)rows;
}

void network_backward(network *n, const float *dscores)
{
    const size_t rows = n->layers[0].shape.rows;

    must_cl(clEnqueueWriteBuffer(n->queue, n->layers[1].dy.mem, CL_TRUE, 0,
                                 rows * NETWORK_CLASSES * sizeof(*dscores),
                                 dscores, 0, NULL, NULL),
            "clEnqueueWriteBuffer");
    for (int i = NETWORK_LAYERS; i-- > 0;) {
        const dense_layer *l = &n->layers[i];
        const clrelu_buffer x = i > 0 ? n->layers[i - 1].y : n->x;
        const clrelu_buffer dx = i > 0 ? n->layers[i - 1].dy : none;
        const clrelu_buffer dalpha =
            i == 0 ? clrelu_prelu_layer_dalpha(n->prelu) : none;
        const unsigned flags =
            CLRELU_ACCUMULATE_DW | (dalpha.mem ? CLRELU_ACCUMULATE_DALPHA : 0u);
        must(clrelu_dense_backward(
            n->context, n->queue, CLRELU_FLOAT32, &l->shape, flags, x,
            l->w.value, alpha_of(n, i), l->z, l->dy, l->dy, dx, l->w.gradient,
            l->b.gradient, dalpha, 0, NULL, NULL));
    }
}

double network_penalty(network *n)
{
    float penalty;

    if (!n->prelu)
        return 0.0;
    must(clrelu_prelu_layer_penalty(n->prelu, n->queue, n->penalty, 0, NULL,
                                    NULL));
    must_cl(clEnqueueReadBuffer(n->queue, n->penalty.mem, CL_TRUE, 0,
                                sizeof(penalty), &penalty, 0, NULL, NULL),
            "clEnqueueReadBuffer");
    return (double)penalty;
}

static void descend(const network *n, const parameter *p, double learning_rate,
                    double momentum)
{
    must(clrelu_descend(n->context, n->queue, CLRELU_FLOAT32, learning_rate,
                        momentum, p->n, p->value, p->gradient, p->velocity, 0,
                        NULL, NULL));
}

void network_update(network *n, double learning_rate, double momentum)
{
    for (int i = 0; i < NETWORK_LAYERS; i++) {
        descend(n, &n->layers[i].w, learning_rate, momentum);
        descend(n, &n->layers[i].b, learning_rate, momentum);
    }
    if (n->prelu)
        must(clrelu_prelu_layer_update(n->prelu, n->queue, learning_rate,
                                       momentum, 0, NULL, NULL));
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
        at[GRADIENTS - 1] = clrelu_prelu_layer_dalpha(n->prelu);
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
