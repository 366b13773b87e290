/* problem.c - one operation on one shape, with its inputs
 * SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* madvise */
#include "problem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "random.h"
#include "reference.h"

enum { LARGE_PAGE = 1 << 21 };

clrelu_shape case_shape(const bench_case *c)
{
    return case_to_shape(&c->shape);
}

size_t case_count(const bench_case *c)
{
    const clrelu_shape shape = case_shape(c);

    return reference_count(&shape);
}

static size_t case_alphas(const bench_case *c)
{
    const clrelu_shape shape = case_shape(c);

    return c->op == CLRELU_PRELU ? reference_alpha_count(&shape) : 0;
}

bool case_is_shared(const bench_case *c, size_t axis)
{
    for (size_t i = 0; i < c->shape.shared_count; i++)
        if ((size_t)c->shape.shared_axes[i] == axis)
            return true;
    return axis == 0;
}

double case_bytes(const bench_case *c)
{
    const double n = (double)case_count(c), alphas = (double)case_alphas(c);

    return 4.0 * (c->backward ? 3.0 * n + 2.0 * alphas : 2.0 * n + alphas);
}

float *new_floats(size_t n)
{
    const size_t bytes = (n + 64) * sizeof(float);
    const size_t page = bytes < LARGE_PAGE ? 4096 : LARGE_PAGE;
    void *memory = NULL;

    if (posix_memalign(&memory, page, (bytes + page - 1) / page * page))
        return NULL;
#ifdef MADV_HUGEPAGE
    if (page == LARGE_PAGE)
        madvise(memory, bytes, MADV_HUGEPAGE);
#endif
    return memory;
}

/* A sum of four uniform numbers, of variance 1; never 0, where peers take
 * another branch. */
static float normal(uint64_t *state)
{
    const uint64_t bits = random_bits(state);
    const uint64_t sum = (bits & 0xffff) + (bits >> 16 & 0xffff) +
                         (bits >> 32 & 0xffff) + (bits >> 48);

    return ((float)sum - 0x1.fffd8p16f) * (0x1p-16f * 1.7320508f);
}

static float *normals(size_t n, uint64_t *state)
{
    float *values = new_floats(n);

    for (size_t i = 0; values && i < n; i++)
        values[i] = normal(state);
    return values;
}

static float *alphas(const problem *p, uint64_t *state)
{
    float *values = new_floats(p->alphas);
    const float low = p->c.in_place ? 0.99f : 0.1f;
    const float high = p->c.in_place ? 1.0f : 0.5f;

    for (size_t i = 0; values && i < p->alphas; i++)
        values[i] = random_uniform(state, low, high);
    return values;
}

/* In place, call after call multiplies the same numbers: factors near 1 keep
 * them out of the subnormals. */
static double scalar_of(const bench_case *c)
{
    if (c->op == CLRELU_LEAKY_RELU)
        return c->in_place ? 0.99 : 0.3;
    return 1.0;
}

bool problem_make(const bench_case *c, uint64_t *state, problem *p)
{
    memset(p, 0, sizeof(*p));
    p->c = *c;
    p->n = case_count(c);
    p->alphas = case_alphas(c);
    p->scalar = scalar_of(c);
    p->x = normals(p->n, state);
    if (p->x && c->backward)
        p->dy = normals(p->n, state);
    if (p->x && p->alphas)
        p->alpha = alphas(p, state);
    p->out = new_floats(p->n);
    p->x_in = c->in_place && !c->backward ? p->out : p->x;
    p->dy_in = c->in_place && c->backward ? p->out : p->dy;
    if (p->x && (p->dy || !c->backward) && (p->alpha || !p->alphas) && p->out)
        return true;
    problem_free(p);
    return false;
}

void problem_reset(const problem *p)
{
    memcpy(p->out, p->dy ? p->dy : p->x, p->n * sizeof(*p->out));
}

void problem_free(problem *p)
{
    free(p->x);
    free(p->dy);
    free(p->alpha);
    free(p->out);
    memset(p, 0, sizeof(*p));
}

double problem_expect(const problem *p, const clrelu_shape *shape, size_t i)
{
    const double scalar =
        p->alpha ? (double)p->alpha[reference_alpha_index(shape, i)]
                 : p->scalar;

    return p->dy ? reference_backward(p->c.op, scalar, (double)p->x[i],
                                      (double)p->dy[i])
                 : reference_forward(p->c.op, scalar, (double)p->x[i]);
}
