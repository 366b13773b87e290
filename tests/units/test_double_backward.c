/* test_double_backward.c - the gradients of a chain's gradients
 * SPDX-License-Identifier: MIT
 *
 * With the argument "all": all types and operations, and subsets of arrays. */
#include <math.h>
#include <string.h>

#include "chain.h"
#include "expect.h"
#include "random.h"
#include "reference.h"
#include "variants.h"

#define HAS CHAIN_HAS
#define GRADIENTS (HAS(DDX) | HAS(DDSCALE) | HAS(DDBIAS))
#define ONE_ALPHA \
    (HAS(BIAS) | HAS(DDX) | HAS(DDBIAS) | HAS(DDALPHA) | HAS(DX) | HAS(DDY) | \
     HAS(DBIAS) | HAS(DALPHA))
#define ALPHAS (HAS(DDX) | HAS(DDALPHA) | HAS(DX) | HAS(DDY) | HAS(DALPHA))
#define OUTPUTS (HAS(DX) | HAS(DDY) | HAS(DBIAS) | HAS(DSCALE))

/* Compiling is most of the time: the first few are the quick test. */
enum { QUICK = 3 };
static const struct chain_case cases[] = {
    {.op = CLRELU_ELU, .has = HAS(DDX) | HAS(DX) | HAS(DDY)},
    {.op = CLRELU_PRELU,
     .one_alpha = true,
     .has = ONE_ALPHA,
     .on_input = true,
     .ddy_on_ddx = true},
    {.op = CLRELU_PRELU, .one_alpha = true, .has = ONE_ALPHA, .partial = true},
    /* The long test. */
    {.op = CLRELU_PRELU, .has = HAS(DDX) | HAS(DDALPHA) | HAS(DDY)},
    {.op = CLRELU_ELU,
     .gain = -0.75,
     .workspace = true,
     .has = HAS(SCALE) | HAS(BIAS) | GRADIENTS | OUTPUTS,
     .flags = CLRELU_ACCUMULATE_DBIAS},
    {.op = CLRELU_ELU,
     .dtype = CLRELU_FLOAT16,
     .scalar = 1,
     .has = HAS(DDX) | HAS(DX),
     .flags = CLRELU_ACCUMULATE_DX},
    {.op = CLRELU_ELU,
     .dtype = CLRELU_FLOAT64,
     .gain = 1.5,
     .has = HAS(SCALE) | GRADIENTS | OUTPUTS,
     .workspace = true},
    {.op = CLRELU_PRELU,
     .has = ALPHAS,
     .in_place = CHAIN_DY,
     .on_input = true,
     .flags = CLRELU_ACCUMULATE_DX | CLRELU_ACCUMULATE_DALPHA},
    {.op = CLRELU_PRELU, .has = HAS(DDALPHA) | HAS(DX) | HAS(DDY)},
    {.op = CLRELU_PRELU, .dtype = CLRELU_FLOAT64, .has = ALPHAS},
    {.op = CLRELU_PRELU,
     .dtype = CLRELU_FLOAT16,
     .alpha_dtype = CLRELU_FLOAT32,
     .has = ALPHAS},
    {.op = CLRELU_PRELU,
     .dtype = CLRELU_BFLOAT16,
     .has = HAS(DDX) | HAS(DDALPHA) | HAS(DDY)},
    {.op = CLRELU_PRELU,
     .dtype = CLRELU_BFLOAT16,
     .has = HAS(SCALE) | HAS(BIAS) | GRADIENTS | HAS(DDALPHA) | OUTPUTS |
            HAS(DALPHA)},
    {.op = CLRELU_LEAKY_RELU, .has = HAS(DDX) | HAS(DX) | HAS(DDY)},
    {.op = CLRELU_LEAKY_RELU,
     .dtype = CLRELU_FLOAT16,
     .has = HAS(SCALE) | GRADIENTS | OUTPUTS},
    {.op = CLRELU_THRESHOLDED_RELU,
     .dtype = CLRELU_BFLOAT16,
     .gain = 3,
     .has = HAS(BIAS) | GRADIENTS | OUTPUTS},
    {.op = CLRELU_THRESHOLDED_RELU, .has = HAS(DDX) | HAS(DDY)},
};

static struct chain_case complete(struct chain_case c)
{
    c.backward = c.double_backward = true;
    return chain_complete(c);
}

static void test_cases(const struct device *d, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct chain_case c = complete(cases[i]);
        if (device_has_dtype(d, c.dtype))
            ok(chain_run_patterns(d, c), "%s", chain_text(&c));
    }
}

