/* cases.h - sizes, scalars and shapes that tests and benchmarks share
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_CASES_H
#define CLRELU_TESTS_CASES_H

#include "clrelu.h"

/* Around vectors, work-groups and the powers of two that code is fond of. */
static const size_t case_sizes[] = {
    0,  1,  2,   3,    7,    15,   16,   17,   31,    33,    63,
    64, 65, 127, 1000, 1023, 1024, 1025, 4097, 16383, 16385, 65537,
};

/* Long enough to be cut into several work-groups on any device. */
static const size_t case_large_sizes[] = {262144 + 5, 1048576 + 3};

static const size_t case_offsets[] = {0, 1, 3, 16, 17};

struct case_scalar {
    clrelu_op op;
    double scalar;
};

/* The first of each operation is Keras' default. */
static const struct case_scalar case_scalars[] = {
    {CLRELU_LEAKY_RELU, 0.3},
    {CLRELU_LEAKY_RELU, 0.0},
    {CLRELU_LEAKY_RELU, 1.0},
    {CLRELU_LEAKY_RELU, 2.5},
    {CLRELU_LEAKY_RELU, 1e30},
    {CLRELU_LEAKY_RELU, 1e-40},
    {CLRELU_ELU, 1.0},
    {CLRELU_ELU, 0.3},
    {CLRELU_ELU, 0.0},
    {CLRELU_ELU, 2.5},
    {CLRELU_ELU, -0.7},
    {CLRELU_ELU, 1e30},
    {CLRELU_ELU, 1e-40},
    {CLRELU_THRESHOLDED_RELU, 1.0},
    {CLRELU_THRESHOLDED_RELU, 0.0},
    {CLRELU_THRESHOLDED_RELU, 0.1},
    {CLRELU_THRESHOLDED_RELU, 1e-40},
};

enum { CASE_AXES = 8 };

struct case_shape {
    const char *name;
    size_t rank, dims[CASE_AXES], shared_count;
    int shared_axes[CASE_AXES];
};

static inline clrelu_shape case_to_shape(const struct case_shape *c)
{
    const clrelu_shape shape = {.rank = c->rank,
                                .dims = c->dims,
                                .shared_count = c->shared_count,
                                .shared_axes = c->shared_axes};
    return shape;
}

/* Extents of a sample, which the benchmark repeats: of the same number of
 * elements in all patterns, and smaller ones for smaller sizes. */
enum { CASE_SCALES = 4 };
typedef size_t case_samples[CASE_SCALES][CASE_AXES - 1];
static const case_samples case_nchw = {
    {64, 56, 56}, {64, 14, 14}, {16, 7, 7}, {8, 4, 4}};
static const case_samples case_nhwc = {
    {56, 56, 64}, {14, 14, 64}, {7, 7, 16}, {4, 4, 8}};
static const case_samples case_odd = {
    {64, 55, 57}, {64, 13, 15}, {16, 7, 7}, {8, 3, 5}};
static const case_samples case_dense = {{1024}, {1024}, {1024}, {128}};
static const case_samples case_rank6 = {
    {16, 7, 16, 7, 16}, {4, 7, 16, 7, 4}, {4, 7, 2, 7, 2}, {2, 4, 2, 4, 2}};

/* How alpha is shared in practice: the tests' shape, and the benchmark's
 * samples. */
static const struct case_pattern {
    struct case_shape shape;
    const case_samples *samples;
} case_patterns[] = {
    {{"nchw", 4, {8, 16, 28, 28}, 2, {2, 3}}, &case_nchw},
    {{"nhwc", 4, {8, 28, 28, 16}, 2, {1, 2}}, &case_nhwc},
    {{"odd", 4, {8, 16, 27, 29}, 2, {2, 3}}, &case_odd},
    {{"dense", 2, {300, 1000}, 0, {0}}, &case_dense},
    {{"one", 4, {100, 1, 19, 53}, 3, {1, 2, 3}}, &case_nchw},
    {{"full", 4, {5, 16, 14, 14}, 0, {0}}, &case_nchw},
    {{"channel", 4, {4, 10, 28, 28}, 1, {1}}, &case_nchw},
    {{"1-3", 4, {4, 6, 31, 56}, 2, {1, 3}}, &case_nchw},
    {{"rank6", 6, {2, 4, 3, 5, 6, 7}, 2, {2, 4}}, &case_rank6},
};

