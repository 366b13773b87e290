/* output_exhaustive.c - backward from y and from a mask, for all x of 32 and of
 * 16 bits
 * SPDX-License-Identifier: MIT
 *
 * output_exhaustive [FIRST END [STEP]]: the chunks of 2^24 float32 to look at,
 * of 256, every STEP-th of them.
 *
 * Minutes on two cores, and so not among the tests that ./check runs:
 *     meson test -C build --setup long output_exhaustive */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "tap.h"
#include "typed.h"

enum { CHUNK = 1 << 24, CHUNKS = 256, THREADS = 2 };

struct work {
    clrelu_op op;
    double alpha;
    float dy;
    double worst; /* of the bound, 1 being all of it; infinite: other bits */
    double worst_x;
};

/* A thread's part of the elements. */
struct part {
    pthread_t thread;
    const struct work *work;
    clrelu_dtype dtype;
    const void *x, *y, *from_x, *from_y;
    double dy;
    size_t begin, end;
    double worst, worst_x;
};

/* The bits of from x, where the header promises them. */
static double bits_error(const struct part *p, size_t i)
{
    const size_t size = clrelu_dtype_size(p->dtype);
    const char *want = (const char *)p->from_x + i * size;
    const char *got = (const char *)p->from_y + i * size;

    return memcmp(want, got, size) == 0 ? 0 : INFINITY;
}

static double find_error(const struct part *p, size_t i)
{
    const struct work *w = p->work;
    const double x = typed_value(p->dtype, p->x, i);
    const double got = typed_value(p->dtype, p->from_y, i);

    if (w->op == CLRELU_ELU) {
        const struct output_elu e = {p->dtype, w->alpha, x, p->dy,
                                     typed_value(p->dtype, p->y, i)};
        return output_elu_error(&e, got);
    }
    if (output_seen_x(w->op, w->alpha, (float)x) == (float)x || isnan(x))
        return bits_error(p, i);
    /* A number next to it, or next to 0. */
    const double want = x == 0 ? (double)(float)w->alpha * p->dy : p->dy;
    const double tiny = p->dtype == CLRELU_FLOAT16 ? 0x1p-24 : 0x1p-133;
    return fabs(got - want) <= fabs(want) / 256 + tiny ? 0 : INFINITY;
}

static void *compare(void *argument)
{
    struct part *p = argument;

    for (size_t i = p->begin; i < p->end; i++) {
        const double error = find_error(p, i);
        if (error > p->worst) {
            p->worst = error;
            p->worst_x = typed_value(p->dtype, p->x, i);
        }
    }
    return NULL;
}

static void compare_all(struct part model, size_t n, struct work *w)
{
    struct part parts[THREADS];

    if (w->op != CLRELU_ELU && memcmp(model.from_x, model.from_y,
                                      n * clrelu_dtype_size(model.dtype)) == 0)
        return;
    for (size_t i = 0; i < THREADS; i++) {
        parts[i] = model;
        parts[i].begin = n / THREADS * i;
        parts[i].end = n / THREADS * (i + 1);
        if (pthread_create(&parts[i].thread, NULL, compare, &parts[i]))
            bail("no thread");
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(parts[i].thread, NULL);
        if (parts[i].worst > w->worst) {
            w->worst = parts[i].worst;
            w->worst_x = parts[i].worst_x;
        }
    }
}

/* The arrays of a call. */
struct arrays {
    struct typed x, y, dy, from_x, other;
    cl_mem mask;
};

static struct arrays make_arrays(const struct device *d, clrelu_dtype dtype,
                                 size_t n, const void *x, float dy)
{
    const size_t size = clrelu_dtype_size(dtype);
    float *dys = must_alloc(n * sizeof(*dys));

    for (size_t i = 0; i < n; i++)
        dys[i] = dy;
    void *values = typed_convert(dtype, n, dys);
    const struct arrays a = {
        typed_make(d, size, 0, n, x),      typed_make(d, size, 0, n, NULL),
        typed_make(d, size, 0, n, values), typed_make(d, size, 0, n, NULL),
        typed_make(d, size, 0, n, NULL),   device_buffer(d, n / 8, NULL)};
    free(values);
    free(dys);
    return a;
}

static void free_arrays(struct arrays *a)
{
    typed_free(&a->x);
    typed_free(&a->y);
    typed_free(&a->dy);
    typed_free(&a->from_x);
    typed_free(&a->other);
    clReleaseMemObject(a->mask);
}

