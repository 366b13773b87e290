/* scaling.c - a batch in shards on one device and on several, compared with a
 * model SPDX-License-Identifier: MIT
 *
 * T = L + (k - 1)*l + b*n/B + S*C/R for the backward pass of n elements in S
 * shards of C alphas, k of them on the busiest device.  L, l and R are measured
 * where they are all there is, B in turn with each batch on the largest n; b is
 * 12 bytes.
 * docs/scaling.md says what it is for. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "modes.h"
#include "problem.h"
#include "samples.h"

enum { RUNS = 15, MAX_DEVICES = 16, MAX_SHARDS = 64, MAX_ALPHAS = 4096 };
enum { LARGEST = 25 }; /* log2 of the elements that B is measured with        */

typedef struct setup {
    size_t devices, shards, n, alphas;
} setup;

/* A device with its part of the batch, run by a thread of its own. */
typedef struct worker {
    harness h;
    clrelu_prelu call; /* of the first shard; dalpha has all partials */
    size_t index;
    pthread_t thread;
    struct group *group;
} worker;

typedef struct group {
    worker workers[MAX_DEVICES];
    size_t count;
    setup now;
    bool done;
    pthread_barrier_t start, end;
    float rows[2 * MAX_SHARDS * MAX_ALPHAS], dalpha[MAX_ALPHAS];
} group;

/* The parameters of the model, in seconds and alphas a second. */
typedef struct model {
    double launch[MAX_DEVICES + 1], shard, sum;
    cl_ulong cache; /* bytes; 0 for a GPU                                     */
} model;

/* Every shard of this worker's, and their partials to the host. */
static void run_shards(worker *w, const setup *s)
{
    const size_t rows = s->n / s->shards / s->alphas;
    const size_t dims[] = {rows, s->alphas};
    const clrelu_shape shape = {.rank = 2, .dims = dims};
    const clrelu_exec exec = {.queue = w->h.queue};
    const size_t pair = 2 * s->alphas;
    clrelu_prelu call = w->call;
    size_t mine = 0;

    call.shape = &shape;

    for (size_t i = w->index; i < s->shards; i += s->devices, mine++) {
        const size_t at = mine * rows * s->alphas;
        call.x.offset = call.dy.offset = call.dx.offset = at;
        call.dalpha.offset = mine * pair;
        must(clrelu_prelu_backward_partial(w->h.library, &exec, &call));
        must_cl(clEnqueueReadBuffer(w->h.queue, call.dalpha.mem, CL_FALSE,
                                    mine * pair * sizeof(float),
                                    pair * sizeof(float),
                                    w->group->rows + i * pair, 0, NULL, NULL),
                "clEnqueueReadBuffer");
    }
    must_cl(clFinish(w->h.queue), "clFinish");
}

static void *serve(void *data)
{
    worker *w = data;

    for (;;) {
        pthread_barrier_wait(&w->group->start);
        if (w->group->done)
            return NULL;
        if (w->index < w->group->now.devices)
            run_shards(w, &w->group->now);
        pthread_barrier_wait(&w->group->end);
    }
}

/* The time of a batch, from its start to dalpha. */
static double run_batch(group *t, setup s)
{
    const double start = now();

    t->now = s;
    pthread_barrier_wait(&t->start);
    pthread_barrier_wait(&t->end);
    must(clrelu_sum_partials_host(CLRELU_FLOAT32, 2 * s.shards, s.alphas,
                                  t->rows, t->dalpha));
    return now() - start;
}

static double measure_batch(group *t, setup s)
{
    double seconds[RUNS];

    for (int i = -2; i < RUNS; i++) {
        const double one = run_batch(t, s);
        if (i >= 0)
            seconds[i] = one;
    }
    return median(seconds, RUNS);
}

/* The same, with the batch that B comes from in turn: what the memory has left
 * for us changes from second to second. */
static double measure_together(group *t, setup s, double launch,
                               double *bandwidth)
{
    const size_t max = (size_t)1 << LARGEST;
    const setup large = {s.devices, s.devices, max, 64};
    double seconds[RUNS], reference[RUNS];

    run_batch(t, s);
    for (int i = 0; i < RUNS; i++) {
        reference[i] = run_batch(t, large);
        run_batch(t, s);
        seconds[i] = run_batch(t, s);
    }
    *bandwidth = 12.0 * (double)max / (median(reference, RUNS) - launch);
    return median(seconds, RUNS);
}

static double measure_sum(group *t)
{
    const size_t rows = 2 * (size_t)MAX_SHARDS;
    const double start = now();

    for (int i = 0; i < RUNS; i++)
        must(clrelu_sum_partials_host(CLRELU_FLOAT32, rows, MAX_ALPHAS, t->rows,
                                      t->dalpha));
    return (double)(RUNS * MAX_SHARDS * MAX_ALPHAS) / (now() - start);
}

/* A shard that fits a CPU's cache is stored through it, and each line of
 * dx read first. */
static double element_bytes(const model *m, setup s)
{
    return 12 * (s.n / s.shards) > m->cache ? 12 : 16;
}

static double predict(const model *m, setup s, double bandwidth)
{
    const size_t busiest = (s.shards + s.devices - 1) / s.devices;

    return m->launch[s.devices] + (double)(busiest - 1) * m->shard +
           element_bytes(m, s) * (double)s.n / bandwidth +
           (double)(s.shards * s.alphas) / m->sum;
}

