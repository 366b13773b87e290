/* array.c - arrays on a device with guards around them, and calls on them
 * SPDX-License-Identifier: MIT */
#include "array.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "values.h"

#define GUARD_BITS 0x7fe5a5a5u
#define UNSET_BITS 0x7fd0d0d0u

static void fill(float *values, size_t count, uint32_t bits)
{
    for (size_t i = 0; i < count; i++)
        memcpy(&values[i], &bits, sizeof(bits));
}

struct array array_make(const struct device *d, size_t offset, size_t n,
                        const float *values)
{
    const size_t count = offset + n + GUARD;
    struct array a = {NULL, offset, n, must_alloc(count * sizeof(float)),
                      must_alloc(count * sizeof(float))};

    fill(a.sent, count, GUARD_BITS);
    if (values && n)
        memcpy(a.sent + offset, values, n * sizeof(float));
    else
        fill(a.sent + offset, n, UNSET_BITS);
    a.mem = device_buffer(d, count * sizeof(float), a.sent);
    return a;
}

void array_free(struct array *a)
{
    if (a->mem)
        clReleaseMemObject(a->mem);
    free(a->sent);
    free(a->got);
    memset(a, 0, sizeof(*a));
}

void arrays_free_all(struct array *const *arrays)
{
    for (; *arrays; arrays++)
        array_free(*arrays);
}

clrelu_buffer array_buffer(const struct array *a)
{
    return clrelu_at(a->mem, a->offset);
}

static size_t bytes_of(const struct array *a)
{
    return (a->offset + a->n + GUARD) * sizeof(float);
}

const float *array_fetch(const struct device *d, struct array *a)
{
    device_must(clFinish(d->queue), "clFinish");
    device_read(d, a->mem, 0, bytes_of(a), a->got);
    return a->got + a->offset;
}

void array_reset(const struct device *d, const struct array *a)
{
    device_write(d, a->mem, 0, bytes_of(a), a->sent);
}

bool array_untouched(const struct array *a)
{
    return memcmp(a->sent, a->got, bytes_of(a)) == 0;
}

bool array_guarded(const struct array *a)
{
    const size_t end = a->offset + a->n;

    return memcmp(a->sent, a->got, a->offset * sizeof(float)) == 0 &&
           memcmp(a->sent + end, a->got + end, GUARD * sizeof(float)) == 0;
}

bool is_unset(float v)
{
    uint32_t bits;

    memcpy(&bits, &v, sizeof(bits));
    return bits == UNSET_BITS;
}

static clrelu_buffer buffer_or_none(const struct array *a)
{
    return a ? array_buffer(a) : (clrelu_buffer){0};
}

static clrelu_elementwise elementwise(clrelu_op op, double scalar,
                                      const struct array *x)
{
    return (clrelu_elementwise){.op = op,
                                .dtype = CLRELU_FLOAT32,
                                .scalar = scalar,
                                .n = x->n,
                                .x = array_buffer(x)};
}

clrelu_status array_forward(const struct device *d, clrelu_op op, double scalar,
                            const struct array *x, const struct array *y)
{
    clrelu_elementwise call = elementwise(op, scalar, x);

    call.y = array_buffer(y);
    return clrelu_forward(d->context, &d->exec, &call);
}

clrelu_status array_backward(const struct device *d, clrelu_op op,
                             double scalar, unsigned flags,
                             const struct array *x, const struct array *dy,
                             const struct array *dx)
{
    clrelu_elementwise call = elementwise(op, scalar, x);

    call.flags = flags;
    call.dy = array_buffer(dy);
    call.dx = array_buffer(dx);
    return clrelu_backward(d->context, &d->exec, &call);
}

