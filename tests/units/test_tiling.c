/* test_tiling.c - the traversals of x against a count of its elements
 * SPDX-License-Identifier: MIT
 *
 *   test_tiling [some]   some: fewer shapes
 *
 * Needs no device: the plan is a pure function of the shape. */
#include <stdint.h>
#include <string.h>

#include "params.h"
#include "plan/plan.h"
#include "random.h"
#include "reference.h"
#include "tap.h"
#include "tiling_model.h"

enum { MAX_ELEMENTS = 300000 };

/* A shape of up to MAX_ELEMENTS elements, often with extents of 1. */
static size_t random_shape(uint64_t *seed, size_t *dims, int *axes,
                           size_t *shared)
{
    static const size_t extents[] = {1,  1,  2,  2,   3,   4,    5,    7,
                                     16, 49, 64, 100, 513, 1024, 1030, 5000};
    const size_t rank = 1 + random_below(seed, 8);
    size_t n = 1;

    *shared = 0;
    for (size_t i = 0; i < rank; i++) {
        dims[i] = extents[random_below(seed, COUNT_OF(extents))];
        if (n * dims[i] > MAX_ELEMENTS)
            dims[i] = 1 + random_below(seed, 3);
        if (n * dims[i] > MAX_ELEMENTS)
            dims[i] = 1;
        n *= dims[i];
        if (i > 0 && random_bits(seed) % 2)
            axes[(*shared)++] = (int)i;
    }
    return rank;
}

static void test_random_shapes(int count)
{
    uint64_t seed = 1;
    int bad = 0;

    for (int i = 0; i < count && bad < 3; i++) {
        size_t dims[8], shared;
        int axes[8];
        const size_t rank = random_shape(&seed, dims, axes, &shared);
        const clrelu_shape shape = reference_shape(rank, dims, shared, axes);
        for (int sums = 0; sums < 2; sums++)
            if (!tiling_is_right(&shape, sums)) {
                bad++;
                diag("shape %d, sums %d, rank %zu", i, sums, rank);
            }
    }
    ok(bad == 0, "%d random shapes: each element once, one alpha per lane",
       count);
}

static void random_merged(uint64_t *seed, clrelu_merged_shape *merged)
{
    const uint64_t max = (uint64_t)1 << (8 + random_below(seed, 38));

    memset(merged, 0, sizeof(*merged));
    merged->n = 1;
    merged->count = 1 + (unsigned)random_below(seed, 5);
    merged->first_kept = random_bits(seed) % 2;
    for (unsigned g = 0; g < merged->count; g++) {
        const uint64_t bits = 1 + random_below(seed, 20);
        uint64_t size = 2 + random_bits(seed) % ((uint64_t)1 << bits);
        if (size > max / merged->n)
            size = 2;
        merged->size[g] = size;
        merged->n *= size;
    }
}

/* docs/numerics.md derives 192 + n/2^17; the bound of dalpha has 320. */
static void test_longest_chain(void)
{
    uint64_t seed = 7, longest = 0;
    int bad = 0;

    for (int i = 0; i < 100000; i++) {
        clrelu_merged_shape merged;
        clrelu_tiling t;
        random_merged(&seed, &merged);
        clrelu_tiling_make(&merged, true, 0, false, &t);
        const uint64_t chain = tiling_longest_chain(&t), part = merged.n >> 17;
        bad += chain > 192 + part;
        if (chain > part && chain - part > longest)
            longest = chain - part;
    }
    ok(bad == 0, "100000 random shapes: at most %llu + n/2^17 additions",
       (unsigned long long)longest);
}

