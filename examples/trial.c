/* trial.c - time and accuracy of an operation on a batch
 * SPDX-License-Identifier: MIT */
#include "trial.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "../tests/support/reference.h"
#include "../tests/support/ulp.h"
#include "must.h"

typedef struct call {
    const rig *r;
    clrelu_op op;
    double scalar;
    bool backward;
    size_t n, dims[2];
    clrelu_shape shape;
} call;

static size_t size_of(const batch *host)
{
    return host->rows * host->features;
}

static clrelu_buffer repeat(const rig *r, const float *values)
{
    const size_t bytes = size_of(r->host) * sizeof(float);
    cl_context cl = clrelu_context_cl_context(r->context);
    cl_mem mem = must_make(cl, size_of(r->host) * r->host->copies, NULL);

    for (size_t i = 0; i < r->host->copies; i++)
        must_cl(clEnqueueWriteBuffer(r->queue, mem, CL_FALSE, i * bytes, bytes,
                                     values, 0, NULL, NULL),
                "clEnqueueWriteBuffer");
    must_cl(clFinish(r->queue), "clFinish");
    return clrelu_at(mem, 0);
}

static void prepare(call *c, size_t copies)
{
    const batch *host = c->r->host;

    c->dims[0] = host->rows * copies;
    c->dims[1] = host->features;
    c->n = c->dims[0] * c->dims[1];
    c->shape = (clrelu_shape){.rank = 2, .dims = c->dims};
}

/* Both directions in one: y and dx have the same place. */
static clrelu_prelu prelu_of(const call *c)
{
    const rig *r = c->r;

    return (clrelu_prelu){.dtype = CLRELU_FLOAT32,
                          .shape = &c->shape,
                          .x = r->x,
                          .alpha = r->alpha,
                          .y = r->out,
                          .dy = r->dy,
                          .dx = r->out,
                          .dalpha = r->dalpha,
                          .workspace = r->workspace};
}

static clrelu_elementwise elementwise_of(const call *c)
{
    const rig *r = c->r;

    return (clrelu_elementwise){.op = c->op,
                                .dtype = CLRELU_FLOAT32,
                                .scalar = c->scalar,
                                .n = c->n,
                                .x = r->x,
                                .y = r->out,
                                .dy = r->dy,
                                .dx = r->out};
}

rig rig_open(clrelu_context *context, cl_command_queue queue, const batch *host)
{
    cl_context cl = clrelu_context_cl_context(context);
    rig r = {.host = host, .context = context, .queue = queue};
    call c = {.r = &r};
    size_t workspace;

    r.x = repeat(&r, host->x);
    r.dy = repeat(&r, host->dy);
    r.alpha.mem = must_make(cl, host->features, host->alpha);
    r.out.mem = must_make(cl, size_of(host) * host->copies, NULL);
    r.dalpha.mem = must_make(cl, host->features, NULL);

    prepare(&c, host->copies);
    const clrelu_prelu prelu = prelu_of(&c);
    must(clrelu_prelu_workspace(&prelu, &workspace));
    r.workspace.mem = must_make(cl, workspace + 1, NULL);
    return r;
}

void rig_close(rig *r)
{
    const clrelu_buffer all[] = {r->x,   r->dy,     r->alpha,
                                 r->out, r->dalpha, r->workspace};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        clReleaseMemObject(all[i].mem);
}

