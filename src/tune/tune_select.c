/* tune_select.c - the candidates of each knob, and the choice of the fastest
 * SPDX-License-Identifier: MIT */
#include "tune/tune_select.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/tune_store.h"

enum { MIN_ROUNDS = 5, MAX_VALUES = TUNE_CANDIDATES - 2 };

static const double min_margin = 0.03;

/* ---------------------------------------------------------------- values -- */

const char *clrelu_knob_name(clrelu_knob knob)
{
    static const char *const names[CLRELU_KNOBS] = {
        [CLRELU_KNOB_VECTOR] = "vector",
        [CLRELU_KNOB_PRELU_VECTOR] = "prelu_vector",
        [CLRELU_KNOB_LOCAL_SIZE] = "local_size",
        [CLRELU_KNOB_CPU_SPAN] = "cpu_span",
        [CLRELU_KNOB_GPU_ACCESSES] = "gpu_accesses",
        [CLRELU_KNOB_TASKS] = "tasks",
        [CLRELU_KNOB_NON_TEMPORAL] = "non_temporal_bytes",
    };
    return names[knob];
}

static unsigned *small_value(clrelu_device_params *p, clrelu_knob knob)
{
    switch (knob) {
    case CLRELU_KNOB_VECTOR:
        return &p->vector;
    case CLRELU_KNOB_PRELU_VECTOR:
        return &p->prelu_vector;
    case CLRELU_KNOB_LOCAL_SIZE:
        return &p->group;
    case CLRELU_KNOB_CPU_SPAN:
        return &p->cpu_span;
    case CLRELU_KNOB_GPU_ACCESSES:
        return &p->gpu_accesses;
    case CLRELU_KNOB_TASKS:
        return &p->tasks;
    case CLRELU_KNOB_NON_TEMPORAL:
    case CLRELU_KNOBS:
        break;
    }
    return NULL;
}

uint64_t clrelu_knob_value(const clrelu_device_params *params, clrelu_knob knob)
{
    clrelu_device_params p = *params;
    const unsigned *small = small_value(&p, knob);

    return small ? *small : p.non_temporal_bytes;
}

static void set_value(clrelu_device_params *p, clrelu_knob knob, uint64_t value)
{
    unsigned *small = small_value(p, knob);

    if (small)
        *small = (unsigned)value;
    else
        p->non_temporal_bytes = value;
}

/* For group 1, and for group > 1; 0 ends a row.  No vector of 1 for group 1:
 * rusticl then computes nonsense. */
static const unsigned cpu_values[CLRELU_KNOBS][MAX_VALUES] = {
    [CLRELU_KNOB_VECTOR] = {4, 8, 16},
    [CLRELU_KNOB_PRELU_VECTOR] = {4, 8, 16},
    [CLRELU_KNOB_CPU_SPAN] = {16896, 67584, 270336, 1081344},
    [CLRELU_KNOB_TASKS] = {96, 192, 384, 1024, 2048},
};
static const unsigned gpu_values[CLRELU_KNOBS][MAX_VALUES] = {
    [CLRELU_KNOB_VECTOR] = {1, 2, 4, 8},
    [CLRELU_KNOB_PRELU_VECTOR] = {1, 2, 4},
    [CLRELU_KNOB_LOCAL_SIZE] = {64, 128, 256, 512},
    [CLRELU_KNOB_GPU_ACCESSES] = {1, 2, 4, 8, 16},
};

static void add(const clrelu_device_params *defaults,
                const clrelu_device_params *base, clrelu_knob knob,
                uint64_t value, clrelu_device_params out[TUNE_CANDIDATES],
                size_t *count)
{
    clrelu_device_params p = *base;

    set_value(&p, knob, value);
    if (*count < TUNE_CANDIDATES && value != clrelu_knob_value(base, knob) &&
        clrelu_tuning_fits(defaults, &p))
        out[(*count)++] = p;
}

size_t clrelu_candidates_list(const clrelu_device_params *defaults,
                              const clrelu_device_params *base,
                              clrelu_knob knob,
                              clrelu_device_params out[TUNE_CANDIDATES])
{
    const unsigned *values =
        base->group > 1 ? gpu_values[knob] : cpu_values[knob];
    const uint64_t half =
        defaults->non_temporal_bytes; /* bytes of the cache / 2 */
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
    double sorted[TUNE_ROUNDS];

    memcpy(sorted, values, count * sizeof(*values));
    qsort(sorted, count, sizeof(*sorted), compare);
    return count % 2 ? sorted[count / 2]
                     : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

/* The time of a value relative to value 0, in the same round. */
static double ratio(const clrelu_timings *t, size_t value, size_t workload,
                    size_t round)
{
    return t->seconds[value][workload][round] / t->seconds[0][workload][round];
}

static double worst_workload(const clrelu_timings *t, size_t value)
{
    double ratios[TUNE_ROUNDS], worst = 0;

    for (size_t w = 0; w < t->workloads; w++) {
        for (size_t r = 0; r < t->rounds; r++)
            ratios[r] = ratio(t, value, w, r);
        worst = fmax(worst, median(ratios, t->rounds));
    }
    return worst;
}

/* Geometric means over the workloads, for each round. */
static void means(const clrelu_timings *t, size_t value,
                  double out[TUNE_ROUNDS])
{
    for (size_t r = 0; r < t->rounds; r++) {
        double sum = 0;
        for (size_t w = 0; w < t->workloads; w++)
            sum += log(ratio(t, value, w, r));
        out[r] = exp(sum / (double)t->workloads);
    }
}

/* The median distance of value 1 from 1: it is value 0 again. */
static double spread(const clrelu_timings *t)
{
    double distances[TUNE_ROUNDS];

    means(t, 1, distances);
    for (size_t r = 0; r < t->rounds; r++)
        distances[r] = fabs(distances[r] - 1);
    return median(distances, t->rounds);
}

void clrelu_select_candidate(const clrelu_timings *t,
                             clrelu_selection *selection)
{
    double rounds[TUNE_ROUNDS];

    memset(selection, 0, sizeof(*selection));
    if (t->rounds == 0 || t->workloads == 0)
        return;
    selection->margin = fmax(min_margin, 2 * spread(t));
    for (size_t v = 0; v < t->values; v++) {
        means(t, v, rounds);
        selection->mean[v] = median(rounds, t->rounds);
        for (size_t w = 0; w < t->workloads; w++)
            selection->median[v][w] = median(t->seconds[v][w], t->rounds);
    }
    for (size_t v = 2; v < t->values && t->rounds >= MIN_ROUNDS; v++)
        if (selection->mean[v] < 1 - selection->margin &&
            selection->mean[v] < selection->mean[selection->chosen] &&
            worst_workload(t, v) <= 1 + selection->margin)
            selection->chosen = v;
}
