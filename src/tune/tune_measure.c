/* tune_measure.c - the arrays, contexts and workloads of clrelu_tune
 * SPDX-License-Identifier: MIT */
#include "tune/tune_measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "core/upload.h"

enum {
    SMALL = 1 << 18, /* elements that fit the caches */
    LARGE = 1 << 22, /* min elements that do not */
    MAX = 1 << 25    /* max, and if the caches are unknown */
};

/* --------------------------------------------------------------- devices -- */

/* The three arrays take at most an eighth of the device's memory. */
static void choose_sizes(clrelu_tuner *t)
{
    const cl_device_id device = t->owner->device;
    const uint64_t cache = 2 * t->owner->defaults.non_temporal_bytes;
    const cl_ulong memory = clrelu_device_number(
                       device, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof(memory)),
                   alloc = clrelu_device_number(
                       device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof(alloc));

    t->max = MAX;
    while (t->max > SMALL && (t->max * 4 > alloc || t->max * 12 > memory / 8))
        t->max /= 2;
    t->small = SMALL;
    t->large = cache > 0 ? LARGE : MAX;
    while (t->large < t->max && t->large * 8 < 2 * cache)
        t->large *= 2;
    if (t->large > t->max)
        t->large = t->max;
}

clrelu_status clrelu_tuner_context(clrelu_tuner *t,
                                   const clrelu_device_params *params,
                                   clrelu_context **out)
{
    const clrelu_context_params creation = {.context = t->owner->context,
                                            .device = t->owner->device,
                                            .program = ""};
    clrelu_status status;

    for (size_t i = 0; i < t->context_count; i++) {
        clrelu_context *c = t->contexts[i];
        if (c->params.group != params->group ||
            c->params.vector != params->vector ||
            c->params.prelu_vector != params->prelu_vector)
            continue;
        c->params = *params;
        *out = c;
        return CLRELU_OK;
    }
    if (t->context_count == CLRELU_TUNER_CONTEXTS)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "more values than expected");
    status = clrelu_context_create(&creation, out);
    if (status)
        return status;
    (*out)->params = *params;
    (*out)->no_cache = true;
    t->contexts[t->context_count++] = *out;
    return CLRELU_OK;
}

static clrelu_status fill(clrelu_tuner *t, size_t n, uint64_t seed,
                          clrelu_buffer out)
{
    const clrelu_exec exec = {.queue = t->queue};
    const clrelu_parameter p = {.rank = 1, .dims = &n, .values = out};
    clrelu_context *context;
    clrelu_status status = clrelu_tuner_context(t, &t->best, &context);

    return status ? status
                  : clrelu_initialize(context, &exec, "random_uniform(-4,4)",
                                      seed, &p);
}

clrelu_status clrelu_tuner_open(clrelu_tuner *t, const clrelu_context *owner)
{
    /* Three arrays of elements, two of alphas. */
    clrelu_buffer *const buffers[] = {&t->x, &t->dy, &t->out, &t->alpha,
                                      &t->dalpha};
    cl_int error;
    clrelu_status status;

    memset(t, 0, sizeof(*t));
    t->owner = owner;
    t->best = owner->defaults;
    choose_sizes(t);
    t->expected = malloc((t->max + CLRELU_TUNER_ALPHAS) * sizeof(float));
    t->got = malloc((t->max + CLRELU_TUNER_ALPHAS) * sizeof(float));
    if (!t->expected || !t->got)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory to tune with");
    t->queue = clCreateCommandQueue(owner->context, owner->device, 0, &error);
    status = clrelu_check_cl(error, "clCreateCommandQueue");
    for (size_t i = 0; i < 5 && !status; i++)
        status = clrelu_buffer_create(
            owner, (i < 3 ? t->max : CLRELU_TUNER_ALPHAS) * sizeof(float), NULL,
            &buffers[i]->mem);
    if (!status)
        status = fill(t, t->max, 1, t->x);
    if (!status)
        status = fill(t, t->max, 2, t->dy);
    return status ? status : fill(t, CLRELU_TUNER_ALPHAS, 3, t->alpha);
}

void clrelu_tuner_close(clrelu_tuner *t)
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
    free(t->expected);
    free(t->got);
}

/* ------------------------------------------------------------- workloads -- */

