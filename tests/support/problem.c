/* problem.c - a prelu problem, and all the ways to have it solved
 * SPDX-License-Identifier: MIT */
#include "problem.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "cases.h"
#include "random.h"
#include "reference.h"
#include "run.h"
#include "tap.h"
#include "ulp.h"

/* Products that x >= 0 must keep out of dalpha are next to those in it. */
static void fill(struct problem *p, uint64_t seed)
{
    static const float specials[] = {INFINITY, 0.0f, NAN, -0.0f, FLT_MAX};
    uint64_t random = seed;

    for (size_t i = 0; i < p->n; i++) {
        p->x[i] = random_wide(&random, -8, 3);
        p->dy[i] = random_wide(&random, -6, 2);
        p->old_dx[i] = random_wide(&random, -6, 2);
        if (random_below(&random, 16) != 0)
            continue;
        p->x[i] = specials[random_below(&random, COUNT_OF(specials))];
        p->dy[i] = random_below(&random, 2) ? INFINITY : NAN;
    }
    for (size_t j = 0; j < p->alphas; j++) {
        p->alpha[j] = random_wide(&random, -4, 1);
        p->old_dalpha[j] = random_wide(&random, -4, 4);
    }
}

struct problem problem_make(const clrelu_shape *shape, uint64_t seed)
{
    struct problem p = {.shape = *shape};

    p.n = reference_count(shape);
    p.alphas = reference_alpha_count(shape);
    p.x = must_alloc(p.n * sizeof(float));
    p.alpha = must_alloc(p.alphas * sizeof(float));
    p.dy = must_alloc(p.n * sizeof(float));
    p.old_dx = must_alloc(p.n * sizeof(float));
    p.old_dalpha = must_alloc(p.alphas * sizeof(float));
    p.y = must_alloc(p.n * sizeof(double));
    p.dx = must_alloc(p.n * sizeof(double));
    p.dalpha = must_alloc(p.alphas * sizeof(double));
    p.magnitude = must_alloc(p.alphas * sizeof(double));
    p.first_dalpha = must_alloc(p.alphas * sizeof(float));
    fill(&p, seed);
    reference_prelu_forward(shape, p.x, p.alpha, p.y);
    reference_prelu_backward(shape, p.x, p.alpha, p.dy, p.dx, p.dalpha,
                             p.magnitude);
    return p;
}

void problem_free(struct problem *p)
{
    free(p->x);
    free(p->alpha);
    free(p->dy);
    free(p->old_dx);
    free(p->old_dalpha);
    free(p->y);
    free(p->dx);
    free(p->dalpha);
    free(p->magnitude);
    free(p->first_dalpha);
}

static const struct variant {
    const char *name;
    bool forward, dx, dalpha;
    enum in_place in_place;
    unsigned flags;
    bool workspace; /* the caller's, not a byte too long                      */
} variants[PROBLEM_VARIANTS] = {
    {"forward", true, false, false, OUT_OF_PLACE, 0, false},
    {"forward on x", true, false, false, ON_X, 0, false},
    {"backward", false, true, true, OUT_OF_PLACE, 0, false},
    {"backward again", false, true, true, OUT_OF_PLACE, 0, false},
    {"backward with a workspace", false, true, true, OUT_OF_PLACE, 0, true},
    {"dx alone", false, true, false, OUT_OF_PLACE, 0, false},
    {"dalpha alone", false, false, true, OUT_OF_PLACE, 0, true},
    {"backward on x", false, true, true, ON_X, 0, false},
    {"backward on dy", false, true, true, ON_DY, 0, false},
    {"dx += and dalpha +=", false, true, true, OUT_OF_PLACE,
     CLRELU_ACCUMULATE_DX | CLRELU_ACCUMULATE_DALPHA, false},
    {"dx +=, dalpha", false, true, true, OUT_OF_PLACE, CLRELU_ACCUMULATE_DX,
     false},
    {"dx, dalpha +=", false, true, true, OUT_OF_PLACE, CLRELU_ACCUMULATE_DALPHA,
     true},
    {"dx += alone", false, true, false, ON_DY, CLRELU_ACCUMULATE_DX, false},
    {"dalpha += alone", false, false, true, OUT_OF_PLACE,
     CLRELU_ACCUMULATE_DALPHA, false},
};

/* out is y or dx: an array of its own, or x or dy in place. */
struct arrays {
    struct array x, alpha, dy, separate, dalpha, workspace;
    struct array *out;
};

static void make_arrays(const struct device *d, const struct problem *p,
                        const struct variant *v, size_t step, struct arrays *a)
{
    const size_t offset = step % 3, count = COUNT_OF(case_offsets);
    size_t elements = 0;

    if (clrelu_prelu_workspace(
            &(clrelu_prelu){.dtype = CLRELU_FLOAT32, .shape = &p->shape},
            &elements))
        diag("clrelu_prelu_workspace: %s", clrelu_error());
    a->x = array_make(d, case_offsets[step % count], p->n, p->x);
    a->dy = array_make(d, case_offsets[(step + offset) % count], p->n, p->dy);
    a->separate =
        array_make(d, case_offsets[(step + 2 * offset) % count], p->n,
                   v->flags & CLRELU_ACCUMULATE_DX ? p->old_dx : NULL);
    a->alpha =
        array_make(d, case_offsets[(step + 1) % count], p->alphas, p->alpha);
    a->dalpha =
        array_make(d, case_offsets[(step + 2) % count], p->alphas,
                   v->flags & CLRELU_ACCUMULATE_DALPHA ? p->old_dalpha : NULL);
    a->workspace = array_make(d, 2 * offset, elements, NULL);
    a->out = v->in_place == ON_X    ? &a->x
             : v->in_place == ON_DY ? &a->dy
                                    : &a->separate;
}

