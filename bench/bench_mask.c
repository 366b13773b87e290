/* bench_mask.c - backward from a mask compared with backward from x
 * SPDX-License-Identifier: MIT
 *
 *     bench_mask [LOG2 [RUNS]]
 *
 * 2^LOG2 float32 elements; PReLU's shape is (n/2^18, 64, 64, 64) with an alpha
 * for each channel.  A mask has one bit an element: its pass moves 8.125 bytes
 * an element instead of 8 (forward) or 12 (backward from x).  The ceiling is
 * the fastest of the loops out = a, times 8.125/8.  All alternate; times are
 * medians of RUNS, from the enqueue to clFinish. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "loops.h"
#include "problem.h"
#include "random.h"
#include "samples.h"

enum { MAX_RUNS = 1001, CHANNELS = 64 };
enum { X, DY, OUT, BIG, ALPHA = BIG, ALL };

typedef struct bench {
    harness h;
    clrelu_exec exec;
    size_t n, dims[4];
    clrelu_shape shape;
    clrelu_buffer arrays[ALL], mask;
    float *host[ALL]; /* the same, of which the device is the host */
    thread_pool *threads;
} bench;

static const int channel_axes[] = {2, 3};

static void make(bench *b, int array, size_t n)
{
    uint64_t state = (uint64_t)array;
    float *values = must_have(new_floats(n));

    for (size_t i = 0; i < n; i++)
        values[i] = random_uniform(&state, -1.0f, 1.0f);
    b->host[array] = values;
    b->arrays[array] = clrelu_at(must_have(harness_share(&b->h, n, values)), 0);
}

static void open_bench(bench *b, unsigned log2)
{
    memset(b, 0, sizeof(*b));
    harness_open(&b->h, NULL);
    b->exec.queue = b->h.queue;
    b->n = (size_t)1 << log2;
    const size_t dims[] = {b->n >> 18, CHANNELS, 64, 64};
    memcpy(b->dims, dims, sizeof(dims));
    b->shape = (clrelu_shape){.rank = 4,
                              .dims = b->dims,
                              .shared_count = 2,
                              .shared_axes = channel_axes};
    for (int i = 0; i < ALL; i++)
        make(b, i, i < BIG ? b->n : CHANNELS);
    b->mask = clrelu_at(must_have(harness_buffer(&b->h, b->n / 32, NULL)), 0);
    b->threads = thread_pool_create(b->h.cores);
}

static void close_bench(bench *b)
{
    for (int i = 0; i < ALL; i++) {
        clReleaseMemObject(b->arrays[i].mem);
        free(b->host[i]);
    }
    clReleaseMemObject(b->mask.mem);
    thread_pool_destroy(b->threads);
    harness_close(&b->h);
}

static void run_elementwise(const bench *b, clrelu_op op, bool is_backward,
                            bool has_mask)
{
    clrelu_elementwise c = {
        .op = op, .dtype = CLRELU_FLOAT32, .scalar = 0.3, .n = b->n};

    if (has_mask)
        c.mask = b->mask;
    if (!is_backward || !has_mask)
        c.x = b->arrays[X];
    if (is_backward) {
        c.dy = b->arrays[DY];
        c.dx = b->arrays[OUT];
        must(clrelu_backward(b->h.library, &b->exec, &c));
    } else {
        c.y = b->arrays[OUT];
        must(clrelu_forward(b->h.library, &b->exec, &c));
    }
}

static void run_prelu(const bench *b, bool is_backward, bool has_mask)
{
    clrelu_prelu c = {
        .dtype = CLRELU_FLOAT32, .shape = &b->shape, .alpha = b->arrays[ALPHA]};

    if (has_mask)
        c.mask = b->mask;
    if (!is_backward || !has_mask)
        c.x = b->arrays[X];
    if (is_backward) {
        c.dy = b->arrays[DY];
        c.dx = b->arrays[OUT];
        must(clrelu_prelu_backward(b->h.library, &b->exec, &c));
    } else {
        c.y = b->arrays[OUT];
        must(clrelu_prelu_forward(b->h.library, &b->exec, &c));
    }
}

static double seconds(const bench *b, clrelu_op op, bool is_backward,
                      bool has_mask)
{
    const double start = now();

    if (op == CLRELU_PRELU)
        run_prelu(b, is_backward, has_mask);
    else
        run_elementwise(b, op, is_backward, has_mask);
    must_cl(clFinish(b->exec.queue), "clFinish");
    return now() - start;
}

static void measure(bench *b, clrelu_op op, bool is_backward, size_t runs)
{
    static double mask[MAX_RUNS], x[MAX_RUNS], loops[LOOPS][MAX_RUNS];
    double ceiling = 1e9;

    seconds(b, op, false, true);
    seconds(b, op, is_backward, true);
    seconds(b, op, is_backward, false);
    for (size_t r = 0; r < runs; r++) {
        mask[r] = seconds(b, op, is_backward, true);
        x[r] = seconds(b, op, is_backward, false);
        wait_until_idle();
        for (int i = 0; i < LOOPS; i++)
            loops[i][r] = loop_seconds(b->threads, i, b->host[OUT], b->host[X],
                                       NULL, b->n);
    }
    for (int i = 0; i < LOOPS; i++) {
        const double time = median(loops[i], runs);
        ceiling = time < ceiling ? time : ceiling;
    }
    const double time = median(mask, runs);
    printf("%-16s %-8s %9.3f ms %9.3f ms %8.2f %8.2f\n", clrelu_op_name(op),
           is_backward ? "backward" : "forward", 1e3 * time,
           1e3 * median(x, runs), median(x, runs) / time,
           ceiling * 8.125 / 8 / time);
}

int main(int argc, char **argv)
{
    static const clrelu_op ops[] = {CLRELU_LEAKY_RELU, CLRELU_THRESHOLDED_RELU,
                                    CLRELU_PRELU};
    const unsigned log2 = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 24;
    const size_t wanted = argc > 2 ? strtoull(argv[2], NULL, 10) : 21;
    const size_t runs = wanted < MAX_RUNS ? wanted : MAX_RUNS;
    bench b;

    if (log2 < 18 || log2 > 30 || runs < 1)
        die("LOG2 must be in 18..30, RUNS at least 1");
    open_bench(&b, log2);
    printf("%zu elements\n\n%-25s %12s %12s %8s %8s\n", b.n, "", "mask", "x",
           "times", "ceiling");
    for (size_t i = 0; i < COUNT_OF(ops); i++) {
        measure(&b, ops[i], false, runs);
        measure(&b, ops[i], true, runs);
    }
    close_bench(&b);
    return 0;
}
