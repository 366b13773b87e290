/* train_digits.c - a classifier of handwritten digits, trained on a device
 * SPDX-License-Identifier: MIT
 *
 *     train_digits [--activation prelu|leaky_relu|elu|thresholded_relu]
 *                  [--regularizer SPEC] [--constraint SPEC] [--shared-axes 1]
 *                  [--seed N] [--epochs N] [--device SPEC] [--output LOSS.png]
 *     train_digits --network convolution
 *                  [--activation leaky_relu|thresholded_relu] ...
 *
 * Two dense layers, 64 -> 64 -> 10, softmax and cross-entropy, mini-batches of
 * 32, gradient descent with momentum.  Every fifth digit is held out.  The
 * regularizer, the constraint and shared axes are those of prelu's alpha; 1 is
 * the axis of the 64 units, which then share one alpha.
 *
 * Or a small convolution network, three times: its activations keep x, y in
 * place, or a mask in place for the backward pass.  Prints the memory of each,
 * and losses that have the same digits.  A mask is not enough for elu, nor for
 * prelu's dalpha. */
#include <getopt.h>
#include <math.h>
#include <string.h>

#include "../src/cli/gnuplot.h"
#include "../src/cli/progress.h"
#include "digits.h"
#include "must.h"
#include "network.h"
#include "train_check.h"
#include "train_kept.h"

enum { UNITS = 64, BATCH = 32 };

static const double LEARNING_RATE = 0.03, MOMENTUM = 0.9;

typedef struct options {
    clrelu_op op;
    const char *regularizer, *constraint, *device, *output;
    bool has_one, convolves;
    uint64_t seed;
    size_t epochs;
} options;

static void misuse(const char *option, const char *value, const char *must_be)
{
    fprintf(stderr, "--%s is \"%s\", must be %s\n", option, value, must_be);
    exit(2);
}

static clrelu_op parse_op(const char *word)
{
    for (int i = 1; clrelu_op_name((clrelu_op)i); i++)
        if (strcmp(word, clrelu_op_name((clrelu_op)i)) == 0)
            return (clrelu_op)i;
    misuse("activation", word, "prelu, leaky_relu, elu or thresholded_relu");
    return CLRELU_PRELU;
}

static uint64_t parse_number(const char *option, const char *word, uint64_t min)
{
    char *end;
    const uint64_t value = strtoull(word, &end, 10);

    if (end == word || *end || *word == '-' || value < min)
        misuse(option, word, "an integer that is large enough");
    return value;
}

static bool parse_shared_axes(const char *word)
{
    if (strcmp(word, "1") != 0)
        misuse("shared-axes", word, "1, the axis of the units");
    return true;
}

static bool parse_network(const char *word)
{
    const bool convolves = strcmp(word, "convolution") == 0;

    if (!convolves && strcmp(word, "dense") != 0)
        misuse("network", word, "dense or convolution");
    return convolves;
}

/* Ends the program if the options do not go together. */
static void check(const options *o, bool has_argument)
{
    const char *wrong = NULL;

    if (has_argument)
        wrong = "an argument without an option";
    else if (o->op != CLRELU_PRELU &&
             (o->regularizer || o->constraint || o->has_one))
        wrong = "a regularizer, a constraint and shared axes are for prelu";
    else if (o->convolves && (o->op == CLRELU_PRELU || o->op == CLRELU_ELU))
        wrong = "the convolution network is for leaky_relu and "
                "thresholded_relu: others need more than a mask";
    if (!wrong)
        return;
    fprintf(stderr, "%s\n", wrong);
    exit(2);
}

static options parse(int argc, char **argv)
{
    static const struct option known[] = {
        {"activation", required_argument, NULL, 'a'},
        {"network", required_argument, NULL, 'n'},
        {"regularizer", required_argument, NULL, 'r'},
        {"constraint", required_argument, NULL, 'c'},
        {"shared-axes", required_argument, NULL, 'x'},
        {"seed", required_argument, NULL, 's'},
        {"epochs", required_argument, NULL, 'e'},
        {"device", required_argument, NULL, 'd'},
        {"output", required_argument, NULL, 'o'},
        {NULL, 0, NULL, 0}};
    options o = {.output = "loss.png", .seed = 1, .epochs = 20};
    int c;

    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (c == 'a')
            o.op = parse_op(optarg);
        else if (c == 'n')
            o.convolves = parse_network(optarg);
        else if (c == 'r')
            o.regularizer = optarg;
        else if (c == 'c')
            o.constraint = optarg;
        else if (c == 'x')
            o.has_one = parse_shared_axes(optarg);
        else if (c == 's')
            o.seed = parse_number("seed", optarg, 0);
        else if (c == 'e')
            o.epochs = parse_number("epochs", optarg, 1);
        else if (c == 'd')
            o.device = optarg;
        else if (c == 'o')
            o.output = optarg;
        else
            exit(2);
    }
    if (!o.op)
        o.op = o.convolves ? CLRELU_LEAKY_RELU : CLRELU_PRELU;
    check(&o, optind < argc);
    return o;
}

static size_t batch_rows(const digits_set *s, size_t first)
{
    return s->rows - first < BATCH ? s->rows - first : BATCH;
}

