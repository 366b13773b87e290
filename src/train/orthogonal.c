/* orthogonal.c - a matrix with orthonormal columns or rows
 * SPDX-License-Identifier: MIT
 *
 * Householder's method in plain C doubles: the same bits on every host.  The
 * matrix is [high][low], low <= high, stored column by column. */
#include "train/orthogonal.h"

#include <math.h>
#include <stdlib.h>

#include "train/random.h"

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0.0;

    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* column -= 2*v*(v, column)/(v, v), from element first on. */
static void reflect(const double *v, double square, double *column, size_t n)
{
    const double factor = square > 0.0 ? 2.0 * dot(v, column, n) / square : 0.0;

    for (size_t i = 0; i < n; i++)
        column[i] -= factor * v[i];
}

/* Columns become Householder vectors; signs are those of R's diagonal. */
static void decompose(double *a, size_t high, size_t low, double *squares,
                      double *signs)
{
    for (size_t k = 0; k < low; k++) {
        double *v = a + k * high + k;
        const size_t n = high - k;
        const double norm = sqrt(dot(v, v, n));
        /* Away from zero, against cancellation: R's diagonal gets the other
         * sign. */
        signs[k] = v[0] > 0.0 ? -1.0 : 1.0;
        v[0] -= signs[k] * norm;
        squares[k] = dot(v, v, n);
        for (size_t j = k + 1; j < low; j++)
            reflect(v, squares[k], a + j * high + k, n);
    }
}

/* The first low columns of the product of all reflections. */
static void multiply_out(const double *a, size_t high, size_t low,
                         const double *squares, const double *signs, double *q)
{
    for (size_t j = 0; j < low; j++) {
        double *column = q + j * high;
        for (size_t i = 0; i < high; i++)
            column[i] = i == j ? signs[j] : 0.0;
        for (size_t k = j + 1; k-- > 0;)
            reflect(a + k * high + k, squares[k], column + k, high - k);
    }
}

/* The normal numbers are [high][low] in C order, as tf.keras draws them. */
static bool draw(uint64_t seed, size_t high, size_t low, double *a)
{
    float *normal = malloc(high * low * sizeof(*normal));

    if (!normal)
        return false;
    clrelu_random_normal(seed, high * low, normal);
    for (size_t i = 0; i < high; i++)
        for (size_t j = 0; j < low; j++)
            a[j * high + i] = (double)normal[i * low + j];
    free(normal);
    return true;
}

float *clrelu_orthogonal(uint64_t seed, size_t rows, size_t columns,
                         double gain)
{
    const bool tall = rows >= columns;
    const size_t high = tall ? rows : columns, low = tall ? columns : rows;
    double *a = malloc(high * low * sizeof(*a));
    double *q = malloc(high * low * sizeof(*q));
    double *diagonal = malloc(2 * low * sizeof(*diagonal));
    float *out = malloc(high * low * sizeof(*out));

    if (!a || !q || !diagonal || !out || !draw(seed, high, low, a)) {
        free(out);
        out = NULL;
        goto done;
    }
    decompose(a, high, low, diagonal, diagonal + low);
    multiply_out(a, high, low, diagonal, diagonal + low, q);
    for (size_t i = 0; i < high; i++)
        for (size_t j = 0; j < low; j++)
            out[tall ? i * low + j : j * high + i] =
                (float)(gain * q[j * high + i]);
done:
    free(diagonal);
    free(q);
    free(a);
    return out;
}
