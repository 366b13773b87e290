/* test_chain.c - scale, bias, activation, gain and residual in one pass
 * SPDX-License-Identifier: MIT
 *
 * With the argument "all": every subset of the parts, of every operation. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "chain.h"
#include "expect.h"
#include "random.h"
#include "reference.h"
#include "variants.h"

#define SCALE CHAIN_HAS(SCALE)
#define BIAS CHAIN_HAS(BIAS)
#define RESIDUAL CHAIN_HAS(RESIDUAL)
#define Z CHAIN_HAS(Z)
#define DX CHAIN_HAS(DX)
#define DRESIDUAL CHAIN_HAS(DRESIDUAL)
#define DALPHA CHAIN_HAS(DALPHA)
#define DBIAS CHAIN_HAS(DBIAS)
#define DSCALE CHAIN_HAS(DSCALE)

#define ADD_ALL \
    (CLRELU_ACCUMULATE_DX | CLRELU_ACCUMULATE_DBIAS | \
     CLRELU_ACCUMULATE_DSCALE | CLRELU_ACCUMULATE_DRESIDUAL)

/* Compiling is most of the time: the first few are the quick test. */
enum { QUICK = 5 };
static const struct chain_case cases[] = {
    {.op = CLRELU_ELU,
     .gain = -0.5,
     .has = SCALE | BIAS | RESIDUAL | Z,
     .z_on_x = true,
     .on_input = true,
     .in_place = CHAIN_RESIDUAL},
    {.op = CLRELU_ELU,
     .backward = true,
     .gain = -0.75,
     .has = SCALE | BIAS | DX | DRESIDUAL | DBIAS | DSCALE},
    {.op = CLRELU_PRELU,
     .dtype = CLRELU_FLOAT16,
     .alpha_dtype = CLRELU_FLOAT32,
     .has = BIAS},
    {.op = CLRELU_PRELU,
     .backward = true,
     .one_alpha = true,
     .has = BIAS | DX | DBIAS | DALPHA,
     .workspace = true},
    {.op = CLRELU_PRELU,
     .backward = true,
     .one_alpha = true,
     .has = BIAS | DX | DBIAS | DALPHA,
     .on_input = true,
     .partial = true},
    /* The long test. */
    {.op = CLRELU_LEAKY_RELU, .has = BIAS},
    {.op = CLRELU_ELU, .gain = 1.5, .has = SCALE | BIAS | RESIDUAL | Z},
    {.op = CLRELU_PRELU, .has = BIAS, .on_input = true},
    {.op = CLRELU_PRELU, .one_alpha = true, .gain = 3.0, .has = RESIDUAL},
    {.op = CLRELU_PRELU,
     .dtype = CLRELU_FLOAT16,
     .alpha_dtype = CLRELU_FLOAT32,
     .has = SCALE | BIAS},
    {.op = CLRELU_THRESHOLDED_RELU,
     .dtype = CLRELU_BFLOAT16,
     .has = BIAS | RESIDUAL},
    {.op = CLRELU_ELU, .dtype = CLRELU_FLOAT64, .has = SCALE | BIAS | Z},
    {.op = CLRELU_LEAKY_RELU, .backward = true, .has = BIAS | DX | DBIAS},
    {.op = CLRELU_LEAKY_RELU,
     .backward = true,
     .has = BIAS | DX | DBIAS,
     .on_input = true,
     .in_place = CHAIN_DY},
    {.op = CLRELU_PRELU,
     .backward = true,
     .gain = 1.5,
     .has = BIAS | DX | DBIAS | DALPHA,
     .workspace = true},
    {.op = CLRELU_PRELU,
     .backward = true,
     .has = BIAS | DX | DBIAS | DALPHA,
     .partial = true,
     .on_input = true},
    {.op = CLRELU_PRELU,
     .backward = true,
     .one_alpha = true,
     .has = BIAS | DX | DBIAS | DALPHA,
     .flags = CLRELU_ACCUMULATE_DALPHA},
    {.op = CLRELU_ELU,
     .backward = true,
     .has = SCALE | DX | DRESIDUAL,
     .flags = CLRELU_ACCUMULATE_DRESIDUAL},
    {.op = CLRELU_THRESHOLDED_RELU, .backward = true, .has = DSCALE},
    {.op = CLRELU_LEAKY_RELU,
     .dtype = CLRELU_FLOAT16,
     .backward = true,
     .has = SCALE | BIAS | DX | DRESIDUAL | DBIAS | DSCALE,
     .flags = ADD_ALL},
    {.op = CLRELU_PRELU,
     .dtype = CLRELU_BFLOAT16,
     .backward = true,
     .alpha_dtype = CLRELU_FLOAT32,
     .has = BIAS | DX | DALPHA | DBIAS},
    {.op = CLRELU_ELU,
     .dtype = CLRELU_FLOAT16,
     .backward = true,
     .scalar = 1,
     .has = BIAS | DX},
    {.op = CLRELU_PRELU,
     .dtype = CLRELU_FLOAT64,
     .backward = true,
     .gain = 1.5,
     .workspace = true,
     .has = SCALE | BIAS | DX | DALPHA | DBIAS | DSCALE},
};

