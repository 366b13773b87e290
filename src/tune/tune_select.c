/* tune_select.c - what there is to choose on a device, and which value has won
 * SPDX-License-Identifier: MIT */
#include "tune/tune_select.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/tune_store.h"

enum { MIN_ROUNDS = 5, MAX_VALUES = CHOICE_VALUES - 2 };

static const double min_margin = 0.03;

/* ---------------------------------------------------------------- values -- */

const char *clrelu_knob_name(clrelu_knob knob)
{
    static const char *const names[CLRELU_KNOBS] = {
        [CLRELU_KNOB_LOCAL_SIZE] = "local_size",
        [CLRELU_KNOB_VECTOR] = "vector",
        [CLRELU_KNOB_PRELU_VECTOR] = "prelu_vector",
        [CLRELU_KNOB_WORK] = "work",
        [CLRELU_KNOB_TASKS] = "tasks",
        [CLRELU_KNOB_NON_TEMPORAL] = "stream_bytes",
    };
    return names[knob];
}

static unsigned *small_value(clrelu_device_params *t, clrelu_knob knob)
{
    switch (knob) {
    case CLRELU_KNOB_LOCAL_SIZE:
        return &t->group;
    case CLRELU_KNOB_VECTOR:
        return &t->vector;
    case CLRELU_KNOB_PRELU_VECTOR:
        return &t->prelu_vector;
    case CLRELU_KNOB_WORK:
        return &t->work;
    case CLRELU_KNOB_TASKS:
        return &t->tasks;
    case CLRELU_KNOB_NON_TEMPORAL:
    case CLRELU_KNOBS:
        break;
    }
    return NULL;
}

uint64_t clrelu_knob_value(const clrelu_device_params *params, clrelu_knob knob)
{
    clrelu_device_params t = *params;
    const unsigned *small = small_value(&t, knob);

    return small ? *small : t.non_temporal_bytes;
}

static void set_value(clrelu_device_params *t, clrelu_knob knob, uint64_t value)
{
    unsigned *small = small_value(t, knob);

    if (small)
        *small = (unsigned)value;
    else
        t->non_temporal_bytes = value;
}

/* 0 ends a row.  A work-item on its own is never offered single elements:
 * rusticl computes nonsense then. */
static const unsigned of_one[CLRELU_KNOBS][MAX_VALUES] = {
    [CLRELU_KNOB_VECTOR] = {4, 8, 16},
    [CLRELU_KNOB_PRELU_VECTOR] = {4, 8, 16},
    [CLRELU_KNOB_WORK] = {16896, 67584, 270336, 1081344},
    [CLRELU_KNOB_TASKS] = {96, 192, 384, 1024, 2048},
};
static const unsigned of_many[CLRELU_KNOBS][MAX_VALUES] = {
    [CLRELU_KNOB_LOCAL_SIZE] = {64, 128, 256, 512},
    [CLRELU_KNOB_VECTOR] = {1, 2, 4, 8},
    [CLRELU_KNOB_PRELU_VECTOR] = {1, 2, 4},
    [CLRELU_KNOB_WORK] = {1, 2, 4, 8, 16},
};

static void add(const clrelu_device_params *defaults,
                const clrelu_device_params *base, clrelu_knob knob,
                uint64_t value, clrelu_device_params out[CHOICE_VALUES],
                size_t *count)
{
    clrelu_device_params t = *base;

    set_value(&t, knob, value);
    if (*count < CHOICE_VALUES && value != clrelu_knob_value(base, knob) &&
        clrelu_tuning_fits(defaults, &t))
        out[(*count)++] = t;
}

size_t clrelu_choice_list(const clrelu_device_params *defaults,
                          const clrelu_device_params *base, clrelu_knob knob,
                          clrelu_device_params out[CHOICE_VALUES])
{
    const unsigned *values = base->group > 1 ? of_many[knob] : of_one[knob];
    const uint64_t half = defaults->non_temporal_bytes; /* of the cache */
    size_t count = 2;

    out[0] = out[1] = *base;
    if (knob != CLRELU_KNOB_NON_TEMPORAL) {
        for (size_t i = 0; i < MAX_VALUES && values[i] > 0; i++)
            add(defaults, base, knob, values[i], out, &count);
    } else if (half > 0) {
        add(defaults, base, knob, half / 2, out, &count);
        add(defaults, base, knob, half * 2, out, &count);
        add(defaults, base, knob, half * 4, out, &count);
        add(defaults, base, knob, 0, out, &count);
    }
    return count;
}

/* ---------------------------------------------------------------- choice -- */

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(const double *values, size_t count)
{
    double sorted[CHOICE_ROUNDS];

    memcpy(sorted, values, count * sizeof(*values));
    qsort(sorted, count, sizeof(*sorted), compare);
    return count % 2 ? sorted[count / 2]
                     : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

/* Of a value beside value 0, in the same round. */
static double ratio(const clrelu_timings *t, size_t value, size_t workload,
                    size_t round)
{
    return t->seconds[value][workload][round] / t->seconds[0][workload][round];
}

static double worst_workload(const clrelu_timings *t, size_t value)
{
    double ratios[CHOICE_ROUNDS], worst = 0;

    for (size_t w = 0; w < t->workloads; w++) {
        for (size_t r = 0; r < t->rounds; r++)
            ratios[r] = ratio(t, value, w, r);
        worst = fmax(worst, median(ratios, t->rounds));
    }
    return worst;
}

/* The geometric means over the workloads, round by round. */
static void means(const clrelu_timings *t, size_t value,
                  double out[CHOICE_ROUNDS])
{
    for (size_t r = 0; r < t->rounds; r++) {
        double sum = 0;
        for (size_t w = 0; w < t->workloads; w++)
            sum += log(ratio(t, value, w, r));
        out[r] = exp(sum / (double)t->workloads);
    }
}

/* How far value 1 is from 1 where it should be 1: the median distance. */
static double spread(const clrelu_timings *t)
{
    double distances[CHOICE_ROUNDS];

    means(t, 1, distances);
    for (size_t r = 0; r < t->rounds; r++)
        distances[r] = fabs(distances[r] - 1);
    return median(distances, t->rounds);
}

void clrelu_choice_make(const clrelu_timings *t, clrelu_choice *choice)
{
    double rounds[CHOICE_ROUNDS];

    memset(choice, 0, sizeof(*choice));
    if (t->rounds == 0 || t->workloads == 0)
        return;
    choice->margin = fmax(min_margin, 2 * spread(t));
    for (size_t v = 0; v < t->values; v++) {
        means(t, v, rounds);
        choice->mean[v] = median(rounds, t->rounds);
        for (size_t w = 0; w < t->workloads; w++)
            choice->median[v][w] = median(t->seconds[v][w], t->rounds);
    }
    for (size_t v = 2; v < t->values && t->rounds >= MIN_ROUNDS; v++)
        if (choice->mean[v] < 1 - choice->margin &&
            choice->mean[v] < choice->mean[choice->chosen] &&
            worst_workload(t, v) <= 1 + choice->margin)
            choice->chosen = v;
}
