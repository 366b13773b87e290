/* train_check.c - a network's gradients compared with finite differences
 * SPDX-License-Identifier: MIT */
#include "train_check.h"

#include <math.h>
#include <string.h>

#include "must.h"

/* Accuracy of a difference of losses from float32 scores. */
static const double TOLERANCE = 0.005;

double cross_entropy(size_t rows, const float *scores, const float *labels,
                     float *dscores)
{
    double loss = 0.0;

    for (size_t i = 0; i < rows; i++, scores += NETWORK_CLASSES) {
        double max = (double)scores[0], sum = 0.0;
        for (int k = 1; k < NETWORK_CLASSES; k++)
            max = fmax(max, (double)scores[k]);
        for (int k = 0; k < NETWORK_CLASSES; k++)
            sum += exp((double)scores[k] - max);
        loss += log(sum) + max - (double)scores[(int)labels[i]];
        for (int k = 0; dscores && k < NETWORK_CLASSES; k++) {
            const double p = exp((double)scores[k] - max) / sum;
            *dscores++ = (float)((p - (k == (int)labels[i])) / (double)rows);
        }
    }
    return loss / (double)rows;
}

/* A batch, its loss, and the units beyond the kink. */
typedef struct trial {
    network *net;
    size_t rows;
    const float *x, *labels;
    float kink;
    float *scores, *z;
    bool *beyond;
} trial;

static void fetch(const network *n, clrelu_buffer from, size_t count,
                  float *out)
{
    must_cl(clEnqueueReadBuffer(n->queue, from.mem, CL_TRUE, 0,
                                count * sizeof(*out), out, 0, NULL, NULL),
            "clEnqueueReadBuffer");
}

static void store(const network *n, clrelu_buffer to, size_t count,
                  const float *values)
{
    must_cl(clEnqueueWriteBuffer(n->queue, to.mem, CL_TRUE, 0,
                                 count * sizeof(*values), values, 0, NULL,
                                 NULL),
            "clEnqueueWriteBuffer");
}

/* The loss; *same: no unit has crossed the kink since is_first. */
static double run(trial *t, bool is_first, bool *same)
{
    const size_t count = t->rows * t->net->layers[0].call.outputs;

    network_forward(t->net, t->rows, t->x, t->scores);
    fetch(t->net, t->net->layers[0].call.z, count, t->z);
    for (size_t i = 0; i < count; i++) {
        const bool beyond = t->z[i] > t->kink;
        *same = *same && (is_first || beyond == t->beyond[i]);
        if (is_first)
            t->beyond[i] = beyond;
    }
    return cross_entropy(t->rows, t->scores, t->labels, NULL) +
           network_penalty(t->net);
}

/* The loss with value + step*gradient instead of value. */
static double move(trial *t, clrelu_buffer value, size_t count,
                   const float *old, const float *gradient, double step,
                   bool *same)
{
    float *moved = must_have(malloc(count * sizeof(*moved)));
    double loss;

    for (size_t i = 0; i < count; i++)
        moved[i] = (float)((double)old[i] + step * (double)gradient[i]);
    store(t->net, value, count, moved);
    loss = run(t, false, same);
    store(t->net, value, count, old);
    free(moved);
    return loss;
}

/* Along the gradient g the loss changes by |g|^2 per step. */
static bool check(trial *t, const char *name, clrelu_buffer value,
                  clrelu_buffer gradient, size_t count)
{
    float *old = must_have(malloc(2 * count * sizeof(*old)));
    float *g = old + count;
    double square = 0.0, got = NAN, step = 0.0;
    bool same = false;

    fetch(t->net, value, count, old);
    fetch(t->net, gradient, count, g);
    for (size_t i = 0; i < count; i++)
        square += (double)g[i] * (double)g[i];
    /* Smaller steps until no unit crosses its kink. */
    for (step = 0.02 / sqrt(square); !same && step > 1e-7; step /= 2.0) {
        same = true;
        got = move(t, value, count, old, g, step, &same);
        got -= move(t, value, count, old, g, -step, &same);
        got /= 2.0 * step;
    }
    const double error = square > 0.0 ? fabs(got / square - 1.0) : 0.0;
    const bool good = square == 0.0 || (same && error < TOLERANCE);
    printf("  %-8s %14.7g %14.7g %9.1e%s\n", name, square,
           square > 0.0 ? got : 0.0, error, good ? "" : "  WRONG");
    free(old);
    return good;
}

static void clear(const network *n, clrelu_buffer b, size_t count)
{
    const float zero = 0.0f;

    must_cl(clEnqueueFillBuffer(n->queue, b.mem, &zero, sizeof(zero), 0,
                                count * sizeof(zero), 0, NULL, NULL),
            "clEnqueueFillBuffer");
}

static bool check_prelu(trial *t, const char *regularizer)
{
    const network *n = t->net;
    const clrelu_exec exec = {.queue = n->queue};
    size_t dims[CLRELU_MAX_RANK], count;
    clrelu_parameter alpha = {
        .dims = dims,
        .values = clrelu_prelu_layer_alpha_buffer(n->prelu),
        .gradient = clrelu_prelu_layer_dalpha_buffer(n->prelu)};

    must(clrelu_prelu_layer_alpha_dims(n->prelu, &alpha.rank, dims, &count));
    must(clrelu_penalty(n->context, &exec, regularizer, &alpha,
                        (clrelu_buffer){.mem = NULL}));
    const bool good = check(t, "alpha", alpha.values, alpha.gradient, count);
    clear(n, alpha.gradient, count);
    return good;
}

bool check_gradients(network *n, size_t rows, const float *x,
                     const float *labels, float kink, const char *regularizer)
{
    static const char *const names[] = {"weights1", "bias1", "weights2",
                                        "bias2"};
    const size_t units = n->layers[0].call.outputs;
    trial t = {n, rows, x, labels, kink, NULL, NULL, NULL};
    float *dscores =
        must_have(malloc(rows * NETWORK_CLASSES * sizeof(*dscores)));
    bool good = true;

    t.scores = must_have(malloc(rows * NETWORK_CLASSES * sizeof(*t.scores)));
    t.z = must_have(malloc(rows * units * sizeof(*t.z)));
    t.beyond = must_have(malloc(rows * units * sizeof(*t.beyond)));
    run(&t, true, &good);
    cross_entropy(rows, t.scores, labels, dscores);
    network_backward(n, dscores);
    printf("gradients of %zu digits, by backward passes and by differences of "
           "the loss\n",
           rows);
    for (int i = 0; i < 4; i++) {
        const parameter *p = i % 2 ? &n->layers[i / 2].b : &n->layers[i / 2].w;
        good = check(&t, names[i], p->value, p->gradient, p->n) && good;
        clear(n, p->gradient, p->n);
    }
    if (n->prelu)
        good = check_prelu(&t, regularizer) && good;
    free(dscores);
    free(t.scores);
    free(t.z);
    free(t.beyond);
    return good;
}