/* All sets of shared axes of a rank, the last axis of the set in bit 0. */
static clrelu_shape subset_shape(size_t rank, unsigned set, const size_t *dims,
                                 int axes[CASE_AXES])
{
    size_t count = 0;

    for (int axis = 1; axis < (int)rank; axis++)
        if (set >> (axis - 1) & 1)
            axes[count++] = axis;
    return reference_shape(rank, dims, count, axes);
}

static const size_t extents[] = {6, 5, 37, 4, 9};

static bool run_subsets(const struct device *d, struct chain_case c,
                        size_t first)
{
    int axes[CASE_AXES];

    for (size_t rank = 2; rank <= 5; rank++)
        for (unsigned set = 0; set < 1u << (rank - 1); set++) {
            const clrelu_shape shape = subset_shape(rank, set, extents, axes);
            c.step = first + rank + set;
            if (chain_run(d, &shape, &c))
                continue;
            diag("rank %zu, shared axes %#x", rank, set);
            return false;
        }
    return true;
}

static void test_cases(const struct device *d, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct chain_case c = chain_complete(cases[i]);
        if (!device_has_dtype(d, c.dtype))
            continue;
        ok(run_subsets(d, c, i), "%s: all sets of shared axes", chain_text(&c));
        ok(chain_run_patterns(d, c), "... and larger shapes");
    }
}

/* ------------------------------------------------------------ one by one -- */

enum { ROWS = 70, COLUMNS = 41, N = ROWS * COLUMNS };
static const size_t dims[] = {ROWS, COLUMNS};
static const clrelu_shape rows = {.rank = 2, .dims = dims};

struct values {
    struct array x, scale, bias, residual, dy, a, b, c, sum;
};

static struct array random_array(const struct device *d, size_t n,
                                 uint64_t seed)
{
    float *values = must_alloc(n * sizeof(*values));

    for (size_t i = 0; i < n; i++)
        values[i] = random_wide(&seed, -5, 2);
    const struct array a = array_make(d, 3, n, values);
    free(values);
    return a;
}

static clrelu_chain identity(const struct array *x, const struct array *y)
{
    return (clrelu_chain){.op = CLRELU_LEAKY_RELU,
                          .dtype = CLRELU_FLOAT32,
                          .scalar = 1.0,
                          .shape = &rows,
                          .x = array_buffer(x),
                          .y = array_buffer(y)};
}

static void forward(const struct device *d, const clrelu_chain *chain)
{
    must_succeed(clrelu_chain_forward(d->context, &d->exec, chain));
}

static bool same_bits(const struct device *d, struct array *a, struct array *b)
{
    const float *x = array_fetch(d, a), *y = array_fetch(d, b);

    return memcmp(x, y, a->n * sizeof(*x)) == 0;
}

/* Each step is a chain of one part, or the operation. */
static void forward_steps(const struct device *d, struct values *v,
                          clrelu_op op, double gain)
{
    clrelu_chain step = identity(&v->x, &v->a);

    step.scale = array_buffer(&v->scale);
    forward(d, &step);
    step = identity(&v->a, &v->b);
    step.bias = array_buffer(&v->bias);
    forward(d, &step);
    must_succeed(array_forward(d, op, 0.3, &v->b, &v->a));
    step = identity(&v->a, &v->a);
    step.gain = gain;
    forward(d, &step);
    step = identity(&v->a, &v->a);
    step.residual = array_buffer(&v->residual);
    forward(d, &step);
}

