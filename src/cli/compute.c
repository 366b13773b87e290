/* compute.c - the operations on arrays of the host
 * SPDX-License-Identifier: MIT */
#include "compute.h"

/* On the device; those that the pass does not need are NULL. */
typedef struct prelu_arrays {
    cl_mem x, alpha, dy, dalpha;
} prelu_arrays;

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

static bool call_scalar(device *d, clrelu_op op, clrelu_dtype dtype,
                        double scalar, size_t n, cl_mem x, cl_mem dy,
                        failure *f)
{
    const clrelu_buffer on_x = {x, 0}, on_dy = {dy, 0};
    const clrelu_status status =
        dy ? clrelu_backward(d->context, d->queue, op, dtype, scalar, 0, n,
                             on_x, on_dy, on_dy, 0, NULL, NULL)
           : clrelu_forward(d->context, d->queue, op, dtype, scalar, n, on_x,
                            on_x, 0, NULL, NULL);

    return device_did(status, f);
}

bool compute_scalar(device *d, clrelu_op op, double scalar, array *x, array *dy,
                    progress *p, failure *f)
{
    const size_t n = x->count;
    array *result = dy ? dy : x;
    cl_mem mem_x = NULL, mem_dy = NULL;
    size_t done = 0, m;
    bool good =
        device_create(d, x->dtype, device_piece(n, 0), &mem_x, f) &&
        (!dy || device_create(d, x->dtype, device_piece(n, 0), &mem_dy, f));

    progress_phase(p, "compute", (dy ? 3 : 2) * (uint64_t)n);
    /* Once even for nothing, so that the library checks the arguments. */
    do {
        m = device_piece(n, done);
        good = good && device_upload(d, mem_x, x, done, m, p, f) &&
               (!dy || device_upload(d, mem_dy, dy, done, m, p, f)) &&
               call_scalar(d, op, x->dtype, scalar, m, mem_x, mem_dy, f) &&
               device_download(d, dy ? mem_dy : mem_x, result, done, m, p, f);
        done += m;
    } while (good && done < n);
    device_release(mem_x);
    device_release(mem_dy);
    return good;
}

static bool call_prelu(device *d, const prelu_pass *pass, const prelu_arrays *m,
                       failure *f)
{
    const clrelu_buffer x = {m->x, 0}, alpha = {m->alpha, 0}, dy = {m->dy, 0},
                        dalpha = {m->dalpha, 0}, none = {NULL, 0};
    const clrelu_dtype dtype = pass->x->dtype;
    const clrelu_status status =
        pass->dy
            ? clrelu_prelu_backward(d->context, d->queue, dtype, &pass->shape,
                                    0, x, alpha, dy, dy, dalpha, none, 0, NULL,
                                    NULL)
            : clrelu_prelu_forward(d->context, d->queue, dtype, &pass->shape, x,
                                   alpha, x, 0, NULL, NULL);

    return device_did(status, f);
}

static bool call_regularize(device *d, prelu_pass *pass, const prelu_arrays *m,
                            progress *p, failure *f)
{
    const clrelu_buffer alpha = {m->alpha, 0}, dalpha = {m->dalpha, 0};
    array value = {.count = 1, .dtype = CLRELU_FLOAT32, .data = &pass->penalty};
    cl_mem mem = NULL;
    bool good = device_create(d, value.dtype, 1, &mem, f);
    const clrelu_buffer penalty = {mem, 0};

    if (good && clrelu_regularize(d->context, d->queue, CLRELU_FLOAT32,
                                  pass->regularizer, pass->alpha->count, alpha,
                                  penalty, dalpha, 0, NULL, NULL))
        good = fail_library(f);
    good = good && device_download(d, mem, &value, 0, 1, p, f);
    device_release(mem);
    return good;
}

static bool call_update(device *d, const prelu_pass *pass,
                        const prelu_arrays *m, failure *f)
{
    const clrelu_buffer alpha = {m->alpha, 0}, dalpha = {m->dalpha, 0},
                        none = {NULL, 0};
    const array *a = pass->alpha;

    return (!clrelu_descend(d->context, d->queue, CLRELU_FLOAT32,
                            pass->learning_rate, 0, a->count, alpha, dalpha,
                            none, 0, NULL, NULL) &&
            !clrelu_constrain(d->context, d->queue, CLRELU_FLOAT32,
                              pass->constraint, a->rank, a->dims, alpha, 0,
                              NULL, NULL)) ||
           fail_library(f);
}

static bool send(device *d, const prelu_pass *pass, prelu_arrays *m,
                 progress *p, failure *f)
{
    const array *x = pass->x, *alpha = pass->alpha, *dy = pass->dy;
    const bool dalpha = pass->dalpha || pass->update;

    return device_create(d, x->dtype, x->count, &m->x, f) &&
           device_create(d, alpha->dtype, alpha->count, &m->alpha, f) &&
           (!dy || device_create(d, dy->dtype, dy->count, &m->dy, f)) &&
           (!dalpha ||
            device_create(d, alpha->dtype, alpha->count, &m->dalpha, f)) &&
           device_upload(d, m->x, x, 0, x->count, p, f) &&
           device_upload(d, m->alpha, alpha, 0, alpha->count, p, f) &&
           (!dy || device_upload(d, m->dy, dy, 0, dy->count, p, f));
}

/* The update comes last, as it leaves dalpha 0. */
static bool fetch(device *d, const prelu_pass *pass, const prelu_arrays *m,
                  progress *p, failure *f)
{
    const size_t n = pass->x->count, alphas = pass->alpha->count;
    const bool good = pass->dy ? device_download(d, m->dy, pass->dy, 0, n, p, f)
                               : device_download(d, m->x, pass->x, 0, n, p, f);

    return good &&
           (!pass->dalpha ||
            device_download(d, m->dalpha, pass->dalpha, 0, alphas, p, f)) &&
           (!pass->update ||
            (call_update(d, pass, m, f) &&
             device_download(d, m->alpha, pass->alpha, 0, alphas, p, f)));
}

bool compute_prelu(device *d, prelu_pass *pass, progress *p, failure *f)
{
    prelu_arrays m = {0};

    progress_phase(p, "compute",
                   (pass->dy ? 3 : 2) * (uint64_t)pass->x->count +
                       3 * (uint64_t)pass->alpha->count);
    const bool good =
        send(d, pass, &m, p, f) && call_prelu(d, pass, &m, f) &&
        (!pass->regularizer || call_regularize(d, pass, &m, p, f)) &&
        fetch(d, pass, &m, p, f);
    device_release(m.x);
    device_release(m.alpha);
    device_release(m.dy);
    device_release(m.dalpha);
    return good;
}
