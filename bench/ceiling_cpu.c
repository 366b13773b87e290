/* ceiling_cpu.c - what the memory of a processor can do at most
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "impl.h"
#include "stream.h"
#include "team.h"

/* Floats of four parts, which are not whole pages apart: what is as far from
 * the begin of one page as of another shares places in the caches. */
enum { BLOCK = 4 * 33 * 512 };

typedef struct ceiling {
    team *team;
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

/* Each thread takes the same elements each time: one long stretch, or every so
 * many blocks of four parts that are far enough from each other. */
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

    return team_run(c->team, work, c, calls);
}

static bool fetch(void *self, float *out, float *dalpha)
{
    (void)self, (void)out, (void)dalpha;
    return true;
}

static void clear(void *self)
{
    (void)self;
}

static void close_ceiling(void *self)
{
    ceiling *c = self;

    team_destroy(c->team);
    free(c);
}

bool ceiling_cpu_open(const harness *h, unsigned ways, impl *i)
{
    static const char *const names[] = {
        "ceiling (plain)",
        "ceiling (past caches)",
        "ceiling (plain, parts)",
        "ceiling (past caches, parts)",
        "ceiling (plain, ahead)",
        "ceiling (past caches, ahead)",
        "ceiling (plain, parts, ahead)",
        "ceiling (past caches, parts, ahead)",
    };
    ceiling *c = must_have(calloc(1, sizeof(*c)));

    c->team = team_create(h->cores);
    c->copy = stream_find_copy(ways & CEILING_PAST, ways & CEILING_AHEAD,
                               ways & CEILING_PARTS);
    c->triad = stream_find_triad(ways & CEILING_PAST, ways & CEILING_AHEAD,
                                 ways & CEILING_PARTS);
    c->parts = ways & CEILING_PARTS;
    *i = (impl){names[ways], KIND_CEILING,  c, prepare, run, fetch,
                clear,       close_ceiling, ""};
    return true;
}