/* z is in b. */
static void backward_steps(const struct device *d, struct values *v,
                           clrelu_op op, double gain)
{
    clrelu_chain step = identity(&v->dy, &v->a);

    step.gain = gain;
    forward(d, &step);
    must_succeed(array_backward(d, op, 0.3, 0, &v->b, &v->a, &v->a));
    step = identity(&v->x, &v->a);
    step.dy = array_buffer(&v->a);
    step.dbias = array_buffer(&v->sum);
    must_succeed(clrelu_chain_backward(d->context, &d->exec, &step));
    step = identity(&v->a, &v->a);
    step.scale = array_buffer(&v->scale);
    forward(d, &step);
}

static void test_one_by_one(const struct device *d, clrelu_op op)
{
    struct values v = {.x = random_array(d, N, 1),
                       .scale = random_array(d, COLUMNS, 2),
                       .bias = random_array(d, COLUMNS, 3),
                       .residual = random_array(d, N, 4),
                       .dy = random_array(d, N, 5),
                       .a = random_array(d, N, 6),
                       .b = random_array(d, N, 7),
                       .c = random_array(d, N, 8),
                       .sum = random_array(d, COLUMNS, 9)};
    struct array dbias = random_array(d, COLUMNS, 10);
    clrelu_chain chain = identity(&v.x, &v.c);

    chain.op = op;
    chain.scalar = 0.3;
    chain.gain = 1.7;
    chain.scale = array_buffer(&v.scale);
    chain.bias = array_buffer(&v.bias);
    chain.residual = array_buffer(&v.residual);
    forward(d, &chain);
    forward_steps(d, &v, op, 1.7);
    ok(same_bits(d, &v.a, &v.c), "%s: y has the bits of one call for each step",
       clrelu_op_name(op));
    chain.dy = array_buffer(&v.dy);
    chain.dx = array_buffer(&v.c);
    chain.dbias = array_buffer(&dbias);
    must_succeed(clrelu_chain_backward(d->context, &d->exec, &chain));
    backward_steps(d, &v, op, 1.7);
    ok(same_bits(d, &v.a, &v.c) && same_bits(d, &v.sum, &dbias),
       "... and so have dx and dbias");
    arrays_free(&v.x, &v.scale, &v.bias, &v.residual, &v.dy, &v.a, &v.b, &v.c,
                &v.sum, &dbias);
}

/* ------------------------------------------------------------- gradients -- */

/* The sum of y*w with one number changed. */
static double objective(const struct device *d, clrelu_chain *chain,
                        struct array *y, struct array *changed, size_t i,
                        float by, const float *w)
{
    double sum = 0;
    float value = changed->sent[changed->offset + i] + by;

    device_write(d, changed->mem, (changed->offset + i) * sizeof(value),
                 sizeof(value), &value);
    forward(d, chain);
    const float *got = array_fetch(d, y);
    for (size_t k = 0; k < N; k++)
        sum += (double)got[k] * (double)w[k];
    array_reset(d, changed);
    return sum;
}

static void check_slope(const struct device *d, clrelu_chain *chain,
                        struct array *y, struct array *of, struct array *slope,
                        const float *w, const char *name)
{
    const float *got = array_fetch(d, slope);
    double worst = 0;

    for (size_t i = 0; i < 3; i++) {
        const float step = 0x1p-6f;
        const double difference = objective(d, chain, y, of, i, step, w) -
                                  objective(d, chain, y, of, i, -step, w);
        const double error = difference / (2 * (double)step) - (double)got[i];
        worst = fmax(worst, fabs(error) / (1 + fabs((double)got[i])));
    }
    ok(worst < 2e-3, "%s is the slope of y (off by %.1e)", name, worst);
}

