/* test_alpha_layouts.c - alpha's shape as in NumPy, PyTorch and blocked layouts
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "problem.h"
#include "random.h"
#include "reference.h"
#include "shape_text.h"
#include "tap.h"

enum { MAX_RANK = 5 };

/* alpha's shape is its own answer. */
static bool knows_dims(const clrelu_shape *s)
{
    size_t rank = 77, dims[CLRELU_MAX_RANK], count = 77;

    if (clrelu_prelu_alpha_dims(s, &rank, dims, &count)) {
        diag("clrelu_prelu_alpha_dims: %s", clrelu_error());
        return false;
    }
    return rank == s->alpha_rank && count == reference_alpha_count(s) &&
           (rank == 0 ||
            memcmp(dims, s->alpha_dims, rank * sizeof(*dims)) == 0);
}

/* Forward, backward and dalpha in all their variants. */
static void test_shape(const struct device *d, const char *name,
                       const clrelu_shape *s, size_t step)
{
    struct problem p = problem_make(s, 7 + step);
    bool good = knows_dims(s);

    for (size_t i = 0; i < PROBLEM_VARIANTS && good; i++) {
        good = problem_run(d, &p, i, i + step);
        if (!good)
            diag("that was: %s", problem_variant(i));
    }
    ok(good, "%s %s", name, shape_text_of(s));
    problem_free(&p);
}

static clrelu_shape shape_of(clrelu_alpha_layout layout, size_t rank,
                             const size_t *dims, size_t alpha_rank,
                             const size_t *alpha_dims)
{
    return (clrelu_shape){.rank = rank,
                          .dims = dims,
                          .alpha_rank = alpha_rank,
                          .alpha_dims = alpha_dims,
                          .alpha_layout = layout};
}

/* Every set of axes of which alpha has its own elements, the batch among them,
 * and every rank of alpha that has them. */
static void test_numpy(const struct device *d, const size_t *extents)
{
    size_t step = 0;

    for (size_t rank = 0; rank <= MAX_RANK; rank++)
        for (unsigned set = 0; set < 1u << rank; set++) {
            size_t dims[MAX_RANK], first = rank;
            for (size_t i = rank; i-- > 0;) {
                dims[i] = set >> i & 1 ? extents[i] : 1;
                first = set >> i & 1 ? i : first;
            }
            for (size_t skipped = 0; skipped <= first; skipped++) {
                const clrelu_shape s =
                    shape_of(CLRELU_ALPHA_NUMPY, rank, extents, rank - skipped,
                             dims + skipped);
                test_shape(d, "NumPy", &s, step++);
            }
        }
}

/* One alpha, or one for each channel. */
static void test_torch(const struct device *d, const size_t *extents)
{
    static const size_t one[] = {1};

    for (size_t rank = 0; rank <= MAX_RANK; rank++)
        for (int channels = 0; channels <= (rank >= 2); channels++) {
            const clrelu_shape s = shape_of(CLRELU_ALPHA_TORCH, rank, extents,
                                            1, channels ? extents + 1 : one);
            test_shape(d, "PyTorch", &s, rank);
        }
    const clrelu_shape scalar =
        shape_of(CLRELU_ALPHA_TORCH, 3, extents, 0, NULL);
    test_shape(d, "PyTorch", &scalar, 1);
}

/* A thousand shapes' worth of tiles, rows and blocks along the batch. */
static void test_long(const struct device *d)
{
    static const struct {
        size_t rank, dims[4], alpha_rank, alpha_dims[4];
    } cases[] = {
        {2, {70001, 3}, 2, {70001, 1}},      {2, {3, 70001}, 2, {3, 1}},
        {3, {67, 5, 341}, 3, {67, 1, 341}},  {3, {65, 33, 64}, 3, {65, 33, 1}},
        {4, {33, 3, 17, 65}, 3, {3, 1, 65}}, {4, {2, 37, 31, 41}, 1, {41}},
        {2, {131, 513}, 2, {131, 513}},      {3, {40, 12, 2500}, 0, {0}},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const clrelu_shape s =
            shape_of(CLRELU_ALPHA_NUMPY, cases[i].rank, cases[i].dims,
                     cases[i].alpha_rank, cases[i].alpha_dims);
        if (device_runs(reference_count(&s), 5000, "a long shape"))
            test_shape(d, "NumPy", &s, i);
    }
}

/* ------------------------------------------------ the same in two layouts --
 */

enum { BATCH = 3, CHANNELS = 32, BLOCK = 16, ROWS = 5, COLUMNS = 7 };
enum { PLANE = ROWS * COLUMNS, SIZE = BATCH * CHANNELS * PLANE };

struct pass {
    float x[SIZE], dy[SIZE], y[SIZE], dx[SIZE], dalpha[CHANNELS];
};

