/* ceiling_cpu.c - the largest bandwidth of a CPU's memory
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "impl.h"
#include "stream.h"
#include "thread_pool.h"

/* Floats of four parts, which are not whole pages apart: addresses at the same
 * offset in their pages share cache sets. */
enum { BLOCK = 4 * 33 * 512 };

typedef struct ceiling {
    thread_pool *pool;
    stream_copy *copy;
    stream_triad *triad;
    float *a, *b, *out; /* the problem's; b is NULL forward                   */
    size_t n;
    bool parts;
} ceiling;

static bool prepare(void *self, const problem *p)
{
    ceiling *c = self;

    if (c->parts && p->n < 8 * (size_t)BLOCK)
        return false;
    c->n = (p->n + STREAM_STEP - 1) / STREAM_STEP * STREAM_STEP;
    c->a = p->x_in;
    c->b = p->dy_in;
    c->out = p->out;
    return true;
}

static void move(const ceiling *c, size_t begin, size_t end)
{
    if (c->b)
        c->triad(c->out + begin, c->a + begin, c->b + begin, end - begin);
    else
        c->copy(c->out + begin, c->a + begin, end - begin);
}

/* Each thread takes the same elements each time: contiguous ones, or blocks of
 * four parts, round-robin. */
static void work(void *data, unsigned thread, unsigned threads)
{
    const ceiling *c = data;
    const size_t steps = c->n / STREAM_STEP;

    if (!c->parts) {
        move(c, steps * thread / threads * STREAM_STEP,
             steps * (thread + 1) / threads * STREAM_STEP);
        return;
    }
    for (size_t at = BLOCK * (size_t)thread; at < c->n;
         at += BLOCK * (size_t)threads)
        move(c, at, at + BLOCK < c->n ? at + BLOCK : c->n);
}

static double run(void *self, unsigned calls)
{
    ceiling *c = self;

    return thread_pool_run(c->pool, work, c, calls);
}

static void clear(void *self)
{
    (void)self;
}

static void close_ceiling(void *self)
{
    ceiling *c = self;

    thread_pool_destroy(c->pool);
    free(c);
}

bool ceiling_cpu_open(const harness *h, unsigned ways, impl *i)
{
    static const char *const names[] = {
        "ceiling (plain)",
        "ceiling (non-temporal)",
        "ceiling (plain, parts)",
        "ceiling (non-temporal, parts)",
        "ceiling (plain, ahead)",
        "ceiling (non-temporal, ahead)",
        "ceiling (plain, parts, ahead)",
        "ceiling (non-temporal, parts, ahead)",
    };
    ceiling *c = must_have(calloc(1, sizeof(*c)));

    c->pool = thread_pool_create(h->cores);
    c->copy = stream_find_copy(ways & CEILING_PAST, ways & CEILING_AHEAD,
                               ways & CEILING_PARTS);
    c->triad = stream_find_triad(ways & CEILING_PAST, ways & CEILING_AHEAD,
                                 ways & CEILING_PARTS);
    c->parts = ways & CEILING_PARTS;
    *i = (impl){names[ways], KIND_CEILING,  c, prepare, run, NULL,
                clear,       close_ceiling, ""};
    return true;
}
