/* bench_gaps.c - arrays with gaps compared with arrays without, and with copies
 * SPDX-License-Identifier: MIT
 *
 *     bench_gaps [COLUMNS [ROWS [RUNS]]]
 *
 * Rows of COLUMNS float32, 16 more from one row to the next.  Compared with the
 * same rows without gaps, and with a copy of each input to an array without
 * gaps, the call, and a copy of the output; copies are by this library, or by
 * clEnqueueCopyBufferRect.  All alternate; times are medians of RUNS, from the
 * first enqueue to clFinish, and ratios medians of those in the same round. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "problem.h"
#include "random.h"
#include "samples.h"

enum { GAP = 16, MAX_RUNS = 1001 };
enum { X, DY, OUT, FLAT_X, FLAT_DY, FLAT_OUT, ALPHA, DALPHA, ARRAYS };

typedef struct bench {
    harness h;
    clrelu_exec exec;
    size_t rows, columns, n;
    int64_t strides[2];
    clrelu_buffer arrays[ARRAYS];
} bench;

/* What is called, on arrays with gaps or on those without. */
typedef struct operation {
    const char *name;
    void (*run)(const bench *b, bool gaps, int x, int dy, int out);
    bool backward;
} operation;

static void open_bench(bench *b, size_t columns, size_t rows)
{
    const size_t all = rows * (columns + GAP);
    float *values = must_have(new_floats(all));
    uint64_t state = 1;

    memset(b, 0, sizeof(*b));
    harness_open(&b->h, NULL);
    b->exec.queue = b->h.queue;
    b->rows = rows;
    b->columns = columns;
    b->n = rows * columns;
    b->strides[0] = (int64_t)(columns + GAP);
    b->strides[1] = 1;
    for (size_t i = 0; i < all; i++)
        values[i] = random_uniform(&state, -1.0f, 1.0f);
    for (int i = 0; i < ARRAYS; i++) {
        const size_t n = i < FLAT_X ? all : i < ALPHA ? b->n : columns;
        b->arrays[i] =
            clrelu_at(must_have(harness_buffer(&b->h, n, values)), 0);
    }
    free(values);
}

static void close_bench(bench *b)
{
    for (int i = 0; i < ARRAYS; i++)
        clReleaseMemObject(b->arrays[i].mem);
    harness_close(&b->h);
}

/* ----------------------------------------------------------------- calls -- */

static clrelu_strides strides_of(const size_t dims[2], const int64_t *in,
                                 const int64_t *out)
{
    return (clrelu_strides){
        .rank = 2, .dims = dims, .x = in, .dy = in, .y = out, .dx = out};
}

static clrelu_elementwise call_of(const bench *b, double scalar, int x, int dy,
                                  int out, const clrelu_strides *strides)
{
    return (clrelu_elementwise){.op = CLRELU_LEAKY_RELU,
                                .dtype = CLRELU_FLOAT32,
                                .scalar = scalar,
                                .n = b->n,
                                .x = b->arrays[x],
                                .y = b->arrays[out],
                                .dy = b->arrays[dy],
                                .dx = b->arrays[out],
                                .strides = strides};
}

static void leaky_forward(const bench *b, bool gaps, int x, int dy, int out)
{
    const size_t dims[2] = {b->rows, b->columns};
    const clrelu_strides s = strides_of(dims, b->strides, b->strides);
    const clrelu_elementwise e = call_of(b, 0.3, x, dy, out, gaps ? &s : NULL);

    must(clrelu_forward(b->h.library, &b->exec, &e));
}

static void leaky_backward(const bench *b, bool gaps, int x, int dy, int out)
{
    const size_t dims[2] = {b->rows, b->columns};
    const clrelu_strides s = strides_of(dims, b->strides, b->strides);
    const clrelu_elementwise e = call_of(b, 0.3, x, dy, out, gaps ? &s : NULL);

    must(clrelu_backward(b->h.library, &b->exec, &e));
}

/* dalpha: 0 forward, 1 dx, 2 dx and dalpha. */
static void prelu(const bench *b, bool gaps, int x, int dy, int out, int which)
{
    const size_t dims[2] = {b->rows, b->columns};
    const clrelu_strides s = strides_of(dims, b->strides, b->strides);
    const clrelu_shape shape = {.rank = 2, .dims = dims};
    clrelu_prelu p = {.dtype = CLRELU_FLOAT32,
                      .shape = &shape,
                      .x = b->arrays[x],
                      .alpha = b->arrays[ALPHA],
                      .y = b->arrays[out],
                      .dy = b->arrays[dy],
                      .dx = b->arrays[out],
                      .strides = gaps ? &s : NULL};

    if (which == 2)
        p.dalpha = b->arrays[DALPHA];
    must((which ? clrelu_prelu_backward : clrelu_prelu_forward)(b->h.library,
                                                                &b->exec, &p));
}

