/* test_layout.c - where the alpha of a file lies along x
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "../src/cli/layout.h"
#include "reference.h"
#include "tap.h"

enum { MAX = 5 };

/* Ends with a 0, which is no extent here; N stands for an extent of 0. */
#define N SIZE_MAX
typedef size_t extents[MAX + 1];

/* shared has a bit for each axis; -1: alpha does not fit. */
static const struct fit {
    layout layout;
    extents x, alpha;
    int shared;
} fits[] = {
    {LAYOUT_KERAS, {2, 3, 4, 5}, {3, 4, 5}, 0},
    {LAYOUT_KERAS, {2, 3, 4, 5}, {3, 1, 1}, 12},
    {LAYOUT_KERAS, {2, 3, 4, 5}, {1, 1, 5}, 6},
    {LAYOUT_KERAS, {2, 3, 4, 5}, {3}, -1},
    {LAYOUT_KERAS, {2, 3, 4, 5}, {2, 3, 4, 5}, -1},
    {LAYOUT_KERAS, {2, 3, 4, 5}, {4, 3, 5}, -1},
    {LAYOUT_KERAS, {2}, {0}, 0},
    {LAYOUT_KERAS, {2}, {1}, -1},
    {LAYOUT_KERAS, {0}, {0}, 0},
    {LAYOUT_KERAS, {0}, {1}, -1},
    {LAYOUT_KERAS, {2, N, 4}, {N, 1}, 4},
    {LAYOUT_KERAS, {2, N, 4}, {1, 4}, 2},
    {LAYOUT_TORCH, {2, 3, 4, 5}, {3}, 12},
    {LAYOUT_TORCH, {2, 3}, {3}, 0},
    {LAYOUT_TORCH, {2, 3, 4, 5}, {1}, 14},
    {LAYOUT_TORCH, {2, 3, 4, 5}, {0}, 14},
    {LAYOUT_TORCH, {2, 3, 4, 5}, {1, 1, 1}, 14},
    {LAYOUT_TORCH, {2, 1, 4}, {1}, 6},
    {LAYOUT_TORCH, {2, N, 4}, {N}, 4},
    {LAYOUT_TORCH, {2, 3, 4, 5}, {5}, -1},
    {LAYOUT_TORCH, {2, 3, 4, 5}, {2}, -1},
    {LAYOUT_TORCH, {2, 3, 4, 5}, {3, 1, 1}, -1},
    {LAYOUT_TORCH, {3}, {3}, -1},
    {LAYOUT_TORCH, {3}, {1}, 0},
    {LAYOUT_TORCH, {0}, {1}, 0},
    {LAYOUT_TORCH, {0}, {0}, 0},
    {LAYOUT_TORCH, {0}, {3}, -1},
    {LAYOUT_ONNX, {2, 3, 4, 5}, {5}, 6},
    {LAYOUT_ONNX, {2, 3, 4, 5}, {3, 1, 1}, 12},
    {LAYOUT_ONNX, {2, 3, 4, 5}, {1, 3, 1, 1}, 12},
    {LAYOUT_ONNX, {2, 3, 4, 5}, {1, 3, 4, 5}, 0},
    {LAYOUT_ONNX, {2, 3, 4, 5}, {4, 1}, 10},
    {LAYOUT_ONNX, {2, 3, 4, 5}, {1}, 14},
    {LAYOUT_ONNX, {2, 3, 4, 5}, {0}, 14},
    {LAYOUT_ONNX, {2, 3, 4, 5}, {3}, -1},
    {LAYOUT_ONNX, {2, 3, 4, 5}, {2, 1, 1, 1}, -1},
    {LAYOUT_ONNX, {2, 3, 4, 5}, {2, 3, 4, 5}, -1},
    {LAYOUT_ONNX, {2, 3, 4, 5}, {1, 1, 3, 4, 5}, -1},
    {LAYOUT_ONNX, {1, 3}, {1, 3}, 0},
    {LAYOUT_ONNX, {2, 3, 3}, {3}, 2},
    {LAYOUT_ONNX, {2, N, 4}, {N, 1}, 4},
    {LAYOUT_ONNX, {2, 3}, {N}, -1},
    {LAYOUT_ONNX, {3}, {3}, -1},
    {LAYOUT_ONNX, {3}, {1}, 0},
    {LAYOUT_ONNX, {0}, {0}, 0},
    {LAYOUT_ONNX, {0}, {1}, -1},
};

