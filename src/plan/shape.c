/* shape.c - PReLU's shape, merged to alternating kept and shared groups
 * SPDX-License-Identifier: MIT */
#include "plan/shape.h"

#include <string.h>

#include "base/integer.h"
#include "base/status.h"
#include "core/check.h"
#include "npy/npy.h"

/* False if the product's bytes do not fit size_t: elements have at most 8. */
static bool multiply(uint64_t *product, uint64_t factor)
{
    if (factor != 0 && *product > SIZE_MAX / 8 / factor)
        return false;
    *product *= factor;
    return true;
}

static clrelu_status check_shape(const clrelu_shape *s)
{
    if (!s)
        return clrelu_fail(CLRELU_INVALID_NULL, "shape is NULL");
    if (s->rank > CLRELU_MAX_RANK)
        return clrelu_fail(CLRELU_INVALID_RANK,
                           "shape: rank is %zu, must be in 0..%d: the batch "
                           "and the axes of alpha",
                           s->rank, CLRELU_MAX_RANK);
    if (!s->dims && s->rank > 0)
        return clrelu_fail(CLRELU_INVALID_NULL, "shape: dims is NULL");
    if ((unsigned)s->alpha_layout > CLRELU_ALPHA_TORCH)
        return clrelu_fail(CLRELU_INVALID_ENUM,
                           "shape: alpha_layout is %d, must be an enumerator "
                           "of clrelu_alpha_layout",
                           (int)s->alpha_layout);
    if (s->alpha_rank > CLRELU_MAX_RANK &&
        (s->alpha_dims || s->alpha_layout != CLRELU_ALPHA_KERAS))
        return clrelu_fail(CLRELU_INVALID_ALPHA_SHAPE,
                           "shape: alpha_rank is %zu, must be at most %d",
                           s->alpha_rank, CLRELU_MAX_RANK);
    if (s->alpha_rank > 0 && !s->alpha_dims &&
        s->alpha_layout != CLRELU_ALPHA_KERAS)
        return clrelu_fail(CLRELU_INVALID_NULL,
                           "shape: alpha_dims is NULL, alpha_rank is %zu",
                           s->alpha_rank);
    return CLRELU_OK;
}

static clrelu_status check_axes(const clrelu_shape *s)
{
    if (s->shared_count && s->alpha_layout != CLRELU_ALPHA_KERAS)
        return clrelu_fail(CLRELU_INVALID_AXIS,
                           "shape: shared_count is %zu, must be 0: alpha_dims "
                           "has the shared axes in this alpha_layout",
                           s->shared_count);
    if (s->shared_count && !s->shared_axes)
        return clrelu_fail(CLRELU_INVALID_NULL,
                           "shape: shared_axes is NULL, shared_count is %zu",
                           s->shared_count);
    for (size_t i = 0; i < s->shared_count; i++) {
        const int axis = s->shared_axes[i];
        if (s->rank < 2)
            return clrelu_fail(CLRELU_INVALID_AXIS,
                               "shape: shared axis %d: x has no axis to share, "
                               "its rank is %zu (the batch is axis 0 and "
                               "always shared)",
                               axis, s->rank);
        if (axis < 1 || (size_t)axis >= s->rank)
            return clrelu_fail(CLRELU_INVALID_AXIS,
                               "shape: shared axis %d is not in 1..%zu (axes "
                               "count from 1, the batch is axis 0 and always "
                               "shared, rank is %zu)",
                               axis, s->rank - 1, s->rank);
    }
    return CLRELU_OK;
}

/* x's rank without the batch. */
static size_t keras_rank(const clrelu_shape *s)
{
    return s->rank > 0 ? s->rank - 1 : 0;
}

static clrelu_status fail_alpha(const clrelu_shape *s, const char *rule)
{
    char got[NPY_SHAPE_TEXT], x[NPY_SHAPE_TEXT];

    return clrelu_fail(
        CLRELU_INVALID_ALPHA_SHAPE,
        "alpha has shape %s, for x of shape %s it must have %s",
        clrelu_npy_shape_format(s->alpha_rank, s->alpha_dims, got),
        clrelu_npy_shape_format(s->rank, s->dims, x), rule);
}

/* alpha's extents along all axes of x: 1 for the batch and shared axes. */
static clrelu_status keras_extents(const clrelu_shape *s, size_t *extents)
{
    const size_t rank = keras_rank(s);
    char got[NPY_SHAPE_TEXT], want[NPY_SHAPE_TEXT], x[NPY_SHAPE_TEXT];

    for (size_t i = 1; i < s->rank; i++)
        extents[i] = s->dims[i];
    for (size_t i = 0; i < s->shared_count; i++)
        extents[s->shared_axes[i]] = 1;
    if (!s->alpha_dims ||
        (s->alpha_rank == rank &&
         memcmp(s->alpha_dims, extents + 1, rank * sizeof(*extents)) == 0))
        return CLRELU_OK;
    return clrelu_fail(
        CLRELU_INVALID_ALPHA_SHAPE,
        "alpha has shape %s, must have %s: x's %s without the "
        "batch, shared axes set to 1",
        clrelu_npy_shape_format(s->alpha_rank, s->alpha_dims, got),
        clrelu_npy_shape_format(rank, extents + 1, want),
        clrelu_npy_shape_format(s->rank, s->dims, x));
}

