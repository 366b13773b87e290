/* test_cosines.c - the penalty on vectors that are not orthogonal
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "array.h"
#include "ulp.h"
#include "values.h"

/* A matrix of vectors that are to be orthogonal: element k of vector i is
 * a[i*step + k*stride].  What they are divided by, and their cosines. */
typedef struct matrix {
    size_t count, length, step, stride;
    const float *a;
    double *norms, *cosines;
} matrix;

static double element(const matrix *m, size_t i, size_t k)
{
    return (double)m->a[i * m->step + k * m->stride];
}

static double dot(const matrix *m, size_t i, size_t j)
{
    double sum = 0.0;

    for (size_t k = 0; k < m->length; k++)
        sum += element(m, i, k) * element(m, j, k);
    return sum;
}

static void find_cosines(matrix *m)
{
    m->norms = must_alloc((m->count + 1) * sizeof(double));
    m->cosines = must_alloc((m->count * m->count + 1) * sizeof(double));
    for (size_t i = 0; i < m->count; i++)
        m->norms[i] = sqrt(fmax(dot(m, i, i), 1e-12));
    for (size_t i = 0; i < m->count; i++)
        for (size_t j = 0; j < m->count; j++)
            m->cosines[i * m->count + j] =
                i == j ? 0.0 : dot(m, i, j) / (m->norms[i] * m->norms[j]);
}

/* Of the sum of all |cosines|, by element k of vector i; size is that of its
 * terms.  A short vector is divided by a constant. */
static double derivative(const matrix *m, size_t i, size_t k, double *size)
{
    const double unit = element(m, i, k) / m->norms[i];
    const double along = m->norms[i] > 1e-6 ? unit : 0.0;
    double sum = 0.0, terms = 0.0;

    for (size_t j = 0; j < m->count; j++) {
        const double g = m->cosines[i * m->count + j];
        const double other =
            ((g > 0.0) - (g < 0.0)) * element(m, j, k) / m->norms[j];
        sum += other - fabs(g) * along;
        terms += fabs(other) + fabs(g * along);
    }
    *size = 2.0 * terms / m->norms[i];
    return 2.0 * sum / m->norms[i];
}

/* How far the gradient that was added to old is off, of its terms' size. */
static double gradient_error(const matrix *m, double weight, const float *old,
                             const float *got)
{
    double worst = 0.0, size;

    for (size_t i = 0; i < m->count; i++)
        for (size_t k = 0; k < m->length; k++) {
            const size_t at = i * m->step + k * m->stride;
            const double want =
                (double)old[at] + weight * derivative(m, i, k, &size);
            const double off = fabs((double)got[at] - want);
            size = weight * size + fabs((double)old[at]);
            worst = worse(worst, off == 0.0 ? 0.0 : off / size);
        }
    return worst;
}

static void test_values(const struct device *d, const char *spec, double factor,
                        bool columns, size_t rows, size_t width)
{
    const size_t n = rows * width, dims[] = {rows, width};
    float *values = wide_values(n, n + 3), *old = wide_values(n, n + 1);
    matrix m = {.count = columns ? width : rows,
                .length = columns ? rows : width,
                .step = columns ? 1 : width,
                .stride = columns ? width : 1,
                .a = values};
    const double pairs = (double)m.count * ((double)m.count - 1.0);
    const double weight = m.count > 1 ? factor / pairs : 0.0;
    double sum = 0.0;

    /* A vector of zeros, and a short one. */
    for (size_t k = 0; k < m.length && m.count > 2; k++) {
        values[m.step + k * m.stride] = 0.0f;
        values[2 * m.step + k * m.stride] *= 1e-9f;
    }
    find_cosines(&m);
    for (size_t i = 0; i < m.count * m.count; i++)
        sum += weight * fabs(m.cosines[i]);
    struct array a = array_make(d, 5, n, values);
    struct array da = array_make(d, 2, n, old);
    struct array penalty = array_make(d, 1, 1, NULL);
    const clrelu_status status =
        array_penalty(d, spec, 2, dims, &a, &da, &penalty);
    const double worst = gradient_error(&m, weight, old, array_fetch(d, &da));
    const double got = (double)*array_fetch(d, &penalty);
    array_fetch(d, &a);
    if (!ok(status == CLRELU_OK &&
                fabs(got - sum) <= 8.0 * 0x1p-23 * sum + factor * 0x1p-30 &&
                worst <= 0x1p-20 && array_guarded(&da) &&
                array_guarded(&penalty) && array_untouched(&a),
            "%s of %zu x %zu", spec, rows, width))
        diag("%s: penalty %.9g, want %.9g; gradient off by %g",
             status ? clrelu_error() : "", got, sum, worst);
    arrays_free(&a, &da, &penalty);
    free(m.norms);
    free(m.cosines);
    free(values);
    free(old);
}

