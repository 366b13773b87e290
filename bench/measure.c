/* measure.c - all implementations on one problem, round by round
 * SPDX-License-Identifier: MIT */
#include "measure.h"

#include <stdlib.h>
#include <string.h>

#include "samples.h"
#include "selection.h"

#define BATCH_SECONDS 10e-3
#define WARM_SECONDS 20e-3
#define SLOW_SECONDS 30e-3

enum { MAX_CALLS = 4000, MUCH_SLOWER = 5 };

/* One implementation on its way through the rounds. */
typedef struct runner {
    const impl *impl;
    timing *timing;
    double call; /* seconds, roughly                                          */
    double spent;
    bool is_slow; /* many times slower than the library                       */
    double samples[MAX_RUNS];
} runner;

static double run(const runner *r, unsigned calls)
{
    return r->impl->run(r->impl->self, calls);
}

static outcome try_once(runner *r, const problem *p, const expected *e)
{
    problem_reset(p);
    if (!r->impl->prepare(r->impl->self, p))
        return OUTCOME_ABSENT;
    r->call = run(r, 1);
    if (r->call < 0)
        return OUTCOME_FAILED;
    return check_result(e, p, r->impl) ? OUTCOME_TIMED : OUTCOME_WRONG;
}

/* What a call takes once warm; the least of a few, as it decides how many calls
 * a run has. */
static double estimate(const runner *r)
{
    double min = r->call, spent = r->call;

    for (unsigned i = 0; i < 6 && spent < 2 * SLOW_SECONDS; i++) {
        const unsigned calls = min < BATCH_SECONDS / 16 ? 16 : 1;
        const double seconds = run(r, calls);
        min = seconds / calls < min ? seconds / calls : min;
        spent += seconds;
    }
    return min;
}

static unsigned clamp_calls(double calls)
{
    if (calls < 1)
        return 1;
    return calls > (double)MAX_CALLS ? MAX_CALLS : (unsigned)calls;
}

static const runner *find_library(const runner *runners, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (runners[i].impl->kind == KIND_LIBRARY)
            return &runners[i];
    return NULL;
}

/* All queue as many calls as make the library busy for long enough to measure,
 * but for those that are much slower. */
static void set_calls(runner *runners, size_t count)
{
    const runner *r = find_library(runners, count);
    const double library = r && r->call > 0 ? r->call : 0;
    const double batch = library > 0 ? BATCH_SECONDS / library + 1 : 1;

    for (size_t i = 0; i < count; i++) {
        runners[i].is_slow = runners[i].call > (double)MUCH_SLOWER * library;
        const double max = SLOW_SECONDS / (runners[i].call + 1e-9);
        runners[i].timing->calls = clamp_calls(batch < max ? batch : max);
    }
}

static bool is_done(const runner *r, const measuring *m)
{
    const timing *t = r->timing;

    return t->outcome != OUTCOME_TIMED || t->runs >= m->runs ||
           ((r->is_slow || r->spent > m->timeout_s) && t->runs >= m->min);
}

static void run_once(runner *r)
{
    timing *t = r->timing;
    double seconds;

    /* The others have taken the caches, threads have gone to sleep, and a core
     * that was idle takes a while to be as fast as it can. */
    if (r->call < WARM_SECONDS)
        run(r, clamp_calls(WARM_SECONDS / r->call + 1));
    seconds = run(r, t->calls);
    if (seconds < 0) {
        t->outcome = OUTCOME_FAILED;
        return;
    }
    r->samples[t->runs++] = seconds / t->calls;
    r->spent += seconds;
    wait_until_idle();
}

static void run_rounds(runner *runners, const measuring *m, bool slow)
{
    for (unsigned round = 0; round < m->runs; round++)
        for (size_t i = 0; i < m->count; i++)
            if (runners[i].is_slow == slow && !is_done(&runners[i], m))
                run_once(&runners[i]);
}

static void summarise(runner *r)
{
    timing *t = r->timing;

    if (t->outcome != OUTCOME_TIMED)
        return;
    t->best = quantile(r->samples, t->runs, 0);
    t->lower = quantile(r->samples, t->runs, 0.25);
    t->median = quantile(r->samples, t->runs, 0.5);
    t->upper = quantile(r->samples, t->runs, 0.75);
}

static double median_of(const timing *t, const double *samples)
{
    double copy[MAX_RUNS];

    memcpy(copy, samples, t->runs * sizeof(copy[0]));
    return median(copy, t->runs);
}

/* While the samples are in the order of the rounds. */
static double ratio_of(const runner *r, const runner *library)
{
    const unsigned runs = r->timing->runs, others = library->timing->runs;
    double ratios[MAX_RUNS];

    if (runs == 0 || others == 0)
        return 0;
    if (r->is_slow)
        return median_of(r->timing, r->samples) /
               median_of(library->timing, library->samples);
    for (unsigned i = 0; i < runs && i < others; i++)
        ratios[i] = r->samples[i] / library->samples[i];
    return median(ratios, runs < others ? runs : others);
}

static void set_ratios(runner *runners, size_t count)
{
    const runner *library = find_library(runners, count);

    for (size_t i = 0; i < count && library; i++)
        runners[i].timing->ratio = ratio_of(&runners[i], library);
}

bool measure(const measuring *m, const bench_case *c, uint64_t *state,
             timing *timings)
{
    runner *runners = must_have(calloc(m->count, sizeof(*runners)));
    problem p;
    expected *e;
    bool ok = problem_make(c, state, &p);

    memset(timings, 0, m->count * sizeof(*timings));
    e = ok ? expected_make(&p, state) : NULL;
    for (size_t i = 0; ok && i < m->count; i++) {
        runners[i].impl = &m->impls[i];
        runners[i].timing = &timings[i];
        timings[i].outcome = try_once(&runners[i], &p, e);
        if (timings[i].outcome == OUTCOME_TIMED)
            runners[i].call = estimate(&runners[i]);
    }
    if (ok) {
        set_calls(runners, m->count);
        run_rounds(runners, m, false);
        run_rounds(runners, m, true);
        set_ratios(runners, m->count);
    }
    for (size_t i = 0; ok && i < m->count; i++) {
        summarise(&runners[i]);
        m->impls[i].clear(m->impls[i].self);
    }
    if (ok) {
        expected_free(e);
        problem_free(&p);
    }
    free(runners);
    return ok;
}
