/* parameter.h - what happens to a parameter between two passes
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TRAIN_PARAMETER_H
#define CLRELU_TRAIN_PARAMETER_H

#include "core/batch.h"
#include "core/check.h"
#include "plan/tiling.h"
#include "train/spec.h"

/* The program of all kernels here. */
clrelu_program_key clrelu_parameter_key(void);

/* Context, queue, events and dtype of a call on a parameter. */
clrelu_status clrelu_parameter_check(const clrelu_call *call,
                                     clrelu_dtype dtype);

/* The elements of a parameter's shape, rank 0 included. */
clrelu_status clrelu_parameter_count(size_t rank, const size_t *dims,
                                     size_t *n);

/* Neighbouring axes that are all reduced or all kept are one group, group[0]
 * the innermost.  As cl/parameter.cl takes it. */
typedef struct clrelu_axes {
    cl_ulong groups, first_kept;
    cl_ulong kept, reduced; /* products of the sizes                          */
    cl_ulong unused[12];
    cl_ulong group[CLRELU_GROUPS];
} clrelu_axes;

/* sums of l1*|a| + l2*a^2 over the reduced axes into out[kept]. */
clrelu_status clrelu_sum_terms_add(clrelu_batch *batch, const clrelu_axes *axes,
                                   float l1, float l2, clrelu_buffer a,
                                   clrelu_buffer out);

/* Elements of n that a work-group takes, where each needs that many turns of
 * loops: some devices end loops that are long. */
cl_ulong clrelu_parameter_span(const clrelu_context *context, uint64_t n,
                               uint64_t turns);

/* text may be NULL or "None" here: then the spec's kernels are none. */
clrelu_status clrelu_regularizer_parse(const char *text, size_t length,
                                       clrelu_spec *spec);

/* That the spec takes a parameter of this rank. */
clrelu_status clrelu_regularizer_check(const clrelu_spec *spec, size_t rank);

/* Of a, of the shape dims[0..rank-1]: its penalty, and the gradient added to
 * da; mem of either may be NULL. */
clrelu_status clrelu_penalty_add(clrelu_batch *batch, const clrelu_spec *spec,
                                 size_t rank, const size_t *dims,
                                 clrelu_buffer a, clrelu_buffer penalty,
                                 clrelu_buffer da);

/* The same of a matrix of at least two vectors, rows or columns, that are to be
 * orthogonal; none is empty. */
clrelu_status clrelu_cosines_add(clrelu_batch *batch, double factor,
                                 bool columns, const size_t dims[2],
                                 clrelu_buffer a, clrelu_buffer penalty,
                                 clrelu_buffer da);

clrelu_status clrelu_constraint_parse(const char *text, size_t length,
                                      clrelu_spec *spec);

/* The spec's axes on a parameter of this shape. */
clrelu_status clrelu_constraint_axes(const clrelu_spec *spec, size_t rank,
                                     const size_t *dims, clrelu_axes *axes);
clrelu_status clrelu_constraint_add(clrelu_batch *batch,
                                    const clrelu_spec *spec, size_t n,
                                    const clrelu_axes *axes, clrelu_buffer a);

/* That the two are numbers a step can be made with. */
clrelu_status clrelu_descend_check(double learning_rate, double momentum);

/* velocity.mem may be NULL if momentum is 0. */
clrelu_status clrelu_descend_add(clrelu_batch *batch, double learning_rate,
                                 double momentum, size_t n, clrelu_buffer a,
                                 clrelu_buffer da, clrelu_buffer velocity);

#endif
