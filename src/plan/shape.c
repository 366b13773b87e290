/* shape.c - PReLU's shape, merged to alternating kept and shared groups
 * SPDX-License-Identifier: MIT */
#include "plan/shape.h"

#include <string.h>

#include "base/integer.h"
#include "base/status.h"
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
    if (s->shared_count && !s->shared_axes)
        return clrelu_fail(CLRELU_INVALID_NULL,
                           "shape: shared_axes is NULL, shared_count is %zu",
                           s->shared_count);
    return CLRELU_OK;
}

static clrelu_status check_axes(const clrelu_shape *s)
{
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

/* alpha's extents along all axes of x: 1 for the batch and shared axes. */
static void alpha_extents(const clrelu_shape *s, size_t *extents)
{
    extents[0] = 1;
    for (size_t i = 1; i < s->rank; i++)
        extents[i] = s->dims[i];
    for (size_t i = 0; i < s->shared_count; i++)
        extents[s->shared_axes[i]] = 1;
}

/* x's rank without the batch. */
static size_t alpha_rank(const clrelu_shape *s)
{
    return s->rank > 0 ? s->rank - 1 : 0;
}

static clrelu_status check_alpha_dims(const clrelu_shape *s,
                                      const size_t *extents)
{
    const size_t rank = alpha_rank(s);
    char got[NPY_SHAPE_TEXT], want[NPY_SHAPE_TEXT], x[NPY_SHAPE_TEXT];

    if (!s->alpha_dims ||
        (s->alpha_rank == rank &&
         memcmp(s->alpha_dims, extents + 1, rank * sizeof(*extents)) == 0))
        return CLRELU_OK;
    if (s->alpha_rank > CLRELU_MAX_RANK)
        return clrelu_fail(CLRELU_INVALID_ALPHA_SHAPE,
                           "alpha has rank %zu, must have %zu", s->alpha_rank,
                           rank);
    return clrelu_fail(
        CLRELU_INVALID_ALPHA_SHAPE,
        "alpha has shape %s, must have %s: x's %s without the "
        "batch, shared axes set to 1",
        clrelu_npy_shape_format(s->alpha_rank, s->alpha_dims, got),
        clrelu_npy_shape_format(rank, extents + 1, want),
        clrelu_npy_shape_format(s->rank, s->dims, x));
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
    clrelu_status status = check_shape(s);

    if (!status)
        status = check_axes(s);
    memset(merged, 0, sizeof(*merged));
    if (status)
        return status;
    alpha_extents(s, extents);
    status = check_alpha_dims(s, extents);
    if (!status)
        status = count_elements(s, extents, &merged->n, &merged->alphas);
    if (!status && merged->n > 0)
        merge(s, extents, merged);
    return status;
}

clrelu_status clrelu_prelu_alpha_dims(const clrelu_shape *shape,
                                      size_t *alpha_dims, size_t *count)
{
    size_t extents[CLRELU_MAX_RANK];
    clrelu_merged_shape merged;
    const clrelu_status status = clrelu_merge_shape(shape, &merged);

    if (status)
        return status;
    alpha_extents(shape, extents);
    if (alpha_dims)
        memcpy(alpha_dims, extents + 1,
               alpha_rank(shape) * sizeof(*alpha_dims));
    if (count)
        *count = (size_t)merged.alphas;
    return CLRELU_OK;
}
