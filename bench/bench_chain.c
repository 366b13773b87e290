/* bench_chain.c - a chain in one pass compared with a pass for each part
 * SPDX-License-Identifier: MIT
 *
 *     bench_chain [BATCH [RUNS]]
 *
 * x has the shape (BATCH, 64, 64, 64), float32; scale, bias and alpha are of
 * the 64 channels.  Compared with calls of this library for each part, and with
 * the ceiling: the fastest of the loops that move as many bytes, out = a or out
 * = a + b; forward also with oneDNN's post-ops, if built with it, on threads of
 * its own.  All alternate; times are medians of RUNS, from the first enqueue to
 * clFinish. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chain_onednn.h"
#include "images.h"
#include "loops.h"
#include "problem.h"
#include "samples.h"

enum { MAX_RUNS = 1001 };
enum {
    X,
    RESIDUAL,
    OUT,
    TEMPORARY,
    BIG,
    BIAS = BIG,
    ALPHA,
    DBIAS,
    DALPHA,
    ALL
};

/* ----------------------------------------------------------------- calls -- */

static clrelu_chain chain_of(const images *b, clrelu_op op, int x, int y)
{
    return (clrelu_chain){.op = op,
                          .dtype = CLRELU_FLOAT32,
                          .scalar = 0.3,
                          .shape = &b->shape,
                          .x = b->arrays[x],
                          .alpha = b->arrays[ALPHA],
                          .y = b->arrays[y],
                          .dy = b->arrays[RESIDUAL]};
}

static void run_chain(const images *b, const clrelu_chain *c)
{
    must(clrelu_chain_forward(b->h.library, &b->exec, c));
}

static void add_bias(const images *b, int x, int y)
{
    clrelu_chain c = chain_of(b, CLRELU_LEAKY_RELU, x, y);

    c.scalar = 1;
    c.bias = b->arrays[BIAS];
    run_chain(b, &c);
}

static void activate(const images *b, int x, int y)
{
    const clrelu_elementwise e = {.op = CLRELU_LEAKY_RELU,
                                  .dtype = CLRELU_FLOAT32,
                                  .scalar = 0.3,
                                  .n = b->n,
                                  .x = b->arrays[x],
                                  .y = b->arrays[y]};

    must(clrelu_forward(b->h.library, &b->exec, &e));
}

static void forward(const images *b)
{
    clrelu_chain c = chain_of(b, CLRELU_LEAKY_RELU, X, OUT);

    c.bias = b->arrays[BIAS];
    run_chain(b, &c);
}

static void forward_parts(const images *b)
{
    add_bias(b, X, TEMPORARY);
    activate(b, TEMPORARY, OUT);
}

static void residual(const images *b)
{
    clrelu_chain c = chain_of(b, CLRELU_LEAKY_RELU, X, OUT);

    c.bias = b->arrays[BIAS];
    c.residual = b->arrays[RESIDUAL];
    run_chain(b, &c);
}

static void residual_parts(const images *b)
{
    clrelu_chain c = chain_of(b, CLRELU_LEAKY_RELU, TEMPORARY, OUT);

    add_bias(b, X, TEMPORARY);
    activate(b, TEMPORARY, TEMPORARY);
    c.scalar = 1;
    c.residual = b->arrays[RESIDUAL];
    run_chain(b, &c);
}

static void backward(const images *b, clrelu_op op)
{
    clrelu_chain c = chain_of(b, op, X, OUT);

    c.bias = b->arrays[BIAS];
    c.dx = b->arrays[OUT];
    c.dbias = b->arrays[DBIAS];
    c.dalpha = b->arrays[DALPHA];
    must(clrelu_chain_backward(b->h.library, &b->exec, &c));
}

static void leaky_backward(const images *b)
{
    backward(b, CLRELU_LEAKY_RELU);
}

static void prelu_backward(const images *b)
{
    backward(b, CLRELU_PRELU);
}

