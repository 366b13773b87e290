/* ceiling_cpu.c - what the memory of a processor can do at most
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "impl.h"
#include "stream.h"
#include "team.h"

typedef struct ceiling {
    team *team;
    stream_copy *copy;
    stream_triad *triad;
    float *a, *b, *out; /* b is NULL forward, out is one of them in place     */
    size_t n;
    bool in_place;
} ceiling;

static float *make(size_t n)
{
    float *values = new_floats(n);

    if (values)
        memset(values, 0, n * sizeof(*values));
    return values;
}

/* Its own numbers, all 0, so that nothing changes in place. */
static bool prepare(void *self, const problem *p)
{
    ceiling *c = self;

    c->n = (p->n + STREAM_STEP - 1) / STREAM_STEP * STREAM_STEP;
    c->in_place = p->c.in_place;
    c->a = make(c->n);
    c->b = p->c.backward ? make(c->n) : NULL;
    c->out = c->in_place ? (c->b ? c->b : c->a) : make(c->n);
    return c->a && (c->b || !p->c.backward) && c->out;
}

/* Each thread takes the same part each time. */
static void work(void *data, unsigned thread, unsigned threads)
{
    const ceiling *c = data;
    const size_t steps = c->n / STREAM_STEP;
    const size_t begin = steps * thread / threads * STREAM_STEP;
    const size_t end = steps * (thread + 1) / threads * STREAM_STEP;

    if (c->b)
        c->triad(c->out + begin, c->a + begin, c->b + begin, end - begin);
    else
        c->copy(c->out + begin, c->a + begin, end - begin);
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
    ceiling *c = self;

    if (!c->in_place)
        free(c->out);
    free(c->a);
    free(c->b);
    c->a = c->b = c->out = NULL;
}

static void close_ceiling(void *self)
{
    ceiling *c = self;

    team_destroy(c->team);
    free(c);
}

bool ceiling_cpu_open(const gear *g, bool stream, impl *i)
{
    ceiling *c = must_have(calloc(1, sizeof(*c)));

    c->team = team_create(g->cores);
    c->copy = stream_find_copy(stream);
    c->triad = stream_find_triad(stream);
    *i = (impl){stream ? "ceiling (past the caches)" : "ceiling (plain)",
                KIND_CEILING,
                c,
                prepare,
                run,
                fetch,
                clear,
                close_ceiling};
    return true;
}