/* Sizes that no machine here holds must still plan without overflow. */
static void test_huge(void)
{
    enum {
        LONG = SIZE_MAX > UINT32_MAX,
        BATCH = LONG ? 30 : 12,
        INNER = LONG ? 20 : 10,
        ALL = BATCH + 6 + INNER
    };
    const size_t dims[] = {(size_t)1 << BATCH, 64, (size_t)1 << INNER};
    const int axes[] = {2};
    const clrelu_shape shape = reference_shape(3, dims, 1, axes);
    const clrelu_device_params params = {.group = 256,
                                         .vector = 4,
                                         .prelu_vector = 1,
                                         .gpu_accesses = 4,
                                         .tasks = 512,
                                         .compute_units = 8,
                                         .non_temporal_bytes = 0};
    clrelu_merged_shape merged;
    clrelu_plan plan;

    if (!ok(clrelu_merge_shape(&shape, &merged) == CLRELU_OK &&
                merged.n == (uint64_t)1 << ALL,
            "2^%d elements have a chain", ALL))
        return;
    clrelu_plan_prelu(&params, CLRELU_FLOAT32, CLRELU_FLOAT32, true, true,
                      false, &merged, &plan);
    ok(plan.tiling.outer_alphas == 64 &&
           plan.tiling.rows == (uint64_t)1 << (BATCH + INNER - 10) &&
           plan.tiling.block * plan.tiling.blocks >= plan.tiling.rows &&
           plan.workspace_bytes <= 8u << 20,
       "... 2^%d rows for each of 64 alphas, and a bounded workspace",
       BATCH + INNER - 10);
    ok(plan.bytes_read == 8 * merged.n + 4 * 64, "... and read 2^%d bytes",
       ALL + 3);
    clrelu_plan_elementwise(&params,
                            &(clrelu_elementwise){.op = CLRELU_ELU,
                                                  .dtype = CLRELU_FLOAT32,
                                                  .n = SIZE_MAX / 256},
                            false, &plan);
    ok(plan.groups * plan.span >= SIZE_MAX / 256,
       "the most elements have work-groups");
}

static uint64_t strip_of(const clrelu_device_params *params, size_t rank,
                         const size_t *dims, uint64_t *groups)
{
    const int axes[] = {1};
    const clrelu_shape shape = reference_shape(rank, dims, rank > 2, axes);
    clrelu_merged_shape merged;
    clrelu_plan plan;

    if (clrelu_merge_shape(&shape, &merged))
        bail("%s", clrelu_error());
    clrelu_plan_prelu(params, CLRELU_FLOAT32, CLRELU_FLOAT32, true, true, false,
                      &merged, &plan);
    *groups = plan.groups;
    return plan.tiling.strip;
}

/* A CPU takes some tiles at once out of the caches, if that leaves each
 * core tasks enough. */
static void test_strips(void)
{
    const size_t four[] = {334, 64, 3136}, five[] = {4000, 5000};
    const size_t one[] = {65536, 1024};
    clrelu_device_params params = cpu_params;
    uint64_t groups, all;

    params.non_temporal_bytes = 1;
    ok(strip_of(&params, 3, four, &groups) == 4 && groups == 128,
       "a strip of 4 tiles, and a quarter of 512 tasks");
    ok(strip_of(&params, 2, one, &groups) == 1, "no strip of one tile");
    ok(strip_of(&params, 2, five, &groups) == 4, "of 5 tiles 4 and 1");
    params.non_temporal_bytes = 0;
    ok(strip_of(&params, 2, five, &all) == 1 && all / 5 * 2 == groups,
       "no strips within the caches");
    params.non_temporal_bytes = 1;
    params.compute_units = 32;
    ok(strip_of(&params, 3, four, &groups) == 2 && groups == 256,
       "a shorter strip for more cores");
    params.group = 256;
    ok(strip_of(&params, 3, four, &groups) == 1 && groups == 512,
       "no strips for work-groups of many");
}

/* What a pointer cannot reach is refused, in words. */
static void test_too_large(void)
{
    const size_t dims[] = {SIZE_MAX / 16 + 1, 2};
    const clrelu_shape shape = reference_shape(2, dims, 0, NULL);
    clrelu_merged_shape merged;

    ok(clrelu_merge_shape(&shape, &merged) == CLRELU_INVALID_SIZE &&
           merged.n == 0,
       "beyond the address space: %s", clrelu_error());
}

