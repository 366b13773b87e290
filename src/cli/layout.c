/* layout.c - the axes of x along which a file's alpha varies
 * SPDX-License-Identifier: MIT */
#include "layout.h"

#include <stdio.h>
#include <string.h>

static void share(shared_axes *shared, size_t axis)
{
    shared->axes[shared->count++] = (int)axis;
}

static bool map_keras(const array *x, const array *alpha, shared_axes *shared)
{
    if (alpha->rank != (x->rank > 0 ? x->rank - 1 : 0))
        return false;
    for (size_t i = 1; i < x->rank; i++) {
        const size_t extent = alpha->dims[i - 1];
        if (extent != x->dims[i] && extent != 1)
            return false;
        if (extent != x->dims[i])
            share(shared, i);
    }
    return true;
}

static bool map_torch(const array *x, const array *alpha, shared_axes *shared)
{
    bool one = true;

    for (size_t i = 0; i < alpha->rank; i++)
        one = one && alpha->dims[i] == 1;
    if (!one &&
        (alpha->rank != 1 || x->rank < 2 || alpha->dims[0] != x->dims[1]))
        return false;
    for (size_t i = one ? 1 : 2; i < x->rank; i++)
        share(shared, i);
    return true;
}

/* alpha's extent along axis i of x; 1 if alpha has no such axis. */
static size_t from_right(const array *x, const array *alpha, size_t i)
{
    const size_t missing = x->rank - alpha->rank;

    return i < missing ? 1 : alpha->dims[i - missing];
}

static bool broadcasts(const array *x, const array *alpha)
{
    for (size_t i = 0; alpha->rank <= x->rank && i < x->rank; i++) {
        const size_t extent = from_right(x, alpha, i);
        if (extent != 1 && extent != x->dims[i])
            return false;
    }
    return alpha->rank <= x->rank;
}

static bool map_onnx(const array *x, const array *alpha, shared_axes *shared)
{
    if (!broadcasts(x, alpha) || (x->rank > 0 && from_right(x, alpha, 0) != 1))
        return false;
    for (size_t i = 1; i < x->rank; i++)
        if (from_right(x, alpha, i) == 1)
            share(shared, i);
    return true;
}

bool layout_map(layout l, const array *x, const array *alpha,
                shared_axes *shared)
{
    shared->count = 0;
    switch (l) {
    case LAYOUT_KERAS:
        return map_keras(x, alpha, shared);
    case LAYOUT_TORCH:
        return map_torch(x, alpha, shared);
    case LAYOUT_ONNX:
        return map_onnx(x, alpha, shared);
    }
    return false;
}

/* The options with which alpha fits; "" if there are none. */
static const char *hint(const options *o, const array *x, const array *alpha,
                        char text[NPY_SHAPE_TEXT])
{
    const bool axes = o->shared_count > 0;
    shared_axes shared;
    int used = 0;

    text[0] = '\0';
    if (layout_map(LAYOUT_KERAS, x, alpha, &shared)) {
        for (size_t i = 0; i < shared.count; i++)
            used += sprintf(text + used, "%s%d",
                            i > 0 ? "," : "; it fits with --shared-axes ",
                            shared.axes[i]);
        return text;
    }
    for (int l = LAYOUT_TORCH; l <= LAYOUT_ONNX && !axes; l++)
        if (layout_map((layout)l, x, alpha, &shared))
            used +=
                sprintf(text + used, "%s%s",
                        used > 0 ? " or " : "; it fits with --alpha-layout ",
                        names_of_layout((layout)l));
    return text;
}

static bool fit_keras(const options *o, const array *x, const array *alpha,
                      failure *f)
{
    const clrelu_shape shape = {.rank = x->rank,
                                .dims = x->dims,
                                .shared_count = o->shared_count,
                                .shared_axes = o->shared_axes};
    char got[NPY_SHAPE_TEXT], want[NPY_SHAPE_TEXT], text[NPY_SHAPE_TEXT];
    array wanted = {.rank = x->rank > 0 ? x->rank - 1 : 0};

    if (clrelu_prelu_alpha_dims(&shape, wanted.dims, NULL))
        return fail_library(f);
    if (alpha->rank == wanted.rank &&
        memcmp(alpha->dims, wanted.dims,
               wanted.rank * sizeof(wanted.dims[0])) == 0)
        return true;
    return fail(f, "%s: has shape %s, must be %s%s", o->alpha_file,
                clrelu_npy_shape_format(alpha->rank, alpha->dims, got),
                clrelu_npy_shape_format(wanted.rank, wanted.dims, want),
                hint(o, x, alpha, text));
}

/* Fails with the reason why layout_map does. */
static bool misfit(const options *o, const array *x, const array *alpha,
                   failure *f)
{
    char got[NPY_SHAPE_TEXT], of_x[NPY_SHAPE_TEXT];

    clrelu_npy_shape_format(alpha->rank, alpha->dims, got);
    clrelu_npy_shape_format(x->rank, x->dims, of_x);
    if (o->layout == LAYOUT_TORCH && x->rank < 2)
        return fail(f,
                    "%s: has shape %s, must be (1,), as %s of shape %s has no "
                    "channels",
                    o->alpha_file, got, o->input ? o->input : "x", of_x);
    if (o->layout == LAYOUT_TORCH)
        return fail(f,
                    "%s: has shape %s, must be (%zu,), an alpha for each "
                    "channel of %s, or (1,)",
                    o->alpha_file, got, x->dims[1], of_x);
    if (broadcasts(x, alpha))
        return fail(f,
                    "%s: has shape %s, must have 1 for the batch of %s: the "
                    "library shares alpha over the batch",
                    o->alpha_file, got, of_x);
    return fail(f, "%s: has shape %s, must broadcast to %s", o->alpha_file, got,
                of_x);
}

bool layout_shape(const options *o, const array *x, const array *alpha,
                  shared_axes *shared, clrelu_shape *shape, failure *f)
{
    if (o->layout == LAYOUT_KERAS) {
        if (o->alpha_file && !fit_keras(o, x, alpha, f))
            return false;
        shared->count = o->shared_count;
        memcpy(shared->axes, o->shared_axes, sizeof(shared->axes));
    } else if (!layout_map(o->layout, x, alpha, shared)) {
        return misfit(o, x, alpha, f);
    }
    *shape = (clrelu_shape){.rank = x->rank,
                            .dims = x->dims,
                            .shared_count = shared->count,
                            .shared_axes = shared->axes};
    return true;
}