/* Aligned at the last axis. */
static clrelu_status numpy_extents(const clrelu_shape *s, size_t *extents)
{
    const size_t missing = s->rank - s->alpha_rank;

    if (s->alpha_rank > s->rank)
        return fail_alpha(s, "at most x's rank");
    for (size_t i = 0; i < s->alpha_rank; i++) {
        extents[missing + i] = s->alpha_dims[i];
        if (s->alpha_dims[i] != 1 && s->alpha_dims[i] != s->dims[missing + i])
            return fail_alpha(s, "extents of 1 or x's, counted from the last "
                                 "axis");
    }
    return CLRELU_OK;
}

/* A rank of 0 and extents of 1 are one alpha for all. */
static clrelu_status torch_extents(const clrelu_shape *s, size_t *extents)
{
    bool one = true;

    for (size_t i = 0; i < s->alpha_rank; i++)
        one = one && s->alpha_dims[i] == 1;
    if (one)
        return CLRELU_OK;
    if (s->rank < 2)
        return fail_alpha(s, "one element: there is no axis of channels");
    if (s->alpha_rank != 1 || s->alpha_dims[0] != s->dims[1])
        return fail_alpha(s, "one element, or one axis with an element for "
                             "each channel of axis 1");
    extents[1] = s->dims[1];
    return CLRELU_OK;
}

static clrelu_status find_extents(const clrelu_shape *s, size_t *extents)
{
    clrelu_status status = check_shape(s);

    if (!status)
        status = CLRELU_CHECK_RESERVED("shape", s->reserved);
    if (!status)
        status = CLRELU_CHECK_RESERVED("shape", s->reserved_32);
    if (!status)
        status = check_axes(s);
    if (status)
        return status;
    for (size_t i = 0; i < CLRELU_MAX_RANK; i++)
        extents[i] = 1;
    if (s->alpha_layout == CLRELU_ALPHA_NUMPY)
        return numpy_extents(s, extents);
    return s->alpha_layout == CLRELU_ALPHA_TORCH ? torch_extents(s, extents)
                                                 : keras_extents(s, extents);
}

static clrelu_status count_elements(const clrelu_shape *s,
                                    const size_t *extents, uint64_t *n,
                                    uint64_t *alphas)
{
    /* Large extents next to a 0 must not overflow: they are checked, too. */
    bool empty = false, alpha_empty = false;
    uint64_t product = 1;

    for (size_t i = 0; i < s->rank; i++) {
        empty |= s->dims[i] == 0;
        alpha_empty |= extents[i] == 0;
        if (!multiply(&product, max_u64(s->dims[i], 1)))
            return clrelu_fail(CLRELU_INVALID_SIZE,
                               "shape: the product of dims[0..%zu] in bytes "
                               "does not fit %zu bits",
                               i, 8 * sizeof(size_t));
    }
    *n = empty ? 0 : product;
    *alphas = alpha_empty ? 0 : 1;
    for (size_t i = 0; i < s->rank && !alpha_empty; i++)
        *alphas *= extents[i];
    return CLRELU_OK;
}

bool clrelu_merged_kept(const clrelu_merged_shape *merged, unsigned g)
{
    return merged->first_kept == ((g & 1) == 0);
}

static void merge(const clrelu_shape *s, const size_t *extents,
                  clrelu_merged_shape *merged)
{
    for (size_t i = s->rank; i-- > 0;) {
        const bool kept = extents[i] != 1;
        if (s->dims[i] == 1)
            continue;
        if (merged->count == 0)
            merged->first_kept = kept;
        if (merged->count == 0 ||
            kept != clrelu_merged_kept(merged, merged->count - 1))
            merged->size[merged->count++] = 1;
        merged->size[merged->count - 1] *= s->dims[i];
    }
    if (merged->count == 0)
        merged->size[merged->count++] = 1;
}

clrelu_status clrelu_merge_shape(const clrelu_shape *s,
                                 clrelu_merged_shape *merged)
{
    size_t extents[CLRELU_MAX_RANK];
    clrelu_status status = find_extents(s, extents);

    memset(merged, 0, sizeof(*merged));
    if (!status)
        status = count_elements(s, extents, &merged->n, &merged->alphas);
    if (!status && merged->n > 0)
        merge(s, extents, merged);
    return status;
}

clrelu_status clrelu_prelu_alpha_dims(const clrelu_shape *shape, size_t *rank,
                                      size_t *dims, size_t *count)
{
    size_t extents[CLRELU_MAX_RANK];
    clrelu_merged_shape merged;
    clrelu_status status = clrelu_merge_shape(shape, &merged);

    if (!status)
        status = find_extents(shape, extents);
    if (status)
        return status;
    const bool keras = shape->alpha_layout == CLRELU_ALPHA_KERAS;
    const size_t alpha_rank = keras ? keras_rank(shape) : shape->alpha_rank;
    const size_t *from = keras ? extents + 1 : shape->alpha_dims;
    if (rank)
        *rank = alpha_rank;
    if (dims && alpha_rank > 0)
        memcpy(dims, from, alpha_rank * sizeof(*dims));
    if (count)
        *count = (size_t)merged.alphas;
    return CLRELU_OK;
}