/* ELU of alpha 1 has no kink.  The programs are those of the first cases. */
static void test_gradients(const struct device *d)
{
    struct array x = random_array(d, N, 1), y = random_array(d, N, 2),
                 dy = random_array(d, N, 3), dx = random_array(d, N, 4),
                 z = random_array(d, N, 9), other = random_array(d, N, 10),
                 scale = random_array(d, COLUMNS, 5),
                 bias = random_array(d, COLUMNS, 6),
                 dscale = random_array(d, COLUMNS, 7),
                 dbias = random_array(d, COLUMNS, 8);
    clrelu_chain chain = identity(&x, &y);
    const float *w = dy.sent + dy.offset;

    chain.op = CLRELU_ELU;
    chain.gain = 0.5;
    chain.residual = chain.dresidual = array_buffer(&other);
    chain.z = array_buffer(&z);
    chain.scale = array_buffer(&scale);
    chain.bias = array_buffer(&bias);
    chain.dy = array_buffer(&dy);
    chain.dx = array_buffer(&dx);
    chain.dscale = array_buffer(&dscale);
    chain.dbias = array_buffer(&dbias);
    must_succeed(clrelu_chain_backward(d->context, &d->exec, &chain));
    check_slope(d, &chain, &y, &x, &dx, w, "dx");
    check_slope(d, &chain, &y, &scale, &dscale, w, "dscale");
    check_slope(d, &chain, &y, &bias, &dbias, w, "dbias");
    arrays_free(&x, &y, &dy, &dx, &z, &other, &scale, &bias, &dscale, &dbias);
}

/* ------------------------------------------------------------- arguments -- */

static void expect_call(const struct device *d, const clrelu_chain *chain,
                        bool backward, clrelu_status status, const char *word,
                        const char *what)
{
    expect(backward ? clrelu_chain_backward(d->context, &d->exec, chain)
                    : clrelu_chain_forward(d->context, &d->exec, chain),
           status, word, what);
}

static void test_arguments(const struct device *d)
{
    struct array x = random_array(d, N, 1), y = random_array(d, N, 2),
                 dy = random_array(d, N, 3);
    const clrelu_chain good = identity(&x, &y);
    clrelu_chain c = good;

    expect_call(d, NULL, false, CLRELU_INVALID_NULL, "call", "no call");
    c.reserved[6] = 1;
    expect_call(d, &c, false, CLRELU_INVALID_RESERVED, "call", "a later field");
    c = good;
    c.gain = INFINITY;
    expect_call(d, &c, false, CLRELU_INVALID_SCALAR, "gain",
                "an infinite gain");
    c = good;
    c.scalar = -1;
    expect_call(d, &c, false, CLRELU_INVALID_SCALAR, "alpha",
                "a negative alpha");
    c = good;
    c.op = (clrelu_op)9;
    expect_call(d, &c, false, CLRELU_INVALID_OP, "op", "no operation");
    c = good;
    c.op = CLRELU_PRELU;
    expect_call(d, &c, false, CLRELU_INVALID_NULL, "alpha", "prelu, no alpha");
    c.alpha_count = 7;
    expect_call(d, &c, false, CLRELU_INVALID_ALPHA_SHAPE, "alpha_count",
                "7 alphas for 41 columns");
    c = good;
    c.alpha_dtype = CLRELU_FLOAT16;
    expect_call(d, &c, false, CLRELU_INVALID_DTYPE, "alpha_dtype",
                "a bias of another type");
    c = good;
    c.flags = CLRELU_ACCUMULATE_DBIAS;
    expect_call(d, &c, false, CLRELU_INVALID_FLAGS, "flags", "a flag forward");
    c.dy = array_buffer(&dy);
    c.dx = array_buffer(&y);
    expect_call(d, &c, true, CLRELU_INVALID_FLAGS, "dbias is left",
                "dbias +=, no dbias");
    c.flags = 0;
    c.dx = (clrelu_buffer){0};
    expect_call(d, &c, true, CLRELU_INVALID_NULL, "dscale, dbias", "no output");
    c.dbias = c.dscale = array_buffer(&y);
    expect_call(d, &c, true, CLRELU_BUFFER_OVERLAP, "dscale",
                "dscale is dbias");
    c = good;
    c.z = c.y;
    expect_call(d, &c, false, CLRELU_BUFFER_OVERLAP, "z", "z is y");
    c.z = c.x;
    c.y = c.x;
    expect_call(d, &c, false, CLRELU_BUFFER_OVERLAP, "z", "z and y are x");
    c = good;
    c.bias = clrelu_at(x.mem, x.offset + N + GUARD - 40);
    expect_call(d, &c, false, CLRELU_BUFFER_TOO_SMALL, "bias",
                "a bias of 40 for 41 columns");
    size_t count = 0;
    expect(clrelu_chain_workspace(&good, NULL), CLRELU_INVALID_NULL, "count",
           "no count");
    expect_ok(clrelu_chain_workspace(&good, &count), "no sums");
    ok(count == 0, "... need no workspace");
    arrays_free(&x, &y, &dy);
}