bool array_computes(const struct device *d, clrelu_op op)
{
    const float values[] = {-2, -0.5f, 0, 3};
    struct array x = array_make(d, 0, COUNT_OF(values), values);
    struct array y = array_make(d, 0, COUNT_OF(values), NULL);
    bool good = !array_forward(d, op, 0.5, &x, &y);

    if (!good)
        diag("%s", clrelu_error());
    const float *got = array_fetch(d, &y);
    for (size_t i = 0; i < COUNT_OF(values) && good; i++)
        good = check_y(op, 0.5, i, values[i], got[i]);
    arrays_free(&x, &y);
    return good;
}

clrelu_status array_prelu_forward(const struct device *d,
                                  const clrelu_shape *shape,
                                  const struct array *x,
                                  const struct array *alpha,
                                  const struct array *y)
{
    const clrelu_prelu call = {.dtype = CLRELU_FLOAT32,
                               .shape = shape,
                               .x = array_buffer(x),
                               .alpha = array_buffer(alpha),
                               .y = array_buffer(y)};

    return clrelu_prelu_forward(d->context, &d->exec, &call);
}

clrelu_status array_prelu_backward(
    const struct device *d, const clrelu_shape *shape, unsigned flags,
    const struct array *x, const struct array *alpha, const struct array *dy,
    const struct array *dx, const struct array *dalpha)
{
    const clrelu_prelu call = {.dtype = CLRELU_FLOAT32,
                               .flags = flags,
                               .shape = shape,
                               .x = array_buffer(x),
                               .alpha = buffer_or_none(alpha),
                               .dy = array_buffer(dy),
                               .dx = buffer_or_none(dx),
                               .dalpha = buffer_or_none(dalpha)};

    return clrelu_prelu_backward(d->context, &d->exec, &call);
}

clrelu_prelu prelu_of(const clrelu_elementwise *e, clrelu_prelu p)
{
    p.dtype = e->dtype;
    p.flags = e->flags;
    p.x = e->x;
    p.y = e->y;
    p.dy = e->dy;
    p.dx = e->dx;
    p.mask = e->mask;
    p.strides = e->strides;
    return p;
}

clrelu_status call_op(const struct device *d, bool backward,
                      const clrelu_elementwise *e, clrelu_prelu p)
{
    if (e->op != CLRELU_PRELU)
        return (backward ? clrelu_backward : clrelu_forward)(d->context,
                                                             &d->exec, e);
    p = prelu_of(e, p);
    return (backward ? clrelu_prelu_backward
                     : clrelu_prelu_forward)(d->context, &d->exec, &p);
}

static clrelu_parameter parameter(size_t rank, const size_t *dims,
                                  const struct array *a,
                                  const struct array *gradient)
{
    return (clrelu_parameter){.rank = rank,
                              .dims = dims,
                              .values = array_buffer(a),
                              .gradient = buffer_or_none(gradient)};
}

clrelu_status array_initialize(const struct device *d, const char *spec,
                               uint64_t seed, size_t rank, const size_t *dims,
                               const struct array *a)
{
    const clrelu_parameter p = parameter(rank, dims, a, NULL);

    return clrelu_initialize(d->context, &d->exec, spec, seed, &p);
}

clrelu_status array_penalty(const struct device *d, const char *spec,
                            size_t rank, const size_t *dims,
                            const struct array *a, const struct array *gradient,
                            const struct array *penalty)
{
    const clrelu_parameter p = parameter(rank, dims, a, gradient);

    return clrelu_penalty(d->context, &d->exec, spec, &p,
                          buffer_or_none(penalty));
}

clrelu_status array_constrain(const struct device *d, const char *spec,
                              size_t rank, const size_t *dims,
                              const struct array *a)
{
    const clrelu_parameter p = parameter(rank, dims, a, NULL);

    return clrelu_constrain(d->context, &d->exec, spec, &p);
}

clrelu_status array_sgd_step(const struct device *d, double rate,
                             double momentum, const struct array *a,
                             const struct array *gradient,
                             const struct array *velocity)
{
    clrelu_parameter p = parameter(1, &a->n, a, gradient);

    p.velocity = buffer_or_none(velocity);
    return clrelu_sgd_step(d->context, &d->exec, rate, momentum, &p);
}