/* Half of a cache, but not of one that two cores share with a hundred. */
static void test_non_temporal_bytes(void)
{
    ok(clrelu_non_temporal_bytes(32u << 20, 2) == 16u << 20 &&
           clrelu_non_temporal_bytes(480u << 20, 2) == 64u << 20 &&
           clrelu_non_temporal_bytes(480u << 20, 120) == 240u << 20 &&
           clrelu_non_temporal_bytes(0, 2) == 0,
       "stores are non-temporal beyond a share of the last");
}

static bool divides(uint32_t n, uint32_t d)
{
    cl_uint magic, shift;

    clrelu_divisor_make(d, &magic, &shift);
    const uint32_t high = (uint32_t)((uint64_t)n * magic >> 32);
    return (high + ((n - high) >> 1)) >> shift == n / d;
}

/* Small ones, those next to powers of two, and some of all lengths. */
static uint32_t some_divisor(unsigned i, uint32_t bits)
{
    if (i < 1000)
        return i + 2;
    if (i < 1090)
        return ((uint32_t)1 << (2 + (i - 1000) / 3)) - 1 + i % 3;
    return bits >> i % 30 | 2;
}

/* Numbers next to a multiple, where the quotient changes. */
static void test_divisors(void)
{
    uint64_t seed = 5;
    unsigned wrong = 0;

    for (unsigned i = 0; i < 100000; i++) {
        const uint32_t d = some_divisor(i, (uint32_t)random_bits(&seed));
        const uint32_t m = (uint32_t)random_bits(&seed) / d * d;
        const uint32_t n[] = {m, m + d - 1, m - 1, d - 1, UINT32_MAX};
        for (unsigned k = 0; k < COUNT_OF(n); k++)
            wrong += !divides(n[k], d);
    }
    ok(wrong == 0, "n / d by a multiplication: %u of 500000 wrong", wrong);
}

/* The order of summation must not depend on the device. */
static void test_device_independence(void)
{
    const size_t dims[] = {64, 64, 56, 56};
    const int axes[] = {2, 3};
    const clrelu_shape shape = reference_shape(4, dims, 2, axes);
    clrelu_merged_shape merged;
    clrelu_plan a, b;

    clrelu_merge_shape(&shape, &merged);
    clrelu_plan_prelu(&cpu_params, CLRELU_FLOAT32, CLRELU_FLOAT32, true, true,
                      false, &merged, &a);
    clrelu_plan_prelu(&gpu_params, CLRELU_FLOAT32, CLRELU_FLOAT32, true, true,
                      false, &merged, &b);
    ok(memcmp(&a.tiling, &b.tiling, sizeof(a.tiling)) == 0,
       "a CPU and a GPU tile alike");
    ok(a.non_temporal && !b.non_temporal,
       "non-temporal stores are for CPUs, beyond their cache");
}

static void test_chain(void)
{
    const size_t dims[] = {2, 3, 1, 4, 5, 6};
    const int axes[] = {3, 4};
    const clrelu_shape shape = reference_shape(6, dims, 2, axes);
    const size_t ones[] = {1, 1, 1};
    const clrelu_shape scalar = reference_shape(3, ones, 0, NULL);
    clrelu_merged_shape c;

    clrelu_merge_shape(&shape, &c);
    ok(c.count == 4 && c.first_kept && c.size[0] == 6 && c.size[1] == 20 &&
           c.size[2] == 3 && c.size[3] == 2 && c.n == 720 && c.alphas == 18,
       "neighbouring axes merge, extents of 1 vanish");
    clrelu_merge_shape(&scalar, &c);
    ok(c.count == 1 && c.n == 1 && c.alphas == 1, "one element, one group");
}

int main(int argc, char **argv)
{
    test_chain();
    test_random_shapes(argc > 1 && strcmp(argv[1], "some") == 0 ? 40 : 300);
    test_longest_chain();
    test_huge();
    test_strips();
    test_too_large();
    test_non_temporal_bytes();
    test_divisors();
    test_device_independence();
    return done_testing();
}
