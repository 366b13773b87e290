/* test_cli_train.c - alpha's regularizer, constraint and update
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "cli.h"
#include "random.h"
#include "tap.h"

#define TRAIN "backward prelu " G6 " --alpha-file a3.npy "
#define STEP TRAIN "--alpha-out new.npy --learning-rate 0.5 "

/* alpha is 10, 20, 30, its gradient without a penalty -2, 0, -1.5. */
static void test_values(void)
{
    static const struct {
        const char *line, *out;
        float dalpha[3];
    } penalties[] = {
        {"l1(0.5)", "penalty: 30\n", {-1.5f, 0.5f, -1}},
        {"L2(l2=0.25)", "penalty: 350\n", {3, 10, 13.5f}},
        {"l1_l2(0.5,0.25)", "penalty: 380\n", {3.5f, 10.5f, 14}},
        {"None", "penalty: 0\n", {-2, 0, -1.5f}},
    };
    static const struct {
        const char *options;
        float alpha[3];
    } steps[] = {
        {"--alpha-regularizer l1(40)", {-9, 0, 10.75f}},
        {"--alpha-regularizer l1(40) --alpha-constraint non_neg",
         {0, 0, 10.75f}},
        {"--alpha-constraint min_max_norm(0,5,axis=[])", {5, 5, 5}},
        {"--alpha-constraint None", {11, 20, 30.75f}},
    };

    for (size_t i = 0; i < COUNT_OF(penalties); i++) {
        const char *line = cli_line(
            TRAIN "--dalpha da.npy --alpha-regularizer %s", penalties[i].line);
        const struct cli_result r = cli_run(line);
        ok(r.status == 0 && !r.err[0] && strcmp(r.out, penalties[i].out) == 0 &&
               cli_check_npy("da.npy", "(3,)", penalties[i].dalpha, 3),
           "%s", line);
        if (strcmp(r.out, penalties[i].out) != 0)
            diag("stdout '%s', stderr '%s'", r.out, r.err);
    }
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        const char *line = cli_line(STEP "%s", steps[i].options);
        ok(cli_run(line).status == 0 &&
               cli_check_npy("new.npy", "(3,)", steps[i].alpha, 3),
           "%s", line);
    }
}

/* Rank 4, axis 2 shared. */
enum { N = 3 * 4 * 5 * 6, ALPHAS = 4 * 1 * 6, STEPS = 2 };
static const size_t dims[] = {3, 4, 5, 6};
static const int axes[] = {2};
static const char alpha_shape[] = "(4, 1, 6)";
static const size_t alpha_dims[] = {4, 1, 6};

static const struct trained {
    const char *regularizer, *constraint;
} trained[] = {
    {"l1_l2(0.01,0.02)", "max_norm(0.5,axis=0)"},
    {"l2", "unit_norm(axis=[0,-1])"},
    {"L1(0.3)", "min_max_norm(0.1,0.4,rate=0.5,axis=2)"},
    {"l1", "NonNeg"},
};

struct expected {
    float dalpha[ALPHAS], alpha[ALPHAS], penalty;
};

/* By the layer, one step; dalpha and the penalty, which it adds up inside, by
 * the calls that it is made of. */
static void expect_step(const struct device *d, clrelu_prelu_layer *layer,
                        const char *regularizer, struct array *x,
                        struct array *dy, struct array *dx,
                        struct expected *want)
{
    struct array dalpha = array_make(d, 0, ALPHAS, NULL);
    struct array penalty = array_make(d, 0, 1, NULL);
    const clrelu_buffer alpha = clrelu_prelu_layer_alpha_buffer(layer);
    const clrelu_buffer sum = clrelu_prelu_layer_dalpha_buffer(layer);

    must_succeed(clrelu_prelu_layer_backward(
        layer, &d->exec,
        &(clrelu_prelu){.dtype = CLRELU_FLOAT32,
                        .shape = &(clrelu_shape){.rank = 4, .dims = dims},
                        .x = array_buffer(x),
                        .dy = array_buffer(dy),
                        .dx = array_buffer(dx)}));
    device_must(clEnqueueCopyBuffer(d->queue, sum.mem, dalpha.mem, 0, 0,
                                    ALPHAS * sizeof(float), 0, NULL, NULL),
                "clEnqueueCopyBuffer");
    must_succeed(
        clrelu_penalty(d->context, &d->exec, regularizer,
                       &(clrelu_parameter){.rank = 3,
                                           .dims = alpha_dims,
                                           .values = alpha,
                                           .gradient = array_buffer(&dalpha)},
                       array_buffer(&penalty)));
    must_succeed(clrelu_prelu_layer_update(layer, &d->exec, 0.1, 0));
    must_succeed(
        clrelu_prelu_layer_read_alpha(layer, &d->exec, ALPHAS, want->alpha));
    memcpy(want->dalpha, array_fetch(d, &dalpha), sizeof(want->dalpha));
    want->penalty = array_fetch(d, &penalty)[0];
    arrays_free(&dalpha, &penalty);
}

