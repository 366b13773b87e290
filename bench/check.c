/* check.c - is a result what the reference says?
 * SPDX-License-Identifier: MIT */
#include "check.h"

#include <math.h>
#include <stdlib.h>

#include "random.h"
#include "reference.h"

enum { SAMPLE = 1 << 16 };

static void *new_array(size_t count, size_t size)
{
    return must_have(calloc(count + 1, size));
}

expected *expected_make(const problem *p, uint64_t *state)
{
    const clrelu_shape shape = case_shape(&p->c);
    const bool all = p->n <= SAMPLE;
    expected *e = new_array(1, sizeof(*e));

    e->count = all ? p->n : SAMPLE;
    e->at = new_array(e->count, sizeof(*e->at));
    e->out = new_array(e->count, sizeof(*e->out));
    for (size_t k = 0; k < e->count; k++) {
        e->at[k] = all ? k : random_below(state, p->n);
        e->out[k] = problem_expect(p, &shape, e->at[k]);
    }
    if (!p->alpha || !p->dy)
        return e;
    e->dalpha = new_array(p->alphas, sizeof(*e->dalpha));
    e->magnitude = new_array(p->alphas, sizeof(*e->magnitude));
    reference_prelu_backward(&shape, p->x, p->alpha, p->dy, NULL, e->dalpha,
                             e->magnitude);
    return e;
}

void expected_free(expected *e)
{
    free(e->at);
    free(e->out);
    free(e->dalpha);
    free(e->magnitude);
    free(e);
}

/* exp(x) - 1, as some compute elu, is off by this much near 0. */
static bool is_close(double got, double want)
{
    return fabs(got - want) <= 2e-6 + 1e-5 * fabs(want);
}

static bool check_arrays(const expected *e, const problem *p, const float *out,
                         const float *dalpha)
{
    for (size_t k = 0; k < e->count; k++)
        if (!is_close((double)out[e->at[k]], e->out[k]))
            return false;
    for (size_t j = 0; dalpha && j < p->alphas; j++)
        if (!(fabs((double)dalpha[j] - e->dalpha[j]) <=
              2e-6 + 1e-5 * e->magnitude[j]))
            return false;
    return true;
}

bool check_result(const expected *e, const problem *p, const impl *i)
{
    float *out, *dalpha;
    bool ok;

    if (!i->fetch)
        return true;
    out = must_have(new_floats(p->n));
    dalpha = e->dalpha ? must_have(new_floats(p->alphas)) : NULL;
    ok = i->fetch(i->self, out, dalpha) && check_arrays(e, p, out, dalpha);
    free(out);
    free(dalpha);
    return ok;
}