static void free_arrays(struct arrays *a)
{
    arrays_free(&a->x, &a->dy, &a->separate, &a->alpha, &a->dalpha,
                &a->workspace);
}

static clrelu_status call(const struct device *d, const struct problem *p,
                          const struct variant *v, const struct arrays *a)
{
    const clrelu_buffer none = {0};
    const clrelu_buffer out = array_buffer(a->out);

    if (v->forward)
        return array_prelu_forward(d, &p->shape, &a->x, &a->alpha, a->out);
    return clrelu_prelu_backward(
        d->context, &d->exec,
        &(clrelu_prelu){.dtype = CLRELU_FLOAT32,
                        .flags = v->flags,
                        .shape = &p->shape,
                        .x = array_buffer(&a->x),
                        .alpha = v->dx ? array_buffer(&a->alpha) : none,
                        .dy = array_buffer(&a->dy),
                        .dx = v->dx ? out : none,
                        .dalpha = v->dalpha ? array_buffer(&a->dalpha) : none,
                        .workspace =
                            v->workspace ? array_buffer(&a->workspace) : none});
}

static bool check_out(const struct problem *p, const struct variant *v,
                      const float *out)
{
    const double *exact = v->forward ? p->y : p->dx;
    const float *old = v->in_place == ON_DY ? p->dy : p->old_dx;

    for (size_t i = 0; i < p->n; i++) {
        float want = (float)exact[i];
        if (v->flags & CLRELU_ACCUMULATE_DX)
            want = old[i] + want;
        if (same_float(out[i], want) && !is_unset(out[i]))
            continue;
        diag("%s[%zu], alpha[%zu]: x=%a dy=%a got %a%s want %a",
             v->forward ? "y" : "dx", i, reference_alpha_index(&p->shape, i),
             (double)p->x[i], (double)p->dy[i], (double)out[i],
             is_unset(out[i]) ? ", never written," : "", (double)want);
        return false;
    }
    return true;
}

/* The header's bound. */
static bool check_dalpha(const struct problem *p, const struct variant *v,
                         const float *dalpha)
{
    for (size_t j = 0; j < p->alphas; j++) {
        const double old = v->flags & CLRELU_ACCUMULATE_DALPHA
                               ? (double)p->old_dalpha[j]
                               : 0.0;
        const double want = p->dalpha[j] + old;
        const double bound =
            reference_dalpha_bound(p->n, want, p->magnitude[j] + fabs(old));
        if (fabs((double)dalpha[j] - want) <= bound)
            continue;
        diag("dalpha[%zu] of %zu: got %a%s want %a, off by %g, bound %g", j,
             p->alphas, (double)dalpha[j],
             is_unset(dalpha[j]) ? ", never written," : "", want,
             fabs((double)dalpha[j] - want), bound);
        return false;
    }
    return true;
}

/* The bits depend on the shape alone: not on the run, on dx, on offsets or on
 * whose workspace it is. */
static bool check_repeated(struct problem *p, const struct variant *v,
                           const float *dalpha)
{
    const size_t bytes = p->alphas * sizeof(float);

    if (v->flags & CLRELU_ACCUMULATE_DALPHA)
        return true;
    if (!p->has_first)
        memcpy(p->first_dalpha, dalpha, bytes);
    p->has_first = true;
    if (memcmp(p->first_dalpha, dalpha, bytes) == 0)
        return true;
    diag("dalpha has other bits than the first time");
    return false;
}

static bool check_around(const struct device *d, struct arrays *a, bool dalpha)
{
    struct array *const arrays[] = {&a->x,      &a->dy,    &a->separate,
                                    &a->dalpha, &a->alpha, &a->workspace};
    static const char *const names[] = {"x",      "dy",    "dx",
                                        "dalpha", "alpha", "the workspace"};
    bool good = true;

    for (size_t i = 0; i < COUNT_OF(arrays); i++) {
        const bool output = arrays[i] == a->out || i == 5 || (i == 3 && dalpha);
        array_fetch(d, arrays[i]);
        if (output ? array_guarded(arrays[i]) : array_untouched(arrays[i]))
            continue;
        diag("written to what must stay: around or in %s", names[i]);
        good = false;
    }
    return good;
}

const char *problem_variant(size_t variant)
{
    return variants[variant].name;
}

bool problem_run(const struct device *d, struct problem *p, size_t variant,
                 size_t step)
{
    const struct variant *v = &variants[variant];
    struct arrays a;
    bool good;

    make_arrays(d, p, v, step, &a);
    good = call(d, p, v, &a) == CLRELU_OK;
    if (!good)
        diag("%s", clrelu_error());
    if (good && (v->forward || v->dx))
        good = check_out(p, v, array_fetch(d, a.out));
    if (good && v->dalpha) {
        const float *dalpha = array_fetch(d, &a.dalpha);
        good = check_dalpha(p, v, dalpha);
        good &= check_repeated(p, v, dalpha);
    }
    good &= check_around(d, &a, v->dalpha);
    free_arrays(&a);
    return good;
}