/* y and dx of calls with a mask have the bits of those without. */
static void test_mask(const struct device *d, clrelu_elementwise e,
                      struct arrays *a, struct work *w)
{
    e.mask = clrelu_at(a->mask, 0);
    e.y = e.dx = typed_buffer(&a->other);
    must_succeed(clrelu_forward(d->context, &d->exec, &e));
    bool same = typed_same(e.dtype, e.n, typed_fetch(d, &a->other),
                           typed_fetch(d, &a->y));
    e.x = (clrelu_buffer){0};
    must_succeed(clrelu_backward(d->context, &d->exec, &e));
    same = same && typed_same(e.dtype, e.n, typed_fetch(d, &a->other),
                              typed_fetch(d, &a->from_x));
    if (!same)
        w->worst = INFINITY;
}

static void test_work(const struct device *d, clrelu_dtype dtype, size_t n,
                      const void *values, struct work *w)
{
    struct arrays a = make_arrays(d, dtype, n, values, w->dy);
    clrelu_elementwise e = {.op = w->op,
                            .dtype = dtype,
                            .scalar = w->alpha,
                            .n = n,
                            .x = typed_buffer(&a.x),
                            .y = typed_buffer(&a.y),
                            .dy = typed_buffer(&a.dy),
                            .dx = typed_buffer(&a.from_x)};

    must_succeed(clrelu_forward(d->context, &d->exec, &e));
    must_succeed(clrelu_backward(d->context, &d->exec, &e));
    struct part model = {.work = w,
                         .dtype = dtype,
                         .x = values,
                         .y = typed_fetch(d, &a.y),
                         .from_x = typed_fetch(d, &a.from_x),
                         .dy = typed_value(dtype, a.dy.sent, 0)};
    if (w->op != CLRELU_ELU)
        test_mask(d, e, &a, w);
    e.x = (clrelu_buffer){0};
    e.flags = CLRELU_FROM_OUTPUT;
    e.dx = typed_buffer(&a.other);
    must_succeed(clrelu_backward(d->context, &d->exec, &e));
    model.from_y = typed_fetch(d, &a.other);
    compare_all(model, n, w);
    free_arrays(&a);
}

/* The last two only for 16 bits. */
enum { WORKS = 8, WORKS_32 = 6 };
static const struct work works[WORKS] = {
    {CLRELU_LEAKY_RELU, 0.3, -1.3f, 0, 0},
    {CLRELU_LEAKY_RELU, 0, 0.7f, 0, 0},
    {CLRELU_THRESHOLDED_RELU, 1, -1.3f, 0, 0},
    {CLRELU_ELU, 1, 1, 0, 0},
    {CLRELU_ELU, 0.3, -1.3f, 0, 0},
    {CLRELU_ELU, 1.9375, 0.7f, 0, 0},
    {CLRELU_LEAKY_RELU, 1e-30, 0.7f, 0, 0},
    {CLRELU_THRESHOLDED_RELU, 0, -1.3f, 0, 0}};

static void report(const struct work *w, size_t count, const char *inputs)
{
    for (size_t k = 0; k < count; k++)
        ok(w[k].worst <= 1,
           "%s, alpha or theta %g, %s: %.3f of the bound at %a",
           clrelu_op_name(w[k].op), w[k].alpha, inputs, w[k].worst,
           w[k].worst_x);
}

static void test_16_bit(const struct device *d, clrelu_dtype dtype,
                        const char *inputs)
{
    enum { N = 1 << 16 };
    uint16_t *x = must_alloc(N * sizeof(*x));
    struct work w[WORKS];

    memcpy(w, works, sizeof(w));
    for (size_t i = 0; i < N; i++)
        x[i] = (uint16_t)i;
    for (size_t k = 0; k < WORKS; k++)
        test_work(d, dtype, N, x, &w[k]);
    report(w, WORKS, inputs);
    free(x);
}

static void test_float32(const struct device *d, size_t first, size_t end,
                         size_t step)
{
    float *x = must_alloc(CHUNK * sizeof(*x));
    struct work w[WORKS];

    memcpy(w, works, sizeof(w));
    for (size_t chunk = first; chunk < end && chunk < CHUNKS; chunk += step) {
        for (size_t i = 0; i < CHUNK; i++) {
            const uint32_t bits = (uint32_t)(chunk * CHUNK + i);
            memcpy(&x[i], &bits, sizeof(bits));
        }
        for (size_t k = 0; k < WORKS_32; k++)
            test_work(d, CLRELU_FLOAT32, CHUNK, x, &w[k]);
    }
    report(w, WORKS_32, "all float32");
    free(x);
}

int main(int argc, char **argv)
{
    struct device d;

    device_open(&d);
    test_16_bit(&d, CLRELU_FLOAT16, "all float16");
    test_16_bit(&d, CLRELU_BFLOAT16, "all bfloat16");
    test_float32(&d, argc > 2 ? strtoul(argv[1], NULL, 10) : 0,
                 argc > 2 ? strtoul(argv[2], NULL, 10) : CHUNKS,
                 argc > 3 ? strtoul(argv[3], NULL, 10) : 1);
    device_close(&d);
    return done_testing();
}
