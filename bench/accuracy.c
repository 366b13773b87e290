/* accuracy.c - largest errors in ulp, and the peers' on the same inputs
 * SPDX-License-Identifier: MIT
 *
 * accuracy [PYTHON]: PYTHON is where Python's peers are looked for first, as
 * TensorFlow and PyTorch are seldom in one place.  Prints a table in
 * Markdown. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "peers.h"
#include "random.h"
#include "reference.h"
#include "ulp.h"

enum { MAX_PEERS = 15 };

typedef enum output { Y, DX, DALPHA } output;

typedef struct row {
    const char *name;
    clrelu_op op;
    output output;
    const struct case_shape *shape;
    double low, high; /* what fill makes x of */
    void (*fill)(const struct row *r, problem *p);
} row;

/* Negative numbers, any exponent in [low, high) as likely as another. */
static void fill_wide(const row *r, problem *p)
{
    uint64_t state = 1;

    for (size_t i = 0; i < p->n; i++)
        p->x[i] = -fabsf(random_wide(&state, (int)r->low, (int)r->high));
    for (size_t i = 0; p->dy && i < p->n; i++)
        p->dy[i] = 1;
}

static void fill_uniform(const row *r, problem *p)
{
    uint64_t state = 2;

    for (size_t i = 0; i < p->n; i++)
        p->x[i] = random_uniform(&state, (float)r->low, (float)r->high);
    for (size_t i = 0; p->dy && i < p->n; i++)
        p->dy[i] =
            p->c.op == CLRELU_ELU ? 1 : random_uniform(&state, -2.0f, 2.0f);
}

/* Products of one sign, as a running sum likes them least. */
static void fill_same_sign(const row *r, problem *p)
{
    uint64_t state = 3;

    for (size_t i = 0; i < p->n; i++) {
        p->x[i] = -random_uniform(&state, (float)r->low, (float)r->high);
        p->dy[i] = -random_uniform(&state, 0.5f, 1.0f);
    }
}

static const struct case_shape flat = {"", 1, {1 << 22}, 0, {0}};
static const struct case_shape dense = {"", 2, {4096, 1024}, 0, {0}};
static const struct case_shape column = {"", 2, {10000000, 1}, 0, {0}};
static const struct case_shape nchw = {"", 4, {32, 64, 56, 56}, 2, {2, 3}};

static const row rows[] = {
    {"`leaky_relu` y", CLRELU_LEAKY_RELU, Y, &flat, -8, 8, fill_uniform},
    {"`leaky_relu` dx", CLRELU_LEAKY_RELU, DX, &flat, -8, 8, fill_uniform},
    {"`prelu` y", CLRELU_PRELU, Y, &dense, -8, 8, fill_uniform},
    {"`prelu` dx", CLRELU_PRELU, DX, &dense, -8, 8, fill_uniform},
    {"`thresholded_relu` y", CLRELU_THRESHOLDED_RELU, Y, &flat, -8, 8,
     fill_uniform},
    {"`thresholded_relu` dx", CLRELU_THRESHOLDED_RELU, DX, &flat, -8, 8,
     fill_uniform},
    {"`elu` y, −16 < x < −2⁻⁴", CLRELU_ELU, Y, &flat, -4, 4, fill_wide},
    {"`elu` y, −2⁻⁴ < x < −2⁻¹²", CLRELU_ELU, Y, &flat, -12, -4, fill_wide},
    {"`elu` y, −2⁻¹² < x < −2⁻²⁴", CLRELU_ELU, Y, &flat, -24, -12, fill_wide},
    {"`elu` dx, −1 < x < 0", CLRELU_ELU, DX, &flat, -1, 0, fill_uniform},
    {"`elu` dx, −16 < x < −1", CLRELU_ELU, DX, &flat, -16, -1, fill_uniform},
    {"`elu` dx, −80 < x < −16", CLRELU_ELU, DX, &flat, -80, -16, fill_uniform},
    {"`prelu` dalpha, 10⁷ terms of one sign", CLRELU_PRELU, DALPHA, &column,
     0.05, 0.1, fill_same_sign},
    {"`prelu` dalpha, 64 of 10⁵ terms of one sign", CLRELU_PRELU, DALPHA, &nchw,
     0.05, 0.1, fill_same_sign},
    {"`prelu` dalpha, 64 of 10⁵ terms of both", CLRELU_PRELU, DALPHA, &nchw, -8,
     8, fill_uniform},
};

