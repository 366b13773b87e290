/* thread_pool.c - threads that stay, and start together
 * SPDX-License-Identifier: MIT */
#if defined(__linux__)
#define _GNU_SOURCE /* pthread_setaffinity_np */
#endif
#include "thread_pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "harness.h"

enum { SPINS = 20000 }; /* before a waiting thread lets others have the core */

struct thread_pool {
    unsigned threads;
    pthread_t *ids;
    pthread_mutex_t mutex; /* of what follows                                 */
    pthread_cond_t wake, done;
    unsigned job, ready, running;
    bool stop;
    thread_pool_work *work;
    void *data;
    unsigned calls;
    double seconds;
    atomic_uint arrived, turn; /* the barrier                                 */
};

static void relax(unsigned spins)
{
    if (spins > SPINS)
        sched_yield();
#if defined(__x86_64__) || defined(__i386__)
    else
        __builtin_ia32_pause();
#endif
}

static void meet(thread_pool *t)
{
    const unsigned turn = atomic_load(&t->turn);

    if (atomic_fetch_add(&t->arrived, 1) + 1 == t->threads) {
        atomic_store(&t->arrived, 0);
        atomic_fetch_add(&t->turn, 1);
        return;
    }
    for (unsigned spins = 0; atomic_load(&t->turn) == turn; spins++)
        relax(spins);
}

/* To the core that is number thread of those that the process may use. */
static void settle(unsigned thread)
{
#if defined(__linux__)
    cpu_set_t all, one;

    if (pthread_getaffinity_np(pthread_self(), sizeof(all), &all))
        return;
    for (size_t core = 0; core < CPU_SETSIZE; core++) {
        if (!CPU_ISSET(core, &all) || thread-- > 0)
            continue;
        CPU_ZERO(&one);
        CPU_SET(core, &one);
        pthread_setaffinity_np(pthread_self(), sizeof(one), &one);
        return;
    }
#else
    (void)thread;
#endif
}

static void do_job(thread_pool *t, unsigned thread)
{
    double start;

    meet(t);
    start = now();
    for (unsigned i = 0; i < t->calls; i++) {
        t->work(t->data, thread, t->threads);
        meet(t);
    }
    if (thread == 0)
        t->seconds = now() - start;
}

/* False: the pool is to end. */
static bool wait_for_job(thread_pool *t, unsigned *job)
{
    bool stop;

    pthread_mutex_lock(&t->mutex);
    while (t->job == *job && !t->stop)
        pthread_cond_wait(&t->wake, &t->mutex);
    *job = t->job;
    stop = t->stop;
    pthread_mutex_unlock(&t->mutex);
    return !stop;
}

static void *thread_main(void *argument)
{
    thread_pool *t = argument;
    unsigned thread, job = 0;

    pthread_mutex_lock(&t->mutex);
    thread = t->ready++;
    pthread_mutex_unlock(&t->mutex);
    settle(thread);
    while (wait_for_job(t, &job)) {
        do_job(t, thread);
        pthread_mutex_lock(&t->mutex);
        if (--t->running == 0)
            pthread_cond_signal(&t->done);
        pthread_mutex_unlock(&t->mutex);
    }
    return NULL;
}

thread_pool *thread_pool_create(unsigned threads)
{
    thread_pool *t = must_have(calloc(1, sizeof(*t)));

    t->threads = threads;
    t->ids = must_have(calloc(threads, sizeof(*t->ids)));
    pthread_mutex_init(&t->mutex, NULL);
    pthread_cond_init(&t->wake, NULL);
    pthread_cond_init(&t->done, NULL);
    for (unsigned i = 0; i < threads; i++)
        if (pthread_create(&t->ids[i], NULL, thread_main, t))
            die("cannot start %u threads", threads);
    return t;
}

void thread_pool_destroy(thread_pool *t)
{
    pthread_mutex_lock(&t->mutex);
    t->stop = true;
    pthread_cond_broadcast(&t->wake);
    pthread_mutex_unlock(&t->mutex);
    for (unsigned i = 0; i < t->threads; i++)
        pthread_join(t->ids[i], NULL);
    pthread_cond_destroy(&t->done);
    pthread_cond_destroy(&t->wake);
    pthread_mutex_destroy(&t->mutex);
    free(t->ids);
    free(t);
}

double thread_pool_run(thread_pool *t, thread_pool_work *work, void *data,
                       unsigned calls)
{
    pthread_mutex_lock(&t->mutex);
    t->work = work;
    t->data = data;
    t->calls = calls;
    t->running = t->threads;
    t->job++;
    pthread_cond_broadcast(&t->wake);
    while (t->running > 0)
        pthread_cond_wait(&t->done, &t->mutex);
    pthread_mutex_unlock(&t->mutex);
    return t->seconds;
}
