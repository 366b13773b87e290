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
};

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
    in->alpha_rank = in->rank > 0 ? in->rank - 1 : 0;
    for (size_t i = 0; i < in->alpha_rank; i++)
        in->alpha_dims[i] = in->dims[i + 1];
    for (size_t i = 0; i < in->shared_count; i++)
        if (in->axes[i] > 0 && (size_t)in->axes[i] < in->rank)
            in->alpha_dims[in->axes[i] - 1] = 1;
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
    return false;
}

/* What the header promises; n and alphas are the products where it is OK. */
static clrelu_status judge(const struct input *in, size_t *n, size_t *alphas)
{
    size_t product = 1;
    bool empty = false, bare = false;

    const size_t alpha_rank = in->rank > 0 ? in->rank - 1 : 0;

    if (in->rank > CLRELU_MAX_RANK)
        return CLRELU_INVALID_RANK;
    for (size_t i = 0; i < in->shared_count; i++)
        if (in->axes[i] < 1 || (size_t)in->axes[i] >= in->rank)
            return CLRELU_INVALID_AXIS;
    if (in->given && in->alpha_rank != alpha_rank)
        return CLRELU_INVALID_ALPHA_SHAPE;
    *alphas = 1;
    for (size_t i = 1; i < in->rank; i++) {
        const size_t extent = shared(in, i) ? 1 : in->dims[i];
        if (in->given && in->alpha_dims[i - 1] != extent)
            return CLRELU_INVALID_ALPHA_SHAPE;
        bare = bare || extent == 0;
        *alphas *= extent;
    }
    for (size_t i = 0; i < in->rank; i++) {
        empty = empty || in->dims[i] == 0;
        if (in->dims[i] > 0 && product > SIZE_MAX / 8 / in->dims[i])
            return CLRELU_INVALID_SIZE;
        product *= in->dims[i] > 0 ? in->dims[i] : 1;
    }
    *n = empty ? 0 : product;
    *alphas = bare ? 0 : *alphas;
    return CLRELU_OK;
}

/* Walking the merged groups finds the alpha that the axes name. */
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

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct fuzz_bytes b = {bytes, bytes + size};
    struct input in = {.rank = 0};
    size_t n = 0, alphas = 0, count = 0, dims[CLRELU_MAX_RANK], floats = 0;
    clrelu_merged_shape chain;

    read_input(&b, &in);
    const clrelu_shape shape = {.rank = in.rank,
                                .dims = in.dims,
                                .shared_count = in.shared_count,
                                .shared_axes = in.axes,
                                .alpha_rank = in.alpha_rank,
                                .alpha_dims = in.given ? in.alpha_dims : NULL};
    const clrelu_status want = judge(&in, &n, &alphas);
    FUZZ_MUST(clrelu_merge_shape(&shape, &chain) == want);
    FUZZ_MUST(clrelu_prelu_alpha_dims(&shape, NULL, dims, &count) == want);
    FUZZ_MUST(clrelu_prelu_workspace(
                  &(clrelu_prelu){.dtype = CLRELU_FLOAT32, .shape = &shape},
                  &floats) == want);
    if (want)
        return 0;
    FUZZ_MUST(chain.n == n && chain.alphas == alphas && count == alphas);
    for (size_t i = 1; i < in.rank; i++)
        FUZZ_MUST(dims[i - 1] == (shared(&in, i) ? 1 : in.dims[i]));
    FUZZ_MUST(floats <= 2u << 20);
    /* Few are fast, and reach almost all. */
    if (n == 0 || n > (fuzz_byte(&b) % 32 == 1 ? MAX_ELEMENTS : FEW_ELEMENTS))
        return 0;
    check_chain(&shape, &chain);
    FUZZ_MUST(tiling_is_right(&shape, true));
    FUZZ_MUST(tiling_is_right(&shape, false));
    return 0;
}
