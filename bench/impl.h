/* impl.h - the implementations that the benchmark compares
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BENCH_IMPL_H
#define CLRELU_BENCH_IMPL_H

#include "harness.h"
#include "problem.h"

typedef enum impl_kind {
    KIND_LIBRARY,
    KIND_CEILING, /* moves the bytes, computes nothing worth checking         */
    KIND_LAUNCH,  /* the same launches, of empty kernels                      */
    KIND_NAIVE,
    KIND_PEER
} impl_kind;

/* An implementation takes one problem at a time, between prepare and clear.
 * In place means that the output overwrites x forward, and dy backward. */
typedef struct impl {
    const char *name;
    impl_kind kind;
    void *self;

    /* False: not offered.  p lives until clear, and is not written to. */
    bool (*prepare)(void *self, const problem *p);

    /* Seconds for that many calls, each after the one before; < 0: failed. */
    double (*run)(void *self, unsigned calls);

    /* Copies the result of the last run: y or dx, and dalpha if there is.
     * NULL: there is no result. */
    bool (*fetch)(void *self, float *out, float *dalpha);

    /* Undoes prepare, also one that returned false. */
    void (*clear)(void *self);

    void (*close)(void *self);

    char version[96]; /* "" unknown; of a peer that was not opened, why       */
} impl;

/* Each fills in *i; false where it cannot run at all. */
bool library_open(const harness *h, impl *i);
/* Another build of it, of the same header. */
bool library_open_other(const harness *h, const char *path, impl *i);
bool launch_open(const harness *h, impl *i);
bool naive_open(const harness *h, impl *i);
enum { CEILING_PAST = 1, CEILING_PARTS = 2, CEILING_AHEAD = 4, CEILINGS = 8 };
bool ceiling_cpu_open(const harness *h, unsigned ways, impl *i);
bool ceiling_cl_open(const harness *h, bool kernel, impl *i);
bool onednn_open(const harness *h, impl *i);
bool xnnpack_open(const harness *h, impl *i);

/* framework is a name that a peer_*.py has; program, looked into first, may be
 * NULL. */
bool python_open(const harness *h, const char *program, const char *framework,
                 impl *i);

#endif