/* Steps from alpha's file into the same file. */
static void check_steps(const struct device *d, const struct trained *t,
                        struct array *x, struct array *dy)
{
    const clrelu_prelu_layer_params params = {.rank = 4,
                                              .dims = dims,
                                              .shared_count = 1,
                                              .shared_axes = axes,
                                              .initializer =
                                                  "random_normal(0,1)",
                                              .regularizer = t->regularizer,
                                              .constraint = t->constraint,
                                              .seed = 7};
    const char *const names[] = {"--alpha-initializer random_normal(0,1) "
                                 "--seed 7",
                                 "--alpha-file a4.npy"};
    clrelu_prelu_layer *layer;
    struct array dx = array_make(d, 0, N, NULL);
    struct expected want;
    char text[64];
    bool good = true;

    must_succeed(
        clrelu_prelu_layer_create(d->context, &d->exec, &params, &layer));
    for (size_t i = 0; i < STEPS; i++) {
        expect_step(d, layer, t->regularizer, x, dy, &dx, &want);
        const char *line = cli_line(
            "backward prelu -i x4.npy -g dy4.npy -o y.npy --dalpha da.npy "
            "--shared-axes 2 %s --alpha-out a4.npy --learning-rate 0.1 "
            "--alpha-regularizer %s --alpha-constraint %s",
            names[i], t->regularizer, t->constraint);
        const struct cli_result r = cli_run(line);
        snprintf(text, sizeof(text), "penalty: %.9g\n", (double)want.penalty);
        good &= r.status == 0 && strcmp(r.out, text) == 0 && !r.err[0] &&
                cli_check_bits("y.npy", "f4", "(3, 4, 5, 6)",
                               array_fetch(d, &dx), N * sizeof(float)) &&
                cli_check_bits("da.npy", "f4", alpha_shape, want.dalpha,
                               sizeof(want.dalpha)) &&
                cli_check_bits("a4.npy", "f4", alpha_shape, want.alpha,
                               sizeof(want.alpha));
        if (!good)
            diag("stdout '%s', should be '%s'; stderr '%s'", r.out, text,
                 r.err);
    }
    ok(good, "%s, %s: %d steps give the layer's bits", t->regularizer,
       t->constraint, STEPS);
    clrelu_prelu_layer_destroy(&layer);
    array_free(&dx);
}

static void test_layer(void)
{
    uint64_t random = 1;
    float x[N], dy[N];
    struct device d;

    device_open(&d);
    for (size_t i = 0; i < N; i++) {
        x[i] = random_wide(&random, -6, 3);
        dy[i] = random_wide(&random, -6, 3);
    }
    cli_write_npy("x4.npy", "(3, 4, 5, 6)", x, N);
    cli_write_npy("dy4.npy", "(3, 4, 5, 6)", dy, N);
    struct array on_x = array_make(&d, 0, N, x);
    struct array on_dy = array_make(&d, 0, N, dy);
    for (size_t i = 0; i < COUNT_OF(trained); i++)
        check_steps(&d, &trained[i], &on_x, &on_dy);
    arrays_free(&on_x, &on_dy);
    device_close(&d);
}

/* The penalty is no part of an array. */
static void test_streams(void)
{
    struct cli_result r;

    cli_prints("forward prelu " X6 " --alpha 2 --alpha-regularizer l1(0.5)",
               "penalty: 3\n");
    r = cli_run("forward prelu -i x.npy -o - --alpha 2 --alpha-regularizer l1");
    ok(r.status == 0 && memcmp(r.out, "\x93NUMPY", 6) == 0 &&
           strcmp(r.err, "penalty: 0.0599999987\n") == 0,
       "the penalty on standard error, y on standard output");
    r = cli_run(TRAIN "--dalpha - --alpha-regularizer l1(0.5)");
    ok(r.status == 0 && memcmp(r.out, "\x93NUMPY", 6) == 0 &&
           strcmp(r.err, "penalty: 30\n") == 0,
       "the penalty on standard error, dalpha on standard output");
    r = cli_run("backward prelu -i e.npy -g e.npy -o y.npy --dalpha da.npy "
                "--shared-axes 1 --alpha 2 --alpha-out new.npy "
                "--learning-rate 1 --alpha-regularizer l1(0.5) "
                "--alpha-constraint unit_norm");
    ok(r.status == 0 && strcmp(r.out, "penalty: 1\n") == 0 &&
           cli_check_npy("new.npy", "(1,)", (const float[]){1}, 1),
       "an x of no elements");
}

