/* test_cli.c - the command line gives what the operations give
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "device.h"
#include "tap.h"

static void test_forward(void)
{
    static const struct {
        const char *line;
        float y[6];
    } cases[] = {
        {"leaky_relu", {-0.6f, 3, -0.15f, -0.0f, 1, 1.5f}},
        {"leaky_relu --alpha 0", {-0.0f, 3, -0.0f, -0.0f, 1, 1.5f}},
        {"leaky_relu --alpha 2e0", {-4, 3, -1, -0.0f, 1, 1.5f}},
        {"elu", {-0.864664717f, 3, -0.393469340f, -0.0f, 1, 1.5f}},
        {"elu --alpha -2", {1.72932943f, 3, 0.786938681f, -0.0f, 1, 1.5f}},
        {"thresholded_relu", {0, 3, 0, 0, 0, 1.5f}},
        {"thresholded_relu --theta=0x1p-1", {0, 3, 0, 0, 1, 1.5f}},
        {"prelu", {-0.0f, 3, -0.0f, -0.0f, 1, 1.5f}},
        {"prelu --alpha -0.5", {1, 3, 0.25f, -0.0f, 1, 1.5f}},
        {"prelu --alpha-file a3.npy", {-20, 3, -15, -0.0f, 1, 1.5f}},
        {"prelu --shared-axes 1 --alpha-file a1.npy",
         {-14, 3, -3.5f, -0.0f, 1, 1.5f}},
        {"--shared-axes=1,1 --alpha-file a1.npy prelu",
         {-14, 3, -3.5f, -0.0f, 1, 1.5f}},
        {"prelu --alpha-initializer constant(-0.5)",
         {1, 3, 0.25f, -0.0f, 1, 1.5f}},
        {"prelu --seed 3 --alpha-initializer random_uniform(0,1)",
         {-1.63330996f, 3, -0.328025222f, -0.0f, 1, 1.5f}},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        cli_gives(cli_line("forward %s " X6, cases[i].line), "(2, 3)",
                  cases[i].y, 6);
    }
    cli_gives("forward prelu -i r0.npy -o y.npy --alpha 0.5", "()",
              (const float[]){-1}, 1);
    cli_gives("forward prelu -i r0.npy -o y.npy --alpha-file a0.npy", "()",
              (const float[]){-14}, 1);
    cli_gives("forward " X6 " -- leaky_relu", "(2, 3)", cases[0].y, 6);
    cli_gives("forward leaky_relu --input x.npy --output=y.npy --device any",
              "(2, 3)", cases[0].y, 6);
}

static void test_backward(void)
{
    static const struct {
        const char *line;
        float dx[6];
    } cases[] = {
        {"leaky_relu", {0.3f, 2, 0.9f, 4, 5, 6}},
        {"elu", {0.135335283f, 2, 1.81959198f, 4, 5, 6}},
        {"elu --alpha 2", {0.270670566f, 2, 3.63918396f, 4, 5, 6}},
        {"thresholded_relu", {0, 2, 0, 0, 0, 6}},
        {"thresholded_relu --theta 2.5", {0, 2, 0, 0, 0, 0}},
        {"prelu", {0, 2, 0, 4, 5, 6}},
        {"prelu --alpha 0.25", {0.25f, 2, 0.75f, 4, 5, 6}},
        {"prelu --alpha-file a3.npy", {10, 2, 90, 4, 5, 6}},
        {"leaky_relu --from-output", {0.3f, 2, 0.9f, 1.2f, 5, 6}},
        {"elu --from-output --alpha 2", {0, 2, 4.5f, 8, 5, 6}},
        {"thresholded_relu --from-output", {0, 2, 0, 0, 0, 6}},
        {"prelu --from-output --alpha 0.25", {0.25f, 2, 0.75f, 1, 5, 6}},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        cli_gives(cli_line("backward %s " G6, cases[i].line), "(2, 3)",
                  cases[i].dx, 6);
    }
}

static void test_dalpha(void)
{
    static const float kept[] = {-2, 0, -1.5f}, shared[] = {-3.5f};
    static const float rank1[] = {0.25f}, zeros[3] = {0}, four[] = {4};
    const char *line;

    line = "backward prelu " G6 " --dalpha da.npy --alpha-file a3.npy";
    ok(cli_quiet(line) && cli_check_npy("da.npy", "(3,)", kept, 3), "%s", line);
    line = "backward prelu " G6 " --dalpha da.npy --shared-axes 1";
    ok(cli_quiet(line) && cli_check_npy("da.npy", "(1,)", shared, 1), "%s",
       line);
    line = "backward prelu -i r1.npy -g r1.npy -o y.npy --dalpha da.npy "
           "--alpha-file a0.npy";
    ok(cli_quiet(line) && cli_check_npy("da.npy", "()", rank1, 1), "%s", line);
    line = "backward prelu -i r0.npy -g r0.npy -o y.npy --dalpha da.npy "
           "--alpha-file a0.npy";
    ok(cli_quiet(line) && cli_check_npy("da.npy", "()", four, 1) &&
           cli_check_npy("y.npy", "()", (const float[]){-14}, 1),
       "%s", line);
    line = "backward prelu -i e.npy -g e.npy -o y.npy --dalpha da.npy";
    ok(cli_quiet(line) && cli_check_npy("da.npy", "(3,)", zeros, 3) &&
           cli_check_npy("y.npy", "(0, 3)", NULL, 0),
       "%s", line);
}

static void test_shared_axes(void)
{
    enum { N = 2 * 3 * 4 * 5 };
    float x[N], alpha[15], y[N], dalpha[15] = {0};

    for (size_t i = 0; i < N; i++) {
        const size_t j = i / 20 % 3 * 5 + i % 5;
        x[i] = (float)(i % 7) - 3;
        alpha[j] = 0.125f * (float)j;
        y[i] = x[i] < 0 ? alpha[j] * x[i] : x[i];
        dalpha[j] += x[i] < 0 ? x[i] * x[i] : 0;
    }
    cli_write_npy("x4.npy", "(2, 3, 4, 5)", x, N);
    cli_write_npy("a4.npy", "(3, 1, 5)", alpha, 15);
    cli_gives("forward prelu --shared-axes 2 --alpha-file a4.npy -i x4.npy "
              "-o y.npy",
              "(2, 3, 4, 5)", y, N);
    ok(cli_quiet("backward prelu --shared-axes 2 --alpha-file a4.npy -i x4.npy "
                 "-g x4.npy -o y.npy --dalpha da.npy") &&
           cli_check_npy("da.npy", "(3, 1, 5)", dalpha, 15),
       "dalpha over the batch and axis 2");
}

/* More than is moved to the device at once. */
static void test_large(void)
{
    const size_t n = (4 << 20) + 3;
    float *x = must_alloc(n * sizeof(*x)), *y = must_alloc(n * sizeof(*y));
    char shape[32];

    for (size_t i = 0; i < n; i++) {
        x[i] = (float)(i % 1000) - 500;
        y[i] = x[i] < 0 ? 0.5f * x[i] : x[i];
    }
    snprintf(shape, sizeof(shape), "(%zu,)", n);
    cli_write_npy("large.npy", shape, x, n);
    cli_gives("forward leaky_relu --alpha 0.5 -i large.npy -o y.npy", shape, y,
              n);
    cli_gives("forward prelu --alpha 0.5 -i large.npy -o y.npy", shape, y, n);
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] < 0 ? 0.5f * x[i] : x[i];
    cli_gives(
        "backward leaky_relu --alpha 0.5 -i large.npy -g large.npy -o y.npy",
        shape, y, n);
    free(x);
    free(y);
}

