/* fuzz_shape.c - bytes as a shape and its shared axes
 * SPDX-License-Identifier: MIT
 *
 * Against a reference that multiplies and counts. */
#include "fuzz.h"
#include "plan/tiling.h"
#include "reference.h"
#include "tiling_model.h"

enum { MAX_ELEMENTS = 3000, FEW_ELEMENTS = 200, ROOM = CLRELU_MAX_RANK + 8 };

struct input {
    size_t rank, dims[ROOM], shared_count, alpha_rank, alpha_dims[ROOM];
    int axes[ROOM];
    bool given; /* alpha_dims                                                 */
    clrelu_alpha_layout layout;
};

/* Extents of 1 or x's, aligned at the last axis; or one for the channels. */
static void read_alpha(struct fuzz_bytes *b, struct input *in)
{
    const bool torch = in->layout == CLRELU_ALPHA_TORCH;
    const unsigned kind = fuzz_byte(b);

    in->alpha_rank = torch ? kind % 2 : kind % (in->rank + 1);
    for (size_t i = 0; i < in->alpha_rank; i++) {
        const size_t axis = torch ? 1 : in->rank - in->alpha_rank + i;
        in->alpha_dims[i] = fuzz_byte(b) % 2 ? in->dims[axis] : 1;
    }
}

static void read_input(struct fuzz_bytes *b, struct input *in)
{
    const unsigned kind = fuzz_byte(b);

    in->rank = kind < 240 ? kind % 8 : fuzz_byte(b) % ROOM;
    in->shared_count = fuzz_byte(b) % 6;
    for (size_t i = 0; i < in->rank; i++)
        in->dims[i] = fuzz_extent(b);
    for (size_t i = 0; i < in->shared_count; i++) {
        const unsigned axis = fuzz_byte(b);
        in->axes[i] = axis < 250 && in->rank > 1
                          ? 1 + (int)(axis % (in->rank - 1))
                          : (int)axis - 252;
    }
    in->given = fuzz_byte(b) % 4 == 1;
    in->layout = (clrelu_alpha_layout)(fuzz_byte(b) % 8);
    if (in->layout > CLRELU_ALPHA_TORCH + 1)
        in->layout = CLRELU_ALPHA_KERAS;
    in->alpha_rank = in->rank > 0 ? in->rank - 1 : 0;
    for (size_t i = 0; i < in->alpha_rank; i++)
        in->alpha_dims[i] = in->dims[i + 1];
    for (size_t i = 0; i < in->shared_count; i++)
        if (in->axes[i] > 0 && (size_t)in->axes[i] < in->rank)
            in->alpha_dims[in->axes[i] - 1] = 1;
    if (in->layout != CLRELU_ALPHA_KERAS) {
        in->given = fuzz_byte(b) % 16 != 1;
        in->shared_count = fuzz_byte(b) % 16 == 1;
        read_alpha(b, in);
    }
    if (fuzz_byte(b) % 4 == 1)
        in->alpha_dims[fuzz_byte(b) % ROOM] = fuzz_extent(b);
    if (fuzz_byte(b) % 16 == 1)
        in->alpha_rank = fuzz_byte(b) % ROOM;
}

static bool shared(const struct input *in, size_t axis)
{
    for (size_t i = 0; i < in->shared_count; i++)
        if (in->axes[i] == (int)axis)
            return true;
    return axis == 0;
}

/* What alpha_dims says of alpha's extents along the axes of x. */
static bool extents_fit(const struct input *in, size_t extents[ROOM])
{
    const size_t keras_rank = in->rank > 0 ? in->rank - 1 : 0;
    size_t left = in->rank - in->alpha_rank; /* axes without an extent */
    bool one = true;

    for (size_t i = 0; i < in->rank; i++)
        extents[i] = 1;
    switch (in->layout) {
    case CLRELU_ALPHA_KERAS:
        for (size_t i = 0; i < in->rank; i++)
            extents[i] = shared(in, i) ? 1 : in->dims[i];
        return !in->given || (in->alpha_rank == keras_rank &&
                              memcmp(in->alpha_dims, extents + 1,
                                     keras_rank * sizeof(*extents)) == 0);
    case CLRELU_ALPHA_NUMPY:
        if (in->alpha_rank > in->rank)
            return false;
        for (size_t i = 0; i < in->alpha_rank; i++) {
            extents[left + i] = in->alpha_dims[i];
            if (extents[left + i] != 1 &&
                extents[left + i] != in->dims[left + i])
                return false;
        }
        return true;
    default:
        for (size_t i = 0; i < in->alpha_rank; i++)
            one = one && in->alpha_dims[i] == 1;
        if (one)
            return true;
        if (in->rank < 2 || in->alpha_rank != 1 ||
            in->alpha_dims[0] != in->dims[1])
            return false;
        extents[1] = in->dims[1];
        return true;
    }
}