static void run_pass(const struct device *d, const clrelu_shape *s,
                     const float *alpha, struct pass *p)
{
    struct array x = array_make(d, 0, SIZE, p->x);
    struct array a = array_make(d, 1, CHANNELS, alpha);
    struct array dy = array_make(d, 2, SIZE, p->dy);
    struct array y = array_make(d, 3, SIZE, NULL);
    struct array dx = array_make(d, 4, SIZE, NULL);
    struct array dalpha = array_make(d, 5, CHANNELS, NULL);

    must_succeed(array_prelu_forward(d, s, &x, &a, &y));
    must_succeed(array_prelu_backward(d, s, 0, &x, &a, &dy, &dx, &dalpha));
    memcpy(p->y, array_fetch(d, &y), sizeof(p->y));
    memcpy(p->dx, array_fetch(d, &dx), sizeof(p->dx));
    memcpy(p->dalpha, array_fetch(d, &dalpha), sizeof(p->dalpha));
    arrays_free(&x, &a, &dy, &y, &dx, &dalpha);
}

/* Where element i of (n, c, h, w) is in (n, C/16, h, w, 16). */
static size_t blocked(size_t i)
{
    const size_t place = i % PLANE, c = i / PLANE % CHANNELS;
    const size_t n = i / PLANE / CHANNELS;
    const size_t block = n * (CHANNELS / BLOCK) + c / BLOCK;

    return (block * PLANE + place) * BLOCK + c % BLOCK;
}

/* dalpha's products are eighths, whose sums are exact in any order. */
static void test_blocked(const struct device *d)
{
    static const size_t plain_dims[] = {BATCH, CHANNELS, ROWS, COLUMNS};
    static const size_t dims[] = {BATCH, CHANNELS / BLOCK, ROWS, COLUMNS,
                                  BLOCK};
    static const int axes[] = {2, 3};
    static const size_t alpha_dims[] = {CHANNELS / BLOCK, 1, 1, BLOCK};
    clrelu_shape plain = reference_shape(4, plain_dims, 2, axes);
    clrelu_shape in_blocks = reference_shape(5, dims, 2, axes);
    struct pass *a = must_alloc(sizeof(*a)), *b = must_alloc(sizeof(*b));
    float alpha[CHANNELS];
    uint64_t state = 16;
    bool y = true, dx = true;

    in_blocks.alpha_rank = 4;
    in_blocks.alpha_dims = alpha_dims;
    for (size_t i = 0; i < CHANNELS; i++)
        alpha[i] = random_uniform(&state, -1.0f, 1.0f);
    for (size_t i = 0; i < SIZE; i++) {
        a->x[i] = b->x[blocked(i)] = (float)random_below(&state, 64) / 8 - 4;
        a->dy[i] = b->dy[blocked(i)] = (float)random_below(&state, 16) - 8;
    }
    run_pass(d, &plain, alpha, a);
    run_pass(d, &in_blocks, alpha, b);
    for (size_t i = 0; i < SIZE; i++) {
        y &= memcmp(&a->y[i], &b->y[blocked(i)], sizeof(float)) == 0;
        dx &= memcmp(&a->dx[i], &b->dx[blocked(i)], sizeof(float)) == 0;
    }
    ok(y, "nChw16c: y has the bits of NCHW");
    ok(dx, "... dx, too");
    ok(memcmp(a->dalpha, b->dalpha, sizeof(a->dalpha)) == 0,
       "... and dalpha, in the order of the channels");
    free(a);
    free(b);
}

/* (C, 1, 1), (C) and the shared axes 2 and 3 are the same call. */
static void test_same_bits(const struct device *d)
{
    static const size_t dims[] = {BATCH, CHANNELS, ROWS, COLUMNS};
    static const int axes[] = {2, 3};
    static const size_t alpha_dims[] = {CHANNELS, 1, 1};
    const clrelu_shape shapes[] = {
        reference_shape(4, dims, 2, axes),
        shape_of(CLRELU_ALPHA_NUMPY, 4, dims, 3, alpha_dims),
        shape_of(CLRELU_ALPHA_TORCH, 4, dims, 1, alpha_dims)};
    struct pass *first = must_alloc(sizeof(*first));
    struct pass *other = must_alloc(sizeof(*other));
    float alpha[CHANNELS];
    uint64_t state = 5;

    for (size_t i = 0; i < CHANNELS; i++)
        alpha[i] = random_uniform(&state, -1.0f, 1.0f);
    for (size_t i = 0; i < SIZE; i++) {
        first->x[i] = random_uniform(&state, -1.0f, 1.0f);
        first->dy[i] = random_uniform(&state, -1.0f, 1.0f);
    }
    *other = *first;
    run_pass(d, &shapes[0], alpha, first);
    for (int i = 1; i < 3; i++) {
        run_pass(d, &shapes[i], alpha, other);
        ok(memcmp(first, other, sizeof(*first)) == 0,
           "%s's alpha for each channel has the bits of Keras's",
           i == 1 ? "NumPy" : "PyTorch");
    }
    free(first);
    free(other);
}

