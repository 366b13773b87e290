/* dtypes.c - the storage types compared with float32, in elements per second
 * SPDX-License-Identifier: MIT
 *
 * Half the bytes should take half the time; what is missing is arithmetic. */
#include <stdio.h>

#include "harness.h"
#include "modes.h"
#include "problem.h"
#include "random.h"
#include "samples.h"
#include "storage.h"

enum { ROUNDS = 15, CALLS = 4, TYPES = 3 };

static const clrelu_dtype dtypes[TYPES] = {CLRELU_FLOAT32, CLRELU_FLOAT16,
                                           CLRELU_BFLOAT16};

typedef struct row {
    clrelu_op op;
    bool backward;
} row;

/* So many that x and y outgrow the cache twice in 16 bits, too, if it has no
 * more than 256 MiB: half in it, a type seems faster than it is. */
static size_t count_samples(const harness *h)
{
    enum { MIN = 168, MAX = 672, BYTES = 4 * 64 * 56 * 56 };
    cl_ulong cache = 0;
    size_t samples = MIN;

    must_cl(clGetDeviceInfo(h->device, CL_DEVICE_GLOBAL_MEM_CACHE_SIZE,
                            sizeof(cache), &cache, NULL),
            "clGetDeviceInfo");
    while (samples < MAX && (cl_ulong)samples * BYTES < 2 * cache)
        samples *= 2;
    return samples;
}

static void *make_values(clrelu_dtype dtype, size_t n, uint64_t *state)
{
    const size_t floats = dtype == CLRELU_FLOAT32 ? n : n / 2;
    void *values = must_have(new_floats(floats));

    for (size_t i = 0; i < n; i++) {
        const float v = random_uniform(state, -2, 2);
        if (dtype == CLRELU_FLOAT32)
            ((float *)values)[i] = v;
        else
            ((uint16_t *)values)[i] = storage_round(dtype, (double)v);
    }
    return values;
}

static clrelu_buffer make(const harness *h, clrelu_dtype dtype, size_t n,
                          uint64_t *state)
{
    const size_t floats = dtype == CLRELU_FLOAT32 ? n : n / 2;
    const cl_mem mem = harness_share(h, floats, make_values(dtype, n, state));

    if (!mem)
        die("no memory on the device for %zu elements", n);
    return clrelu_at(mem, 0);
}

/* The call of PReLU on arrays of one type, for both directions; the other
 * operations take its arrays. */
static clrelu_prelu make_call(const harness *h, clrelu_dtype dtype,
                              const clrelu_shape *shape, size_t n)
{
    uint64_t state = (uint64_t)dtype;
    clrelu_prelu call = {.dtype = dtype, .shape = shape};
    size_t workspace = 0;

    must(clrelu_prelu_workspace(&call, &workspace));
    call.x = make(h, dtype, n, &state);
    call.dy = make(h, dtype, n, &state);
    call.y = call.dx = make(h, dtype, n, &state);
    call.alpha = make(h, dtype, 64, &state);
    call.dalpha = make(h, dtype, 64, &state);
    call.workspace.mem = must_have(harness_buffer(h, workspace + 1, NULL));
    return call;
}

static clrelu_status call_prelu(const harness *h, bool backward,
                                const clrelu_prelu *call)
{
    const clrelu_exec exec = {.queue = h->queue};

    return backward ? clrelu_prelu_backward(h->library, &exec, call)
                    : clrelu_prelu_forward(h->library, &exec, call);
}

static clrelu_status call_scalar(const harness *h, const row *r, size_t n,
                                 const clrelu_prelu *arrays)
{
    const clrelu_exec exec = {.queue = h->queue};
    const clrelu_elementwise call = {.op = r->op,
                                     .dtype = arrays->dtype,
                                     .scalar = 1,
                                     .n = n,
                                     .x = arrays->x,
                                     .y = arrays->y,
                                     .dy = arrays->dy,
                                     .dx = arrays->dx};

    return r->backward ? clrelu_backward(h->library, &exec, &call)
                       : clrelu_forward(h->library, &exec, &call);
}

static double time_calls(const harness *h, const row *r, size_t n,
                         const clrelu_prelu *call)
{
    const double start = now();

    for (int i = 0; i < CALLS; i++)
        must(r->op == CLRELU_PRELU ? call_prelu(h, r->backward, call)
                                   : call_scalar(h, r, n, call));
    must_cl(clFinish(h->queue), "clFinish");
    return (now() - start) / (double)CALLS;
}

static void run_row(const harness *h, const row *r, size_t n,
                    const clrelu_prelu calls[TYPES])
{
    double seconds[TYPES][ROUNDS], medians[TYPES];

    for (int t = 0; t < TYPES; t++)
        time_calls(h, r, n, &calls[t]);
    for (int round = 0; round < ROUNDS; round++)
        for (int t = 0; t < TYPES; t++)
            seconds[t][round] = time_calls(h, r, n, &calls[t]);
    printf("%-17s %-9s", clrelu_op_name(r->op),
           r->backward ? "backward" : "forward");
    for (int t = 0; t < TYPES; t++) {
        medians[t] = median(seconds[t], ROUNDS);
        printf("  %9.2f", 1e-9 * (double)n / medians[t]);
    }
    for (int t = 1; t < TYPES; t++)
        printf("  %9.2f", medians[0] / medians[t]);
    printf("\n");
}

bool dtypes_run(const options *o)
{
    static const row rows[] = {{CLRELU_LEAKY_RELU, false},
                               {CLRELU_LEAKY_RELU, true},
                               {CLRELU_PRELU, false},
                               {CLRELU_PRELU, true},
                               {CLRELU_ELU, false},
                               {CLRELU_ELU, true},
                               {CLRELU_THRESHOLDED_RELU, false},
                               {CLRELU_THRESHOLDED_RELU, true}};
    static const int shared_axes[] = {2, 3};
    harness h;

    harness_open(&h, o->device);
    const size_t samples = count_samples(&h), n = samples * 64 * 56 * 56;
    const size_t dims[] = {samples, 64, 56, 56};
    const clrelu_shape shape = {
        .rank = 4, .dims = dims, .shared_count = 2, .shared_axes = shared_axes};
    clrelu_prelu calls[TYPES];
    for (int t = 0; t < TYPES; t++)
        calls[t] = make_call(&h, dtypes[t], &shape, n);
    printf("%s, %zu elements, medians of %d runs of %d calls\n\n%-27s"
           "  1e9 elements per second            of float32's\n%-27s"
           "    float32    float16   bfloat16    float16   bfloat16\n",
           h.name, n, ROUNDS, CALLS, "", "");
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        run_row(&h, &rows[i], n, calls);
    return true;
}
