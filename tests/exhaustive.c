/* exhaustive.c - elu and its derivative for all 2^32 float32 inputs
 * SPDX-License-Identifier: MIT
 *
 * Minutes on two cores, and so not among the tests that ./check runs:
 *     meson test -C build --setup long exhaustive */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "tap.h"
#include "ulp.h"

enum { CHUNK = 1 << 24, CHUNKS = 256, THREADS = 2 };

/* What is compared: got against scalar*expm1(x), or scalar*exp(x)*dy. */
struct work {
    const float *x, *got;
    double scalar, dy;
    bool backward;
    size_t begin, end;
    double worst;
    float worst_x;
};

static void *compare(void *argument)
{
    struct work *w = argument;

    for (size_t i = w->begin; i < w->end; i++) {
        const double x = (double)w->x[i];
        double want = w->backward ? w->dy : x;
        if (x < 0)
            want =
                w->backward ? w->scalar * exp(x) * w->dy : w->scalar * expm1(x);
        const double error = ulp_error(w->got[i], want);
        if (!(error <= w->worst)) {
            w->worst = error;
            w->worst_x = w->x[i];
        }
    }
    return NULL;
}

static void compare_all(struct work *total, const float *got)
{
    struct work parts[THREADS];
    pthread_t threads[THREADS];

    for (size_t i = 0; i < THREADS; i++) {
        parts[i] = *total;
        parts[i].got = got;
        parts[i].begin = CHUNK / THREADS * i;
        parts[i].end = CHUNK / THREADS * (i + 1);
        if (pthread_create(&threads[i], NULL, compare, &parts[i]))
            bail("no thread");
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        if (!(parts[i].worst <= total->worst)) {
            total->worst = parts[i].worst;
            total->worst_x = parts[i].worst_x;
        }
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
                         const struct array *x, const struct array *dy,
                         const struct array *y)
{
    return w->backward ? clrelu_backward(d->context, d->queue, CLRELU_ELU,
                                         CLRELU_FLOAT32, w->scalar, 0, CHUNK,
                                         array_buffer(x), array_buffer(dy),
                                         array_buffer(y), 0, NULL, NULL)
                       : clrelu_forward(d->context, d->queue, CLRELU_ELU,
                                        CLRELU_FLOAT32, w->scalar, CHUNK,
                                        array_buffer(x), array_buffer(y), 0,
                                        NULL, NULL);
}

static void test_chunk(const struct device *d, struct work *works, size_t count,
                       float *x, const struct array *dy, size_t chunk)
{
    fill(x, chunk);
    struct array bx = array_make(d, 0, CHUNK, x);
    struct array by = array_make(d, 0, CHUNK, NULL);

    for (size_t k = 0; k < count; k++) {
        if (run(d, &works[k], &bx, dy, &by))
            bail("%s", clrelu_error());
        works[k].x = x;
        compare_all(&works[k], array_fetch(d, &by));
    }
    array_free(&bx);
    array_free(&by);
}

int main(void)
{
    struct work works[] = {
        {.scalar = 1},
        {.scalar = (double)1.9375f},
        {.scalar = 1, .dy = 1, .backward = true},
        {.scalar = (double)0.7f, .dy = (double)-1.3f, .backward = true}};
    static const double bounds[] = {1.0, 1.5, 1.0, 2.0};
    float *x = malloc(CHUNK * sizeof(*x));
    struct device d;

    if (!x)
        bail("no memory");
    device_open(&d);
    for (size_t i = 0; i < CHUNK; i++)
        x[i] = 1;
    struct array dy[2];
    dy[0] = array_make(&d, 0, CHUNK, x);
    for (size_t i = 0; i < CHUNK; i++)
        x[i] = -1.3f;
    dy[1] = array_make(&d, 0, CHUNK, x);
    for (size_t chunk = 0; chunk < CHUNKS; chunk++) {
        test_chunk(&d, works, 3, x, &dy[0], chunk);
        test_chunk(&d, works + 3, 1, x, &dy[1], chunk);
    }
    for (size_t k = 0; k < COUNT_OF(works); k++)
        ok(works[k].worst <= bounds[k],
           "elu%s, alpha %.9g, dy %.9g: %.3f ulp at %a, at most %.1f",
           works[k].backward ? " backward" : "", works[k].scalar, works[k].dy,
           works[k].worst, (double)works[k].worst_x, bounds[k]);
    array_free(&dy[0]);
    array_free(&dy[1]);
    free(x);
    device_close(&d);
    return done_testing();
}
