/* devices.c - one batch on several devices, without an engine
 * SPDX-License-Identifier: MIT
 *
 *     devices [MAX]
 *
 * Distributes the shards of a batch over the first MAX devices that OpenCL
 * lists or, if there is only one, over its compute units as devices.  Prints
 * the speed of elu on one device and on all: in the caches, limited by
 * arithmetic, and beyond them, limited by memory. */
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "shards.h"

enum { MAX_DEVICES = 16, SMALL = 1 << 18, LARGE = 1 << 24 };

static const double SECONDS = 0.5;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A device with its own memory and thread. */
typedef struct worker {
    pthread_t thread;
    clrelu_context *context;
    cl_command_queue queue;
    size_t n;
    cl_mem x, y;
    double rate; /* elements per second */
} worker;

static void *run_elu(void *data)
{
    worker *w = data;
    const size_t batch = w->n > SMALL ? 1 : 16;
    const clrelu_exec exec = {.queue = w->queue};
    const clrelu_elementwise call = {.op = CLRELU_ELU,
                                     .dtype = CLRELU_FLOAT32,
                                     .scalar = 1.0,
                                     .n = w->n,
                                     .x = clrelu_at(w->x, 0),
                                     .y = clrelu_at(w->y, 0)};
    const double start = now();
    size_t calls = 0;

    for (; now() - start < SECONDS; calls += batch) {
        for (size_t i = 0; i < batch; i++)
            must(clrelu_forward(w->context, &exec, &call));
        must_cl(clFinish(w->queue), "clFinish");
    }
    w->rate = (double)(calls * w->n) / (now() - start);
    return NULL;
}

static void open_worker(worker *w, clrelu_context *context, size_t n)
{
    const cl_context cl = clrelu_context_cl_context(context);
    float *x = must_have(malloc(n * sizeof(*x)));
    cl_int error;

    *w = (worker){.context = context, .n = n};
    for (size_t i = 0; i < n; i++)
        x[i] = -(float)(i % 1024) * 0x1p-8f;
    w->queue =
        clCreateCommandQueue(cl, clrelu_context_cl_device(context), 0, &error);
    must_cl(error, "clCreateCommandQueue");
    w->x = must_make(cl, n, x);
    w->y = must_make(cl, n, x);
    free(x);
}

static void close_worker(worker *w)
{
    clReleaseMemObject(w->x);
    clReleaseMemObject(w->y);
    clReleaseCommandQueue(w->queue);
}

/* Elements per second of count devices at once. */
static double measure(clrelu_context **contexts, size_t count, size_t n)
{
    worker workers[MAX_DEVICES];
    double rate = 0.0;

    for (size_t i = 0; i < count; i++) {
        open_worker(&workers[i], contexts[i], n);
        run_elu(&workers[i]); /* compiles, and warms the caches */
    }
    for (size_t i = 0; i < count; i++)
        if (pthread_create(&workers[i].thread, NULL, run_elu, &workers[i]))
            must_have(NULL);
    for (size_t i = 0; i < count; i++) {
        pthread_join(workers[i].thread, NULL);
        rate += workers[i].rate;
        close_worker(&workers[i]);
    }
    return rate;
}

static void compare(clrelu_context **contexts, size_t count, size_t n)
{
    const double one = measure(contexts, 1, n);
    const double all = measure(contexts, count, n);

    printf("elu of %8zu elements: %6.3f on one device, %6.3f on %zu, "
           "10^9/s: %.2fx\n",
           n, 1e-9 * one, 1e-9 * all, count, all / one);
}

/* Lists at most MAX_DEVICES devices; returns their number. */
static size_t find_devices(cl_device_id *devices)
{
    const cl_device_partition_property by_unit[] = {CL_DEVICE_PARTITION_EQUALLY,
                                                    1, 0};
    clrelu_device listed[MAX_DEVICES];
    cl_uint units = 0;
    size_t count;

    must(clrelu_device_list(NULL, MAX_DEVICES, listed, &count));
    count = count < MAX_DEVICES ? count : MAX_DEVICES;
    for (size_t i = 0; i < count; i++)
        devices[i] = listed[i].device;
    if (count == 1 && listed[0].compute_units > 1 &&
        listed[0].compute_units <= MAX_DEVICES &&
        !clCreateSubDevices(listed[0].device, by_unit, MAX_DEVICES, devices,
                            &units))
        count = units;
    return count;
}

int main(int argc, char **argv)
{
    const size_t max = argc > 1 ? strtoul(argv[1], NULL, 10) : MAX_DEVICES;
    static float partials[SHARDS * PARTIAL];
    cl_device_id devices[MAX_DEVICES];
    clrelu_context *contexts[MAX_DEVICES];
    char what[32];
    size_t count = find_devices(devices);

    count = count < max ? count : max;
    if (count == 0) {
        fprintf(stderr, "there is no device\n");
        return 1;
    }
    for (size_t i = 0; i < count; i++) {
        const clrelu_context_params params = {.device = devices[i]};
        must(clrelu_context_create(&params, &contexts[i]));
    }
    for (int s = 0; s < SHARDS; s++)
        shard_compute(contexts[(size_t)s % count], s, partials + s * PARTIAL);
    snprintf(what, sizeof(what), "%zu devices", count);
    shards_report(what, partials);
    if (count > 1) {
        compare(contexts, count, SMALL);
        compare(contexts, count, LARGE);
    }
    for (size_t i = 0; i < count; i++)
        clrelu_context_destroy(&contexts[i]);
    return 0;
}