/* All gradients that are given, and all outputs. */
static void test_subsets(const struct device *d, clrelu_op op)
{
    static const unsigned parts[] = {HAS(SCALE),  HAS(DDX), HAS(DDSCALE),
                                     HAS(DX),     HAS(DDY), HAS(DSCALE),
                                     HAS(DDALPHA)};
    const unsigned count = op == CLRELU_PRELU ? 7 : 6;
    const size_t dims[] = {6, 5, 37};
    const int axis = 2;
    const clrelu_shape shape = reference_shape(3, dims, 1, &axis);

    for (unsigned set = 0; set < 1u << count; set++) {
        struct chain_case c = complete((struct chain_case){.op = op});
        for (unsigned i = 0; i < count; i++)
            c.has |= set >> i & 1 ? parts[i] : 0;
        c.step = set;
        if ((c.has & (GRADIENTS | HAS(DDALPHA))) &&
            (c.has & (HAS(DX) | HAS(DDY) | HAS(DSCALE))))
            ok(chain_run(d, &shape, &c), "%s", chain_text(&c));
    }
}

/* ----------------------------------------------------------- differences -- */

enum { ROWS = 70, COLUMNS = 41, N = ROWS * COLUMNS, CHANGED = 3 };
static const size_t dims[] = {ROWS, COLUMNS};
static const clrelu_shape rows = {.rank = 2, .dims = dims};

/* x ... are what is changed, dx ... what the objective is of, and ddx ... its
 * weights. */
enum {
    X,
    SCALE,
    BIAS,
    ALPHA,
    DY,
    DX,
    DSCALE,
    DBIAS,
    DALPHA,
    DDY,
    DDX,
    DDSCALE,
    DDBIAS,
    DDALPHA,
    OTHER,
    ARRAYS
};
static struct array arrays[ARRAYS];

static void make_arrays(const struct device *d)
{
    for (int i = 0; i < ARRAYS; i++) {
        const bool all =
            i == X || i == DY || i == DX || i == DDY || i == DDX || i == OTHER;
        const bool one = i == ALPHA || i == DALPHA || i == DDALPHA;
        const size_t n = all ? N : one ? 1 : COLUMNS;
        float values[N];
        uint64_t seed = (uint64_t)i;
        for (size_t k = 0; k < n; k++)
            values[k] = random_wide(&seed, -4, 2);
        arrays[i] = array_make(d, 3, n, values);
    }
}

static clrelu_buffer on(int i)
{
    return array_buffer(&arrays[i]);
}

/* All have these.  The programs are those of the cases, and of test_chain. */
static clrelu_chain chain_of(clrelu_op op)
{
    return (clrelu_chain){.op = op,
                          .dtype = CLRELU_FLOAT32,
                          .scalar = 1,
                          .shape = &rows,
                          .x = on(X),
                          .dy = on(DY),
                          .dx = on(DX)};
}

static clrelu_chain prelu(void)
{
    clrelu_chain c = chain_of(CLRELU_PRELU);

    c.alpha_count = 1;
    c.alpha = on(ALPHA);
    c.dalpha = on(DALPHA);
    c.bias = on(BIAS);
    c.dbias = on(DBIAS);
    return c;
}

static clrelu_chain elu_with_parts(void)
{
    clrelu_chain c = chain_of(CLRELU_ELU);

    c.gain = 0.5;
    c.scale = on(SCALE);
    c.dscale = on(DSCALE);
    c.bias = on(BIAS);
    c.dbias = on(DBIAS);
    c.dresidual = on(OTHER);
    return c;
}

static double dot(const struct device *d, int a, int b)
{
    const float *got = array_fetch(d, &arrays[a]);
    const float *weights = arrays[b].sent + arrays[b].offset;
    double sum = 0;

    for (size_t i = 0; i < arrays[a].n; i++)
        sum += (double)got[i] * (double)weights[i];
    return sum;
}

/* dx alone is that of the operation's own pass. */
static clrelu_status first_gradients(const struct device *d,
                                     const clrelu_chain *chain)
{
    return chain->bias.mem
               ? clrelu_chain_backward(d->context, &d->exec, chain)
               : array_backward(d, chain->op, chain->scalar, 0, &arrays[X],
                                &arrays[DY], &arrays[DX]);
}

/* The gradients' product with what is given as the gradient by them, one number
 * being changed. */
static double objective(const struct device *d, const clrelu_chain *chain,
                        int changed, size_t i, float by)
{
    struct array *a = &arrays[changed];
    const float value = a->sent[a->offset + i] + by;

    device_write(d, a->mem, (a->offset + i) * sizeof(value), sizeof(value),
                 &value);
    must_succeed(first_gradients(d, chain));
    array_reset(d, a);
    return dot(d, DX, DDX) + (chain->dbias.mem ? dot(d, DBIAS, DDBIAS) : 0) +
           (chain->dscale.mem ? dot(d, DSCALE, DDSCALE) : 0) +
           (chain->dalpha.mem ? dot(d, DALPHA, DDALPHA) : 0);
}

