/* exhaustive.c - elu and its derivative for all 2^32 float32 inputs
 * SPDX-License-Identifier: MIT
 *
 * exhaustive [FIRST END]: the chunks of 2^24 inputs to look at, of 256.
 *
 * Minutes on two cores, and so not among the tests that ./check runs:
 *     meson test -C build --setup long exhaustive */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "random.h"
#include "tap.h"
#include "ulp.h"

enum { CHUNK = 1 << 24, CHUNKS = 256, THREADS = 2, ALPHAS = 40 };

/* Where more than one alpha is tried: -2^8 < x <= -2^-30.  For other x elu is
 * alpha*x or -alpha, rounded. */
enum { DENSE_FIRST = 128 + 48, DENSE_END = 128 + 67 };

/* Results that one bound is for. */
struct claim {
    const char *name;
    double bound, worst;
    float alpha, dy, x; /* of the worst */
};

/* What is compared: got against alpha*expm1(x), or alpha*exp(x)*dy. */
struct work {
    struct claim *claim;
    float alpha, dy;
    bool backward, dense;
};

/* A thread's part of a chunk. */
struct part {
    pthread_t thread;
    const struct work *work;
    const float *x, *got;
    double *expm1, *exp;
    size_t begin, end;
    double worst;
    float worst_x;
};