/* ------------------------------------------------------- invalid shapes -- */

static const struct bad {
    const char *what, *shape;
    clrelu_alpha_layout layout;
    const char *word;
} bads[] = {
    {"an extent that is neither 1 nor x's", "4,5,6 alpha 1,5,3",
     CLRELU_ALPHA_NUMPY, "alpha"},
    {"alpha aligned at the first axis", "4,5,6 alpha 5", CLRELU_ALPHA_NUMPY,
     "alpha"},
    {"alpha of a larger rank", "4,5,6 alpha 1,1,5,6", CLRELU_ALPHA_NUMPY,
     "alpha"},
    {"alpha larger than an x of 1", "4,1 alpha 3", CLRELU_ALPHA_NUMPY, "alpha"},
    {"no alpha for a kept axis", "4,5 alpha 4,0", CLRELU_ALPHA_NUMPY, "alpha"},
    {"alphas for the last axis", "4,5,6 alpha 6", CLRELU_ALPHA_TORCH, "alpha"},
    {"alpha as NumPy has it", "4,5,6 alpha 5,1", CLRELU_ALPHA_TORCH, "alpha"},
    {"alphas for a batch of scalars", "4 alpha 4", CLRELU_ALPHA_TORCH, "alpha"},
};

static void refuse_shape(struct fixture *f, const clrelu_shape *s,
                         clrelu_status status, const char *word,
                         const char *what)
{
    size_t rank = 77, dims[CLRELU_MAX_RANK] = {77}, count = 77;
    const clrelu_status got = clrelu_prelu_alpha_dims(s, &rank, dims, &count);

    if (!ok(got == status && has_word(clrelu_error(), word) && rank == 77 &&
                dims[0] == 77 && count == 77,
            "clrelu_prelu_alpha_dims refuses %s", what))
        diag("%s: %s", clrelu_status_name(got), clrelu_error());
    for (enum function i = PRELU_FORWARD; i < FUNCTIONS; i++) {
        struct call c = good_call(f, i);
        c.shape = s;
        refuse(f, c, status, word, what);
    }
}

static void test_refusals(struct fixture *f)
{
    static const size_t dims[] = {4, 5, 6}, alpha_dims[] = {5, 1};
    static const size_t large[] = {SIZE_MAX / 2 + 1, 2};
    static const int axes[] = {2};
    struct shape_text text;
    clrelu_shape s;

    for (size_t i = 0; i < COUNT_OF(bads); i++) {
        s = shape_text_read(bads[i].shape, &text);
        s.alpha_layout = bads[i].layout;
        refuse_shape(f, &s, CLRELU_INVALID_ALPHA_SHAPE, bads[i].word,
                     bads[i].what);
    }
    s = shape_of(CLRELU_ALPHA_NUMPY, 3, dims, SIZE_MAX, alpha_dims);
    refuse_shape(f, &s, CLRELU_INVALID_ALPHA_SHAPE, "alpha_rank",
                 "alpha of a rank beyond all");
    s = shape_of(CLRELU_ALPHA_NUMPY, 65, dims, 1, alpha_dims);
    refuse_shape(f, &s, CLRELU_INVALID_RANK, "rank", "an x of rank 65");
    s = shape_of(CLRELU_ALPHA_NUMPY, 2, large, 1, alpha_dims + 1);
    refuse_shape(f, &s, CLRELU_INVALID_SIZE, "dims", "a product of 2^64");
    for (int layout = 3; layout <= 1000; layout += 997) {
        s = shape_of((clrelu_alpha_layout)layout, 2, dims, 1, alpha_dims);
        refuse_shape(f, &s, CLRELU_INVALID_ENUM, "alpha_layout",
                     "an unknown layout");
    }
    for (int layout = 1; layout <= 2; layout++) {
        s = shape_of((clrelu_alpha_layout)layout, 3, dims, 3 - (size_t)layout,
                     alpha_dims);
        s.shared_count = 1;
        s.shared_axes = axes;
        refuse_shape(f, &s, CLRELU_INVALID_AXIS, "shared_count",
                     "shared axes where a layout has none");
        s = shape_of((clrelu_alpha_layout)layout, 3, dims, 1, NULL);
        refuse_shape(f, &s, CLRELU_INVALID_NULL, "alpha_dims",
                     "no alpha_dims in a layout");
    }
}

int main(void)
{
    static const size_t extents[][MAX_RANK] = {
        {3, 5, 7, 2, 16}, {17, 2, 33, 5, 3}, {1, 3, 2, 64, 5}};
    struct fixture f;

    fixture_open(&f);
    for (size_t i = 0; i < COUNT_OF(extents); i++) {
        test_numpy(&f.device, extents[i]);
        test_torch(&f.device, extents[i]);
    }
    test_long(&f.device);
    test_blocked(&f.device);
    test_same_bits(&f.device);
    test_refusals(&f);
    fixture_close(&f);
    return done_testing();
}
