/* tune.c - measures what there is to choose on a device
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "choice.h"
#include "program.h"
#include "status.h"
#include "tuning.h"

enum {
    SMALL = 1 << 18, /* elements that stay in the caches */
    LARGE = 1 << 22, /* ... that do not, or more where caches are larger */
    MOST = 1 << 25,  /* ... or unknown */
    ALPHAS = 4096,
    ROUNDS = 11,
    MOST_CALLS = 1000,
    MOST_CONTEXTS = 32
};

/* Long enough to measure; and when to stop although there are rounds left. */
static const double sample_seconds = 5e-3, knob_seconds = 7;

typedef struct workload {
    char name[40];
    clrelu_op op;
    bool backward, to_and_fro;
    size_t n;
    size_t rank, dims[4], shared; /* prelu alone */
    int axes[2];
} workload;

typedef struct tuner {
    const clrelu_context *owner;
    cl_command_queue queue;
    clrelu_context *contexts[MOST_CONTEXTS]; /* one for each set of programs */
    size_t context_count;
    size_t small, large, most; /* elements */
    clrelu_buffer x, dy, out, alpha, dalpha;
    float *want, *got;
    clrelu_traits best;
    workload workloads[CHOICE_WORKLOADS];
    clrelu_traits values[CHOICE_VALUES];
    clrelu_timings timings;
} tuner;

/* --------------------------------------------------------------- devices -- */

static cl_ulong device_bytes(cl_device_id device, cl_device_info info)
{
    cl_ulong bytes = 0;

    return clGetDeviceInfo(device, info, sizeof(bytes), &bytes, NULL) ? 0
                                                                      : bytes;
}

/* An eighth of the memory, in three arrays. */
static void choose_sizes(tuner *t)
{
    const cl_device_id device = t->owner->device;
    const uint64_t cache = 2 * t->owner->defaults.stream_bytes;
    const cl_ulong memory = device_bytes(device, CL_DEVICE_GLOBAL_MEM_SIZE),
                   alloc = device_bytes(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE);

    t->most = MOST;
    while (t->most > SMALL &&
           (t->most * 4 > alloc || t->most * 12 > memory / 8))
        t->most /= 2;
    t->small = SMALL;
    t->large = cache > 0 ? LARGE : MOST;
    while (t->large < t->most && t->large * 8 < 2 * cache)
        t->large *= 2;
    if (t->large > t->most)
        t->large = t->most;
}

/* Programs of another vector or local size are others. */
static clrelu_status get_context(tuner *t, const clrelu_traits *traits,
                                 clrelu_context **out)
{
    const clrelu_context_params params = {.context = t->owner->context,
                                          .device = t->owner->device,
                                          .program = ""};
    clrelu_status status;

    for (size_t i = 0; i < t->context_count; i++) {
        clrelu_context *c = t->contexts[i];
        if (c->traits.group != traits->group ||
            c->traits.vector != traits->vector ||
            c->traits.prelu_vector != traits->prelu_vector)
            continue;
        c->traits = *traits;
        *out = c;
        return CLRELU_OK;
    }
    if (t->context_count == MOST_CONTEXTS)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "more values than expected");
    status = clrelu_context_create(&params, out);
    if (status)
        return status;
    (*out)->traits = *traits;
    (*out)->no_cache = true;
    t->contexts[t->context_count++] = *out;
    return CLRELU_OK;
}

static clrelu_status make_buffer(tuner *t, size_t n, clrelu_buffer *out)
{
    cl_int error;

    *out = (clrelu_buffer){clCreateBuffer(t->owner->context, CL_MEM_READ_WRITE,
                                          n * sizeof(float), NULL, &error),
                           0};
    return error ? clrelu_fail_cl(error, "clCreateBuffer") : CLRELU_OK;
}

static clrelu_status fill(tuner *t, size_t n, uint64_t seed, clrelu_buffer out)
{
    clrelu_context *context;
    clrelu_status status = get_context(t, &t->best, &context);

    return status ? status
                  : clrelu_initialize(context, t->queue, CLRELU_FLOAT32,
                                      "random_uniform(-4,4)", seed, 1, &n, out,
                                      0, NULL, NULL);
}

static clrelu_status tuner_open(tuner *t, const clrelu_context *owner)
{
    cl_int error;
    clrelu_status status;

    memset(t, 0, sizeof(*t));
    t->owner = owner;
    t->best = owner->defaults;
    choose_sizes(t);
    t->want = malloc((t->most + ALPHAS) * sizeof(float));
    t->got = malloc((t->most + ALPHAS) * sizeof(float));
    if (!t->want || !t->got)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory to tune with");
    t->queue = clCreateCommandQueue(owner->context, owner->device, 0, &error);
    if (error)
        return clrelu_fail_cl(error, "clCreateCommandQueue");
    status = make_buffer(t, t->most, &t->x);
    if (!status)
        status = make_buffer(t, t->most, &t->dy);
    if (!status)
        status = make_buffer(t, t->most, &t->out);
    if (!status)
        status = make_buffer(t, ALPHAS, &t->alpha);
    if (!status)
        status = make_buffer(t, ALPHAS, &t->dalpha);
    if (!status)
        status = fill(t, t->most, 1, t->x);
    if (!status)
        status = fill(t, t->most, 2, t->dy);
    return status ? status : fill(t, ALPHAS, 3, t->alpha);
}