/* z, dz with dalpha, and the sum of dz. */
static void backward_parts(const images *b)
{
    const clrelu_prelu p = {.dtype = CLRELU_FLOAT32,
                            .shape = &b->shape,
                            .x = b->arrays[TEMPORARY],
                            .alpha = b->arrays[ALPHA],
                            .dy = b->arrays[RESIDUAL],
                            .dx = b->arrays[OUT],
                            .dalpha = b->arrays[DALPHA]};
    clrelu_chain c = chain_of(b, CLRELU_LEAKY_RELU, OUT, OUT);

    add_bias(b, X, TEMPORARY);
    must(clrelu_prelu_backward(b->h.library, &b->exec, &p));
    c.scalar = 1;
    c.dy = b->arrays[OUT];
    c.dbias = b->arrays[DBIAS];
    must(clrelu_chain_backward(b->h.library, &b->exec, &c));
}

/* ----------------------------------------------------------------- times -- */

static double seconds(const images *b, void (*run)(const images *))
{
    const double start = now();

    run(b);
    must_cl(clFinish(b->exec.queue), "clFinish");
    return now() - start;
}

typedef struct pair {
    const char *name;
    void (*chain)(const images *), (*parts)(const images *);
    bool two, onednn; /* two inputs; oneDNN can do it */
} pair;

#ifdef CLRELU_BENCH_ONEDNN
static chain_onednn *open_onednn(images *b, const pair *p)
{
    return p->onednn ? chain_onednn_open(b->dims, b->host[X], b->host[BIAS],
                                         p->two ? b->host[RESIDUAL] : NULL,
                                         b->host[OUT], 0.3f)
                     : NULL;
}
#else
static chain_onednn *open_onednn(images *b, const pair *p)
{
    (void)b;
    (void)p;
    return NULL;
}

double chain_onednn_run(const chain_onednn *o)
{
    (void)o;
    return 0;
}
#endif

static void measure(images *b, const pair *p, size_t runs)
{
    static double chain[MAX_RUNS], parts[MAX_RUNS], loops[LOOPS][MAX_RUNS];
    static double peer[MAX_RUNS];
    chain_onednn *o = open_onednn(b, p);
    double ceiling = 1e9;

    seconds(b, p->chain);
    seconds(b, p->parts);
    for (size_t r = 0; r < runs; r++) {
        chain[r] = seconds(b, p->chain);
        parts[r] = seconds(b, p->parts);
        wait_until_idle();
        if (o)
            peer[r] = chain_onednn_run(o);
        wait_until_idle();
        for (int i = 0; i < LOOPS; i++)
            loops[i][r] = loop_seconds(b->threads, i, b->host[OUT], b->host[X],
                                       p->two ? b->host[RESIDUAL] : NULL, b->n);
    }
    for (int i = 0; i < LOOPS; i++) {
        const double time = median(loops[i], runs);
        ceiling = time < ceiling ? time : ceiling;
    }
    const double time = median(chain, runs);
    printf("%-24s %9.3f ms %9.3f ms %8.2f %8.2f", p->name, 1e3 * time,
           1e3 * median(parts, runs), median(parts, runs) / time,
           ceiling / time);
    if (o)
        printf(" %8.2f", median(peer, runs) / time);
    puts("");
}

int main(int argc, char **argv)
{
    static const pair pairs[] = {
        {"bias, leaky", forward, forward_parts, false, true},
        {"bias, leaky, residual", residual, residual_parts, true, true},
        {"dx, dbias", leaky_backward, backward_parts, true, false},
        {"dx, dbias, dalpha", prelu_backward, backward_parts, true, false}};
    const size_t batch = argc > 1 ? strtoull(argv[1], NULL, 10) : 64;
    const size_t wanted = argc > 2 ? strtoull(argv[2], NULL, 10) : 21;
    images b;

    images_open(&b, batch, BIG, ALL - BIG);
    printf("%zu elements\n\n%-24s %12s %12s %8s %8s %8s\n", b.n, "", "chain",
           "parts", "times", "ceiling", "oneDNN");
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        measure(&b, &pairs[i], wanted < MAX_RUNS ? wanted : MAX_RUNS);
    images_close(&b);
    return 0;
}
