/* test_cli_dtype.c - the command line keeps the types of its files
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <unistd.h>

#include "cli.h"
#include "device.h"
#include "random.h"
#include "tap.h"
#include "values.h"

enum { ROWS = 40, ALPHAS = 25, N = ROWS * ALPHAS };

static const char shape[] = "(40, 25)", alpha_shape[] = "(25,)";
static struct device d;
static float x[N], dy[N], alpha[ALPHAS];

static const struct cli_type *const f16 = &cli_types[CLI_F16],
                                    *const bf16 = &cli_types[CLI_BF16],
                                    *const f32 = &cli_types[CLI_F32],
                                    *const f64 = &cli_types[CLI_F64];

/* Values as they are stored. */
typedef union stored {
    float f32[N];
    double f64[N];
} stored;

/* ------------------------------------------------- the library, directly -- */

static clrelu_buffer send(const struct cli_type *t, size_t n,
                          const float *values)
{
    stored s;

    cli_store(t, n, values, &s);
    return clrelu_at(device_buffer(&d, cli_bytes(t, n), &s), 0);
}

static stored fetch(clrelu_buffer b, const struct cli_type *t, size_t n)
{
    stored s;

    device_read(&d, b.mem, 0, cli_bytes(t, n), &s);
    clReleaseMemObject(b.mem);
    return s;
}

/* y, or, backward, dx. */
static stored scalar_result(clrelu_op op, double scalar, bool backward,
                            const struct cli_type *t)
{
    const clrelu_buffer on_x = send(t, N, x), on_dy = send(t, N, dy);

    const clrelu_elementwise call = {.op = op,
                                     .dtype = t->dtype,
                                     .scalar = scalar,
                                     .n = N,
                                     .x = on_x,
                                     .y = on_dy,
                                     .dy = on_dy,
                                     .dx = on_dy};

    must_succeed((backward ? clrelu_backward : clrelu_forward)(d.context,
                                                               &d.exec, &call));
    clReleaseMemObject(on_x.mem);
    return fetch(on_dy, t, N);
}

struct results {
    stored y, dx, dalpha;
};

static struct results prelu_results(const struct cli_type *t,
                                    const struct cli_type *of_alpha)
{
    static const size_t dims[] = {ROWS, ALPHAS};
    const clrelu_shape s = {.rank = 2, .dims = dims};
    const clrelu_buffer on_x = send(t, N, x), on_dy = send(t, N, dy),
                        on_y = send(t, N, x),
                        on_alpha = send(of_alpha, ALPHAS, alpha),
                        on_dalpha = send(of_alpha, ALPHAS, alpha);
    struct results r;

    const clrelu_prelu call = {.dtype = t->dtype,
                               .alpha_dtype = of_alpha->dtype,
                               .shape = &s,
                               .x = on_x,
                               .alpha = on_alpha,
                               .y = on_y,
                               .dy = on_dy,
                               .dx = on_dy,
                               .dalpha = on_dalpha};
    must_succeed(clrelu_prelu_forward(d.context, &d.exec, &call));
    must_succeed(clrelu_prelu_backward(d.context, &d.exec, &call));
    r.y = fetch(on_y, t, N);
    r.dx = fetch(on_dy, t, N);
    r.dalpha = fetch(on_dalpha, of_alpha, ALPHAS);
    clReleaseMemObject(on_x.mem);
    clReleaseMemObject(on_alpha.mem);
    return r;
}

/* --------------------------------------------------------------- checks -- */

static bool gives(const char *line, const char *name, const struct cli_type *t,
                  const char *of, size_t n, stored want)
{
    unlink(name);
    return cli_quiet(line) &&
           cli_check_bits(name, t->npy, of, &want, cli_bytes(t, n));
}