static void tuner_close(tuner *t)
{
    const clrelu_buffer buffers[] = {t->x, t->dy, t->out, t->alpha, t->dalpha};

    if (t->queue)
        clFinish(t->queue);
    for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++)
        if (buffers[i].mem)
            clReleaseMemObject(buffers[i].mem);
    if (t->queue)
        clReleaseCommandQueue(t->queue);
    for (size_t i = 0; i < t->context_count; i++)
        clrelu_context_destroy(&t->contexts[i]);
    free(t->want);
    free(t->got);
}

/* ------------------------------------------------------------- workloads -- */

static const char *direction(bool backward)
{
    return backward ? "back" : "forw";
}

static void add_elementwise(tuner *t, clrelu_op op, bool backward, size_t n)
{
    workload *w = &t->workloads[t->timings.workloads++];

    *w = (workload){.op = op, .backward = backward, .n = n};
    snprintf(w->name, sizeof(w->name), "%s %s %zuK",
             op == CLRELU_ELU ? "elu" : "leaky", direction(backward), n >> 10);
}

typedef enum layout { NCHW, NHWC, DENSE } layout;

static void add_prelu(tuner *t, layout order, bool backward, size_t n)
{
    static const char *const names[] = {"NCHW", "NHWC", "dense"};
    workload *w = &t->workloads[t->timings.workloads++];

    *w = (workload){.op = CLRELU_PRELU, .backward = backward, .n = n};
    if (order == DENSE) {
        w->rank = 2;
        w->dims[0] = n / ALPHAS;
        w->dims[1] = ALPHAS;
    } else {
        w->rank = 4;
        w->dims[0] = n >> 16;
        w->dims[1] = order == NCHW ? 64 : 32;
        w->dims[2] = 32;
        w->dims[3] = order == NCHW ? 32 : 64;
        w->shared = 2;
        w->axes[0] = order == NCHW ? 2 : 1;
        w->axes[1] = w->axes[0] + 1;
    }
    snprintf(w->name, sizeof(w->name), "%s %s %zuK", names[order],
             direction(backward), n >> 10);
}

/* Each call reads what the one before has written, as layers do. */
static void add_to_and_fro(tuner *t, uint64_t bytes)
{
    const uint64_t n = bytes / 8 / 1024 * 1024;
    workload *w = &t->workloads[t->timings.workloads];

    if (n < 1024 || n > t->most)
        return;
    t->timings.workloads++;
    *w =
        (workload){.op = CLRELU_LEAKY_RELU, .to_and_fro = true, .n = (size_t)n};
    snprintf(w->name, sizeof(w->name), "to and fro %zuK", w->n >> 10);
}

static void add_workloads(tuner *t, clrelu_knob knob)
{
    const size_t sizes[] = {t->small, t->large};
    const uint64_t cache = 2 * t->owner->defaults.stream_bytes;

    t->timings.workloads = 0;
    for (size_t i = 0; i < 2 && knob != CLRELU_KNOB_STREAM; i++) {
        const size_t n = sizes[i];
        if (knob == CLRELU_KNOB_VECTOR || knob == CLRELU_KNOB_WORK) {
            add_elementwise(t, CLRELU_LEAKY_RELU, false, n);
            add_elementwise(t, CLRELU_LEAKY_RELU, true, n);
            add_elementwise(t, CLRELU_ELU, false, n);
        } else if (knob == CLRELU_KNOB_LOCAL_SIZE) {
            add_elementwise(t, CLRELU_ELU, false, n);
            add_prelu(t, NCHW, true, n);
            add_prelu(t, NHWC, true, n);
        } else {
            const bool sums = knob == CLRELU_KNOB_PRELU_VECTOR;
            add_prelu(t, NCHW, sums, n);
            add_prelu(t, NHWC, sums, n);
            add_prelu(t, DENSE, false, n);
        }
    }
    for (unsigned i = 0; i < 4 && knob == CLRELU_KNOB_STREAM; i++)
        add_to_and_fro(t, (cache * 3 / 8) << i);
}

static clrelu_status run_prelu(const tuner *t, clrelu_context *c,
                               const workload *w)
{
    const clrelu_buffer none = {NULL, 0};
    const clrelu_shape shape = {.rank = w->rank,
                                .dims = w->dims,
                                .shared_count = w->shared,
                                .shared_axes = w->axes};

    if (!w->backward)
        return clrelu_prelu_forward(c, t->queue, CLRELU_FLOAT32, &shape, t->x,
                                    t->alpha, t->out, 0, NULL, NULL);
    return clrelu_prelu_backward(c, t->queue, CLRELU_FLOAT32, &shape, 0, t->x,
                                 t->alpha, t->dy, t->out, t->dalpha, none, 0,
                                 NULL, NULL);
}

