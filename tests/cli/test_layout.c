/* test_layout.c - where the alpha of a file lies along x
 * SPDX-License-Identifier: MIT */
#include "../src/cli/layout.h"
#include "tap.h"

enum { MAX = 5 };

/* Ends with a 0, which is no extent here; N stands for an extent of 0. */
#define N SIZE_MAX
typedef size_t extents[MAX + 1];

/* shared has a bit for each axis of x, also the batch; -1: alpha does not
 * fit. */
static const struct fit {
    clrelu_alpha_layout layout;
    extents x, alpha;
    int shared;
} fits[] = {
    {CLRELU_ALPHA_KERAS, {2, 3, 4, 5}, {3, 4, 5}, 1},
    {CLRELU_ALPHA_KERAS, {2, 3, 4, 5}, {3, 1, 1}, 13},
    {CLRELU_ALPHA_KERAS, {2, 3, 4, 5}, {1, 1, 5}, 7},
    {CLRELU_ALPHA_KERAS, {2, 3, 4, 5}, {3}, -1},
    {CLRELU_ALPHA_KERAS, {2, 3, 4, 5}, {2, 3, 4, 5}, -1},
    {CLRELU_ALPHA_KERAS, {2, 3, 4, 5}, {4, 3, 5}, -1},
    {CLRELU_ALPHA_KERAS, {2}, {0}, 1},
    {CLRELU_ALPHA_KERAS, {2}, {1}, -1},
    {CLRELU_ALPHA_KERAS, {0}, {0}, 0},
    {CLRELU_ALPHA_KERAS, {0}, {1}, -1},
    {CLRELU_ALPHA_KERAS, {2, N, 4}, {N, 1}, 5},
    {CLRELU_ALPHA_KERAS, {2, N, 4}, {1, 4}, 3},
    {CLRELU_ALPHA_TORCH, {2, 3, 4, 5}, {3}, 13},
    {CLRELU_ALPHA_TORCH, {2, 3}, {3}, 1},
    {CLRELU_ALPHA_TORCH, {2, 3, 4, 5}, {1}, 15},
    {CLRELU_ALPHA_TORCH, {2, 3, 4, 5}, {0}, 15},
    {CLRELU_ALPHA_TORCH, {2, 3, 4, 5}, {1, 1, 1}, 15},
    {CLRELU_ALPHA_TORCH, {2, 1, 4}, {1}, 7},
    {CLRELU_ALPHA_TORCH, {2, N, 4}, {N}, 5},
    {CLRELU_ALPHA_TORCH, {2, 3, 4, 5}, {5}, -1},
    {CLRELU_ALPHA_TORCH, {2, 3, 4, 5}, {2}, -1},
    {CLRELU_ALPHA_TORCH, {2, 3, 4, 5}, {3, 1, 1}, -1},
    {CLRELU_ALPHA_TORCH, {3}, {3}, -1},
    {CLRELU_ALPHA_TORCH, {3}, {1}, 1},
    {CLRELU_ALPHA_TORCH, {0}, {1}, 0},
    {CLRELU_ALPHA_TORCH, {0}, {0}, 0},
    {CLRELU_ALPHA_TORCH, {0}, {3}, -1},
    {CLRELU_ALPHA_NUMPY, {2, 3, 4, 5}, {5}, 7},
    {CLRELU_ALPHA_NUMPY, {2, 3, 4, 5}, {3, 1, 1}, 13},
    {CLRELU_ALPHA_NUMPY, {2, 3, 4, 5}, {1, 3, 1, 1}, 13},
    {CLRELU_ALPHA_NUMPY, {2, 3, 4, 5}, {1, 3, 4, 5}, 1},
    {CLRELU_ALPHA_NUMPY, {2, 3, 4, 5}, {4, 1}, 11},
    {CLRELU_ALPHA_NUMPY, {2, 3, 4, 5}, {1}, 15},
    {CLRELU_ALPHA_NUMPY, {2, 3, 4, 5}, {0}, 15},
    {CLRELU_ALPHA_NUMPY, {2, 3, 4, 5}, {3}, -1},
    {CLRELU_ALPHA_NUMPY, {2, 3, 4, 5}, {2, 1, 1, 1}, 14},
    {CLRELU_ALPHA_NUMPY, {2, 3, 4, 5}, {2, 3, 4, 5}, 0},
    {CLRELU_ALPHA_NUMPY, {2, 3, 4, 5}, {1, 1, 3, 4, 5}, -1},
    {CLRELU_ALPHA_NUMPY, {1, 3}, {1, 3}, 1},
    {CLRELU_ALPHA_NUMPY, {2, 3, 3}, {3}, 3},
    {CLRELU_ALPHA_NUMPY, {2, N, 4}, {N, 1}, 5},
    {CLRELU_ALPHA_NUMPY, {2, 3}, {N}, -1},
    {CLRELU_ALPHA_NUMPY, {3}, {3}, 0},
    {CLRELU_ALPHA_NUMPY, {3}, {1}, 1},
    {CLRELU_ALPHA_NUMPY, {0}, {0}, 0},
    {CLRELU_ALPHA_NUMPY, {0}, {1}, -1},
};

static array make(const extents of)
{
    array a = {.rank = 0};

    for (; of[a.rank] != 0; a.rank++)
        a.dims[a.rank] = of[a.rank] == N ? 0 : of[a.rank];
    return a;
}

