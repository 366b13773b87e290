/* check.h - is a result what the reference says?
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BENCH_CHECK_H
#define CLRELU_BENCH_CHECK_H

#include "impl.h"

/* Every element up to some size, a random sample of a larger result; every
 * element of dalpha. */
typedef struct expected {
    size_t count;
    size_t *at;
    double *out;
    double *dalpha, *magnitude; /* NULL if there is none                      */
} expected;

expected *expected_make(const problem *p, uint64_t *state);
void expected_free(expected *e);

/* After one run of one call.  A peer may be less exact than the library, which
 * has its own tests: what this finds is a wrong formula or index. */
bool check_result(const expected *e, const problem *p, const impl *i);

#endif
