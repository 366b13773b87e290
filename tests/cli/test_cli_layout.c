/* test_cli_layout.c - alpha in the shapes of PyTorch and ONNX
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli.h"
#include "device.h"
#include "tap.h"

/* x and its gradient of shape (2, 3, 4, 5). */
enum { N = 2 * 3 * 4 * 5 };
static float x[N], dy[N];

/* A file of alpha, and where its element for x's (n, c, h, w) is. */
static const struct slope {
    const char *layout, *shape;
    size_t count, c, h, w, n;
} slopes[] = {
    {"torch", "(3,)", 3, 1, 0, 0, 0},
    {"torch", "(1,)", 1, 0, 0, 0, 0},
    {"torch", "()", 1, 0, 0, 0, 0},
    {"torch", "(1, 1)", 1, 0, 0, 0, 0},
    {"onnx", "(3, 1, 1)", 3, 1, 0, 0, 0},
    {"onnx", "(1, 3, 1, 1)", 3, 1, 0, 0, 0},
    {"onnx", "(5,)", 5, 0, 0, 1, 0},
    {"onnx", "(4, 1)", 4, 0, 1, 0, 0},
    {"onnx", "(4, 5)", 20, 0, 5, 1, 0},
    {"onnx", "(3, 1, 5)", 15, 5, 0, 1, 0},
    {"onnx", "(1, 3, 4, 5)", 60, 20, 5, 1, 0},
    {"onnx", "(2, 3, 4, 5)", 120, 20, 5, 1, 60},
    {"onnx", "(2, 1, 4, 1)", 8, 0, 1, 0, 4},
    {"onnx", "()", 1, 0, 0, 0, 0},
    {"keras", "(3, 4, 5)", 60, 20, 5, 1, 0},
};

struct expected {
    float alpha[N], y[N], dx[N], dalpha[N], stepped[N];
};

/* In eighths, so that all sums are exact. */
static void expect_all(const struct slope *s, struct expected *want)
{
    memset(want, 0, sizeof(*want));
    for (size_t i = 0; i < s->count; i++)
        want->alpha[i] = (float)(1 + i % 7) / 8;
    for (size_t i = 0; i < N; i++) {
        const size_t j =
            i / 60 * s->n + i / 20 % 3 * s->c + i / 5 % 4 * s->h + i % 5 * s->w;
        want->y[i] = x[i] < 0 ? want->alpha[j] * x[i] : x[i];
        want->dx[i] = x[i] < 0 ? want->alpha[j] * dy[i] : dy[i];
        want->dalpha[j] += x[i] < 0 ? x[i] * dy[i] : 0;
    }
    for (size_t i = 0; i < s->count; i++)
        want->stepped[i] = want->alpha[i] - 0.5f * want->dalpha[i];
}

static void test_slope(const struct slope *s)
{
    struct expected want;

    expect_all(s, &want);
    cli_write_npy("alpha.npy", s->shape, want.alpha, s->count);
    cli_gives(
        cli_line("forward prelu -i x4.npy -o y.npy --alpha-file alpha.npy "
                 "--alpha-layout %s",
                 s->layout),
        "(2, 3, 4, 5)", want.y, N);
    cli_gives(
        cli_line(
            "backward prelu -i x4.npy -g dy4.npy -o y.npy --alpha-file "
            "alpha.npy --alpha-layout %s --dalpha da.npy --alpha-out ao.npy "
            "--learning-rate 0.5",
            s->layout),
        "(2, 3, 4, 5)", want.dx, N);
    ok(cli_check_npy("da.npy", s->shape, want.dalpha, s->count) &&
           cli_check_npy("ao.npy", s->shape, want.stepped, s->count),
       "... with dalpha and the new alpha of shape %s", s->shape);
}

/* The constraint's axes are those of the file. */
static void test_constraint(void)
{
    static const float alpha[] = {3, 4, 0}, want[] = {0.6f, 0.8f, 0};

    cli_write_npy("alpha.npy", "(3,)", alpha, 3);
    ok(cli_quiet("backward prelu -i x4.npy -g dy4.npy -o y.npy --alpha-file "
                 "alpha.npy --alpha-layout torch --alpha-out ao.npy "
                 "--learning-rate 0 --alpha-constraint unit_norm") &&
           cli_check_npy("ao.npy", "(3,)", want, 3),
       "unit_norm of alpha's own axis 0");
}

static void test_explain(void)
{
    static const float alpha[3] = {0};

    cli_write_npy("alpha.npy", "(3,)", alpha, 3);
    cli_write_npy("alpha5.npy", "(5,)", x, 5);
    cli_prints("explain prelu -i x4.npy --alpha-file alpha.npy --alpha-layout "
               "torch",
               " 2 shared x 3 kept x 20 shared\n");
    cli_prints("explain prelu --shape 2,3,4,5 --alpha-file alpha5.npy "
               "--alpha-layout onnx --backward",
               " 24 shared x 5 kept\n");
    cli_prints("explain prelu --shape 7,3 --alpha-file alpha.npy",
               " 7 shared x 3 kept\n");
}

int main(int argc, char **argv)
{
    cli_begin(argc, argv);
    for (size_t i = 0; i < N; i++) {
        x[i] = (float)(i % 7) - 3;
        dy[i] = (float)(i % 5) - 1;
    }
    cli_write_npy("x4.npy", "(2, 3, 4, 5)", x, N);
    cli_write_npy("dy4.npy", "(2, 3, 4, 5)", dy, N);
    for (size_t i = 0; i < COUNT_OF(slopes); i++)
        test_slope(&slopes[i]);
    test_constraint();
    test_explain();
    return cli_finish();
}