/* What a way of cutting x into tiles, rows and blocks could get wrong. */
static const struct case_shape case_hostile[] = {
    {"a single element", 1, {1}, 0, {0}},
    {"a batch of scalars", 1, {100007}, 0, {0}},
    {"one alpha in three axes", 3, {3, 101, 331}, 2, {1, 2}},
    {"extents of 1", 5, {1, 1, 1, 1, 1}, 2, {2, 4}},
    {"extents of 1 between", 6, {4, 1, 9, 1, 5, 1}, 2, {1, 4}},
    {"all axes and twice", 4, {3, 4, 5, 6}, 6, {3, 1, 2, 3, 2, 1}},
    {"rank 8, alternating", 8, {2, 3, 4, 5, 2, 3, 4, 5}, 4, {1, 3, 5, 7}},
    {"rank 8, alternating, odd", 8, {3, 2, 5, 3, 4, 2, 3, 2}, 3, {2, 4, 6}},
    {"a long shared row", 3, {3, 2, 70001}, 1, {2}},
    {"a long row of alphas", 2, {2, 70001}, 0, {0}},
    {"rows of a million", 3, {1, 2, 500003}, 1, {2}},
    {"many rows of 3", 2, {40000, 3}, 0, {0}},
    {"many rows of 2", 2, {100000, 2}, 0, {0}},
    {"many pairs, shared", 3, {20000, 3, 2}, 1, {2}},
    {"wide and shared outside", 4, {7, 3, 500, 3}, 1, {2}},
    {"period of 341", 3, {5, 67, 341}, 1, {1}},
    {"period of 511", 2, {131, 511}, 0, {0}},
    {"period of 513", 2, {131, 513}, 0, {0}},
    {"tile of 1023", 2, {33, 1023}, 0, {0}},
    {"tile of 1024", 2, {33, 1024}, 0, {0}},
    {"tile of 1025", 2, {33, 1025}, 0, {0}},
    {"two tiles and a bit", 2, {17, 2049}, 0, {0}},
    {"three tiles, many rows", 3, {40, 12, 2500}, 1, {1}},
    {"five tiles, many rows", 3, {24, 10, 4200}, 1, {1}},
    {"tiles of 3 lanes each", 3, {17, 700, 3}, 1, {2}},
    {"tiles of 63 lanes each", 3, {16, 33, 63}, 1, {2}},
    {"tiles of 64 lanes each", 3, {15, 33, 64}, 1, {2}},
    {"tiles of 65 lanes each", 3, {17, 33, 65}, 1, {2}},
    {"inner run of 1023", 3, {17, 3, 1023}, 1, {2}},
    {"inner run of 1024", 3, {16, 3, 1024}, 1, {2}},
    {"inner run of 1025", 3, {15, 3, 1025}, 1, {2}},
    {"inner run of 513", 3, {31, 5, 513}, 1, {2}},
    {"few rows, inner 100", 3, {2, 7, 100}, 1, {2}},
    {"15 rows, inner 100", 3, {15, 7, 100}, 1, {2}},
    {"16 rows, inner 100", 3, {16, 7, 100}, 1, {2}},
    {"kept outside and in", 5, {3, 5, 7, 4, 65}, 2, {2, 4}},
    {"shared, kept, shared", 4, {2, 1100, 3, 5}, 2, {1, 3}},
    {"more alphas than x per row", 4, {2, 37, 3, 41}, 1, {2}},
};

#endif
