/* loops.c - the ceiling of a call: loops that move as many bytes
 * SPDX-License-Identifier: MIT */
#include "loops.h"

#include "stream.h"

/* As in ceiling_cpu.c. */
enum { BLOCK = 4 * 33 * 512 };

typedef struct arrays {
    float *out;
    const float *a, *b;
    size_t n;
    bool parts; /* four at a time */
    stream_copy *copy;
    stream_triad *triad;
} arrays;

static void move(const arrays *l, size_t at, size_t end)
{
    if (l->b)
        l->triad(l->out + at, l->a + at, l->b + at, end - at);
    else
        l->copy(l->out + at, l->a + at, end - at);
}

static void work(void *data, unsigned thread, unsigned threads)
{
    const arrays *l = data;
    const size_t share = l->n / threads / STREAM_STEP * STREAM_STEP;

    if (!l->parts) {
        move(l, share * thread,
             thread + 1 == threads ? l->n : share * (thread + 1));
        return;
    }
    for (size_t at = BLOCK * (size_t)thread; at < l->n;
         at += BLOCK * (size_t)threads)
        move(l, at, at + BLOCK < l->n ? at + BLOCK : l->n);
}

double loop_seconds(thread_pool *threads, int which, float *out, const float *a,
                    const float *b, size_t n)
{
    arrays l = {.out = out, .a = a, .b = b, .n = n, .parts = which & 1};

    l.copy = stream_find_copy(true, which & 2, l.parts);
    l.triad = stream_find_triad(true, which & 2, l.parts);
    return thread_pool_run(threads, work, &l, 1);
}