static void fit(group *t, model *m)
{
    const size_t min = 1024;

    m->sum = measure_sum(t);
    for (size_t d = 1; d <= t->count; d++) {
        m->launch[d] = measure_batch(t, (setup){d, d, d * min, 16});
        printf("%zu of %zu devices: L = %.1f us\n", d, t->count,
               1e6 * m->launch[d]);
    }
    m->shard =
        (measure_batch(t, (setup){1, 8, 8 * min, 16}) - m->launch[1]) / 7;
    printf("l = %.1f us, R = %.2f*10^9 alphas a second\n\n", 1e6 * m->shard,
           1e-9 * m->sum);
}

static void compare_one(group *t, const model *m, setup s)
{
    double bandwidth;
    const double is = measure_together(t, s, m->launch[s.devices], &bandwidth);
    const double says = predict(m, s, bandwidth);

    printf("%8zu %7zu %7zu %7zu %8.1f %12.1f %12.1f %8.2f\n", s.n, s.devices,
           s.shards, s.alphas, 1e-9 * bandwidth, 1e6 * is, 1e6 * says,
           says / is);
}

static void compare_model(group *t, const model *m)
{
    static const size_t shards[] = {1, 2, 8}, alphas[] = {64, 4096};

    printf("%8s %7s %7s %7s %8s %12s %12s %8s\n", "n", "devices", "shards",
           "alphas", "B GB/s", "measured us", "model us", "ratio");
    for (unsigned log2_n = 22; log2_n < LARGEST; log2_n++)
        for (size_t i = 0; i < COUNT_OF(shards); i++)
            for (size_t d = 1; d <= t->count && d <= shards[i]; d++)
                for (size_t j = 0; j < COUNT_OF(alphas); j++)
                    compare_one(
                        t, m,
                        (setup){d, shards[i], (size_t)1 << log2_n, alphas[j]});
}

static cl_mem buffer(const harness *h, size_t n, const float *values)
{
    return must_have(harness_buffer(h, n, values));
}

static void open_worker(group *t, size_t index, cl_device_id device)
{
    const size_t n = (size_t)1 << LARGEST;
    const clrelu_context_params params = {.device = device};
    worker *w = &t->workers[index];
    float *values = must_have(new_floats(n));
    cl_int error;

    *w = (worker){.index = index, .group = t};
    must(clrelu_context_create(&params, &w->h.library));
    w->h.cl = clrelu_context_cl_context(w->h.library);
    w->h.queue = clCreateCommandQueue(w->h.cl, device, 0, &error);
    must_cl(error, "clCreateCommandQueue");
    for (size_t i = 0; i < n; i++)
        values[i] = (float)(i * 2654435761u % 2048) * 0x1p-10f - 1.0f;
    w->call.dtype = CLRELU_FLOAT32;
    w->call.x.mem = buffer(&w->h, n, values);
    w->call.dy.mem = buffer(&w->h, n, values);
    w->call.dx.mem = buffer(&w->h, n, values);
    w->call.alpha.mem = buffer(&w->h, MAX_ALPHAS, values + 1024);
    w->call.dalpha.mem = buffer(&w->h, 2 * MAX_SHARDS * MAX_ALPHAS, NULL);
    w->call.workspace.mem = buffer(&w->h, (size_t)1 << 21, NULL);
    free(values);
    if (pthread_create(&w->thread, NULL, serve, w))
        die("no thread for device %zu", index);
}

static void close_group(group *t)
{
    t->done = true;
    pthread_barrier_wait(&t->start);
    for (size_t i = 0; i < t->count; i++) {
        worker *w = &t->workers[i];
        clrelu_prelu *const c = &w->call;
        clrelu_buffer *const all[] = {&c->x,     &c->dy,     &c->dx,
                                      &c->alpha, &c->dalpha, &c->workspace};
        pthread_join(w->thread, NULL);
        for (size_t k = 0; k < COUNT_OF(all); k++)
            harness_release(&all[k]->mem);
        clReleaseCommandQueue(w->h.queue);
        clrelu_context_destroy(&w->h.library);
    }
    pthread_barrier_destroy(&t->start);
    pthread_barrier_destroy(&t->end);
    free(t);
}

/* The device's compute units as devices of their own, else the device. */
static size_t cut_device(const harness *h, cl_device_id *devices)
{
    const cl_device_partition_property by_unit[] = {CL_DEVICE_PARTITION_EQUALLY,
                                                    1, 0};
    cl_uint count = 0;

    if (h->cores > 1 && h->cores <= MAX_DEVICES &&
        !clCreateSubDevices(h->device, by_unit, MAX_DEVICES, devices, &count))
        return count;
    devices[0] = h->device;
    return 1;
}

bool scaling_run(const options *o)
{
    cl_device_id devices[MAX_DEVICES];
    group *t = must_have(calloc(1, sizeof(*t)));
    model m = {.cache = 0};
    harness h;

    harness_open(&h, o->device);
    if (h.is_cpu)
        must_cl(clGetDeviceInfo(h.device, CL_DEVICE_GLOBAL_MEM_CACHE_SIZE,
                                sizeof(m.cache), &m.cache, NULL),
                "clGetDeviceInfo");
    t->count = cut_device(&h, devices);
    if (pthread_barrier_init(&t->start, NULL, (unsigned)t->count + 1) ||
        pthread_barrier_init(&t->end, NULL, (unsigned)t->count + 1))
        die("no barrier for %zu threads", t->count);
    for (size_t i = 0; i < t->count; i++)
        open_worker(t, i, devices[i]);
    printf("%s\n", h.name);
    fit(t, &m);
    compare_model(t, &m);
    close_group(t);
    harness_close(&h);
    return true;
}
