/* soak.c - mixed calls on several threads for as long as one likes
 * SPDX-License-Identifier: MIT
 *
 *     soak LAYER SECONDS
 *
 * Every result is compared.  What OpenCL's objects and the process hold must
 * not grow in the last third of the time; as long as it does, as it will until
 * all programs are compiled, the same time is added again and again, though
 * not for ever. */
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cases.h"
#include "device.h"
#include "fault.h"
#include "problem.h"
#include "random.h"
#include "run.h"
#include "tap.h"

/* No driver keeps MAX_SAMPLES times SPARE_KIB, 240 MiB, for its programs. */
enum { THREADS = 4, SPARE_KIB = 1 << 12, MIN_SAMPLES = 3, MAX_SAMPLES = 60 };

static double deadline;
static struct device shared;

struct worker {
    pthread_t thread;
    uint64_t random;
    long calls;
    bool good;
};

/* Without what the allocator keeps for later. */
static long resident_kib(void)
{
    malloc_trim(0);
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (file && fscanf(file, "%*d %ld", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static long allocated_kib(void)
{
    const struct mallinfo2 info = mallinfo2();

    return (long)((info.uordblks + info.hblkhd) / 1024);
}

static bool soak_elementwise(const struct device *d, uint64_t *random)
{
    const struct case_scalar *c =
        &case_scalars[random_below(random, COUNT_OF(case_scalars))];
    const size_t n = random_below(random, 8) > 0 ? random_below(random, 3000)
                                                 : random_below(random, 200000);
    struct run r =
        run_make(c->op, c->scalar, n, (size_t)random_below(random, 64));

    r.accumulate = random_below(random, 2);
    return random_below(random, 2) ? run_forward(d, &r) : run_backward(d, &r);
}

static bool soak_prelu(const struct device *d, uint64_t *random)
{
    struct case_shape c = case_hostile[random_below(random, 7)];
    bool good = true;

    c.dims[0] = 1 + random_below(random, 40);
    const clrelu_shape shape = case_to_shape(&c);
    struct problem p = problem_make(&shape, random_bits(random));
    for (int i = 0; i < 4; i++)
        good &= problem_run(d, &p, random_below(random, PROBLEM_VARIANTS),
                            random_below(random, 16));
    problem_free(&p);
    return good;
}

static bool soak_layer(const struct device *d, uint64_t *random)
{
    const size_t columns = 1 + random_below(random, 300), dims[] = {7, columns};
    const clrelu_prelu_layer_params params = {.rank = 2,
                                              .dims = dims,
                                              .initializer = "he_normal",
                                              .regularizer = "l2(0.1)",
                                              .constraint = "non_neg",
                                              .seed = random_bits(random)};
    clrelu_prelu_layer *layer;
    float *alpha = malloc(columns * sizeof(*alpha));
    bool good = alpha && !clrelu_prelu_layer_create(d->context, &d->exec,
                                                    &params, &layer);

    for (int i = 0; i < 3 && good; i++)
        good = !clrelu_prelu_layer_update(layer, &d->exec, 0.1, 0.9);
    good =
        good && !clrelu_prelu_layer_read_alpha(layer, &d->exec, columns, alpha);
    for (size_t i = 0; i < columns && good; i++)
        good = alpha[i] >= 0.0f && alpha[i] < 10.0f;
    if (alpha)
        clrelu_prelu_layer_destroy(&layer);
    free(alpha);
    return good;
}

static bool soak_context(const struct device *d)
{
    const clrelu_context_params params = {.queue = d->queue};
    clrelu_context *context;
    const bool good = !clrelu_context_create(&params, &context);

    clrelu_context_destroy(&context);
    return good;
}

static void *work(void *argument)
{
    struct worker *w = argument;
    struct device d = shared;

    device_use(&d, device_queue(&d, 0));
    for (; clock_now() < deadline && w->good; w->calls++) {
        switch (random_below(&w->random, 8)) {
        case 0:
            w->good = soak_prelu(&d, &w->random);
            break;
        case 1:
            w->good = soak_layer(&d, &w->random);
            break;
        case 2:
            w->good = soak_context(&d);
            break;
        default:
            w->good = soak_elementwise(&d, &w->random);
        }
    }
    clReleaseCommandQueue(d.queue);
    return NULL;
}

/* A third of the time; the threads begin anew each time, so that nothing is
 * under way when the objects are counted. */
static long soak(double seconds, uint64_t seed)
{
    /* Oclgrind aborts when two threads run kernels. */
    const size_t threads = device_named(&shared, "Oclgrind", "") ? 1 : THREADS;
    struct worker workers[THREADS];
    long calls = 0;

    deadline = clock_now() + seconds;
    for (size_t i = 0; i < threads; i++) {
        workers[i] =
            (struct worker){.random = seed * THREADS + i, .good = true};
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
            bail("pthread_create failed");
    }
    for (size_t i = 0; i < threads; i++) {
        pthread_join(workers[i].thread, NULL);
        calls += workers[i].calls;
        if (!workers[i].good)
            bail("thread %zu is wrong at call %ld: %s", i, workers[i].calls,
                 clrelu_error());
    }
    return calls;
}

/* The objects and the memory after a third of the time. */
struct sample {
    struct fault_alive alive;
    long kib, resident;
};

static struct sample look(void)
{
    /* PoCL gives memory back a little after the queue is empty. */
    nanosleep(&(struct timespec){0, 200 * 1000 * 1000}, NULL);
    struct sample s = {.alive = fault_alive(), .kib = allocated_kib()};

    s.resident = resident_kib();
    diag("memory in use: %ld KiB, resident: %ld KiB", s.kib, s.resident);
    return s;
}

/* Kernels are kept for the next thread, as many as ever ran at once. */
static bool same_objects(const struct sample *was, const struct sample *is)
{
    bool same = true;

    for (int i = 0; i < 8; i++)
        same &= is->alive.objects[i] <= was->alive.objects[i] + 32;
    return same;
}

static bool same_memory(const struct sample *was, const struct sample *is)
{
    return is->kib <= was->kib + SPARE_KIB;
}

static bool same_resident(const struct sample *was, const struct sample *is)
{
    return is->resident <= was->resident + was->resident / 2;
}

static bool same_all(const struct sample *was, const struct sample *is)
{
    return same_objects(was, is) && same_memory(was, is) &&
           same_resident(was, is);
}

int main(int argc, char **argv)
{
    const double seconds = argc > 2 ? strtod(argv[2], NULL) : 0.0;
    struct sample was = {0}, is = {0};
    long calls = 0;
    int samples = 0;

    if (seconds <= 0)
        bail("usage: soak LAYER SECONDS");
    fault_open(argv[1]);
    const struct fault_alive none = fault_alive();
    device_open(&shared);
    while (samples < MIN_SAMPLES ||
           (samples < MAX_SAMPLES && !same_all(&was, &is))) {
        calls += soak(seconds / (double)MIN_SAMPLES, (uint64_t)samples++);
        was = is;
        is = look();
    }
    ok(true, "%ld rounds of calls, every result compared", calls);
    ok(same_objects(&was, &is), "objects of OpenCL do not grow");
    ok(same_memory(&was, &is), "memory in use: %ld, %ld KiB", was.kib, is.kib);
    ok(same_resident(&was, &is), "resident memory: %ld, %ld KiB", was.resident,
       is.resident);
    device_close(&shared);
    ok(fault_same(&none), "nothing is left alive");
    return done_testing();
}