static void test_scalar(const struct cli_type *t)
{
    static const struct {
        clrelu_op op;
        double scalar;
        const char *line;
    } cases[] = {
        {CLRELU_LEAKY_RELU, 0.3, "leaky_relu"},
        {CLRELU_ELU, 0.1, "elu --alpha 0.1"},
        {CLRELU_THRESHOLDED_RELU, 0.1, "thresholded_relu --theta 0.1"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *line = cli_line("forward %s " X6, cases[i].line);
        ok(gives(line, "y.npy", t, shape, N,
                 scalar_result(cases[i].op, cases[i].scalar, false, t)),
           "%s: %s", t->name, line);
        line = cli_line("backward %s " G6, cases[i].line);
        ok(gives(line, "y.npy", t, shape, N,
                 scalar_result(cases[i].op, cases[i].scalar, true, t)),
           "%s: %s", t->name, line);
    }
}

#define ALPHA "--alpha-file a.npy "

static void check_prelu(const struct cli_type *t,
                        const struct cli_type *of_alpha, const char *from)
{
    const struct results want = prelu_results(t, of_alpha);

    ok(gives("forward prelu " ALPHA X6, "y.npy", t, shape, N, want.y) &&
           gives("backward prelu " ALPHA G6 " --dalpha da.npy", "y.npy", t,
                 shape, N, want.dx) &&
           cli_check_bits("da.npy", of_alpha->npy, alpha_shape, &want.dalpha,
                          cli_bytes(of_alpha, ALPHAS)),
       "%s: prelu, alpha from %s to %s", t->name, from, of_alpha->name);
}

static void test_keep(const struct cli_type *t)
{
    const bool narrow = clrelu_dtype_size(t->dtype) == 2;
    const stored leaky = scalar_result(CLRELU_LEAKY_RELU, 0.3, false, t);

    cli_write_values("x.npy", t, shape, N, x);
    cli_write_values("dy.npy", t, shape, N, dy);
    test_scalar(t);
    /* What is not of its type becomes what an update would write. */
    for (size_t i = 0; i < CLI_TYPES; i++) {
        const struct cli_type *from = &cli_types[i];
        cli_write_values("a.npy", from, alpha_shape, ALPHAS, alpha);
        check_prelu(t, narrow && from != t ? f32 : t, from->name);
    }
    ok(gives("forward prelu --alpha 0.3 " X6, "y.npy", t, shape, N, leaky),
       "%s: prelu --alpha 0.3 is leaky_relu", t->name);
}

/* From each type to t; the values are of few digits, which all types have. */
static void test_convert(const struct cli_type *t)
{
    const stored want = scalar_result(CLRELU_LEAKY_RELU, 0.3, true, t);

    const char *line =
        cli_line("backward leaky_relu " G6 " --dtype %s", t->name);
    for (size_t i = 0; i < CLI_TYPES; i++) {
        const struct cli_type *of_x = &cli_types[i],
                              *of_dy = &cli_types[CLI_TYPES - 1 - i];
        cli_write_values("x.npy", of_x, shape, N, x);
        cli_write_values("dy.npy", of_dy, shape, N, dy);
        ok(gives(line, "y.npy", t, shape, N, want), "x from %s, dy from %s: %s",
           of_x->name, of_dy->name, line);
    }
}

/* alpha, too, but float32 stays with x of 16 bits. */
static void test_convert_alpha(void)
{
    const struct results want = prelu_results(bf16, f32);
    const char *line = "forward prelu " ALPHA X6 " --dtype bf16";

    cli_write_values("x.npy", f32, shape, N, x);
    cli_write_values("a.npy", f32, alpha_shape, ALPHAS, alpha);
    ok(gives(line, "y.npy", bf16, shape, N, want.y), "f32 alpha: %s", line);
}

/* alpha of 16 bits is updated in float32. */
static void test_update(void)
{
    struct results r;
    stored want;

    cli_write_values("x.npy", f16, shape, N, x);
    cli_write_values("dy.npy", f16, shape, N, dy);
    cli_write_values("a.npy", f16, alpha_shape, ALPHAS, alpha);
    r = prelu_results(f16, f32);
    const clrelu_buffer a = send(f32, ALPHAS, alpha),
                        da = send(f32, ALPHAS, r.dalpha.f32);
    must_succeed(
        clrelu_sgd_step(d.context, &d.exec, 0.01, 0,
                        &(clrelu_parameter){.rank = 1,
                                            .dims = (const size_t[]){ALPHAS},
                                            .values = a,
                                            .gradient = da}));
    want = fetch(a, f32, ALPHAS);
    clReleaseMemObject(da.mem);
    ok(gives("backward prelu " ALPHA G6
             " --alpha-out new.npy --learning-rate 0.01 --dalpha da.npy",
             "new.npy", f32, alpha_shape, ALPHAS, want) &&
           cli_check_bits("da.npy", "f4", alpha_shape, &r.dalpha,
                          cli_bytes(f32, ALPHAS)) &&
           cli_check_bits("y.npy", "f2", shape, &r.dx, cli_bytes(f16, N)),
       "x and alpha f16: alpha is updated in float32");
}

static void test_initializer(void)
{

    cli_write_values("x.npy", f64, shape, N, x);
    for (size_t i = 0; i < ALPHAS; i++)
        alpha[i] = 0.3f;
    const struct results want = prelu_results(f64, f64);
    const char *line = "forward prelu --alpha-initializer constant(0.3) " X6;
    ok(gives(line, "y.npy", f64, shape, N, want.y), "f64: %s", line);
}

/* Without subnormal numbers a product of bfloat16 that is tiny may be 0, and is
 * with an alpha of float32, as the command line's. */
static float computable(float v)
{
    return device_subnormal(d.id) || !(fabsf(v) < 0x1p-100f) ? v : 0;
}

static void fill_inputs(void)
{
    uint64_t random = 5;

    fill_x(0.1, 1, N, x);
    fill_dy(2, N, dy);
    for (int i = 0; i < N; i++) {
        x[i] = computable(x[i]);
        dy[i] = computable(dy[i]);
    }
    for (size_t i = 0; i < ALPHAS; i++)
        alpha[i] = random_uniform(&random, -0.5f, 0.5f);
}

/* Few enough digits for every type. */
static void coarsen(float *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        values[i] = (float)((int)(i * 37 % 101) - 50) / 32;
}

int main(int argc, char **argv)
{
    cli_begin(argc, argv);
    device_open(&d);
    const bool has_float64 = device_has_float64(&d);
    for (size_t i = 0; i < CLI_TYPES; i++) {
        if (i == CLI_F64 && !has_float64)
            continue;
        fill_inputs();
        coarsen(alpha, ALPHAS);
        test_keep(&cli_types[i]);
        coarsen(x, N);
        coarsen(dy, N);
        test_convert(&cli_types[i]);
    }
    fill_inputs();
    coarsen(x, N);
    test_convert_alpha();
    coarsen(alpha, ALPHAS);
    test_update();
    if (has_float64)
        test_initializer();
    else
        skip("the device has no cl_khr_fp64", "f64");
    device_close(&d);
    return cli_finish();
}
