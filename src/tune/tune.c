/* tune.c - measures and stores the fastest device parameters
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/status.h"
#include "core/check.h"
#include "core/trace.h"
#include "core/tune_store.h"
#include "tune/tune_measure.h"

enum { ROUNDS = 11, MAX_CALLS = 1000 };

/* Min seconds of a sample; seconds after which a knob gets no further round. */
static const double sample_seconds = 5e-3, knob_seconds = 7;

/* --------------------------------------------------------------- results -- */

static clrelu_status read_result(const clrelu_tuner *t,
                                 const clrelu_workload *w, float *to)
{
    cl_int error = clEnqueueReadBuffer(t->queue, t->out.mem, CL_TRUE, 0,
                                       w->n * sizeof(float), to, 0, NULL, NULL);

    if (!error)
        error = clEnqueueReadBuffer(t->queue, t->dalpha.mem, CL_TRUE, 0,
                                    CLRELU_TUNER_ALPHAS * sizeof(float),
                                    to + w->n, 0, NULL, NULL);
    return clrelu_check_cl(error, "clEnqueueReadBuffer");
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
    return clrelu_check_cl(error, "clEnqueueFillBuffer");
}

static clrelu_status result(clrelu_tuner *t, const clrelu_device_params *value,
                            const clrelu_workload *w, float *to)
{
    clrelu_context *context;
    clrelu_status status = clrelu_tuner_context(t, value, &context);

    if (!status)
        status = clear(t, w);
    if (!status)
        status = clrelu_tuner_enqueue(t, context, w);
    return status ? status : read_result(t, w, to);
}

/* Removes values that fail or whose results differ from value 0's. */
static clrelu_status check_values(clrelu_tuner *t)
{
    clrelu_timings *m = &t->timings;

    for (size_t i = 0; i < m->workloads; i++) {
        const clrelu_workload *w = &t->workloads[i];
        const size_t bytes = (w->n + CLRELU_TUNER_ALPHAS) * sizeof(float);
        size_t kept = 1;
        const clrelu_status status = result(t, &t->values[0], w, t->expected);
        if (status)
            return status;
        for (size_t v = 1; v < m->values; v++) {
            const clrelu_status other = result(t, &t->values[v], w, t->got);
            /* Value 1 is value 0 again and has just run. */
            if (other && (v == 1 || other == CLRELU_DEVICE_LOST))
                return other;
            if (!other && memcmp(t->got, t->expected, bytes) == 0)
                t->values[kept++] = t->values[v];
            else if (v == 1)
                break; /* results differ from run to run: nothing to choose */
        }
        m->values = kept;
    }
    return CLRELU_OK;
}

/* ----------------------------------------------------------- measurement -- */

/* Calls queued back to back, after a warm-up call. */
static clrelu_status sample(clrelu_tuner *t, size_t value,
                            const clrelu_workload *w, unsigned calls,
                            double *seconds)
{
    clrelu_context *context;
    clrelu_status status = clrelu_tuner_context(t, &t->values[value], &context);
    cl_int error = CL_SUCCESS;
    double start = 0;

    for (unsigned i = 0; i <= calls && !status && !error; i++) {
        status = clrelu_tuner_enqueue(t, context, w);
        if (i == 0 && !status) {
            error = clFinish(t->queue);
            start = clock_now();
        }
    }
    if (!status && !error)
        error = clFinish(t->queue);
    *seconds = (clock_now() - start) / calls;
    return status ? status : clrelu_check_cl(error, "clFinish");
}

/* Calls of a sample, the same for all values. */
static clrelu_status count_calls(clrelu_tuner *t,
                                 unsigned calls[TUNE_WORKLOADS])
{
    clrelu_status status = CLRELU_OK;

    for (size_t i = 0; i < t->timings.workloads && !status; i++) {
        double seconds = 0;
        status = sample(t, 0, &t->workloads[i], 1, &seconds);
        if (!status && seconds < sample_seconds)
            status = sample(t, 0, &t->workloads[i], 8, &seconds);
        const double count = sample_seconds / (seconds + 1e-9) + 1;
        calls[i] = count > (double)MAX_CALLS ? MAX_CALLS : (unsigned)count;
    }
    return status;
}

/* Round-robin over the values; each round starts with another value. */
static clrelu_status measure(clrelu_tuner *t)
{
    clrelu_timings *m = &t->timings;
    unsigned calls[TUNE_WORKLOADS];
    clrelu_status status = count_calls(t, calls);
    const double end = clock_now() + knob_seconds;

    for (m->rounds = 0; m->rounds < ROUNDS && clock_now() < end && !status;
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
                   const clrelu_selection *selection,
                   void (*on_result)(void *data, const clrelu_tuned *tuned),
                   void *data)
{
    const char *names[TUNE_WORKLOADS];

    for (size_t w = 0; w < t->timings.workloads; w++)
        names[w] = t->workloads[w].name;
    for (size_t v = 0; v < t->timings.values && on_result; v++) {
        const clrelu_tuned tuned = {.knob = clrelu_knob_name(knob),
                                    .value =
                                        clrelu_knob_value(&t->values[v], knob),
                                    .is_default = v < 2,
                                    .is_repeat = v == 1,
                                    .is_chosen = v == selection->chosen,
                                    .margin = selection->margin,
                                    .mean = selection->mean[v],
                                    .workloads = t->timings.workloads,
                                    .names = names,
                                    .seconds = selection->median[v]};
        on_result(data, &tuned);
    }
}

static clrelu_status choose(clrelu_tuner *t, clrelu_knob knob,
                            void (*on_result)(void *data,
                                              const clrelu_tuned *tuned),
                            void *data)
{
    clrelu_selection selection;
    clrelu_status status;

    t->timings.values =
        clrelu_candidates_list(&t->owner->defaults, &t->best, knob, t->values);
    if (t->timings.values == 2)
        return CLRELU_OK;
    clrelu_tuner_set_workloads(t, knob);
    status = check_values(t);
    if (status || t->timings.values <= 2 || t->timings.workloads == 0)
        return status;
    status = measure(t);
    if (status)
        return status;
    clrelu_select_candidate(&t->timings, &selection);
    report(t, knob, &selection, on_result, data);
    t->best = t->values[selection.chosen];
    return CLRELU_OK;
}

static clrelu_status tune(clrelu_context *context,
                          void (*on_result)(void *data,
                                            const clrelu_tuned *tuned),
                          void *data)
{
    clrelu_tuner *t;
    clrelu_status status = clrelu_check_context(context);

    if (status)
        return status;
    if (context->file.memory)
        return clrelu_fail(CLRELU_UNSUPPORTED,
                           "context has its programs from a file: tuning "
                           "needs one that compiles them");
    status = clrelu_tuning_check_store();
    if (status)
        return status;
    t = malloc(sizeof(*t));
    if (!t)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory to tune with");
    status = clrelu_tuner_open(t, context);
    for (int knob = 0; knob < CLRELU_KNOBS && !status; knob++)
        status = choose(t, (clrelu_knob)knob, on_result, data);
    if (!status)
        status = clrelu_tuning_store(context, &t->best);
    clrelu_tuner_close(t);
    free(t);
    return status;
}

clrelu_status clrelu_tune(clrelu_context *context,
                          void (*on_result)(void *data,
                                            const clrelu_tuned *tuned),
                          void *data)
{
    CLRELU_TRACE(clrelu_trace_begin(__func__));
    return clrelu_traced(tune(context, on_result, data));
}