/* f' of prelu jumps at z = 0: no element of these is changed past it. */
static bool is_smooth(const clrelu_chain *chain, int changed, size_t i)
{
    const float *x = arrays[X].sent + arrays[X].offset,
                *bias = arrays[BIAS].sent + arrays[BIAS].offset;

    if (chain->op != CLRELU_PRELU || changed == DY || changed == ALPHA)
        return true;
    return changed == X && fabsf(x[i] + bias[i % COLUMNS]) > 0x1p-4f;
}

static void check_slope(const struct device *d, const clrelu_chain *chain,
                        int of, const float *slope, const char *name)
{
    const float step = 0x1p-11f;
    double worst = 0;
    size_t count = 0;

    for (size_t i = 0; i < arrays[of].n && count < CHANGED; i++) {
        if (!is_smooth(chain, of, i))
            continue;
        const double difference = objective(d, chain, of, i, step) -
                                  objective(d, chain, of, i, -step);
        const double error = difference / (2 * (double)step) - (double)slope[i];
        worst = fmax(worst, fabs(error) / (1 + fabs((double)slope[i])));
        count++;
    }
    ok(worst < 4e-3, "%s: %s is the slope of the gradients (off by %.1e)",
       clrelu_op_name(chain->op), name, worst);
}

static clrelu_buffer on_if(clrelu_buffer other, int array)
{
    return other.mem ? on(array) : (clrelu_buffer){0};
}

/* The slopes are copied, as dx ... are outputs of both passes. */
static void test_slopes(const struct device *d, clrelu_chain chain)
{
    const struct {
        int of, slope;
        const char *name;
        bool is_there;
    } slopes[] = {
        {X, DX, "dx", true},
        {DY, DDY, "ddy", true},
        {SCALE, DSCALE, "dscale", chain.dscale.mem},
        {BIAS, DBIAS, "dbias", chain.dbias.mem && chain.op != CLRELU_PRELU},
        {ALPHA, DALPHA, "dalpha", chain.dalpha.mem}};
    const clrelu_second second = {.ddx = on(DDX),
                                  .ddscale = on_if(chain.dscale, DDSCALE),
                                  .ddbias = on_if(chain.dbias, DDBIAS),
                                  .ddalpha = on_if(chain.dalpha, DDALPHA),
                                  .ddy = on(DDY)};
    float got[COUNT_OF(slopes)][N];

    must_succeed(
        clrelu_chain_double_backward(d->context, &d->exec, &chain, &second));
    for (size_t i = 0; i < COUNT_OF(slopes); i++)
        memcpy(got[i], array_fetch(d, &arrays[slopes[i].slope]),
               arrays[slopes[i].slope].n * sizeof(float));
    for (size_t i = 0; i < COUNT_OF(slopes); i++)
        if (slopes[i].is_there)
            check_slope(d, &chain, slopes[i].of, got[i], slopes[i].name);
}

/* ------------------------------------------------------------- arguments -- */

static void expect_call(const struct device *d, const clrelu_chain *chain,
                        const clrelu_second *second, clrelu_status status,
                        const char *word, const char *what)
{
    expect(clrelu_chain_double_backward(d->context, &d->exec, chain, second),
           status, word, what);
}

static void test_gradients_given(const struct device *d,
                                 const clrelu_chain *chain)
{
    const clrelu_second good = {.ddx = on(DDX), .ddy = on(DDY)};
    clrelu_second s = good;
    clrelu_chain c = *chain;

    expect_call(d, chain, NULL, CLRELU_INVALID_NULL, "second", "no second");
    expect_call(d, NULL, &good, CLRELU_INVALID_NULL, "call", "no call");
    s.ddx = (clrelu_buffer){0};
    expect_call(d, chain, &s, CLRELU_INVALID_NULL, "one gradient",
                "no gradient");
    c.op = CLRELU_ELU;
    c.scalar = 1;
    s.ddalpha = on(DDALPHA);
    expect_call(d, &c, &s, CLRELU_INVALID_NULL, "one gradient",
                "elu's ddalpha alone");
    c = *chain;
    c.strides = &(const clrelu_strides){.rank = 2};
    expect_call(d, &c, &good, CLRELU_UNSUPPORTED, "strides", "gaps");
    s = good;
    s.reserved[3] = 1;
    expect_call(d, chain, &s, CLRELU_INVALID_RESERVED, "second",
                "a later field");
    s = good;
    s.ddscale = clrelu_at(arrays[SCALE].mem, GUARD + 3 + 1);
    expect_call(d, chain, &s, CLRELU_BUFFER_TOO_SMALL, "ddscale",
                "a ddscale that ends too early");
}

