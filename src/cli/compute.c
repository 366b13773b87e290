/* compute.c - initialization and update of alpha
 * SPDX-License-Identifier: MIT */
#include "compute.h"

#include <math.h>

bool compute_check_alpha(double alpha, clrelu_dtype computes, failure *f)
{
    const bool wide = computes == CLRELU_FLOAT64;

    return isfinite(wide ? alpha : (double)(float)alpha) ||
           fail(f, "alpha is %g, must be finite in %s", alpha,
                wide ? "float64" : "float32");
}

bool compute_initial(device *d, const char *initializer, uint64_t seed,
                     array *alpha, progress *p, failure *f)
{
    cl_mem mem = NULL;
    bool good = device_create(d, alpha->dtype, alpha->count, &mem, f);
    const clrelu_buffer out = {mem, 0};

    progress_phase(p, "alpha", alpha->count);
    if (good &&
        clrelu_initialize(d->context, d->queue, CLRELU_FLOAT32, initializer,
                          seed, alpha->rank, alpha->dims, out, 0, NULL, NULL))
        good = fail_library(f);
    good = good && device_download(d, mem, alpha, 0, alpha->count, p, f);
    device_release(mem);
    return good;
}

/* On the device; dalpha may be NULL. */
typedef struct step_arrays {
    cl_mem alpha, dalpha;
} step_arrays;

static bool regularize(device *d, parameter_step *step, const step_arrays *m,
                       progress *p, failure *f)
{
    const clrelu_buffer alpha = {m->alpha, 0}, dalpha = {m->dalpha, 0};
    array value = {.count = 1, .dtype = CLRELU_FLOAT32, .data = &step->penalty};
    cl_mem mem = NULL;
    bool good = device_create(d, value.dtype, 1, &mem, f);
    const clrelu_buffer penalty = {mem, 0};

    if (good && clrelu_regularize(d->context, d->queue, CLRELU_FLOAT32,
                                  step->regularizer, step->alpha->rank,
                                  step->alpha->dims, alpha, penalty, dalpha, 0,
                                  NULL, NULL))
        good = fail_library(f);
    good = good && device_download(d, mem, &value, 0, 1, p, f);
    device_release(mem);
    return good;
}

static bool update(device *d, const parameter_step *step, const step_arrays *m,
                   failure *f)
{
    const clrelu_buffer alpha = {m->alpha, 0}, dalpha = {m->dalpha, 0},
                        none = {NULL, 0};
    const array *a = step->alpha;

    return (!clrelu_descend(d->context, d->queue, CLRELU_FLOAT32,
                            step->learning_rate, 0, a->count, alpha, dalpha,
                            none, 0, NULL, NULL) &&
            !clrelu_constrain(d->context, d->queue, CLRELU_FLOAT32,
                              step->constraint, a->rank, a->dims, alpha, 0,
                              NULL, NULL)) ||
           fail_library(f);
}

/* The update comes last: it sets dalpha to 0. */
static bool run_step(device *d, parameter_step *step, const step_arrays *m,
                     progress *p, failure *f)
{
    array *alpha = step->alpha, *dalpha = step->dalpha;
    const size_t n = alpha->count;

    return device_upload(d, m->alpha, alpha, 0, n, p, f) &&
           (!m->dalpha || device_upload(d, m->dalpha, dalpha, 0, n, p, f)) &&
           (!step->regularizer || regularize(d, step, m, p, f)) &&
           (!m->dalpha || device_download(d, m->dalpha, dalpha, 0, n, p, f)) &&
           (!step->update || (update(d, step, m, f) &&
                              device_download(d, m->alpha, alpha, 0, n, p, f)));
}

bool compute_step(device *d, parameter_step *step, progress *p, failure *f)
{
    const size_t n = step->alpha->count;
    step_arrays m = {0};

    if (!step->regularizer && !step->update)
        return true;
    progress_phase(p, "alpha", 4 * (uint64_t)n);
    const bool good = device_create(d, CLRELU_FLOAT32, n, &m.alpha, f) &&
                      (!step->dalpha->data ||
                       device_create(d, CLRELU_FLOAT32, n, &m.dalpha, f)) &&
                      run_step(d, step, &m, p, f);
    device_release(m.alpha);
    device_release(m.dalpha);
    return good;
}