/* Sums of an empty x are 0, or what they were. */
static void test_empty(const struct device *d)
{
    const size_t none[] = {0, COLUMNS};
    const clrelu_shape shape = {.rank = 2, .dims = none};
    struct array dbias = random_array(d, COLUMNS, 1),
                 dscale = random_array(d, COLUMNS, 2);
    clrelu_chain c = identity(&dbias, &dbias);
    bool zero = true;

    c.shape = &shape;
    expect_ok(clrelu_chain_forward(d->context, &d->exec, &c), "no rows");
    c.dbias = array_buffer(&dbias);
    c.dscale = array_buffer(&dscale);
    c.flags = CLRELU_ACCUMULATE_DSCALE;
    expect_ok(clrelu_chain_backward(d->context, &d->exec, &c), "... backward");
    const float *got = array_fetch(d, &dbias);
    for (size_t i = 0; i < COLUMNS; i++)
        zero = zero && got[i] == 0.0f;
    array_fetch(d, &dscale);
    ok(zero && array_guarded(&dbias) && array_untouched(&dscale),
       "... dbias is 0, dscale += nothing");
    arrays_free(&dbias, &dscale);
}

/* ------------------------------------------------------------------ long -- */

/* All sets of parts; a backward pass needs an output besides dresidual. */
static void test_sets(const struct device *d, struct chain_case c, size_t count,
                      const unsigned *parts)
{
    for (unsigned set = 0; set < 1u << count; set++) {
        c.has = 0;
        for (size_t i = 0; i < count; i++)
            c.has |= set >> i & 1 ? parts[i] : 0;
        if (!c.backward || (c.has & (DX | DBIAS | DSCALE | DALPHA)))
            ok(run_subsets(d, c, set), "%s", chain_text(&c));
    }
}

static void test_all(const struct device *d)
{
    static const unsigned forward[] = {SCALE, BIAS, RESIDUAL, Z},
                          backward[] = {SCALE,  BIAS,      DX,    DBIAS,
                                        DSCALE, DRESIDUAL, DALPHA};

    for (int op = CLRELU_LEAKY_RELU; op <= CLRELU_THRESHOLDED_RELU + 1; op++) {
        const bool one = op > CLRELU_THRESHOLDED_RELU;
        struct chain_case c = chain_complete(
            (struct chain_case){.op = one ? CLRELU_PRELU : (clrelu_op)op,
                                .gain = 0.75,
                                .one_alpha = one});
        test_sets(d, c, COUNT_OF(forward), forward);
        c.backward = true;
        test_sets(d, c, c.op == CLRELU_PRELU ? 7 : 6, backward);
    }
}

int main(int argc, char **argv)
{
    struct device d;
    const bool all = argc > 1 && strcmp(argv[1], "all") == 0;

    device_open(&d);
    test_arguments(&d);
    test_empty(&d);
    test_cases(&d, all ? COUNT_OF(cases) : QUICK);
    test_gradients(&d);
    if (all) {
        test_one_by_one(&d, CLRELU_ELU);
        test_one_by_one(&d, CLRELU_LEAKY_RELU);
        test_one_by_one(&d, CLRELU_THRESHOLDED_RELU);
        variants_as_gpu(&d, COUNT_OF(cases), test_cases);
        test_all(&d);
    }
    device_close(&d);
    return done_testing();
}
