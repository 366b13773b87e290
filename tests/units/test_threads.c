/* test_threads.c - threads that share a context, each with its own queue
 * SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <string.h>

#include "array.h"
#include "cases.h"
#include "reference.h"
#include "tap.h"
#include "values.h"

enum { THREADS = 8, ROUNDS = 3, CALLS = 20 };

/* One thread's work: every operation, in its own order, on its own queue. */
struct worker {
    pthread_t thread;
    const struct device *shared;
    size_t index;
    bool good;
};

/* y of every other row of x, on rows of the same places. */
static bool rows_once(const struct device *d, const struct case_scalar *c,
                      const float *x, const struct array *dev_x,
                      struct array *out)
{
    const size_t dims[] = {15, 100};
    const int64_t gaps[] = {200, 1};
    const clrelu_strides s = {.rank = 2, .dims = dims, .x = gaps, .y = gaps};
    bool good = !clrelu_forward(d->context, &d->exec,
                                &(clrelu_elementwise){.op = c->op,
                                                      .dtype = CLRELU_FLOAT32,
                                                      .scalar = c->scalar,
                                                      .n = 1500,
                                                      .x = array_buffer(dev_x),
                                                      .y = array_buffer(out),
                                                      .strides = &s});
    const float *y = array_fetch(d, out);

    for (size_t i = 0; i < 3000 && good; i++)
        good = i / 100 % 2 || check_y(c->op, c->scalar, i, x[i], y[i]);
    return good;
}

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
    good = !array_backward(d, c->op, c->scalar, 0, &dev_x, &dev_dy, &out);
    const float *dx = array_fetch(d, &out);
    for (size_t i = 0; i < N && good; i++)
        good = check_dx(c->op, c->scalar, i, x[i], dy[i], NULL, dx[i]);
    good &= array_guarded(&out);
    if (c->op == CLRELU_LEAKY_RELU)
        good = good && rows_once(d, c, x, &dev_x, &out);
    arrays_free(&dev_x, &dev_dy, &out);
    return good;
}

/* A layer of its own, from its first values to its end: what one thread
 * compiles is another's. */
static bool layer_once(const struct device *d, size_t seed)
{
    enum { ROWS = 40, COLUMNS = 16, N = ROWS * COLUMNS };
    static const char *const configs[] = {
        "PReLU(input_shape=[0,16],alpha_initializer=he_normal(seed=3))",
        "PReLU(input_shape=[0,16],alpha_initializer=ones,"
        "alpha_regularizer=l2(0.5),alpha_constraint=non_neg)",
        "PReLU(input_shape=[0,16],alpha_initializer=ones,"
        "alpha_constraint=max_norm(1))",
    };
    const size_t dims[] = {ROWS, COLUMNS};
    clrelu_prelu_layer *layer;
    float x[N], alpha[COLUMNS];
    bool good;

    for (size_t i = 0; i < N; i++)
        x[i] = i < COLUMNS ? -1.0f : 1.0f;
    struct array dev_x = array_make(d, 0, N, x);
    struct array dx = array_make(d, 0, N, NULL);
    good =
        !clrelu_prelu_layer_create_from_config(d->context, &d->exec,
                                               configs[seed % 3], &layer) &&
        !clrelu_prelu_layer_backward(
            layer, &d->exec,
            &(clrelu_prelu){.dtype = CLRELU_FLOAT32,
                            .shape = &(clrelu_shape){.rank = 2, .dims = dims},
                            .x = array_buffer(&dev_x),
                            .dy = array_buffer(&dev_x),
                            .dx = array_buffer(&dx)}) &&
        !clrelu_prelu_layer_read_alpha(layer, &d->exec, COLUMNS, alpha);
    const float *got = array_fetch(d, &dx);
    for (size_t i = 0; i < N && good; i++)
        good = got[i] == (x[i] < 0 ? x[i] * alpha[i % COLUMNS] : x[i]);
    /* dalpha is x*dy = 1 for each, and comes off alpha; then l2's part. */
    good = good && !clrelu_prelu_layer_update(layer, &d->exec, 0.25, 0.0);
    const float was = good ? alpha[0] : 0.0f;
    good =
        good && !clrelu_prelu_layer_read_alpha(layer, &d->exec, COLUMNS, alpha);
    if (seed % 3 == 0)
        good = good && alpha[0] == was - 0.25f;
    else
        good = good && alpha[0] < was && alpha[0] > 0.0f;
    clrelu_prelu_layer_destroy(&layer);
    arrays_free(&dev_x, &dx);
    return good;
}

/* A context of its own in addition to the shared one. */
static bool context_once(const struct device *d)
{
    const clrelu_context_params params = {.queue = d->queue};
    struct device own = *d;
    bool good = !clrelu_context_create(&params, &own.context);

    good = good && work_once(&own, &case_scalars[0], 1);
    clrelu_context_destroy(&own.context);
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
    w->good =
        clrelu_prelu_alpha_dims(&bad, NULL, NULL, NULL) == CLRELU_INVALID_RANK;
    device_use(&d, device_queue(&d, 0));
    for (size_t i = 0; i < CALLS; i++) {
        const size_t c = (i + 5 * w->index) % COUNT_OF(case_scalars);
        w->good &= work_once(&d, &case_scalars[c], i);
        w->good &= layer_once(&d, i + w->index);
        if (i % 8 == w->index)
            w->good &= context_once(&d);
    }
    w->good &= strstr(clrelu_error(), text) != NULL;
    clReleaseCommandQueue(d.queue);
    return NULL;
}

/* The context is new, so that the threads compile at once as well. */
static void test_threads(void)
{
    struct worker workers[THREADS];
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
    for (int round = 0; round < ROUNDS; round++)
        test_threads();
    return done_testing();
}