static void in_threads(struct part model, struct part parts[THREADS],
                       void *(*run)(void *part))
{
    for (size_t i = 0; i < THREADS; i++) {
        parts[i] = model;
        parts[i].begin = CHUNK / THREADS * i;
        parts[i].end = CHUNK / THREADS * (i + 1);
        if (pthread_create(&parts[i].thread, NULL, run, &parts[i]))
            bail("no thread");
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(parts[i].thread, NULL);
}

static void *find_exponentials(void *argument)
{
    const struct part *p = argument;

    for (size_t i = p->begin; i < p->end; i++) {
        const double x = (double)p->x[i];
        p->expm1[i] = x < 0 ? expm1(x) : x;
        p->exp[i] = x < 0 ? exp(x) : 1;
    }
    return NULL;
}

/* ulp_error, without calls for the many. */
static double fast_error(float got, double want)
{
    uint64_t bits;
    double scale;

    if (!(fabs(want) < 0x1p127 && fabsf(got) < INFINITY))
        return ulp_error(got, want);
    memcpy(&bits, &want, sizeof(bits));
    uint64_t exponent = bits >> 52 & 0x7ff;
    exponent = exponent < 1023 - 126 ? 1023 - 126 : exponent;
    bits = (2 * 1023 + 23 - exponent) << 52;
    memcpy(&scale, &bits, sizeof(scale));
    return fabs((double)got - want) * scale;
}

static double find_want(const struct part *p, size_t i)
{
    const double alpha = (double)p->work->alpha, dy = (double)p->work->dy;

    if (p->x[i] < 0)
        return alpha * (p->work->backward ? p->exp[i] * dy : p->expm1[i]);
    return p->work->backward ? dy : (double)p->x[i];
}

static void *compare(void *argument)
{
    struct part *p = argument;

    for (size_t i = p->begin; i < p->end; i++) {
        const double error = fast_error(p->got[i], find_want(p, i));
        /* The contract ends where 2^n needs three factors. */
        if (!(error <= p->worst) &&
            !(p->work->backward && p->work->dense && p->x[i] < -129)) {
            p->worst = error;
            p->worst_x = p->x[i];
        }
    }
    return NULL;
}

static void compare_all(const struct work *w, struct part model,
                        const float *got)
{
    struct part parts[THREADS];

    model.work = w;
    model.got = got;
    in_threads(model, parts, compare);
    for (size_t i = 0; i < THREADS; i++)
        if (!(parts[i].worst <= w->claim->worst)) {
            w->claim->worst = parts[i].worst;
            w->claim->alpha = w->alpha;
            w->claim->dy = w->dy;
            w->claim->x = parts[i].worst_x;
        }
}

static void fill(float *x, size_t chunk)
{
    for (size_t i = 0; i < CHUNK; i++) {
        const uint32_t bits = (uint32_t)(chunk * CHUNK + i);
        memcpy(&x[i], &bits, sizeof(bits));
    }
}

static clrelu_status run(const struct device *d, const struct work *w,
                         const struct array *x, const struct array *y)
{
    if (!w->backward)
        return array_forward(d, CLRELU_ELU, (double)w->alpha, x, y);
    /* dx overwrites dy. */
    device_must(clEnqueueFillBuffer(d->queue, y->mem, &w->dy, sizeof(w->dy), 0,
                                    CHUNK * sizeof(w->dy), 0, NULL, NULL),
                "clEnqueueFillBuffer");
    return array_backward(d, CLRELU_ELU, (double)w->alpha, 0, x, y, y);
}

static void test_chunk(const struct device *d, const struct work *works,
                       size_t count, struct part model, float *x, size_t chunk)
{
    struct part parts[THREADS];

    fill(x, chunk);
    model.x = x;
    in_threads(model, parts, find_exponentials);
    struct array bx = array_make(d, 0, CHUNK, x);
    struct array by = array_make(d, 0, CHUNK, NULL);
    for (size_t k = 0; k < count; k++) {
        if (works[k].dense && (chunk < DENSE_FIRST || chunk >= DENSE_END))
            continue;
        if (run(d, &works[k], &bx, &by))
            bail("%s", clrelu_error());
        compare_all(&works[k], model, array_fetch(d, &by));
    }
    arrays_free(&bx, &by);
}

/* Any finite alpha forward, and those of the contract backward, with a dy that
 * leaves room for the result. */
static size_t add_dense(struct work *works, struct claim *forward,
                        struct claim *backward)
{
    static const float edges[] = {
        0x1.fffffep127f, -0x1.fffffep127f, 0x1p-149f, -0x1.8p-148f,
        0x1p-126f,       0x1p-125f,        -1,        1.5f};
    uint64_t state = 11;
    size_t count = 0;

    for (size_t i = 0; i < ALPHAS; i++) {
        const float any = i % 2 ? random_uniform(&state, -4, 4)
                                : random_wide(&state, -140, 127);
        const float fit = i % 2 ? random_uniform(&state, -4, 4)
                                : random_wide(&state, -20, 125);
        const float dy = i % 4 < 2 ? random_uniform(&state, -4, 4)
                                   : random_wide(&state, -120, 0);
        works[count++] = (struct work){
            forward, i < COUNT_OF(edges) ? edges[i] : any, 0, false, true};
        works[count++] = (struct work){backward, fit, dy, true, true};
    }
    return count;
}

int main(int argc, char **argv)
{
    const size_t first = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;
    const size_t end = argc > 2 ? strtoul(argv[2], NULL, 10) : CHUNKS;
    struct claim claims[] = {
        {"alpha*expm1(x), alpha 1, all x", 1.0, 0, 0, 0, 0},
        {"alpha*expm1(x), all x", 1.5, 0, 0, 0, 0},
        {"exp(x), all x", 1.0, 0, 0, 0, 0},
        {"alpha*exp(x)*dy, all x", 2.0, 0, 0, 0, 0},
        {"alpha*expm1(x), dense", 1.5, 0, 0, 0, 0},
        {"alpha*exp(x)*dy, dense", 2.0, 0, 0, 0, 0}};
    struct work works[5 + 2 * ALPHAS] = {
        {&claims[0], 1, 0, false, false},
        {&claims[1], 1.9375f, 0, false, false},
        {&claims[1], -0.3f, 0, false, false},
        {&claims[2], 1, 1, true, false},
        {&claims[3], 0.7f, -1.3f, true, false}};
    const size_t count = 5 + add_dense(works + 5, &claims[4], &claims[5]);
    float *x = must_alloc(CHUNK * sizeof(*x));
    struct part model = {.expm1 = must_alloc(CHUNK * sizeof(double)),
                         .exp = must_alloc(CHUNK * sizeof(double))};
    struct device d;

    device_open(&d);
    for (size_t chunk = first; chunk < end && chunk < CHUNKS; chunk++)
        test_chunk(&d, works, count, model, x, chunk);
    for (size_t k = 0; k < COUNT_OF(claims); k++)
        ok(claims[k].worst <= claims[k].bound,
           "%s: %.3f ulp at %a, alpha %a, dy %a, at most %.1f", claims[k].name,
           claims[k].worst, (double)claims[k].x, (double)claims[k].alpha,
           (double)claims[k].dy, claims[k].bound);
    free(x);
    free(model.expm1);
    free(model.exp);
    device_close(&d);
    return done_testing();
}