/* The mean loss of an epoch. */
static double train(network *n, digits_set *s, uint64_t *state, progress *p)
{
    float scores[BATCH * NETWORK_CLASSES], dscores[BATCH * NETWORK_CLASSES];
    double loss = 0.0;

    digits_shuffle(s, state);
    for (size_t i = 0; i < s->rows; i += BATCH) {
        const size_t rows = batch_rows(s, i);
        network_forward(n, rows, s->x + i * s->pixels, scores);
        loss += (double)rows *
                (cross_entropy(rows, scores, s->labels + i, dscores) +
                 network_penalty(n));
        network_backward(n, dscores);
        network_update(n, LEARNING_RATE, MOMENTUM);
        progress_add(p, rows);
    }
    return loss / (double)s->rows;
}

static void print_alpha(const network *n)
{
    const clrelu_exec exec = {.queue = n->queue};
    size_t count;
    float *alpha;

    must(clrelu_prelu_layer_alpha_dims(n->prelu, NULL, NULL, &count));
    alpha = must_have(malloc(count * sizeof(*alpha)));
    must(clrelu_prelu_layer_read_alpha(n->prelu, &exec, count, alpha));
    printf("prelu's alpha, 0.25 before the training:");
    for (size_t i = 0; i < count; i++)
        printf("%s%8.4f", i % 8 == 0 ? "\n " : " ", (double)alpha[i]);
    printf("\n");
    free(alpha);
}

/* Losses on the left axis, held-out accuracies on the right. */
static void plot(const options *o, const double *losses, const double *shares)
{
    const char *why;
    FILE *gnuplot = gnuplot_open(o->output, false, 960, 600, &why);

    if (!gnuplot) {
        fprintf(stderr, "no picture: %s\n", why);
        return;
    }
    fprintf(gnuplot, "$curve << EOD\n");
    for (size_t i = 0; i < o->epochs; i++)
        fprintf(gnuplot, "%zu %.9g %.9g\n", i + 1, losses[i],
                100.0 * shares[i]);
    fprintf(gnuplot,
            "EOD\nset title '{/:Bold=14 train\\_digits: %s}' tc '#222222'\n"
            "set border 11 lc '#888888'\n"
            "set logscale y\nset xlabel 'epoch'\n"
            "set ylabel 'loss' tc '#1b5a9e'\n"
            "set y2label 'held-out digits recognised, %%' tc '#d4611a'\n"
            "set y2tics\nset y2range [80:100]\nset key center right\n"
            "plot $curve u 1:2 w l lw 2.8 lc '#1b5a9e' t 'loss', "
            "'' u 1:3 axes x1y2 w l lw 2.2 lc '#d4611a' t 'accuracy'\n",
            clrelu_op_name(o->op));
    if (gnuplot_close(gnuplot))
        printf("the loss as a curve: %s\n", o->output);
    else
        fprintf(stderr, "no picture: gnuplot could not draw %s\n", o->output);
}

static void train_all(network *n, const options *o, digits_set *data,
                      const digits_set *held, double *losses, double *shares)
{
    uint64_t state = o->seed;
    progress p;

    progress_start(&p);
    progress_phase(&p, "train", o->epochs * data->rows);
    for (size_t i = 0; i < o->epochs; i++) {
        losses[i] = train(n, data, &state, &p);
        shares[i] = network_accuracy(n, held->rows, held->x, held->labels);
        progress_clear(&p);
        printf("epoch %3zu   loss %-22.17g held out %6.2f %%\n", i + 1,
               losses[i], 100.0 * shares[i]);
    }
    printf("held-out accuracy: %.2f %% of %zu digits\n",
           100.0 * shares[o->epochs - 1], held->rows);
    if (n->prelu)
        print_alpha(n);
}

static bool train_dense(clrelu_context *context, cl_command_queue queue,
                        const options *o, double scalar, digits_set *data,
                        const digits_set *held, double *curves)
{
    const network_params shape = {o->op,         scalar,     BATCH,
                                  data->pixels,  UNITS,      o->regularizer,
                                  o->constraint, o->has_one, o->seed};
    network n = network_open(context, queue, &shape);
    const float kink = o->op == CLRELU_THRESHOLDED_RELU ? (float)scalar : 0.0f;
    const bool good =
        check_gradients(&n, BATCH, data->x, data->labels, kink, o->regularizer);

    if (good)
        train_all(&n, o, data, held, curves, curves + o->epochs);
    else
        fprintf(stderr, "the gradients are wrong\n");
    network_close(&n);
    return good;
}

int main(int argc, char **argv)
{
    const options o = parse(argc, argv);
    double scalar = 0;
    const clrelu_context_params params = {.spec = o.device};
    double *curves = must_have(malloc(2 * o.epochs * sizeof(*curves)));
    clrelu_context *context;
    cl_command_queue queue;
    cl_int error;
    digits_set data, held;
    bool good;

    clrelu_op_parameter(o.op, &scalar);
    digits_split(DIGITS "/digits.npy", DIGITS "/digits_labels.npy", &data,
                 &held);
    must(clrelu_context_create(&params, &context));
    queue = clCreateCommandQueue(clrelu_context_cl_context(context),
                                 clrelu_context_cl_device(context), 0, &error);
    must_cl(error, "clCreateCommandQueue");
    const train_params kept = {o.op,     scalar, LEARNING_RATE,
                               MOMENTUM, o.seed, o.epochs};
    if (o.convolves)
        good = train_kept(context, queue, &kept, &data, &held, curves,
                          curves + o.epochs);
    else
        good = train_dense(context, queue, &o, scalar, &data, &held, curves);
    if (good)
        plot(&o, curves, curves + o.epochs);
    clReleaseCommandQueue(queue);
    clrelu_context_destroy(&context);
    digits_free(&data);
    digits_free(&held);
    free(curves);
    return good ? 0 : 1;
}
