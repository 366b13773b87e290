/* tune.c - measures what there is to choose on a device
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/status.h"
#include "core/check.h"
#include "core/tune_store.h"
#include "tune/tune_measure.h"

enum { ROUNDS = 11, MAX_CALLS = 1000 };

/* Long enough to measure; and when to stop although there are rounds left. */
static const double sample_seconds = 5e-3, knob_seconds = 7;

/* --------------------------------------------------------------- results -- */

static clrelu_status fetch(const clrelu_tuner *t, const clrelu_workload *w,
                           float *to)
{
    cl_int error = clEnqueueReadBuffer(t->queue, t->out.mem, CL_TRUE, 0,
                                       w->n * sizeof(float), to, 0, NULL, NULL);

    if (!error)
        error = clEnqueueReadBuffer(t->queue, t->dalpha.mem, CL_TRUE, 0,
                                    CLRELU_TUNER_ALPHAS * sizeof(float),
                                    to + w->n, 0, NULL, NULL);
    return error ? clrelu_fail_cl(error, "clEnqueueReadBuffer") : CLRELU_OK;
}

static clrelu_status clear(const clrelu_tuner *t, const clrelu_workload *w)
{
    const cl_float unset = 77;
    cl_int error =
        clEnqueueFillBuffer(t->queue, t->out.mem, &unset, sizeof(unset), 0,
                            w->n * sizeof(float), 0, NULL, NULL);

    if (!error)
        error = clEnqueueFillBuffer(
            t->queue, t->dalpha.mem, &unset, sizeof(unset), 0,
            CLRELU_TUNER_ALPHAS * sizeof(float), 0, NULL, NULL);
    return error ? clrelu_fail_cl(error, "clEnqueueFillBuffer") : CLRELU_OK;
}

static clrelu_status result(clrelu_tuner *t, const clrelu_device_params *value,
                            const clrelu_workload *w, float *to)
{
    clrelu_context *context;
    clrelu_status status = clrelu_tuner_context(t, value, &context);

    if (!status)
        status = clear(t, w);
    if (!status)
        status = clrelu_tune_measure(t, context, w);
    return status ? status : fetch(t, w, to);
}

/* Removes what the device refuses, or has other bits than value 0. */
static clrelu_status check_values(clrelu_tuner *t)
{
    clrelu_timings *m = &t->timings;

    for (size_t i = 0; i < m->workloads; i++) {
        const clrelu_workload *w = &t->workloads[i];
        const size_t bytes = (w->n + CLRELU_TUNER_ALPHAS) * sizeof(float);
        size_t kept = 1;
        const clrelu_status status = result(t, &t->values[0], w, t->want);
        if (status)
            return status;
        for (size_t v = 1; v < m->values; v++) {
            const clrelu_status other = result(t, &t->values[v], w, t->got);
            /* What has just run, or a device that is gone. */
            if (other && (v == 1 || other == CLRELU_DEVICE_LOST))
                return other;
            if (!other && memcmp(t->got, t->want, bytes) == 0)
                t->values[kept++] = t->values[v];
            else if (v == 1)
                break; /* no two runs are alike here: there is no choice */
        }
        m->values = kept;
    }
    return CLRELU_OK;
}

/* ----------------------------------------------------------- measurement -- */

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Calls queued back to back, after one that finds what it works on. */
static clrelu_status sample(clrelu_tuner *t, size_t value,
                            const clrelu_workload *w, unsigned calls,
                            double *seconds)
{
    clrelu_context *context;
    clrelu_status status = clrelu_tuner_context(t, &t->values[value], &context);
    cl_int error = CL_SUCCESS;
    double start = 0;

    for (unsigned i = 0; i <= calls && !status && !error; i++) {
        status = clrelu_tune_measure(t, context, w);
        if (i == 0 && !status) {
            error = clFinish(t->queue);
            start = now();
        }
    }
    if (!status && !error)
        error = clFinish(t->queue);
    *seconds = (now() - start) / calls;
    if (error)
        return clrelu_fail_cl(error, "clFinish");
    return status;
}

