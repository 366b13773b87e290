/* thread_pool.h - threads that stay, and start together
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BENCH_THREAD_POOL_H
#define CLRELU_BENCH_THREAD_POOL_H

/* One thread per core, each on its own core where the system allows. */
typedef struct thread_pool thread_pool;

thread_pool *thread_pool_create(unsigned threads);
void thread_pool_destroy(thread_pool *t);

typedef void thread_pool_work(void *data, unsigned thread, unsigned threads);

/* Has all threads do the work, calls times over; none begins the next call
 * before all have ended the last.  Returns the seconds from when they all stand
 * ready to when they all have ended. */
double thread_pool_run(thread_pool *t, thread_pool_work *work, void *data,
                       unsigned calls);

#endif