static void prelu_forward(const bench *b, bool gaps, int x, int dy, int out)
{
    prelu(b, gaps, x, dy, out, 0);
}

static void prelu_dx(const bench *b, bool gaps, int x, int dy, int out)
{
    prelu(b, gaps, x, dy, out, 1);
}

static void prelu_backward(const bench *b, bool gaps, int x, int dy, int out)
{
    prelu(b, gaps, x, dy, out, 2);
}

/* ---------------------------------------------------------------- copies -- */

/* LeakyReLU of alpha 1. */
static void copy(const bench *b, int from, int to, bool packs)
{
    const size_t dims[2] = {b->rows, b->columns};
    const clrelu_strides s =
        strides_of(dims, packs ? b->strides : NULL, packs ? NULL : b->strides);
    const clrelu_elementwise e = call_of(b, 1, from, from, to, &s);

    must(clrelu_forward(b->h.library, &b->exec, &e));
}

static void copy_rect(const bench *b, int from, int to, bool packs)
{
    const size_t row = b->columns * sizeof(float),
                 pitch = row + GAP * sizeof(float), origin[3] = {0},
                 region[3] = {row, b->rows, 1};

    must_cl(clEnqueueCopyBufferRect(b->h.queue, b->arrays[from].mem,
                                    b->arrays[to].mem, origin, origin, region,
                                    packs ? pitch : row, 0, packs ? row : pitch,
                                    0, 0, NULL, NULL),
            "clEnqueueCopyBufferRect");
}

typedef void copy_array(const bench *b, int from, int to, bool packs);

/* A copy of each input, the call, and a copy of the output. */
static double with_copies(const bench *b, const operation *o,
                          copy_array *copies)
{
    const double start = now();

    copies(b, X, FLAT_X, true);
    if (o->backward)
        copies(b, DY, FLAT_DY, true);
    o->run(b, false, FLAT_X, FLAT_DY, FLAT_OUT);
    copies(b, FLAT_OUT, OUT, false);
    must_cl(clFinish(b->h.queue), "clFinish");
    return now() - start;
}

static double alone(const bench *b, const operation *o, bool gaps)
{
    const double start = now();

    o->run(b, gaps, gaps ? X : FLAT_X, gaps ? DY : FLAT_DY,
           gaps ? OUT : FLAT_OUT);
    must_cl(clFinish(b->h.queue), "clFinish");
    return now() - start;
}

static void measure(const bench *b, const operation *o, size_t runs)
{
    static double gaps[MAX_RUNS], flat[MAX_RUNS], own[MAX_RUNS], rect[MAX_RUNS],
        times[MAX_RUNS];

    alone(b, o, true);
    with_copies(b, o, copy);
    for (size_t r = 0; r < runs; r++) {
        flat[r] = alone(b, o, false);
        gaps[r] = alone(b, o, true);
        own[r] = with_copies(b, o, copy);
        rect[r] = with_copies(b, o, copy_rect);
    }
    for (size_t r = 0; r < runs; r++) {
        times[r] = flat[r] / gaps[r];
        own[r] /= gaps[r];
        rect[r] /= gaps[r];
    }
    printf("%-20s %9.3f ms %9.3f ms %8.2f %8.2f %8.2f\n", o->name,
           1e3 * median(gaps, runs), 1e3 * median(flat, runs),
           median(times, runs), median(own, runs), median(rect, runs));
}

int main(int argc, char **argv)
{
    static const operation operations[] = {
        {"leaky_relu y", leaky_forward, false},
        {"leaky_relu dx", leaky_backward, true},
        {"prelu y", prelu_forward, false},
        {"prelu dx", prelu_dx, true},
        {"prelu dx, dalpha", prelu_backward, true}};
    const size_t columns = argc > 1 ? strtoull(argv[1], NULL, 10) : 4096;
    const size_t rows = argc > 2 ? strtoull(argv[2], NULL, 10) : 16384;
    const size_t wanted = argc > 3 ? strtoull(argv[3], NULL, 10) : 11;
    bench b;

    open_bench(&b, columns, rows);
    printf("%zu rows of %zu\n\n%-20s %12s %12s %8s %8s %8s\n", rows, columns,
           "", "gaps", "no gaps", "times", "copies", "rects");
    for (size_t i = 0; i < COUNT_OF(operations); i++)
        measure(&b, &operations[i], wanted < MAX_RUNS ? wanted : MAX_RUNS);
    close_bench(&b);
    return 0;
}
