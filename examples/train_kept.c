/* train_kept.c - what activations keep, compared in training
 * SPDX-License-Identifier: MIT */
#include "train_kept.h"

#include "../src/cli/progress.h"
#include "image_network.h"
#include "must.h"
#include "train_check.h"

static const char *const names[KEEPS] = {"x", "y", "mask"};

/* The networks are trained side by side, on the same batches. */
typedef struct trial {
    const train_params *params;
    image_network nets[KEEPS];
    double losses[KEEPS];
    bool same[KEEPS]; /* as those of x, in all epochs */
} trial;

static size_t batch_rows(const digits_set *s, size_t first)
{
    return s->rows - first < IMAGE_BATCH ? s->rows - first : IMAGE_BATCH;
}

static void print_kept(const trial *t)
{
    printf("bytes kept for the backward pass of %d digits\n"
           "            activations   convolutions        all\n",
           IMAGE_BATCH);
    for (int k = 0; k < KEEPS; k++) {
        const image_network *n = &t->nets[k];
        printf("kept %-6s %12zu   %12zu   %8zu\n", names[k], n->kept,
               n->kept_inputs, n->kept + n->kept_inputs);
    }
}

/* A step; returns the sum of the images' losses. */
static double step(const trial *t, image_network *n, size_t rows,
                   const float *x, const float *labels)
{
    float scores[IMAGE_BATCH * NETWORK_CLASSES];
    float dscores[IMAGE_BATCH * NETWORK_CLASSES];

    image_network_forward(n, rows, x, scores);
    const double loss = cross_entropy(rows, scores, labels, dscores);
    image_network_backward(n, dscores);
    image_network_update(n, t->params->learning_rate, t->params->momentum);
    return (double)rows * loss;
}

static void train(trial *t, digits_set *s, uint64_t *state, progress *p)
{
    double sums[KEEPS] = {0.0};

    digits_shuffle(s, state);
    for (size_t i = 0; i < s->rows; i += IMAGE_BATCH) {
        const size_t rows = batch_rows(s, i);
        for (int k = 0; k < KEEPS; k++)
            sums[k] +=
                step(t, &t->nets[k], rows, s->x + i * s->pixels, s->labels + i);
        progress_add(p, rows);
    }
    for (int k = 0; k < KEEPS; k++) {
        t->losses[k] = sums[k] / (double)s->rows;
        t->same[k] = t->same[k] && sums[k] == sums[KEEP_X];
    }
}

static double accuracy(image_network *n, const digits_set *s)
{
    float scores[IMAGE_BATCH * NETWORK_CLASSES];
    size_t right = 0;

    for (size_t i = 0; i < s->rows; i += IMAGE_BATCH) {
        const size_t rows = batch_rows(s, i);
        image_network_forward(n, rows, s->x + i * s->pixels, scores);
        right += network_right(rows, scores, s->labels + i);
    }
    return (double)right / (double)s->rows;
}

static void train_all(trial *t, digits_set *data, const digits_set *held,
                      double *losses, double *shares)
{
    uint64_t state = t->params->seed;
    progress p;

    progress_start(&p);
    progress_phase(&p, "train", t->params->epochs * data->rows);
    for (size_t i = 0; i < t->params->epochs; i++) {
        train(t, data, &state, &p);
        losses[i] = t->losses[KEEP_X];
        shares[i] = accuracy(&t->nets[KEEP_X], held);
        progress_clear(&p);
        printf("epoch %3zu", i + 1);
        for (int k = 0; k < KEEPS; k++)
            printf("   loss by %s %-19.17g", names[k], t->losses[k]);
        printf("   held out %6.2f %%\n", 100.0 * shares[i]);
    }
    for (int k = KEEP_Y; k < KEEPS; k++)
        printf("losses by %s: %s those by x\n", names[k],
               t->same[k] ? "the same digits as" : "other digits than");
    printf("held-out accuracy: %.2f %% of %zu digits\n",
           100.0 * shares[t->params->epochs - 1], held->rows);
}

bool train_kept(clrelu_context *context, cl_command_queue queue,
                const train_params *params, digits_set *data,
                const digits_set *held, double *losses, double *shares)
{
    trial t = {.params = params, .same = {true, true, true}};

    for (int k = 0; k < KEEPS; k++)
        image_network_open(&t.nets[k], context, queue, params->op,
                           params->scalar, (keep)k, params->seed);
    print_kept(&t);
    train_all(&t, data, held, losses, shares);
    for (int k = 0; k < KEEPS; k++)
        image_network_close(&t.nets[k]);
    return t.same[KEEP_MASK];
}
