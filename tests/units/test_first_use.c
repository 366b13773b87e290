/* test_first_use.c - threads whose calls are their process's first
 * SPDX-License-Identifier: MIT
 *
 * That happens once per process: each attempt is a process of its own. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "device.h"
#include "process.h"
#include "tap.h"

enum { ROUNDS = 5, MAX_THREADS = 8, TIMEOUT = 120 };

/* LLVM gives the first thread a stack for signals.  The address sanitizer would
 * free it as its own when that thread ends. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "use_sigaltstack=0";
}

/* ---------------------------------------------------------- one attempt -- */

struct worker {
    pthread_t thread;
    bool creates;
    size_t want; /* devices */
    bool good;
};

static pthread_barrier_t start;

static bool create(void)
{
    clrelu_context *context;
    const clrelu_status status = clrelu_context_create(NULL, &context);

    if (status)
        diag("clrelu_context_create: %s", clrelu_error());
    clrelu_context_destroy(&context);
    return !status;
}

static bool list(size_t want)
{
    size_t count = 0;

    if (clrelu_device_list(NULL, 0, NULL, &count))
        diag("clrelu_device_list: %s", clrelu_error());
    else if (count != want)
        diag("%zu devices of %zu", count, want);
    return count == want;
}

static void *work(void *argument)
{
    struct worker *w = argument;

    pthread_barrier_wait(&start);
    w->good = w->creates ? create() : list(w->want);
    return NULL;
}

/* calls: "create", "list" or both, alternating. */
static int attempt(const char *calls, const char *threads, const char *devices)
{
    struct worker workers[MAX_THREADS];
    const size_t count = strtoul(threads, NULL, 10);
    bool good = true;

    alarm(TIMEOUT);
    pthread_barrier_init(&start, NULL, (unsigned)count);
    for (size_t i = 0; i < count; i++) {
        workers[i] = (struct worker){.creates = *calls == 'c' ||
                                                (*calls == 'b' && i % 2 == 0),
                                     .want = strtoul(devices, NULL, 10)};
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
            bail("pthread_create failed");
    }
    for (size_t i = 0; i < count; i++) {
        pthread_join(workers[i].thread, NULL);
        good &= workers[i].good;
    }
    pthread_barrier_destroy(&start);
    return !good;
}

/* ------------------------------------------------------------- the attempts --
 */

static bool run(const char *self, const char *calls, const char *threads,
                const char *devices)
{
    const char *const words[] = {self, calls, threads, devices, NULL};

    return process_end(process_start(words));
}

int main(int argc, char **argv)
{
    static const char *const calls[] = {"create", "list", "both"};
    static const char *const threads[] = {"2", "8"};
    char devices[32];
    size_t count = 0;

    if (argc == 4)
        return attempt(argv[1], argv[2], argv[3]);
    device_need();
    must_succeed(clrelu_device_list(NULL, 0, NULL, &count));
    snprintf(devices, sizeof(devices), "%zu", count);
    for (size_t c = 0; c < COUNT_OF(calls); c++)
        for (size_t t = 0; t < COUNT_OF(threads); t++) {
            int passed = 0;
            for (int round = 0; round < ROUNDS; round++)
                passed += run(argv[0], calls[c], threads[t], devices);
            ok(passed == ROUNDS, "%s by %s threads at once: %d of %d", calls[c],
               threads[t], passed, ROUNDS);
        }
    return done_testing();
}