static clrelu_status run_call(const tuner *t, clrelu_context *c,
                              const workload *w)
{
    /* To and fro, x must stay what it is. */
    const double scalar = w->op == CLRELU_ELU || w->to_and_fro ? 1.0 : 0.3;
    clrelu_status status;

    if (w->op == CLRELU_PRELU)
        return run_prelu(t, c, w);
    if (w->backward)
        return clrelu_backward(c, t->queue, w->op, CLRELU_FLOAT32, scalar, 0,
                               w->n, t->x, t->dy, t->out, 0, NULL, NULL);
    status = clrelu_forward(c, t->queue, w->op, CLRELU_FLOAT32, scalar, w->n,
                            t->x, t->out, 0, NULL, NULL);
    if (!status && w->to_and_fro)
        status = clrelu_forward(c, t->queue, w->op, CLRELU_FLOAT32, scalar,
                                w->n, t->out, t->x, 0, NULL, NULL);
    return status;
}

/* --------------------------------------------------------------- results -- */

static clrelu_status fetch(const tuner *t, const workload *w, float *to)
{
    cl_int error = clEnqueueReadBuffer(t->queue, t->out.mem, CL_TRUE, 0,
                                       w->n * sizeof(float), to, 0, NULL, NULL);

    if (!error)
        error = clEnqueueReadBuffer(t->queue, t->dalpha.mem, CL_TRUE, 0,
                                    ALPHAS * sizeof(float), to + w->n, 0, NULL,
                                    NULL);
    return error ? clrelu_fail_cl(error, "clEnqueueReadBuffer") : CLRELU_OK;
}

static clrelu_status clear(const tuner *t, const workload *w)
{
    const cl_float unset = 77;
    cl_int error =
        clEnqueueFillBuffer(t->queue, t->out.mem, &unset, sizeof(unset), 0,
                            w->n * sizeof(float), 0, NULL, NULL);

    if (!error)
        error =
            clEnqueueFillBuffer(t->queue, t->dalpha.mem, &unset, sizeof(unset),
                                0, ALPHAS * sizeof(float), 0, NULL, NULL);
    return error ? clrelu_fail_cl(error, "clEnqueueFillBuffer") : CLRELU_OK;
}

static clrelu_status result(tuner *t, const clrelu_traits *value,
                            const workload *w, float *to)
{
    clrelu_context *context;
    clrelu_status status = get_context(t, value, &context);

    if (!status)
        status = clear(t, w);
    if (!status)
        status = run_call(t, context, w);
    return status ? status : fetch(t, w, to);
}

/* Removes what the device refuses, or has other bits than value 0. */
static clrelu_status check_values(tuner *t)
{
    clrelu_timings *m = &t->timings;

    for (size_t i = 0; i < m->workloads; i++) {
        const workload *w = &t->workloads[i];
        const size_t bytes = (w->n + ALPHAS) * sizeof(float);
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
static clrelu_status sample(tuner *t, size_t value, const workload *w,
                            unsigned calls, double *seconds)
{
    clrelu_context *context;
    clrelu_status status = get_context(t, &t->values[value], &context);
    cl_int error = CL_SUCCESS;
    double start = 0;

    for (unsigned i = 0; i <= calls && !status && !error; i++) {
        status = run_call(t, context, w);
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
static clrelu_status count_calls(tuner *t, unsigned calls[CHOICE_WORKLOADS])
{
    clrelu_status status = CLRELU_OK;

    for (size_t i = 0; i < t->timings.workloads && !status; i++) {
        double seconds = 0;
        status = sample(t, 0, &t->workloads[i], 1, &seconds);
        if (!status && seconds < sample_seconds)
            status = sample(t, 0, &t->workloads[i], 8, &seconds);
        const double wish = sample_seconds / (seconds + 1e-9) + 1;
        calls[i] = wish > MOST_CALLS ? MOST_CALLS : (unsigned)wish;
    }
    return status;
}

/* All values take turns, each round beginning with another one. */
static clrelu_status measure(tuner *t)
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

static void report(const tuner *t, clrelu_knob knob,
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

static clrelu_status choose(tuner *t, clrelu_knob knob,
                            void (*tell)(void *data, const clrelu_tuned *tuned),
                            void *data)
{
    clrelu_choice choice;
    clrelu_status status;

    t->timings.values =
        clrelu_choice_list(&t->owner->defaults, &t->best, knob, t->values);
    if (t->timings.values == 2)
        return CLRELU_OK;
    add_workloads(t, knob);
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
    tuner *t;
    clrelu_status status;

    if (!context)
        return clrelu_fail(CLRELU_INVALID_NULL, "context is NULL");
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
    status = tuner_open(t, context);
    for (int knob = 0; knob < CLRELU_KNOBS && !status; knob++)
        status = choose(t, (clrelu_knob)knob, tell, data);
    if (!status)
        status = clrelu_tuning_store(context, &t->best);
    tuner_close(t);
    free(t);
    return status;
}
