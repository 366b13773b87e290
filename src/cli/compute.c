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
    const clrelu_exec exec = {.queue = d->queue};
    const clrelu_parameter parameter = {
        .rank = alpha->rank, .dims = alpha->dims, .values = clrelu_at(mem, 0)};

    progress_phase(p, "alpha", alpha->count);
    if (good &&
        clrelu_initialize(d->context, &exec, initializer, seed, &parameter))
        good = fail_library(f);
    good = good && device_download(d, mem, alpha, 0, alpha->count, p, f);
    device_release(mem);
    return good;
}

static bool regularize(device *d, parameter_step *step,
                       const clrelu_parameter *on_device, progress *p,
                       failure *f)
{
    const clrelu_exec exec = {.queue = d->queue};
    array value = {.count = 1, .dtype = CLRELU_FLOAT32, .data = &step->penalty};
    cl_mem mem = NULL;
    bool good = device_create(d, value.dtype, 1, &mem, f);

    if (good && clrelu_penalty(d->context, &exec, step->regularizer, on_device,
                               clrelu_at(mem, 0)))
        good = fail_library(f);
    good = good && device_download(d, mem, &value, 0, 1, p, f);
    device_release(mem);
    return good;
}

static bool update(device *d, const parameter_step *step,
                   const clrelu_parameter *on_device, failure *f)
{
    const clrelu_exec exec = {.queue = d->queue};

    return (!clrelu_sgd_step(d->context, &exec, step->learning_rate, 0,
                             on_device) &&
            !clrelu_constrain(d->context, &exec, step->constraint,
                              on_device)) ||
           fail_library(f);
}

/* The update comes last: it sets dalpha to 0. */
static bool run_step(device *d, parameter_step *step, const clrelu_parameter *m,
                     progress *p, failure *f)
{
    array *alpha = step->alpha, *dalpha = step->dalpha;
    const cl_mem values = m->values.mem, gradient = m->gradient.mem;
    const size_t n = alpha->count;

    return device_upload(d, values, alpha, 0, n, p, f) &&
           (!gradient || device_upload(d, gradient, dalpha, 0, n, p, f)) &&
           (!step->regularizer || regularize(d, step, m, p, f)) &&
           (!gradient || device_download(d, gradient, dalpha, 0, n, p, f)) &&
           (!step->update || (update(d, step, m, f) &&
                              device_download(d, values, alpha, 0, n, p, f)));
}

bool compute_step(device *d, parameter_step *step, progress *p, failure *f)
{
    const size_t n = step->alpha->count;
    clrelu_parameter m = {.rank = step->alpha->rank, .dims = step->alpha->dims};

    if (!step->regularizer && !step->update)
        return true;
    progress_phase(p, "alpha", 4 * (uint64_t)n);
    const bool good =
        device_create(d, CLRELU_FLOAT32, n, &m.values.mem, f) &&
        (!step->dalpha->data ||
         device_create(d, CLRELU_FLOAT32, n, &m.gradient.mem, f)) &&
        run_step(d, step, &m, p, f);
    device_release(m.values.mem);
    device_release(m.gradient.mem);
    return good;
}