static void enqueue(const call *c)
{
    const clrelu_exec exec = {.queue = c->r->queue};
    const clrelu_prelu prelu = prelu_of(c);
    const clrelu_elementwise other = elementwise_of(c);
    clrelu_context *context = c->r->context;

    if (c->op == CLRELU_PRELU)
        must(c->backward ? clrelu_prelu_backward(context, &exec, &prelu)
                         : clrelu_prelu_forward(context, &exec, &prelu));
    else
        must(c->backward ? clrelu_backward(context, &exec, &other)
                         : clrelu_forward(context, &exec, &other));
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double run_once(const call *c)
{
    const double start = now();

    enqueue(c);
    must_cl(clFinish(c->r->queue), "clFinish");
    return now() - start;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median_seconds(const call *c)
{
    double seconds[TRIAL_RUNS];

    run_once(c); /* compiles the kernel, touches the memory */
    for (size_t i = 0; i < TRIAL_RUNS; i++)
        seconds[i] = run_once(c);
    qsort(seconds, TRIAL_RUNS, sizeof(seconds[0]), compare);
    return seconds[TRIAL_RUNS / 2];
}

static double gb_per_second(const call *c, double seconds)
{
    const clrelu_direction direction =
        c->backward ? CLRELU_BACKWARD : CLRELU_FORWARD;
    const clrelu_prelu prelu = prelu_of(c);
    const clrelu_elementwise other = elementwise_of(c);
    clrelu_context *context = c->r->context;
    clrelu_explanation e;

    must(c->op == CLRELU_PRELU
             ? clrelu_explain_prelu(context, direction, &prelu, &e)
             : clrelu_explain_elementwise(context, direction, &other, &e));
    return (double)(e.bytes_read + e.bytes_written) / seconds * 1e-9;
}

static void fetch(const rig *r, cl_mem mem, size_t first, size_t n,
                  float *values)
{
    must_cl(clEnqueueReadBuffer(r->queue, mem, CL_TRUE, first * sizeof(float),
                                n * sizeof(float), values, 0, NULL, NULL),
            "clEnqueueReadBuffer");
}

/* Overwrites results of earlier calls. */
static void spoil(const rig *r)
{
    const cl_uint nan = 0x7fc0dead;
    const size_t n = size_of(r->host) * r->host->copies;

    must_cl(clEnqueueFillBuffer(r->queue, r->out.mem, &nan, sizeof(nan), 0,
                                n * sizeof(float), 0, NULL, NULL),
            "clEnqueueFillBuffer");
    must_cl(clEnqueueFillBuffer(r->queue, r->dalpha.mem, &nan, sizeof(nan), 0,
                                r->host->features * sizeof(float), 0, NULL,
                                NULL),
            "clEnqueueFillBuffer");
    must_cl(clFinish(r->queue), "clFinish");
}

/* Keeps the worse of two; NaN is the worst. */
static void keep_worse(accuracy *worst, double error, double allowed)
{
    if (!(error * worst->allowed <= worst->error * allowed))
        *worst = (accuracy){error, allowed};
}

static accuracy check_out(const call *c, const float *got, double allowed)
{
    const batch *host = c->r->host;
    const size_t n = size_of(host);
    double *want = must_have(malloc(n * sizeof(*want)));
    accuracy worst = {0.0, allowed};

    if (c->op == CLRELU_PRELU && c->backward)
        reference_prelu_backward(&c->shape, host->x, host->alpha, host->dy,
                                 want, NULL, NULL);
    else if (c->op == CLRELU_PRELU)
        reference_prelu_forward(&c->shape, host->x, host->alpha, want);
    else
        for (size_t i = 0; i < n; i++) {
            const double x = (double)host->x[i], dy = (double)host->dy[i];
            want[i] = c->backward ? reference_backward(c->op, c->scalar, x, dy)
                                  : reference_forward(c->op, c->scalar, x);
        }
    for (size_t i = 0; i < n; i++)
        keep_worse(&worst, ulp_error(got[i], want[i]), allowed);
    free(want);
    return worst;
}

/* The sum over all copies is the sum over one times their number.  The bound is
 * that of clrelu_prelu_backward. */
static void check_dalpha(const call *one, size_t copies, accuracy *worst)
{
    const batch *host = one->r->host;
    const size_t k = host->features;
    const double u = 0x1p-24, times = (double)copies;
    const double m = 320.0 + (double)one->n * times / 0x1p17;
    double *sum = must_have(calloc(2 * k, sizeof(*sum)));
    float *got = must_have(malloc(k * sizeof(*got)));

    reference_prelu_backward(&one->shape, host->x, host->alpha, host->dy, NULL,
                             sum, sum + k);
    fetch(one->r, one->r->dalpha.mem, 0, k, got);
    for (size_t j = 0; j < k; j++) {
        const double want = sum[j] * times, magnitude = sum[k + j] * times;
        const double bound =
            u * fabs(want) + 2.0 * (m * u) * (m * u) * magnitude;
        keep_worse(worst, ulp_error(got[j], want), bound / ulp_of(want));
    }
    free(sum);
    free(got);
}

static bool copies_equal(const rig *r, const float *first)
{
    const size_t n = size_of(r->host);
    float *other = must_have(malloc(n * sizeof(*other)));
    bool equal = true;

    for (size_t i = 0; i < r->host->copies && equal; i++) {
        fetch(r, r->out.mem, i * n, n, other);
        equal = memcmp(first, other, n * sizeof(*other)) == 0;
    }
    free(other);
    return equal;
}

trial trial_run(const rig *r, clrelu_op op, double scalar, bool backward,
                double allowed)
{
    const size_t n = size_of(r->host);
    call one = {.r = r, .op = op, .scalar = scalar, .backward = backward};
    call all = one;
    float *got = must_have(malloc(n * sizeof(*got)));
    trial t = {.dalpha = {0.0, 1.0},
               .has_dalpha = op == CLRELU_PRELU && backward};

    prepare(&one, 1);
    spoil(r);
    t.seconds = median_seconds(&one);
    fetch(r, r->out.mem, 0, n, got);
    t.out = check_out(&one, got, allowed);
    if (t.has_dalpha)
        check_dalpha(&one, 1, &t.dalpha);

    prepare(&all, r->host->copies);
    spoil(r);
    t.long_seconds = median_seconds(&all);
    t.gb_per_second = gb_per_second(&all, t.long_seconds);
    t.same_bits = copies_equal(r, got);
    if (t.has_dalpha)
        check_dalpha(&one, r->host->copies, &t.dalpha);
    free(got);
    return t;
}

bool trial_passed(const trial *t)
{
    return t->out.error <= t->out.allowed &&
           t->dalpha.error <= t->dalpha.allowed && t->same_bits;
}