static problem make_problem(const row *r)
{
    const bench_case c = {
        .op = r->op, .backward = r->output != Y, .shape = *r->shape};
    uint64_t state = 4;
    problem p;

    if (!problem_make(&c, &state, &p))
        die("no memory for %s", r->name);
    /* Who rounds the scalar first should not look better than the rest. */
    p.scalar = (double)(float)p.scalar;
    r->fill(r, &p);
    return p;
}

static double worst_of_elements(const problem *p, const float *got)
{
    const clrelu_shape shape = case_shape(&p->c);
    double worst = 0;

    for (size_t i = 0; i < p->n; i++)
        worst = fmax(worst, ulp_error(got[i], problem_expect(p, &shape, i)));
    return worst;
}

static double worst_of_sums(const problem *p, const float *got)
{
    const clrelu_shape shape = case_shape(&p->c);
    double *want = must_have(calloc(p->alphas, sizeof(*want)));
    double worst = 0;

    reference_prelu_backward(&shape, p->x, p->alpha, p->dy, NULL, want, NULL);
    for (size_t j = 0; j < p->alphas; j++)
        worst = fmax(worst, ulp_error(got[j], want[j]));
    free(want);
    return worst;
}

static void print_error(double error)
{
    if (error < 1000)
        printf(" %.3g |", error);
    else
        printf(" %.1e |", error);
    fflush(stdout);
}

/* The largest error, -1 where an implementation does not offer the row. */
static double measure_error(const row *r, const problem *p, const impl *i)
{
    float *out = must_have(new_floats(p->n));
    float *dalpha =
        p->alphas && p->dy ? must_have(new_floats(p->alphas)) : NULL;
    double error = -1;

    problem_reset(p);
    if (i->prepare(i->self, p) && i->run(i->self, 1) >= 0 &&
        i->fetch(i->self, out, dalpha))
        error = r->output == DALPHA ? worst_of_sums(p, dalpha)
                                    : worst_of_elements(p, out);
    i->clear(i->self);
    free(out);
    free(dalpha);
    return error;
}

/* Is the library, the first of them, as exact as clrelu.h says? */
static bool run_row(const row *r, const impl *impls, size_t count)
{
    problem p = make_problem(r);
    bool good = true;

    printf("\n| %s |", r->name);
    for (size_t k = 0; k < count; k++) {
        const double error = measure_error(r, &p, &impls[k]);
        if (error < 0)
            printf(" – |");
        else
            print_error(error);
        good = good && (k > 0 || (error >= 0 && error <= 1));
    }
    problem_free(&p);
    return good;
}

static size_t assemble(const harness *h, const char *python, impl *impls)
{
    size_t count = 0;

    count += library_open(h, &impls[count]);
    count += peers_open(h, NULL, python, &impls[count]);
    return count;
}

int main(int argc, char **argv)
{
    impl impls[1 + MAX_PEERS];
    bool good = true;
    harness h;

    harness_open(&h, NULL);
    const size_t count = assemble(&h, argc > 1 ? argv[1] : NULL, impls);
    printf("| result |");
    for (size_t k = 0; k < count; k++)
        printf(" %s |", impls[k].name);
    printf("\n| --- |");
    for (size_t k = 0; k < count; k++)
        printf(" --- |");
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        good = run_row(&rows[i], impls, count) && good;
    printf("\n");
    for (size_t k = 0; k < count; k++)
        impls[k].close(impls[k].self);
    harness_close(&h);
    return good ? 0 : 1;
}
