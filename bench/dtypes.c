/* dtypes.c - the storage types compared with float32, in elements per second
 * SPDX-License-Identifier: MIT
 *
 * Half the bytes should take half the time; what is missing is arithmetic. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "modes.h"
#include "problem.h"
#include "random.h"
#include "storage.h"

enum { ROUNDS = 15, CALLS = 4, TYPES = 3 };

static const clrelu_dtype dtypes[TYPES] = {CLRELU_FLOAT32, CLRELU_FLOAT16,
                                           CLRELU_BFLOAT16};

/* The arrays of one type. */
typedef struct arrays {
    clrelu_buffer x, dy, out, alpha, dalpha, workspace;
} arrays;

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
    const clrelu_buffer buffer = {
        harness_share(h, floats, make_values(dtype, n, state)), 0};

    if (!buffer.mem)
        die("no memory on the device for %zu elements", n);
    return buffer;
}

static void make_arrays(const harness *h, clrelu_dtype dtype,
                        const clrelu_shape *shape, size_t n, arrays *a)
{
    uint64_t state = (uint64_t)dtype;
    size_t bytes = 0;

    must(clrelu_prelu_workspace(dtype, shape, &bytes));
    a->x = make(h, dtype, n, &state);
    a->dy = make(h, dtype, n, &state);
    a->out = make(h, dtype, n, &state);
    a->alpha = make(h, dtype, 64, &state);
    a->dalpha = make(h, dtype, 64, &state);
    a->workspace.mem = must_have(harness_buffer(h, bytes / 4 + 1, NULL));
    a->workspace.offset = 0;
}

static double time_calls(const harness *h, const row *r, clrelu_dtype dtype,
                         const clrelu_shape *shape, size_t n, const arrays *a)
{
    const double start = now();

    for (int i = 0; i < CALLS; i++) {
        if (r->op == CLRELU_PRELU && r->backward)
            must(clrelu_prelu_backward(h->library, h->queue, dtype, shape, 0,
                                       a->x, a->alpha, a->dy, a->out, a->dalpha,
                                       a->workspace, 0, NULL, NULL));
        else if (r->op == CLRELU_PRELU)
            must(clrelu_prelu_forward(h->library, h->queue, dtype, shape, a->x,
                                      a->alpha, a->out, 0, NULL, NULL));
        else if (r->backward)
            must(clrelu_backward(h->library, h->queue, r->op, dtype, 1, 0, n,
                                 a->x, a->dy, a->out, 0, NULL, NULL));
        else
            must(clrelu_forward(h->library, h->queue, r->op, dtype, 1, n, a->x,
                                a->out, 0, NULL, NULL));
    }
    must_cl(clFinish(h->queue), "clFinish");
    return (now() - start) / (double)CALLS;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void run_row(const harness *h, const row *r, const clrelu_shape *shape,
                    size_t n, const arrays a[TYPES])
{
    double seconds[TYPES][ROUNDS];

    for (int t = 0; t < TYPES; t++)
        time_calls(h, r, dtypes[t], shape, n, &a[t]);
    for (int round = 0; round < ROUNDS; round++)
        for (int t = 0; t < TYPES; t++)
            seconds[t][round] = time_calls(h, r, dtypes[t], shape, n, &a[t]);
    printf("%-17s %-9s", clrelu_op_name(r->op),
           r->backward ? "backward" : "forward");
    for (int t = 0; t < TYPES; t++) {
        qsort(seconds[t], ROUNDS, sizeof(double), compare);
        printf("  %9.2f", 1e-9 * (double)n / seconds[t][ROUNDS / 2]);
    }
    for (int t = 1; t < TYPES; t++)
        printf("  %9.2f", seconds[0][ROUNDS / 2] / seconds[t][ROUNDS / 2]);
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
    arrays a[TYPES];
    for (int t = 0; t < TYPES; t++)
        make_arrays(&h, dtypes[t], &shape, n, &a[t]);
    printf("%s, %zu elements, medians of %d runs of %d calls\n\n%-27s"
           "  1e9 elements per second            of float32's\n%-27s"
           "    float32    float16   bfloat16    float16   bfloat16\n",
           h.name, n, ROUNDS, CALLS, "", "");
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        run_row(&h, &rows[i], &shape, n, a);
    return true;
}
