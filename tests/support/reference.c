/* reference.c - the four operations in plain C double
 * SPDX-License-Identifier: MIT */
#include "reference.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

clrelu_shape reference_shape(size_t rank, const size_t *dims,
                             size_t shared_count, const int *shared_axes)
{
    const clrelu_shape shape = {.rank = rank,
                                .dims = dims,
                                .shared_count = shared_count,
                                .shared_axes = shared_axes};
    return shape;
}

double reference_forward(clrelu_op op, double scalar, double x)
{
    const double parameter = (double)(float)scalar;

    switch (op) {
    case CLRELU_LEAKY_RELU:
    case CLRELU_PRELU:
        return x < 0.0 ? parameter * x : x;
    case CLRELU_ELU:
        return x < 0.0 ? parameter * expm1(x) : x;
    case CLRELU_THRESHOLDED_RELU:
        return x > parameter ? x : 0.0;
    }
    return NAN;
}

double reference_backward(clrelu_op op, double scalar, double x, double dy)
{
    const double parameter = (double)(float)scalar;

    switch (op) {
    case CLRELU_LEAKY_RELU:
    case CLRELU_PRELU:
        return x < 0.0 ? parameter * dy : dy;
    case CLRELU_ELU:
        return x < 0.0 ? parameter * exp(x) * dy : dy;
    case CLRELU_THRESHOLDED_RELU:
        return x > parameter ? dy : 0.0;
    }
    return NAN;
}

static bool is_shared(const clrelu_shape *shape, size_t axis)
{
    const size_t left = shape->rank - shape->alpha_rank; /* axes without one */

    if (shape->alpha_layout == CLRELU_ALPHA_NUMPY)
        return axis < left || shape->alpha_dims[axis - left] == 1;
    if (shape->alpha_layout == CLRELU_ALPHA_TORCH)
        return axis != 1 || shape->alpha_rank == 0 || shape->alpha_dims[0] == 1;
    if (axis == 0)
        return true;
    for (size_t i = 0; i < shape->shared_count; i++)
        if ((size_t)shape->shared_axes[i] == axis)
            return true;
    return false;
}

size_t reference_count(const clrelu_shape *shape)
{
    size_t count = 1;

    for (size_t axis = 0; axis < shape->rank; axis++)
        count *= shape->dims[axis];
    return count;
}

/* The stride of each axis in alpha, 0 for a shared one; returns alpha's size */
static size_t find_strides(const clrelu_shape *shape, size_t *strides)
{
    size_t count = 1;

    for (size_t axis = shape->rank; axis-- > 0;) {
        strides[axis] = is_shared(shape, axis) ? 0 : count;
        if (strides[axis])
            count *= shape->dims[axis];
    }
    return count;
}

size_t reference_alpha_count(const clrelu_shape *shape)
{
    size_t strides[CLRELU_MAX_RANK];

    return find_strides(shape, strides);
}

static size_t alpha_index(const clrelu_shape *shape, const size_t *strides,
                          size_t i)
{
    size_t j = 0;

    for (size_t axis = shape->rank; axis-- > 0;) {
        j += i % shape->dims[axis] * strides[axis];
        i /= shape->dims[axis];
    }
    return j;
}

size_t reference_alpha_index(const clrelu_shape *shape, size_t i)
{
    size_t strides[CLRELU_MAX_RANK];

    find_strides(shape, strides);
    return alpha_index(shape, strides, i);
}

void reference_prelu_forward(const clrelu_shape *shape, const float *x,
                             const float *alpha, double *y)
{
    size_t strides[CLRELU_MAX_RANK];
    const size_t n = reference_count(shape);

    find_strides(shape, strides);
    for (size_t i = 0; i < n; i++)
        y[i] = reference_forward(CLRELU_PRELU,
                                 (double)alpha[alpha_index(shape, strides, i)],
                                 (double)x[i]);
}

struct sum {
    long double high, low;
};

/* TwoSum (Knuth): what high loses by rounding goes into low. */
static void add(struct sum *sum, long double term)
{
    const long double high = sum->high + term;
    const long double part = high - sum->high;

    sum->low += (sum->high - (high - part)) + (term - part);
    sum->high = high;
}

static void find_dalpha(const clrelu_shape *shape, const float *x,
                        const float *dy, double *dalpha, double *magnitude)
{
    size_t strides[CLRELU_MAX_RANK];
    const size_t n = reference_count(shape);
    const size_t alphas = find_strides(shape, strides);
    struct sum *sums = calloc(alphas + 1, sizeof(*sums));

    if (!sums)
        abort();
    for (size_t j = 0; magnitude && j < alphas; j++)
        magnitude[j] = 0.0;
    for (size_t i = 0; i < n; i++) {
        if (!(x[i] < 0.0f))
            continue;
        const size_t j = alpha_index(shape, strides, i);
        const double product = (double)x[i] * (double)dy[i];
        add(&sums[j], product);
        if (magnitude)
            magnitude[j] += fabs(product);
    }
    /* low has no meaning where high is not finite. */
    for (size_t j = 0; j < alphas; j++)
        dalpha[j] = (double)(isfinite(sums[j].high) ? sums[j].high + sums[j].low
                                                    : sums[j].high);
    free(sums);
}

void reference_prelu_backward(const clrelu_shape *shape, const float *x,
                              const float *alpha, const float *dy, double *dx,
                              double *dalpha, double *magnitude)
{
    size_t strides[CLRELU_MAX_RANK];
    const size_t n = dx ? reference_count(shape) : 0;

    find_strides(shape, strides);
    for (size_t i = 0; i < n; i++)
        dx[i] = reference_backward(
            CLRELU_PRELU, (double)alpha[alpha_index(shape, strides, i)],
            (double)x[i], (double)dy[i]);
    if (dalpha)
        find_dalpha(shape, x, dy, dalpha, magnitude);
}

double reference_dalpha_bound(size_t n, double sum, double magnitude)
{
    const double u = 0x1p-24, m = 320.0 + (double)n / 0x1p17;

    return u * fabs(sum) + 2.0 * (m * u) * (m * u) * magnitude;
}
