/* test_threads.c - threads that share a context, each with its own queue
 * SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <string.h>

#include "cases.h"
#include "device.h"
#include "reference.h"
#include "tap.h"
#include "values.h"

/* One thread's work: every operation, in its own order, on its own queue. */
struct worker {
    pthread_t thread;
    const struct device *shared;
    size_t index;
    bool good;
};

static bool work_once(const struct device *d, const struct case_scalar *c,
                      uint64_t seed)
{
    enum { N = 3000 };
    float x[N], dy[N];
    bool good;

    fill_x(c->scalar, seed, N, x);
    fill_dy(seed, N, dy);
    struct array dev_x = array_make(d, 1, N, x);
    struct array dev_dy = array_make(d, 3, N, dy);
    struct array out = array_make(d, 0, N, NULL);
    good =
        !clrelu_backward(d->context, d->queue, c->op, CLRELU_FLOAT32, c->scalar,
                         0, N, array_buffer(&dev_x), array_buffer(&dev_dy),
                         array_buffer(&out), 0, NULL, NULL);
    const float *dx = array_fetch(d, &out);
    for (size_t i = 0; i < N && good; i++)
        good = check_dx(c->op, c->scalar, i, x[i], dy[i], NULL, dx[i]);
    good &= array_guarded(&out);
    array_free(&dev_x);
    array_free(&dev_dy);
    array_free(&out);
    return good;
}

static void *work(void *argument)
{
    struct worker *w = argument;
    struct device d = *w->shared;
    char text[64];
    const size_t bad_rank = CLRELU_MAX_RANK + 1 + w->index;
    const clrelu_shape bad = reference_shape(bad_rank, NULL, 0, NULL);

    snprintf(text, sizeof(text), "%zu", bad_rank);
    w->good = clrelu_prelu_alpha_dims(&bad, NULL, NULL) == CLRELU_INVALID_RANK;
    d.queue = device_queue(&d, 0);
    for (size_t i = 0; i < 40; i++) {
        const size_t c = (i + 5 * w->index) % COUNT_OF(case_scalars);
        w->good &= work_once(&d, &case_scalars[c], i);
    }
    w->good &= strstr(clrelu_error(), text) != NULL;
    clReleaseCommandQueue(d.queue);
    return NULL;
}

/* The context is new, so that the threads compile at once as well. */
static void test_threads(void)
{
    struct worker workers[4];
    struct device shared;

    device_open(&shared);
    if (device_named(&shared, "Oclgrind", "")) {
        skip("Oclgrind aborts when two threads run kernels", "threads");
        device_close(&shared);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(workers); i++) {
        workers[i] = (struct worker){.shared = &shared, .index = i};
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
            bail("pthread_create failed");
    }
    for (size_t i = 0; i < COUNT_OF(workers); i++) {
        pthread_join(workers[i].thread, NULL);
        ok(workers[i].good, "thread %zu: results, and an error text of its own",
           i);
    }
    device_close(&shared);
}

int main(void)
{
    device_need();
    for (int round = 0; round < 3; round++)
        test_threads();
    return done_testing();
}
