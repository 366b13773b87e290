/* parameter.h - updates of a parameter between two passes
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TRAIN_PARAMETER_H
#define CLRELU_TRAIN_PARAMETER_H

#include "base/limits.h"
#include "core/batch.h"
#include "train/spec.h"

/* The program of all kernels of this file. */
clrelu_program_key clrelu_parameter_key(void);

/* Adds a launch of a kernel of it, span of n elements a work-group. */
clrelu_status clrelu_parameter_add(clrelu_batch *batch, clrelu_kernel_id id,
                                   uint64_t n, cl_ulong span,
                                   const clrelu_arg *args, cl_uint count);

/* Checks context, exec and parameter without its arrays; *n = the elements of
 * its shape. */
clrelu_status clrelu_parameter_check(const clrelu_call *call,
                                     const clrelu_parameter *parameter,
                                     size_t *n);

/* *n = the elements of a shape; rank may be 0. */
clrelu_status clrelu_parameter_count(size_t rank, const size_t *dims,
                                     size_t *n);

/* A shape merged to alternating kept and reduced groups, group[0] innermost.
 * Must match cl/train.cl. */
typedef struct clrelu_axes {
    cl_ulong groups, first_kept;
    cl_ulong kept, reduced; /* elements of all kept, of all reduced groups */
    cl_ulong unused[12];
    cl_ulong group[CLRELU_GROUPS];
} clrelu_axes;

/* A step of clrelu_sgd_step on n elements, with the gradient of a regularizer.
 * The factors are the learning rate, the momentum, l1 and 2*l2. */
typedef struct clrelu_step {
    size_t n;
    cl_float4 factors;
    clrelu_buffer values, gradient, velocity;
} clrelu_step;

/* Checks that both are finite in float32. */
clrelu_status clrelu_sgd_check(double learning_rate, double momentum);

/* Without a regularizer. */
clrelu_step clrelu_step_make(double learning_rate, double momentum, size_t n,
                             const clrelu_parameter *parameter);

/* Adds a launch that makes the step; non_neg: with that constraint. */
clrelu_status clrelu_step_add(clrelu_batch *batch, const clrelu_step *step,
                              bool non_neg);

/* Under CLRELU_TRACE: the bytes of a step. */
void clrelu_step_trace(const clrelu_step *step);

/* Adds launches: out[kept] = sum of l1*|a| + l2*a^2 over the reduced groups.
 * With step, of the values a after it, which l1 = 0 and l2 = 1 are for. */
clrelu_status clrelu_sum_terms_add(clrelu_batch *batch, const clrelu_axes *axes,
                                   float l1, float l2, clrelu_buffer a,
                                   const clrelu_step *step, clrelu_buffer out);

/* Elements of n that a work-group takes, if each takes that many iterations:
 * some devices end long loops. */
cl_ulong clrelu_parameter_span(const clrelu_context *context, uint64_t n,
                               uint64_t iterations);

/* text may be NULL or "None": no regularizer, a penalty of 0. */
clrelu_status clrelu_regularizer_parse(const char *text, size_t length,
                                       clrelu_spec *spec);

/* Checks that the spec takes a parameter of this rank. */
clrelu_status clrelu_regularizer_check(const clrelu_spec *spec, size_t rank);

/* Adds the kernels of penalty = that of the values, and of gradient += its
 * gradient; either may be left out. */
clrelu_status clrelu_penalty_add(clrelu_batch *batch, const clrelu_spec *spec,
                                 const clrelu_parameter *parameter,
                                 clrelu_buffer penalty);

/* Adds the gradient to a step: to its factors, or by kernels before it. */
clrelu_status clrelu_penalty_add_to_step(clrelu_batch *batch,
                                         const clrelu_spec *spec,
                                         const clrelu_parameter *parameter,
                                         clrelu_step *step);

/* The same as clrelu_penalty_add for orthogonal_regularizer, a matrix of at
 * least two rows or columns that are not empty. */
clrelu_status clrelu_cosines_add(clrelu_batch *batch, double factor,
                                 bool columns,
                                 const clrelu_parameter *parameter,
                                 clrelu_buffer penalty);

/* text may be NULL or "None": no constraint. */
clrelu_status clrelu_constraint_parse(const char *text, size_t length,
                                      clrelu_spec *spec);

/* Merges the shape, with the spec's axes as the reduced ones. */
clrelu_status clrelu_constraint_axes(const clrelu_spec *spec, size_t rank,
                                     const size_t *dims, clrelu_axes *axes);

/* Adds the kernels of a constraint on the n elements of a; with step, which may
 * be NULL, the step of a comes first, in as few passes as both take. */
clrelu_status clrelu_constraint_add(clrelu_batch *batch,
                                    const clrelu_spec *spec, size_t n,
                                    const clrelu_axes *axes, clrelu_buffer a,
                                    const clrelu_step *step);

#endif
