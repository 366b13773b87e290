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

#include "images.h"
#include "loops.h"
#include "problem.h"
#include "samples.h"

enum { MAX_RUNS = 1001 };
enum { X, DY, OUT, BIG, ALPHA = BIG, ALL };

typedef struct bench {
    images i;
    clrelu_buffer mask;
} bench;

static void run_elementwise(const bench *b, clrelu_op op, bool is_backward,
                            bool has_mask)
{
    clrelu_elementwise c = {
        .op = op, .dtype = CLRELU_FLOAT32, .scalar = 0.3, .n = b->i.n};

    if (has_mask)
        c.mask = b->mask;
    if (!is_backward || !has_mask)
        c.x = b->i.arrays[X];
    if (is_backward) {
        c.dy = b->i.arrays[DY];
        c.dx = b->i.arrays[OUT];
        must(clrelu_backward(b->i.h.library, &b->i.exec, &c));
    } else {
        c.y = b->i.arrays[OUT];
        must(clrelu_forward(b->i.h.library, &b->i.exec, &c));
    }
}

static void run_prelu(const bench *b, bool is_backward, bool has_mask)
{
    clrelu_prelu c = {.dtype = CLRELU_FLOAT32,
                      .shape = &b->i.shape,
                      .alpha = b->i.arrays[ALPHA]};

    if (has_mask)
        c.mask = b->mask;
    if (!is_backward || !has_mask)
        c.x = b->i.arrays[X];
    if (is_backward) {
        c.dy = b->i.arrays[DY];
        c.dx = b->i.arrays[OUT];
        must(clrelu_prelu_backward(b->i.h.library, &b->i.exec, &c));
    } else {
        c.y = b->i.arrays[OUT];
        must(clrelu_prelu_forward(b->i.h.library, &b->i.exec, &c));
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
    must_cl(clFinish(b->i.exec.queue), "clFinish");
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
            loops[i][r] = loop_seconds(b->i.threads, i, b->i.host[OUT],
                                       b->i.host[X], NULL, b->i.n);
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
    images_open(&b.i, (size_t)1 << (log2 - 18), BIG, ALL - BIG);
    b.mask = clrelu_at(must_have(harness_buffer(&b.i.h, b.i.n / 32, NULL)), 0);
    printf("%zu elements\n\n%-25s %12s %12s %8s %8s\n", b.i.n, "", "mask", "x",
           "times", "ceiling");
    for (size_t i = 0; i < COUNT_OF(ops); i++) {
        measure(&b, ops[i], false, runs);
        measure(&b, ops[i], true, runs);
    }
    clReleaseMemObject(b.mask.mem);
    images_close(&b.i);
    return 0;
}