/* Of the fields alone. */
static clrelu_status judge_fields(const struct input *in)
{
    const bool keras = in->layout == CLRELU_ALPHA_KERAS;

    if (in->rank > CLRELU_MAX_RANK)
        return CLRELU_INVALID_RANK;
    if (in->layout > CLRELU_ALPHA_TORCH)
        return CLRELU_INVALID_ENUM;
    if (in->alpha_rank > CLRELU_MAX_RANK && (in->given || !keras))
        return CLRELU_INVALID_ALPHA_SHAPE;
    if (in->alpha_rank > 0 && !in->given && !keras)
        return CLRELU_INVALID_NULL;
    if (in->shared_count > 0 && !keras)
        return CLRELU_INVALID_AXIS;
    for (size_t i = 0; i < in->shared_count; i++)
        if (in->axes[i] < 1 || (size_t)in->axes[i] >= in->rank)
            return CLRELU_INVALID_AXIS;
    return CLRELU_OK;
}

/* What the header promises; n and alphas are the products where it is OK. */
static clrelu_status judge(const struct input *in, size_t *n, size_t *alphas)
{
    const clrelu_status status = judge_fields(in);
    size_t extents[ROOM], product = 1;
    bool empty = false, bare = false;

    if (status)
        return status;
    if (!extents_fit(in, extents))
        return CLRELU_INVALID_ALPHA_SHAPE;
    *alphas = 1;
    for (size_t i = 0; i < in->rank; i++) {
        bare = bare || extents[i] == 0;
        *alphas *= extents[i];
        empty = empty || in->dims[i] == 0;
        if (in->dims[i] > 0 && product > SIZE_MAX / 8 / in->dims[i])
            return CLRELU_INVALID_SIZE;
        product *= in->dims[i] > 0 ? in->dims[i] : 1;
    }
    *n = empty ? 0 : product;
    *alphas = bare ? 0 : *alphas;
    return CLRELU_OK;
}

/* The merged groups and the axes lead to the same alpha. */
static void check_chain(const clrelu_shape *shape,
                        const clrelu_merged_shape *chain)
{
    uint64_t product = 1;

    for (unsigned g = 0; g < chain->count; g++) {
        FUZZ_MUST(chain->size[g] > 1 || chain->n == 1);
        product *= chain->size[g];
    }
    FUZZ_MUST(product == chain->n);
    for (uint64_t i = 0; i < chain->n; i++) {
        uint64_t rest = i, alpha = 0, stride = 1;
        for (unsigned g = 0; g < chain->count; g++) {
            if (clrelu_merged_kept(chain, g)) {
                alpha += rest % chain->size[g] * stride;
                stride *= chain->size[g];
            }
            rest /= chain->size[g];
        }
        FUZZ_MUST(alpha == reference_alpha_index(shape, (size_t)i));
    }
}

/* Keras's are x's; the others are those that were given. */
static void check_dims(const struct input *in, size_t rank, const size_t *dims)
{
    if (in->layout == CLRELU_ALPHA_KERAS) {
        FUZZ_MUST(rank == (in->rank > 0 ? in->rank - 1 : 0));
        for (size_t i = 1; i < in->rank; i++)
            FUZZ_MUST(dims[i - 1] == (shared(in, i) ? 1 : in->dims[i]));
        return;
    }
    FUZZ_MUST(rank == in->alpha_rank);
    for (size_t i = 0; i < rank; i++)
        FUZZ_MUST(dims[i] == in->alpha_dims[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct fuzz_bytes b = {bytes, bytes + size};
    struct input in = {.rank = 0};
    size_t n = 0, alphas = 0, rank = 0, count = 0, dims[CLRELU_MAX_RANK],
           floats = 0;
    clrelu_merged_shape chain;

    read_input(&b, &in);
    const clrelu_shape shape = {.rank = in.rank,
                                .dims = in.dims,
                                .shared_count = in.shared_count,
                                .shared_axes = in.axes,
                                .alpha_rank = in.alpha_rank,
                                .alpha_dims = in.given ? in.alpha_dims : NULL,
                                .alpha_layout = in.layout};
    const clrelu_status want = judge(&in, &n, &alphas);
    FUZZ_MUST(clrelu_merge_shape(&shape, &chain) == want);
    FUZZ_MUST(clrelu_prelu_alpha_dims(&shape, &rank, dims, &count) == want);
    FUZZ_MUST(clrelu_prelu_workspace(
                  &(clrelu_prelu){.dtype = CLRELU_FLOAT32, .shape = &shape},
                  &floats) == want);
    if (want)
        return 0;
    FUZZ_MUST(chain.n == n && chain.alphas == alphas && count == alphas);
    check_dims(&in, rank, dims);
    FUZZ_MUST(floats <= 2u << 20);
    /* Few are fast, and reach almost all. */
    if (n == 0 || n > (fuzz_byte(&b) % 32 == 1 ? MAX_ELEMENTS : FEW_ELEMENTS))
        return 0;
    check_chain(&shape, &chain);
    FUZZ_MUST(tiling_is_right(&shape, true));
    FUZZ_MUST(tiling_is_right(&shape, false));
    return 0;
}