static const char *const misused[][2] = {
    {"forward prelu " X6 " --alpha-constraint non_neg", "--alpha-constraint"},
    {"forward prelu " X6 " --alpha-out new.npy", "--alpha-out"},
    {"forward prelu " X6 " --learning-rate 1", "--learning-rate"},
    {"forward elu " X6 " --alpha-regularizer l1", "--alpha-regularizer"},
    {"backward elu " G6 " --alpha-out n.npy --learning-rate 1", "--alpha-out"},
    {TRAIN "--alpha-constraint non_neg", "--alpha-out"},
    {TRAIN "--alpha-out new.npy", "--learning-rate"},
    {TRAIN "--learning-rate 1", "--alpha-out"},
    {TRAIN "--alpha-out new.npy --learning-rate fast", "'fast'"},
    {TRAIN "--alpha-out new.npy --learning-rate ''", "--learning-rate"},
};

static const char *const failing[][2] = {
    {TRAIN "--alpha-regularizer l3", "known are None, l1, l2, l1_l2, L1L2, "
                                     "orthogonal_regularizer"},
    {TRAIN "--alpha-regularizer ''", "must begin with a name"},
    {TRAIN "--alpha-regularizer l1(-1)", "l1: l1 is -1, must be >= 0"},
    {TRAIN "--alpha-regularizer l1(nan)", "l1 is nan"},
    {TRAIN "--alpha-regularizer l1(x)", "\"x\", must be a number"},
    {TRAIN "--alpha-regularizer l1(1,2)", "its arguments are l1"},
    {TRAIN "--alpha-regularizer l2(", "must be NAME"},
    {TRAIN "--alpha-regularizer orthogonal_regularizer",
     "orthogonal_regularizer: rank is 1, must be 2"},
    {STEP "--alpha-constraint radial_constraint",
     "radial_constraint: rank is 1, must be 4"},
    {"forward prelu " X6 " --alpha-regularizer max_norm", "known are None, l1"},
    {STEP "--alpha-constraint l1",
     "known are None, max_norm, non_neg, unit_norm, min_max_norm, "
     "radial_constraint"},
    {STEP "--alpha-constraint max_norm(-2)", "max_value is -2, must be >= 0"},
    {STEP "--alpha-constraint max_norm(nan)", "max_value is nan"},
    {STEP "--alpha-constraint max_norm(2,axis=1)", "axis 1"},
    {STEP "--alpha-constraint max_norm(2,axis=x)", "\"x\""},
    {STEP "--alpha-constraint min_max_norm(2,1)", "min_value"},
    {TRAIN "--alpha-out new.npy --learning-rate nan", "learning_rate is nan"},
    {TRAIN "--alpha-out new.npy --learning-rate 1e39", "learning_rate is 1e+3"},
    {TRAIN "--alpha-out full --learning-rate 1", "full: No space"},
    {TRAIN "--alpha-out none/a.npy --learning-rate 1", "none/a.npy: No such"},
    {TRAIN "--alpha-out y.npy --learning-rate 1", "the same file"},
    {TRAIN "--dalpha da.npy --alpha-out folder/../da.npy --learning-rate 1",
     "the same file"},
    {"backward prelu " G6 " --alpha-file a1.npy --alpha-out new.npy "
     "--learning-rate 1",
     "a1.npy: has shape (1,)"},
};

static void test_refused(void)
{
    static const float y[] = {-20, 3, -15, -0.0f, 1, 1.5f};

    unlink("new.npy");
    for (size_t i = 0; i < COUNT_OF(misused); i++)
        cli_refuse(misused[i][0], 2, misused[i][1]);
    for (size_t i = 0; i < COUNT_OF(failing); i++)
        cli_refuse(failing[i][0], 1, failing[i][1]);
    cli_refuse("backward prelu " G6 " --alpha-file a3.npy --alpha-out a3.npy "
               "--learning-rate 1 --alpha-constraint max",
               1, "unknown constraint \"max\"");
    /* alpha's file is as it was. */
    cli_gives("forward prelu " X6 " --alpha-file a3.npy", "(2, 3)", y, 6);
}

int main(int argc, char **argv)
{
    cli_begin(argc, argv);
    test_values();
    test_layer();
    test_streams();
    test_refused();
    return cli_finish();
}