/* Rows (1, 0) and (1, 1), and columns: 1/sqrt(2) each.  (1, -1) is orthogonal
 * to (1, 1), where the derivative is 0. */
static void test_fixed(const struct device *d)
{
    static const size_t dims[] = {2, 2};
    static const float slanted[] = {1, 0, 1, 1}, straight[] = {1, 1, 1, -1};
    static const float zeros[4] = {0};
    struct array a = array_make(d, 0, 4, slanted);
    struct array b = array_make(d, 0, 4, straight);
    struct array da = array_make(d, 0, 4, zeros);
    struct array penalty = array_make(d, 0, 1, NULL);

    expect_ok(array_penalty(d, "orthogonal_regularizer(2)", 2, dims, &a, &da,
                            &penalty),
              "orthogonal_regularizer(2) of (1, 0), (1, 1)");
    ok(fabsf(*array_fetch(d, &penalty) - sqrtf(2.0f)) < 3e-7f,
       "... is sqrt(2)");
    const float *got = array_fetch(d, &da);
    const float half = 1.0f / sqrtf(2.0f);
    ok(got[0] == 0.0f && fabsf(got[1] - 2.0f * half) < 3e-7f &&
           fabsf(got[2] - half) < 3e-7f && fabsf(got[3] + half) < 3e-7f,
       "... with its gradient %g, %g, %g, %g", (double)got[0], (double)got[1],
       (double)got[2], (double)got[3]);
    array_reset(d, &da);
    array_penalty(d, "OrthogonalRegularizer(2, mode=columns)", 2, dims, &b, &da,
                  &penalty);
    ok(*array_fetch(d, &penalty) == 0.0f &&
           memcmp(array_fetch(d, &da), zeros, sizeof(zeros)) == 0,
       "orthogonal columns have neither");
    arrays_free(&a, &b, &da, &penalty);
}

static void test_all(const struct device *d)
{
    static const size_t sizes[][2] = {{1, 1},  {1, 9},  {9, 1}, {2, 2},  {5, 3},
                                      {3, 70}, {40, 0}, {0, 3}, {65, 33}};

    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        test_values(d, "orthogonal_regularizer", (double)0.01f, false,
                    sizes[i][0], sizes[i][1]);
        test_values(d, "OrthogonalRegularizer(factor=3, mode='columns')", 3.0,
                    true, sizes[i][0], sizes[i][1]);
    }
    test_values(d, "orthogonal_regularizer(0.5, rows)", 0.5, false, 3, 40000);
    test_values(d, "orthogonal_regularizer(0)", 0.0, false, 5, 3);
    test_fixed(d);
}

static void test_errors(const struct device *d)
{
    static const size_t dims[] = {2, 2, 2}, many[] = {(size_t)1 << 33, 1},
                        tall[] = {(size_t)1 << 21, 1};
    const float values[8] = {1.0f};
    struct array a = array_make(d, 0, 8, values);
    struct array p = array_make(d, 0, 1, NULL);
    struct array large = array_make(d, 0, tall[0], NULL);

    for (size_t rank = 0; rank <= 3; rank++)
        if (rank != 2)
            expect(array_penalty(d, "orthogonal_regularizer", rank, dims, &a,
                                 NULL, &p),
                   CLRELU_INVALID_RANK, "must be 2", "a rank other than 2");
    expect(
        array_penalty(d, "orthogonal_regularizer(-1)", 2, dims, &a, NULL, &p),
        CLRELU_INVALID_SCALAR, "factor", "a negative factor");
    expect(array_penalty(d, "orthogonal_regularizer(1, diagonals)", 2, dims, &a,
                         NULL, &p),
           CLRELU_INVALID_SPEC, "one of rows, columns", "an unknown mode");
    expect(array_penalty(d, "orthogonal_regularizer", 2, many, &a, NULL, &p),
           CLRELU_BUFFER_TOO_SMALL, "a", "a small buffer");
    expect(
        array_penalty(d, "orthogonal_regularizer", 2, tall, &large, NULL, &p),
        CLRELU_OUT_OF_MEMORY, "memory", "more pairs of rows than memory");
    array_fetch(d, &a);
    array_fetch(d, &p);
    ok(array_untouched(&a) && array_untouched(&p), "... and no call wrote");
    arrays_free(&a, &p, &large);
}

int main(void)
{
    struct device d;

    device_open(&d);
    test_all(&d);
    test_errors(&d);
    device_close(&d);
    return done_testing();
}
