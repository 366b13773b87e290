/* test_initializer.c - the first values of an array, exactly and on the whole
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#ifdef __has_include
#if __has_include(<Random123/philox.h>)
#include <Random123/philox.h>
#define HAS_RANDOM123
#endif
#endif

#include "array.h"
#include "expect.h"
#include "philox.h"
#include "random.h"
#include "ulp.h"

/* The n first numbers of a spec; the caller frees them. */
static float *draw(const struct device *d, const char *spec, uint64_t seed,
                   size_t rank, const size_t *dims)
{
    size_t n = 1;

    for (size_t i = 0; i < rank; i++)
        n *= dims[i];
    struct array out = array_make(d, 3, n, NULL);
    float *values = must_alloc(n * sizeof(*values));
    if (array_initialize(d, spec, seed, rank, dims, &out))
        bail("%s: %s", spec, clrelu_error());
    memcpy(values, array_fetch(d, &out), n * sizeof(*values));
    if (!array_guarded(&out))
        bail("%s writes beyond its output", spec);
    array_free(&out);
    return values;
}

/* Published with Random123 1.09, in examples/kat_vectors. */
static void test_known_answers(void)
{
    static const struct {
        uint32_t counter[4], key[2], words[4];
    } known[] = {
        {{0, 0, 0, 0},
         {0, 0},
         {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };

    for (size_t i = 0; i < COUNT_OF(known); i++) {
        uint32_t counter[4];
        memcpy(counter, known[i].counter, sizeof(counter));
        philox4x32_10(counter, known[i].key);
        ok(memcmp(counter, known[i].words, sizeof(counter)) == 0,
           "Philox4x32-10, known answer %zu", i);
    }
}

static void test_random123(void)
{
#ifdef HAS_RANDOM123
    uint64_t state = 1;
    bool good = true;

    for (int i = 0; i < 1000; i++) {
        const uint64_t a = random_bits(&state), b = random_bits(&state);
        const uint32_t key[] = {(uint32_t)a, (uint32_t)(a >> 32)};
        uint32_t counter[] = {(uint32_t)b, (uint32_t)(b >> 32), 7, 9};
        const philox4x32_ctr_t c = {
            {counter[0], counter[1], counter[2], counter[3]}};
        const philox4x32_key_t k = {{key[0], key[1]}};
        const philox4x32_ctr_t r = philox4x32_R(10, c, k);
        philox4x32_10(counter, key);
        good = good && memcmp(counter, r.v, sizeof(counter)) == 0;
    }
    ok(good, "Philox4x32-10 as in Random123");
#else
    skip("no Random123", "Philox4x32-10 as in Random123");
#endif
}

static void test_words(const struct device *d)
{
    static const uint64_t seeds[] = {0, 1, UINT64_MAX, 0x243f6a8885a308d3};
    const size_t n = 100003;

    for (size_t s = 0; s < COUNT_OF(seeds); s++) {
        float *v = draw(d, "random_uniform(0, 1)", seeds[s], 1, &n);
        size_t wrong = 0;
        for (size_t i = 0; i < n; i++)
            wrong += v[i] != (float)(philox_word(seeds[s], i) >> 8) * 0x1p-24f;
        ok(wrong == 0, "the device's words for seed %llu",
           (unsigned long long)seeds[s]);
        free(v);
    }
}

/* The number that a word stands for, by bisection; c is the cut. */
static double inverse(uint32_t word, double c)
{
    const double rest = (2.0 * (0x7fffffff - (word >> 1)) + 1.0) * 0x1p-32;
    const double cut = c < 9.0 ? erfc(c / sqrt(2.0)) : 0.0;
    const double tail = cut + (1.0 - cut) * rest;
    double low = 0.0, high = c;

    for (int i = 0; i < 80; i++) {
        const double middle = (low + high) / 2.0;
        *(erfc(middle / sqrt(2.0)) > tail ? &low : &high) = middle;
    }
    return word & 1 ? -low : low;
}

static void test_normal(const struct device *d, const char *spec, double c)
{
    const size_t n = 200000;
    if (!device_runs(n, 5000, spec))
        return;
    float *v = draw(d, spec, 5, 1, &n);
    double worst = 0.0, tail = 0.0;

    for (size_t i = 0; i < n; i++) {
        const double want = inverse(philox_word(5, i), c);
        const double error = fabs((double)v[i] / want - 1.0);
        double *max = fabs(want) < 5.0 ? &worst : &tail;
        *max = worse(*max, error);
    }
    ok(worst < 0x1p-20 && tail < 0x1p-11,
       "%s: the inverse of the distribution, within %.2g", spec, worst);
    free(v);
}

/* Bits that any implementation must repeat. */
static void test_fixed(const struct device *d)
{
    static const struct {
        const char *spec;
        float values[4];
    } fixed[] = {
        {"random_uniform(seed=0)",
         {-0x1.4acep-7f, 0x1.37b8dep-5f, 0x1.82311ap-6f, 0x1.59a48ep-7f}},
        {"random_normal(0, 1, 0)",
         {-0x1.0bca9p-1f, -0x1.8e94fcp+0f, 0x1.1dc6d6p+0f, 0x1.b3f18ep-1f}},
        {"truncated_normal(0, 1, 0)",
         {-0x1.fd0aep-2f, -0x1.681776p+0f, 0x1.0a8ef4p+0f, 0x1.9b0dbap-1f}},
        {"he_normal(seed=0)",
         {-0x1.993488p-2f, -0x1.2177bep+0f, 0x1.ac8ed2p-1f, 0x1.4a6f46p-1f}},
    };
    const size_t n = 4;

    for (size_t i = 0; i < COUNT_OF(fixed); i++) {
        float *v = draw(d, fixed[i].spec, 99, 1, &n);
        if (!ok(memcmp(v, fixed[i].values, sizeof(fixed[i].values)) == 0,
                "%s: fixed bits", fixed[i].spec))
            diag("%a %a %a %a", (double)v[0], (double)v[1], (double)v[2],
                 (double)v[3]);
        free(v);
    }
}

static int compare(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

static double normal_below(double z)
{
    return erfc(-z / sqrt(2.0)) / 2.0;
}

static double truncated_below(double z)
{
    const double min = normal_below(-2.0);

    return (normal_below(z) - min) / (1.0 - 2.0 * min);
}

static double uniform_below(double z)
{
    return z;
}

/* A million numbers: mean, variance, bounds and Kolmogorov-Smirnov, whose
 * sqrt(n)*D is above 1.95 once in a thousand. */
static void test_distribution(const struct device *d, const char *spec,
                              double (*below)(double), double mean,
                              double variance, double min, double max)
{
    const size_t n = 1000000, dims[] = {1000, 1000};
    if (!device_runs(n, 5000, spec))
        return;
    float *v = draw(d, spec, 2024, 2, dims);
    double sum = 0.0, square = 0.0, distance = 0.0;

    qsort(v, n, sizeof(*v), compare);
    for (size_t i = 0; i < n; i++) {
        const double share = below((double)v[i]);
        sum += (double)v[i];
        square += ((double)v[i] - mean) * ((double)v[i] - mean);
        distance = worse(distance, fabs(share - (double)i / (double)n));
        distance = worse(distance, fabs(share - (double)(i + 1) / (double)n));
    }
    const double count = (double)n;
    const double mean_error = fabs(sum / count - mean) / sqrt(variance / count);
    const double ratio = square / count / variance;
    ok(mean_error < 3.3, "%s: mean, %.2f standard errors away", spec,
       mean_error);
    ok(fabs(ratio - 1.0) < 0.005, "%s: variance, %.5f of what it must be", spec,
       ratio);
    ok((double)v[0] >= min && (double)v[n - 1] <= max, "%s: within %g..%g",
       spec, min, max);
    ok(sqrt(count) * distance < 1.95, "%s: Kolmogorov-Smirnov, %.3f", spec,
       sqrt(count) * distance);
    free(v);
}

/* All of a spec's numbers are those of the plain one, times a factor. */
static void test_scale(const struct device *d, const char *spec,
                       const char *plain, double factor, size_t rank,
                       const size_t *dims)
{
    size_t n = 1;
    double worst = 0.0;
    float *got = draw(d, spec, 11, rank, dims);
    float *one = draw(d, plain, 11, rank, dims);

    for (size_t i = 0; i < rank; i++)
        n *= dims[i];
    for (size_t i = 0; i < n; i++)
        worst = worse(worst,
                      fabs((double)got[i] - factor * (double)one[i]) / factor);
    ok(worst < 1e-6, "%s of rank %zu: %s times %.6g", spec, rank, plain,
       factor);
    free(got);
    free(one);
}

static void test_fans(const struct device *d)
{
    static const struct {
        size_t rank, dims[4];
        double in, out;
    } shapes[] = {{0, {0}, 1, 1},
                  {1, {7}, 7, 7},
                  {2, {64, 10}, 64, 10},
                  {3, {1, 1, 24}, 1, 24},
                  {4, {3, 5, 16, 32}, 240, 480}};
    static const char normal[] = "truncated_normal(0, 1)",
                      uniform[] = "random_uniform(-1, 1)",
                      plain[] = "random_normal(0, 1)";
    const double cut = 0.87962566103423978;

    for (size_t s = 0; s < COUNT_OF(shapes); s++) {
        const double in = shapes[s].in, out = shapes[s].out;
        const double average = (in + out) / 2.0;
        const struct {
            const char *spec, *plain;
            double factor;
        } cases[] = {
            {"glorot_normal", normal, sqrt(1.0 / average) / cut},
            {"GlorotUniform", uniform, sqrt(3.0 / average)},
            {"he_normal", normal, sqrt(2.0 / in) / cut},
            {"HeUniform()", uniform, sqrt(6.0 / in)},
            {"LecunNormal", normal, sqrt(1.0 / in) / cut},
            {"lecun_uniform", uniform, sqrt(3.0 / in)},
            {"variance_scaling", normal, sqrt(1.0 / in) / cut},
            {"VarianceScaling(3, 'fan_out', \"normal\")", normal,
             sqrt(3.0 / out) / cut},
            {"variance_scaling(0.5,fan_avg,untruncated_normal)", plain,
             sqrt(0.5 / average)},
            {"variance_scaling(distribution=uniform, scale=.25)", uniform,
             sqrt(0.75 / in)},
        };
        for (size_t i = 0; i < COUNT_OF(cases); i++)
            test_scale(d, cases[i].spec, cases[i].plain, cases[i].factor,
                       shapes[s].rank, shapes[s].dims);
    }
}

static void test_constants(const struct device *d)
{
    static const struct {
        const char *spec;
        float value;
    } cases[] = {{"zeros", 0.0f},
                 {"Zeros()", 0.0f},
                 {"ones", 1.0f},
                 {"one", 1.0f},
                 {"constant", 0.0f},
                 {"Constant(0.25)", 0.25f},
                 {"constant(value=-1e-3)", -1e-3f}};
    const size_t dims[] = {3, 1, 4099};
    const size_t n = 3 * 4099;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        float *v = draw(d, cases[i].spec, 0, 3, dims);
        bool good = true;
        for (size_t k = 0; k < n; k++)
            good = good && v[k] == cases[i].value;
        ok(good, "%s", cases[i].spec);
        free(v);
    }
}

static void test_identity(const struct device *d)
{
    static const size_t shapes[][2] = {{1, 1}, {5, 5}, {3, 8}, {200, 33}};

    for (size_t s = 0; s < COUNT_OF(shapes); s++) {
        const size_t rows = shapes[s][0], columns = shapes[s][1];
        float *v = draw(d, "identity(2.5)", 0, 2, shapes[s]);
        bool good = true;
        for (size_t i = 0; i < rows * columns; i++)
            good = good && v[i] == (i / columns == i % columns ? 2.5f : 0.0f);
        ok(good, "identity(2.5) of %zu x %zu", rows, columns);
        free(v);
    }
}

/* Q of a QR decomposition is defined by three things: its columns are
 * orthonormal, R = Q^T A is upper triangular, and R's diagonal is positive. */
static void test_orthogonal(const struct device *d, size_t rank,
                            const size_t *dims)
{
    size_t rows = 1;
    const size_t columns = dims[rank - 1];

    for (size_t i = 0; i + 1 < rank; i++)
        rows *= dims[i];
    const bool tall = rows >= columns;
    const size_t high = tall ? rows : columns, low = tall ? columns : rows;
    const size_t flat[] = {high, low};
    float *a = draw(d, "random_normal(0, 1)", 3, 2, flat);
    float *q = draw(d, "orthogonal(gain=2)", 3, rank, dims);
    double error = 0.0, min = INFINITY;
    for (size_t i = 0; i < low; i++)
        for (size_t j = 0; j < low; j++) {
            double product = 0.0, r = 0.0;
            for (size_t k = 0; k < high; k++) {
                const double qi = (double)q[tall ? k * low + i : i * high + k];
                const double qj = (double)q[tall ? k * low + j : j * high + k];
                product += qi * qj / 4.0;
                r += qi * (double)a[k * low + j] / 2.0;
            }
            error = worse(error, fabs(product - (i == j)));
            if (i > j)
                error = worse(error, fabs(r));
            if (i == j)
                min = fmin(min, r);
        }
    ok(error < 1e-5 && min > 0.0, "orthogonal of %zu x %zu: within %.1e", rows,
       columns, error);
    free(a);
    free(q);
}

static void test_half_open(const struct device *d)
{
    /* 1 + u is rounded to an even last bit: below 2 it must stay. */
    const size_t n = 1000000;
    float *v = draw(d, "random_uniform(16777215, 16777216)", 1, 1, &n);
    float *same = draw(d, "random_uniform(0.5, 0.5)", 1, 1, &n);
    bool below = true, equal = true;

    for (size_t i = 0; i < n; i++) {
        below = below && v[i] >= 16777215.0f && v[i] < 16777216.0f;
        equal = equal && same[i] == 0.5f;
    }
    ok(below, "random_uniform never gives maxval");
    ok(equal, "random_uniform of an empty range gives minval");
    free(v);
    free(same);
}

static void test_errors(const struct device *d)
{
    static const struct invalid_text bad[] = {
        {"he_normol", CLRELU_UNKNOWN_NAME, "he_normal"},
        {"Zero", CLRELU_UNKNOWN_NAME, "glorot_uniform"},
        {"constant(nan)", CLRELU_INVALID_SCALAR, "value"},
        {"constant(1e39)", CLRELU_INVALID_SCALAR, "float32"},
        {"random_normal(stddev=-1)", CLRELU_INVALID_SCALAR, "stddev"},
        {"truncated_normal(inf)", CLRELU_INVALID_SCALAR, "mean"},
        {"random_uniform(1, 0)", CLRELU_INVALID_SCALAR, "maxval"},
        {"random_uniform(-3e38, 3e38)", CLRELU_INVALID_SCALAR, "maxval"},
        {"variance_scaling(0)", CLRELU_INVALID_SCALAR, "scale"},
        {"variance_scaling(mode=fan_on)", CLRELU_INVALID_SPEC, "fan_out"},
        {"variance_scaling(1,fan_in,gauss)", CLRELU_INVALID_SPEC, "uniform"},
        {"he_normal(seed=-1)", CLRELU_INVALID_SPEC, "seed"},
        {"he_normal(seed=1.5)", CLRELU_INVALID_SPEC, "seed"},
        {"orthogonal", CLRELU_INVALID_RANK, "orthogonal"},
        {"identity", CLRELU_INVALID_RANK, "identity"},
    };
    const size_t n = 10, max = SIZE_MAX / 4, many[CLRELU_MAX_RANK] = {0};
    struct array out = array_make(d, 0, n, NULL);

    for (size_t i = 0; i < COUNT_OF(bad); i++)
        expect_invalid(array_initialize(d, bad[i].text, 0, 1, &n, &out),
                       &bad[i]);
    expect(array_initialize(d, NULL, 0, 1, &n, &out), CLRELU_INVALID_NULL,
           "initializer", "no spec");
    expect(array_initialize(d, "ones", 0, 1, NULL, &out), CLRELU_INVALID_NULL,
           "dims", "no dims");
    expect(array_initialize(d, "ones", 0, 1, &max, &out), CLRELU_INVALID_SIZE,
           "dims", "a size beyond 64 bits");
    expect(array_initialize(d, "ones", 0, CLRELU_MAX_RANK, many, &out),
           CLRELU_INVALID_RANK, "rank", "a rank beyond the most");
    const size_t larger = n + GUARD + 1;
    expect(array_initialize(d, "ones", 0, 1, &larger, &out),
           CLRELU_BUFFER_TOO_SMALL, "values", "a small buffer");
    array_fetch(d, &out);
    ok(array_untouched(&out), "... and no call wrote");
    const size_t none = 0;
    expect_ok(array_initialize(d, "ones", 0, 1, &none, &out), "no elements");
    array_free(&out);
}

int main(void)
{
    static const size_t matrices[][3] = {{1, 1, 1},   {5, 5, 1},  {40, 7, 1},
                                         {7, 40, 1},  {1, 9, 1},  {9, 1, 1},
                                         {3, 14, 33}, {8, 2, 100}};
    const double cut = 0.87962566103423978;
    struct device d;

    test_known_answers();
    test_random123();
    device_open(&d);
    test_words(&d);
    test_normal(&d, "random_normal(0, 1)", 9.0);
    test_normal(&d, "truncated_normal(0, 1)", 2.0);
    test_fixed(&d);
    test_distribution(&d, "random_uniform(0, 1)", uniform_below, 0.5,
                      1.0 / 12.0, 0.0, 1.0 - 0x1p-24);
    test_distribution(&d, "random_normal(0, 1)", normal_below, 0.0, 1.0, -6.4,
                      6.4);
    test_distribution(&d, "truncated_normal(0, 1)", truncated_below, 0.0,
                      cut * cut, -2.0, 2.0);
    test_fans(&d);
    test_constants(&d);
    test_identity(&d);
    for (size_t i = 0; i < COUNT_OF(matrices); i++)
        test_orthogonal(&d, matrices[i][2] > 1 ? 3 : 2, matrices[i]);
    test_half_open(&d);
    test_errors(&d);
    device_close(&d);
    return done_testing();
}