static array make(const extents of)
{
    array a = {.rank = 0};

    for (; of[a.rank] != 0; a.rank++)
        a.dims[a.rank] = of[a.rank] == N ? 0 : of[a.rank];
    return a;
}

static void test_fits(void)
{
    for (size_t i = 0; i < sizeof(fits) / sizeof(fits[0]); i++) {
        const struct fit *t = &fits[i];
        const array x = make(t->x), alpha = make(t->alpha);
        char of_x[NPY_SHAPE_TEXT], of_alpha[NPY_SHAPE_TEXT];
        shared_axes shared;
        int got = -1;
        if (layout_map(t->layout, &x, &alpha, &shared)) {
            got = 0;
            for (size_t k = 0; k < shared.count; k++)
                got += 1 << shared.axes[k];
        }
        ok(got == t->shared, "layout %d: %s for %s shares %d, must %d",
           (int)t->layout,
           clrelu_npy_shape_format(alpha.rank, alpha.dims, of_alpha),
           clrelu_npy_shape_format(x.rank, x.dims, of_x), got, t->shared);
    }
}

/* The element of alpha for an element of x, as each framework counts. */
static size_t element(layout l, const array *x, const array *alpha, size_t i)
{
    size_t index[MAX] = {0}, at = 0;

    for (size_t axis = x->rank; axis-- > 0; i /= x->dims[axis])
        index[axis] = i % x->dims[axis];
    if (l == LAYOUT_TORCH)
        return alpha->rank == 1 && alpha->dims[0] > 1 ? index[1] : 0;
    const size_t skipped =
        l == LAYOUT_ONNX ? x->rank - alpha->rank : (size_t)(x->rank > 0);
    for (size_t k = 0; k < alpha->rank; k++)
        at = at * alpha->dims[k] +
             (alpha->dims[k] == 1 ? 0 : index[k + skipped]);
    return at;
}

static bool agrees(layout l, const array *x, const array *alpha,
                   const shared_axes *shared)
{
    const clrelu_shape shape =
        reference_shape(x->rank, x->dims, shared->count, shared->axes);
    size_t count, all = 1, n = 1;

    for (size_t k = 0; k < alpha->rank; k++)
        all *= alpha->dims[k];
    for (size_t k = 0; k < x->rank; k++)
        n *= x->dims[k];
    if (clrelu_prelu_alpha_dims(&shape, NULL, NULL, &count) || count != all)
        return false;
    for (size_t i = 0; i < n; i++)
        if (element(l, x, alpha, i) !=
            (x->rank > 0 ? reference_alpha_index(&shape, i) : 0))
            return false;
    return true;
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

/* Whatever fits takes the elements that the framework takes. */
static void test_elements(layout l)
{
    size_t fitting = 0, wrong = 0;
    shared_axes shared;

    for (size_t rank = 0; rank <= 4; rank++)
        for (size_t i = 0; i < power(rank); i++)
            for (size_t k = 0; k < power(0) + 3 + 9 + 27 + 81; k++) {
                const size_t r = k < 1 ? 0 : k < 4 ? 1 : k < 13 ? 2 : 3;
                const array x = count_dims(rank, i);
                const array alpha =
                    k < 40 ? count_dims(r, k) : count_dims(4, k - 40);
                if (!layout_map(l, &x, &alpha, &shared))
                    continue;
                fitting++;
                wrong += !agrees(l, &x, &alpha, &shared);
            }
    ok(fitting > 100 && wrong == 0, "layout %d: %zu of %zu have other elements",
       (int)l, wrong, fitting);
}

static void test_names(void)
{
    layout l = LAYOUT_ONNX;

    ok(names_layout("keras", &l) && l == LAYOUT_KERAS, "keras");
    ok(names_layout("torch", &l) && l == LAYOUT_TORCH, "torch");
    ok(names_layout("onnx", &l) && l == LAYOUT_ONNX, "onnx");
    ok(!names_layout("Keras", &l) && !names_layout("", &l) && l == LAYOUT_ONNX,
       "and no other");
}

int main(void)
{
    test_names();
    test_fits();
    test_elements(LAYOUT_KERAS);
    test_elements(LAYOUT_TORCH);
    test_elements(LAYOUT_ONNX);
    return done_testing();
}
