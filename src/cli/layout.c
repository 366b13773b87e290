/* layout.c - the shape of a file's alpha for an x
 * SPDX-License-Identifier: MIT */
#include "layout.h"

#include <stdio.h>
#include <string.h>

/* The shared axes with which alpha fits as Keras's; false: there are none. */
static bool find_shared(const array *x, const array *alpha, size_t *count,
                        int axes[CLRELU_MAX_RANK])
{
    *count = 0;
    if (alpha->rank != (x->rank > 0 ? x->rank - 1 : 0))
        return false;
    for (size_t i = 1; i < x->rank; i++) {
        const size_t extent = alpha->dims[i - 1];
        if (extent != x->dims[i] && extent != 1)
            return false;
        if (extent != x->dims[i])
            axes[(*count)++] = (int)i;
    }
    return true;
}

static clrelu_shape shape_of(clrelu_alpha_layout layout, const array *x,
                             const array *alpha)
{
    return (clrelu_shape){.rank = x->rank,
                          .dims = x->dims,
                          .alpha_rank = alpha->rank,
                          .alpha_dims = alpha->dims,
                          .alpha_layout = layout};
}

/* The options with which alpha fits; "" if there are none. */
static const char *hint(const options *o, const array *x, const array *alpha,
                        char text[NPY_SHAPE_TEXT])
{
    static const clrelu_alpha_layout others[] = {CLRELU_ALPHA_TORCH,
                                                 CLRELU_ALPHA_NUMPY};
    int axes[CLRELU_MAX_RANK], used = 0;
    size_t count;

    text[0] = '\0';
    if (find_shared(x, alpha, &count, axes)) {
        for (size_t i = 0; i < count; i++)
            used +=
                sprintf(text + used, "%s%d",
                        i > 0 ? "," : "; it fits with --shared-axes ", axes[i]);
        return text;
    }
    for (size_t i = 0; i < 2 && o->shared_count == 0; i++) {
        const clrelu_shape shape = shape_of(others[i], x, alpha);
        if (!clrelu_prelu_alpha_dims(&shape, NULL, NULL, NULL))
            used +=
                sprintf(text + used, "%s%s",
                        used > 0 ? " or " : "; it fits with --alpha-layout ",
                        names_of_layout(others[i]));
    }
    return text;
}

static bool fit_keras(const options *o, const array *x, const array *alpha,
                      const clrelu_shape *shape, failure *f)
{
    char got[NPY_SHAPE_TEXT], want[NPY_SHAPE_TEXT], text[NPY_SHAPE_TEXT];
    array wanted;

    if (clrelu_prelu_alpha_dims(shape, &wanted.rank, wanted.dims, NULL))
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

/* Fails with the reason why alpha fits no other layout than Keras's. */
static bool misfit(const options *o, const array *x, const array *alpha,
                   failure *f)
{
    char got[NPY_SHAPE_TEXT], of_x[NPY_SHAPE_TEXT];

    clrelu_npy_shape_format(alpha->rank, alpha->dims, got);
    clrelu_npy_shape_format(x->rank, x->dims, of_x);
    if (o->layout == CLRELU_ALPHA_NUMPY)
        return fail(f, "%s: has shape %s, must broadcast to %s", o->alpha_file,
                    got, of_x);
    if (x->rank < 2)
        return fail(f,
                    "%s: has shape %s, must be (1,), as %s of shape %s has no "
                    "channels",
                    o->alpha_file, got, o->input ? o->input : "x", of_x);
    return fail(f,
                "%s: has shape %s, must be (%zu,), an alpha for each channel "
                "of %s, or (1,)",
                o->alpha_file, got, x->dims[1], of_x);
}

bool layout_shape(const options *o, const array *x, const array *alpha,
                  clrelu_shape *shape, failure *f)
{
    clrelu_status status;

    if (o->layout == CLRELU_ALPHA_KERAS) {
        *shape = (clrelu_shape){.rank = x->rank,
                                .dims = x->dims,
                                .shared_count = o->shared_count,
                                .shared_axes = o->shared_axes};
        return !o->alpha_file || fit_keras(o, x, alpha, shape, f);
    }
    *shape = shape_of(o->layout, x, alpha);
    status = clrelu_prelu_alpha_dims(shape, NULL, NULL, NULL);
    if (status == CLRELU_INVALID_ALPHA_SHAPE)
        return misfit(o, x, alpha, f);
    return !status || fail_library(f);
}

void layout_extents(const clrelu_shape *shape, size_t rank, const size_t *dims,
                    size_t extents[CLRELU_MAX_RANK])
{
    size_t first = 1;
    bool is_one = true;

    for (size_t i = 0; i < shape->rank; i++)
        extents[i] = 1;
    for (size_t i = 0; i < rank; i++)
        is_one = is_one && dims[i] == 1;
    /* One element may have more axes than x. */
    if (is_one)
        return;
    if (shape->alpha_layout != CLRELU_ALPHA_TORCH)
        first = shape->rank - rank;
    memcpy(extents + first, dims, rank * sizeof(*dims));
}