/* The same for all values. */
static clrelu_status count_calls(clrelu_tuner *t,
                                 unsigned calls[CHOICE_WORKLOADS])
{
    clrelu_status status = CLRELU_OK;

    for (size_t i = 0; i < t->timings.workloads && !status; i++) {
        double seconds = 0;
        status = sample(t, 0, &t->workloads[i], 1, &seconds);
        if (!status && seconds < sample_seconds)
            status = sample(t, 0, &t->workloads[i], 8, &seconds);
        const double wish = sample_seconds / (seconds + 1e-9) + 1;
        calls[i] = wish > (double)MAX_CALLS ? MAX_CALLS : (unsigned)wish;
    }
    return status;
}

/* All values take turns, each round beginning with another one. */
static clrelu_status measure(clrelu_tuner *t)
{
    clrelu_timings *m = &t->timings;
    unsigned calls[CHOICE_WORKLOADS];
    clrelu_status status = count_calls(t, calls);
    const double end = now() + knob_seconds;

    for (m->rounds = 0; m->rounds < ROUNDS && now() < end && !status;
         m->rounds += !status)
        for (size_t w = 0; w < m->workloads; w++)
            for (size_t i = 0; i < m->values && !status; i++) {
                const size_t v = (i + m->rounds) % m->values;
                status = sample(t, v, &t->workloads[w], calls[w],
                                &m->seconds[v][w][m->rounds]);
            }
    return status;
}

/* ----------------------------------------------------------------- knobs -- */

static void report(const clrelu_tuner *t, clrelu_knob knob,
                   const clrelu_choice *choice,
                   void (*tell)(void *data, const clrelu_tuned *tuned),
                   void *data)
{
    const char *names[CHOICE_WORKLOADS];

    for (size_t w = 0; w < t->timings.workloads; w++)
        names[w] = t->workloads[w].name;
    for (size_t v = 0; v < t->timings.values && tell; v++) {
        const clrelu_tuned tuned = {.knob = clrelu_knob_name(knob),
                                    .value =
                                        clrelu_knob_value(&t->values[v], knob),
                                    .is_default = v < 2,
                                    .is_again = v == 1,
                                    .is_chosen = v == choice->chosen,
                                    .margin = choice->margin,
                                    .mean = choice->mean[v],
                                    .workloads = t->timings.workloads,
                                    .names = names,
                                    .seconds = choice->median[v]};
        tell(data, &tuned);
    }
}

static clrelu_status choose(clrelu_tuner *t, clrelu_knob knob,
                            void (*tell)(void *data, const clrelu_tuned *tuned),
                            void *data)
{
    clrelu_choice choice;
    clrelu_status status;

    t->timings.values =
        clrelu_choice_list(&t->owner->defaults, &t->best, knob, t->values);
    if (t->timings.values == 2)
        return CLRELU_OK;
    clrelu_tuner_set_workloads(t, knob);
    status = check_values(t);
    if (status || t->timings.values <= 2 || t->timings.workloads == 0)
        return status;
    status = measure(t);
    if (status)
        return status;
    clrelu_choice_make(&t->timings, &choice);
    report(t, knob, &choice, tell, data);
    t->best = t->values[choice.chosen];
    return CLRELU_OK;
}

clrelu_status clrelu_tune(clrelu_context *context,
                          void (*tell)(void *data, const clrelu_tuned *tuned),
                          void *data)
{
    clrelu_tuner *t;
    clrelu_status status = clrelu_check_context(context);

    if (status)
        return status;
    if (context->file.memory)
        return clrelu_fail(CLRELU_UNSUPPORTED,
                           "context has its programs from a file: to tune "
                           "takes one that may compile others");
    status = clrelu_tuning_check_place();
    if (status)
        return status;
    t = malloc(sizeof(*t));
    if (!t)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory to tune with");
    status = clrelu_tuner_open(t, context);
    for (int knob = 0; knob < CLRELU_KNOBS && !status; knob++)
        status = choose(t, (clrelu_knob)knob, tell, data);
    if (!status)
        status = clrelu_tuning_store(context, &t->best);
    clrelu_tuner_close(t);
    free(t);
    return status;
}
