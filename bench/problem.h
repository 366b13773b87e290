/* problem.h - one operation on one shape, with its inputs
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BENCH_PROBLEM_H
#define CLRELU_BENCH_PROBLEM_H

#include <stdbool.h>
#include <stdint.h>

#include "cases.h"

/* What is asked; for all but PReLU the shape is one axis of n elements. */
typedef struct bench_case {
    clrelu_op op;
    bool backward, in_place;
    unsigned log2_size;      /* n is near 2^log2_size                        */
    struct case_shape shape; /* its name is the pattern, "" but for PReLU    */
} bench_case;

/* The case with its inputs: normal-ish numbers, half of them negative. */
typedef struct problem {
    bench_case c;
    double scalar;
    size_t n, alphas; /* alphas is 0 but for PReLU                            */
    float *x, *dy;    /* dy is NULL forward                                   */
    float *alpha;     /* NULL but for PReLU                                   */
    /* The arrays of all implementations on the CPU, one after the other, so
     * that none has better pages: x and dy, or the copy of one that is
     * overwritten. */
    float *x_in, *dy_in, *out;
} problem;

/* False: not enough memory.  state goes on from problem to problem. */
bool problem_make(const bench_case *c, uint64_t *state, problem *p);
void problem_free(problem *p);

/* Undoes what an implementation has overwritten. */
void problem_reset(const problem *p);

/* Element i of the output, from the reference. */
double problem_expect(const problem *p, const clrelu_shape *shape, size_t i);

/* The shape as the library takes it; points into c. */
clrelu_shape case_shape(const bench_case *c);

/* Elements of x. */
size_t case_count(const bench_case *c);

bool case_is_shared(const bench_case *c, size_t axis);

/* Bytes that the operation must move: x, dy, y or dx, alpha, dalpha, once. */
double case_bytes(const bench_case *c);

/* Memory for n floats, in large pages if the system has them; or NULL. */
float *new_floats(size_t n);

#endif
