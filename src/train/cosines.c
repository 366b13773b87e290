/* cosines.c - the penalty of vectors that are not orthogonal
 * SPDX-License-Identifier: MIT */
#include "base/integer.h"
#include "base/status.h"
#include "train/parameter.h"

enum { PART = 16384 }; /* terms of a partial dot product */

/* The vectors of a matrix: element k of vector i is a[i*step + k*stride]. */
typedef struct vectors {
    cl_ulong count, length, step, stride, parts;
    clrelu_buffer a;
    cl_mem squares, cosines;
} vectors;

/* squares[i], the sum of the squares of vector i. */
static clrelu_status add_squares(clrelu_batch *batch, bool columns, vectors *v)
{
    const clrelu_axes axes = {
        .groups = 2,
        .first_kept = columns,
        .kept = v->count,
        .reduced = v->length,
        .group = {columns ? v->count : v->length,
                  columns ? v->length : v->count},
    };
    clrelu_status status =
        clrelu_batch_scratch(batch, v->count * sizeof(float), &v->squares);

    if (!status)
        status = clrelu_sum_terms_add(batch, &axes, 0.0f, 1.0f, v->a, NULL,
                                      clrelu_at(v->squares, 0));
    return status;
}

/* cosines[i][j] of vectors i and j, 0 if i = j.  They overwrite the first of
 * their partial sums [2][parts][i][j]. */
static clrelu_status add_cosines(clrelu_batch *batch, vectors *v)
{
    const uint64_t pairs = v->count * v->count, n = v->parts * pairs;
    const cl_ulong span =
        clrelu_parameter_span(batch->context, n, v->length / v->parts + 1);
    const cl_ulong pair_span =
        clrelu_parameter_span(batch->context, pairs, v->parts);
    clrelu_status status =
        clrelu_batch_scratch(batch, 2 * n * sizeof(float), &v->cosines);

    if (status)
        return status;
    const clrelu_arg dots[] = {
        CLRELU_ARG(v->count),  CLRELU_ARG(v->length),  CLRELU_ARG(v->step),
        CLRELU_ARG(v->stride), CLRELU_ARG(v->parts),   CLRELU_ARG(span),
        CLRELU_ARRAY(v->a),    CLRELU_ARG(v->cosines),
    };
    status = clrelu_parameter_add(batch, CLRELU_KERNEL_DOT_VECTORS, n, span,
                                  CLRELU_ARGS(dots));
    if (status)
        return status;
    const clrelu_arg cosines[] = {
        CLRELU_ARG(v->count),   CLRELU_ARG(v->parts),   CLRELU_ARG(pair_span),
        CLRELU_ARG(v->squares), CLRELU_ARG(v->cosines),
    };
    return clrelu_parameter_add(batch, CLRELU_KERNEL_FIND_COSINES, pairs,
                                pair_span, CLRELU_ARGS(cosines));
}

static clrelu_status add_gradient(clrelu_batch *batch, const vectors *v,
                                  float factor, clrelu_buffer da)
{
    const uint64_t n = v->count * v->length;
    const cl_ulong span = clrelu_parameter_span(batch->context, n, v->count);
    const clrelu_arg args[] = {
        CLRELU_ARG(v->count),   CLRELU_ARG(v->length),  CLRELU_ARG(v->step),
        CLRELU_ARG(v->stride),  CLRELU_ARG(span),       CLRELU_ARG(factor),
        CLRELU_ARG(v->squares), CLRELU_ARG(v->cosines), CLRELU_ARRAY(v->a),
        CLRELU_ARRAY(da),
    };

    return clrelu_parameter_add(batch, CLRELU_KERNEL_ADD_COSINE_GRADIENT, n,
                                span, CLRELU_ARGS(args));
}

clrelu_status clrelu_cosines_add(clrelu_batch *batch, double factor,
                                 bool columns, const clrelu_parameter *p,
                                 clrelu_buffer penalty)
{
    const size_t *dims = p->dims;
    vectors v = {.count = dims[columns],
                 .length = dims[!columns],
                 .step = columns ? 1 : dims[1],
                 .stride = columns ? dims[1] : 1,
                 .parts = ceil_div(dims[!columns], PART),
                 .a = p->values};
    /* Of |cosine|; each pair is summed twice. */
    const double count = (double)v.count;
    const float weight = (float)(factor / (count * (count - 1.0)));
    clrelu_status status;

    if (v.count > UINT32_MAX || v.count * v.count > UINT64_MAX / 8 / v.parts)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for scratch");
    status = add_squares(batch, columns, &v);
    if (!status)
        status = add_cosines(batch, &v);
    const uint64_t pairs = v.count * v.count;
    const clrelu_axes all = {
        .groups = 1, .kept = 1, .reduced = pairs, .group = {pairs}};
    if (!status && clrelu_is_given(penalty))
        status = clrelu_sum_terms_add(batch, &all, weight, 0.0f,
                                      clrelu_at(v.cosines, 0), NULL, penalty);
    if (!status && clrelu_is_given(p->gradient))
        status = add_gradient(batch, &v, 2.0f * weight, p->gradient);
    return status;
}