/* In one part, and in slabs whose first bits are anywhere in an element. */
static void test_masks(void)
{
    enum { N = 3 * 5000, WORDS = (N + 31) / 32 };
    static const char *const parts[] = {"", " --memory 20000"};
    static const uint32_t six = 0x3a, above_1 = 0x22;
    uint32_t mask[WORDS] = {0};
    float *x = must_alloc(N * sizeof(*x)), *y = must_alloc(N * sizeof(*y));
    float *dx = must_alloc(N * sizeof(*dx));
    const char *line;

    line = "forward leaky_relu --mask m.npy " X6;
    ok(cli_quiet(line) && cli_check_bits("m.npy", "u4", "(1,)", &six, 4), "%s",
       line);
    cli_gives("backward leaky_relu --mask m.npy -g dy.npy -o y.npy", "(2, 3)",
              (const float[]){0.3f, 2, 0.9f, 4, 5, 6}, 6);
    line = "forward thresholded_relu --mask m.npy " X6;
    ok(cli_quiet(line) && cli_check_bits("m.npy", "u4", "(1,)", &above_1, 4),
       "%s", line);
    for (size_t i = 0; i < N; i++) {
        x[i] = i % 7 < 3 ? -1 - (float)(i % 5) : (float)(i % 5);
        y[i] = x[i] < 0 ? 0.5f * x[i] : x[i];
        dx[i] = x[i] < 0 ? 0.5f : 1;
        mask[i / 32] |= (x[i] < 0 ? 0u : 1u) << i % 32;
    }
    cli_write_npy("large.npy", "(3, 5000)", x, N);
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        cli_gives(cli_line("forward prelu --alpha 0.5 --mask m.npy -i "
                           "large.npy -o y.npy%s",
                           parts[i]),
                  "(3, 5000)", y, N);
        ok(cli_check_bits("m.npy", "u4", "(469,)", mask, sizeof(mask)),
           "... and the mask");
    }
    for (size_t i = 0; i < N; i++)
        x[i] = 1;
    cli_write_npy("ones.npy", "(3, 5000)", x, N);
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        cli_gives(cli_line("backward prelu --alpha 0.5 --mask m.npy -g "
                           "ones.npy -o y.npy%s",
                           parts[i]),
                  "(3, 5000)", dx, N);
    cli_refuse("backward prelu --mask m.npy -g dy.npy -o y.npy", 1,
               "m.npy: has shape (469,), must have (1,)");
    free(x);
    free(y);
    free(dx);
}

/* Headers have 128 bytes. */
static void test_standard_output(void)
{
    enum { HEADER = 128, Y6 = HEADER + 6 * sizeof(float) };
    static const uint32_t six = 0x3a;
    const struct cli_result r =
        cli_run("forward leaky_relu --mask - -i x.npy -o -");

    ok(r.status == 0 && memcmp(r.out, "\x93NUMPY", 6) == 0 &&
           memcmp(r.out + Y6, "\x93NUMPY", 6) == 0 &&
           strstr(r.out + Y6 + 10, "<u4") &&
           memcmp(r.out + Y6 + HEADER, &six, sizeof(six)) == 0,
       "y, then the mask, on standard output");
}

int main(int argc, char **argv)
{
    cli_begin(argc, argv);
    test_forward();
    test_backward();
    test_masks();
    test_standard_output();
    test_dalpha();
    test_shared_axes();
    test_large();
    return cli_finish();
}