/* alpha's extents along x, with the bits of shared as --shared-axes. */
static bool lay_out(clrelu_alpha_layout l, const array *x, const array *alpha,
                    int shared, size_t out[CLRELU_MAX_RANK])
{
    options o = {.layout = l, .alpha_file = "alpha.npy"};
    clrelu_shape shape;
    failure f;

    for (int i = 1; l == CLRELU_ALPHA_KERAS && shared >= 0 && i < MAX; i++)
        if (shared & 1 << i)
            o.shared_axes[o.shared_count++] = i;
    if (!layout_shape(&o, x, alpha, &shape, &f))
        return false;
    layout_extents(&shape, alpha->rank, alpha->dims, out);
    return true;
}

static void test_fits(void)
{
    for (size_t i = 0; i < sizeof(fits) / sizeof(fits[0]); i++) {
        const struct fit *t = &fits[i];
        const array x = make(t->x), alpha = make(t->alpha);
        char of_x[NPY_SHAPE_TEXT], of_alpha[NPY_SHAPE_TEXT];
        size_t got_extents[CLRELU_MAX_RANK];
        int got = -1;
        if (lay_out(t->layout, &x, &alpha, t->shared, got_extents)) {
            got = 0;
            for (size_t k = 0; k < x.rank; k++)
                got += (got_extents[k] == 1) << k;
        }
        ok(got == t->shared, "layout %d: %s for %s shares %d, must %d",
           (int)t->layout,
           clrelu_npy_shape_format(alpha.rank, alpha.dims, of_alpha),
           clrelu_npy_shape_format(x.rank, x.dims, of_x), got, t->shared);
    }
}

/* The element of alpha for an index of x, as each framework counts. */
static size_t element(clrelu_alpha_layout l, const array *x, const array *alpha,
                      const size_t *index)
{
    const size_t skipped =
        l == CLRELU_ALPHA_NUMPY ? x->rank - alpha->rank : (size_t)(x->rank > 0);
    size_t at = 0;

    if (l == CLRELU_ALPHA_TORCH)
        return alpha->rank == 1 && alpha->dims[0] > 1 ? index[1] : 0;
    for (size_t k = 0; k < alpha->rank; k++)
        at = at * alpha->dims[k] +
             (alpha->dims[k] == 1 ? 0 : index[k + skipped]);
    return at;
}

static bool agrees(clrelu_alpha_layout l, const array *x, const array *alpha,
                   const size_t *along)
{
    size_t count = 1, all = 1, n = 1;

    for (size_t k = 0; k < alpha->rank; k++)
        all *= alpha->dims[k];
    for (size_t k = 0; k < x->rank; k++) {
        count *= along[k];
        n *= x->dims[k];
    }
    for (size_t i = 0; i < n; i++) {
        size_t index[MAX] = {0}, rest = i, at = 0;
        for (size_t k = x->rank; k-- > 0; rest /= x->dims[k])
            index[k] = rest % x->dims[k];
        for (size_t k = 0; k < x->rank; k++)
            at = at * along[k] + (along[k] == 1 ? 0 : index[k]);
        if (element(l, x, alpha, index) != at)
            return false;
    }
    return count == all;
}

/* Digits 1 to 3, as many as rank. */
static array count_dims(size_t rank, size_t number)
{
    array a = {.rank = rank};

    for (size_t i = 0; i < rank; i++, number /= 3)
        a.dims[i] = 1 + number % 3;
    return a;
}

static size_t power(size_t rank)
{
    return rank > 0 ? 3 * power(rank - 1) : 1;
}

/* Keras's alpha fits with the axes where it has 1. */
static int ones(const array *alpha)
{
    int bits = 0;

    for (size_t k = 0; k < alpha->rank; k++)
        bits += (alpha->dims[k] == 1) << (k + 1);
    return bits;
}

/* Whatever fits takes the elements that the framework takes. */
static void test_elements(clrelu_alpha_layout l)
{
    size_t fitting = 0, wrong = 0, along[CLRELU_MAX_RANK];

    for (size_t rank = 0; rank <= 4; rank++)
        for (size_t i = 0; i < power(rank); i++)
            for (size_t k = 0; k < power(0) + 3 + 9 + 27 + 81; k++) {
                const size_t r = k < 1 ? 0 : k < 4 ? 1 : k < 13 ? 2 : 3;
                const array x = count_dims(rank, i);
                const array alpha =
                    k < 40 ? count_dims(r, k) : count_dims(4, k - 40);
                if (!lay_out(l, &x, &alpha, ones(&alpha), along))
                    continue;
                fitting++;
                wrong += !agrees(l, &x, &alpha, along);
            }
    ok(fitting > 100 && wrong == 0, "layout %d: %zu of %zu have other elements",
       (int)l, wrong, fitting);
}

static void test_names(void)
{
    clrelu_alpha_layout l = CLRELU_ALPHA_NUMPY;

    ok(names_layout("keras", &l) && l == CLRELU_ALPHA_KERAS, "keras");
    ok(names_layout("torch", &l) && l == CLRELU_ALPHA_TORCH, "torch");
    ok(names_layout("onnx", &l) && l == CLRELU_ALPHA_NUMPY, "onnx");
    ok(!names_layout("Keras", &l) && !names_layout("", &l) &&
           l == CLRELU_ALPHA_NUMPY,
       "and no other");
}

int main(void)
{
    test_names();
    test_fits();
    test_elements(CLRELU_ALPHA_KERAS);
    test_elements(CLRELU_ALPHA_TORCH);
    test_elements(CLRELU_ALPHA_NUMPY);
    return done_testing();
}