static void test_outputs(const struct device *d, const clrelu_chain *chain)
{
    const clrelu_second good = {.ddx = on(DDX), .ddy = on(DDY)};
    clrelu_second s = good;
    clrelu_chain c = *chain;

    s.ddy = on(DX);
    expect_call(d, chain, &s, CLRELU_BUFFER_OVERLAP, "ddy", "ddy is dx");
    s = good;
    s.ddscale = on(DDY);
    expect_call(d, chain, &s, CLRELU_BUFFER_OVERLAP, "ddy", "ddy is ddscale");
    s = good;
    c.dbias = on(DDX);
    expect_call(d, &c, &s, CLRELU_BUFFER_OVERLAP, "dbias", "dbias is ddx");
    c = *chain;
    c.flags = CLRELU_ACCUMULATE_DRESIDUAL;
    c.dresidual = on(OTHER);
    expect_call(d, &c, &good, CLRELU_INVALID_FLAGS, "flags", "dresidual +=");
    c = *chain;
    c.dy = (clrelu_buffer){0};
    expect_call(d, &c, &good, CLRELU_INVALID_NULL, "dy", "no dy, but dx");
    c.dx = c.dbias = c.dalpha = (clrelu_buffer){0};
    s.ddy = (clrelu_buffer){0};
    expect_call(d, &c, &s, CLRELU_INVALID_NULL, "ddy, dx", "no output");
}

/* Sums of an empty x are 0. */
static void test_empty(const struct device *d, clrelu_chain chain)
{
    const size_t none[] = {0, COLUMNS};
    const clrelu_shape shape = {.rank = 2, .dims = none};
    const clrelu_second second = {.ddx = on(DDX), .ddy = on(DDY)};
    bool zero = true;

    chain.shape = &shape;
    expect_ok(
        clrelu_chain_double_backward(d->context, &d->exec, &chain, &second),
        "no rows");
    const float *got = array_fetch(d, &arrays[DBIAS]);
    for (size_t i = 0; i < COLUMNS; i++)
        zero = zero && got[i] == 0.0f;
    ok(zero && array_guarded(&arrays[DBIAS]), "... dbias is 0");
}

static void test_arguments(const struct device *d)
{
    const clrelu_chain chain = prelu();
    test_gradients_given(d, &chain);
    test_outputs(d, &chain);
    for (int i = 0; i < ARRAYS; i++) {
        array_fetch(d, &arrays[i]);
        if (!array_untouched(&arrays[i]))
            bail("a refused call wrote");
    }
    test_empty(d, chain);
}

/* ------------------------------------------------------------------ long -- */

/* One operation's ddy, which is also the tangent of y. */
static void test_tangents(const struct device *d)
{
    for (int op = CLRELU_LEAKY_RELU; clrelu_op_name((clrelu_op)op); op++) {
        if (op == CLRELU_PRELU)
            continue;
        const clrelu_chain chain = {.op = (clrelu_op)op,
                                    .dtype = CLRELU_FLOAT32,
                                    .scalar = 0.3,
                                    .shape = &rows,
                                    .x = on(X)};
        const clrelu_second second = {.ddx = on(DDX), .ddy = on(DDY)};
        must_succeed(clrelu_chain_double_backward(d->context, &d->exec, &chain,
                                                  &second));
        must_succeed(array_backward(d, (clrelu_op)op, 0.3, 0, &arrays[X],
                                    &arrays[DDX], &arrays[DX]));
        const float *ddy = array_fetch(d, &arrays[DDY]),
                    *dx = array_fetch(d, &arrays[DX]);
        ok(memcmp(ddy, dx, N * sizeof(*dx)) == 0,
           "%s: ddy has the bits of clrelu_backward of ddx",
           clrelu_op_name((clrelu_op)op));
    }
}

int main(int argc, char **argv)
{
    struct device d;
    const bool all = argc > 1 && strcmp(argv[1], "all") == 0;

    device_open(&d);
    make_arrays(&d);
    test_arguments(&d);
    test_slopes(&d, chain_of(CLRELU_ELU));
    test_slopes(&d, prelu());
    test_cases(&d, all ? COUNT_OF(cases) : QUICK);
    if (all) {
        test_slopes(&d, elu_with_parts());
        test_tangents(&d);
        variants_as_gpu(&d, COUNT_OF(cases), test_cases);
        test_subsets(&d, CLRELU_ELU);
        test_subsets(&d, CLRELU_PRELU);
    }
    for (int i = 0; i < ARRAYS; i++)
        array_free(&arrays[i]);
    device_close(&d);
    return done_testing();
}