static const char *direction(bool backward)
{
    return backward ? "back" : "forw";
}

static void add_elementwise(clrelu_tuner *t, clrelu_op op, bool backward,
                            size_t n)
{
    clrelu_workload *w = &t->workloads[t->timings.workloads++];

    *w = (clrelu_workload){.op = op, .backward = backward, .n = n};
    snprintf(w->name, sizeof(w->name), "%s %s %zuK",
             op == CLRELU_ELU ? "elu" : "leaky", direction(backward), n >> 10);
}

typedef enum layout { NCHW, NHWC, DENSE } layout;

static void add_prelu(clrelu_tuner *t, layout order, bool backward, size_t n)
{
    static const char *const names[] = {"NCHW", "NHWC", "dense"};
    clrelu_workload *w = &t->workloads[t->timings.workloads++];

    *w = (clrelu_workload){.op = CLRELU_PRELU, .backward = backward, .n = n};
    if (order == DENSE) {
        w->rank = 2;
        w->dims[0] = n / CLRELU_TUNER_ALPHAS;
        w->dims[1] = CLRELU_TUNER_ALPHAS;
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

/* Each call reads the previous call's output, as layers do. */
static void add_ping_pong(clrelu_tuner *t, uint64_t bytes)
{
    const uint64_t n = bytes / 8 / 1024 * 1024;
    clrelu_workload *w = &t->workloads[t->timings.workloads];

    if (n < 1024 || n > t->max)
        return;
    t->timings.workloads++;
    *w = (clrelu_workload){
        .op = CLRELU_LEAKY_RELU, .ping_pong = true, .n = (size_t)n};
    snprintf(w->name, sizeof(w->name), "ping-pong %zuK", w->n >> 10);
}

void clrelu_tuner_set_workloads(clrelu_tuner *t, clrelu_knob knob)
{
    const size_t sizes[] = {t->small, t->large};
    const uint64_t cache = 2 * t->owner->defaults.non_temporal_bytes;

    t->timings.workloads = 0;
    for (size_t i = 0; i < 2 && knob != CLRELU_KNOB_NON_TEMPORAL; i++) {
        const size_t n = sizes[i];
        if (knob == CLRELU_KNOB_VECTOR || knob == CLRELU_KNOB_CPU_SPAN ||
            knob == CLRELU_KNOB_GPU_ACCESSES) {
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
    for (unsigned i = 0; i < 4 && knob == CLRELU_KNOB_NON_TEMPORAL; i++)
        add_ping_pong(t, (cache * 3 / 8) << i);
}

static clrelu_status run_prelu(const clrelu_tuner *t, clrelu_context *c,
                               const clrelu_workload *w)
{
    const clrelu_exec exec = {.queue = t->queue};
    const clrelu_shape shape = {.rank = w->rank,
                                .dims = w->dims,
                                .shared_count = w->shared,
                                .shared_axes = w->axes};
    const clrelu_prelu p = {.dtype = CLRELU_FLOAT32,
                            .shape = &shape,
                            .x = t->x,
                            .alpha = t->alpha,
                            .y = t->out,
                            .dy = t->dy,
                            .dx = t->out,
                            .dalpha = t->dalpha};

    return w->backward ? clrelu_prelu_backward(c, &exec, &p)
                       : clrelu_prelu_forward(c, &exec, &p);
}

clrelu_status clrelu_tuner_enqueue(const clrelu_tuner *t, clrelu_context *c,
                                   const clrelu_workload *w)
{
    const clrelu_exec exec = {.queue = t->queue};
    /* In ping-pong x must keep its values. */
    const double scalar = w->op == CLRELU_ELU || w->ping_pong ? 1.0 : 0.3;
    clrelu_elementwise e = {.op = w->op,
                            .dtype = CLRELU_FLOAT32,
                            .scalar = scalar,
                            .n = w->n,
                            .x = t->x,
                            .y = t->out,
                            .dy = t->dy,
                            .dx = t->out};
    clrelu_status status;

    if (w->op == CLRELU_PRELU)
        return run_prelu(t, c, w);
    if (w->backward)
        return clrelu_backward(c, &exec, &e);
    status = clrelu_forward(c, &exec, &e);
    e.x = t->out;
    e.y = t->x;
    return status || !w->ping_pong ? status : clrelu_forward(c, &exec, &e);
}
