/* test_prelu.c - prelu over every kind of shape and sharing
 * SPDX-License-Identifier: MIT */
#include "cases.h"
#include "device.h"
#include "problem.h"
#include "random.h"
#include "reference.h"
#include "shape_text.h"
#include "tap.h"

enum { SMALL = 5000 };

/* One line for each variant, or one for all. */
static void test_shape(const struct device *d, const char *name,
                       const clrelu_shape *shape, uint64_t seed, bool each)
{
    struct problem p = problem_make(shape, seed);
    const size_t step = each ? p.n : (size_t)seed;
    bool all = true;
    const char *text = shape_text_of(shape);

    if (!device_runs(p.n, SMALL, text)) {
        problem_free(&p);
        return;
    }
    for (size_t i = 0; i < PROBLEM_VARIANTS; i++) {
        const bool good = problem_run(d, &p, i, i + step);
        if (each)
            ok(good, "%s %s: %s", name, text, problem_variant(i));
        else if (!good)
            diag("that was: %s", problem_variant(i));
        all &= good;
    }
    if (!each)
        ok(all, "%s %s", name, text);
    problem_free(&p);
}

static void test_case(const struct device *d, const struct case_shape *c)
{
    const clrelu_shape shape = case_to_shape(c);

    test_shape(d, c->name, &shape, 1000 + shape.rank, true);
}

/* Every set of shared axes for ranks 1 to 5, extents never equal. */
static void test_subsets(const struct device *d)
{
    static const size_t extents[][5] = {{3, 5, 7, 2, 16},
                                        {17, 2, 33, 5, 3},
                                        {2, 65, 1, 7, 3},
                                        {1, 3, 2, 64, 5}};

    for (size_t e = 0; e < COUNT_OF(extents); e++)
        for (size_t rank = 1; rank <= 5; rank++)
            for (unsigned set = 0; set < 1u << (rank - 1); set++) {
                int axes[5];
                clrelu_shape shape = reference_shape(rank, extents[e], 0, axes);
                for (int axis = 1; axis < (int)rank; axis++)
                    if (set >> (axis - 1) & 1)
                        axes[shape.shared_count++] = axis;
                test_shape(d, "subset", &shape, set + 7 * rank, false);
            }
}

static void test_random(const struct device *d)
{
    static const size_t extents[] = {1,  2,  3,   4,   5,   7,   16,   17,
                                     33, 64, 100, 128, 255, 511, 1000, 1025};
    enum { MAX = 30000 };
    uint64_t random = 20;

    for (size_t count = 0; count < 150;) {
        size_t dims[7], n = 1;
        int axes[7];
        clrelu_shape shape =
            reference_shape(1 + random_below(&random, 7), dims, 0, axes);
        for (size_t i = 0; i < shape.rank; i++) {
            dims[i] = extents[random_below(&random, COUNT_OF(extents))];
            n *= dims[i];
            if (i > 0 && random_below(&random, 2))
                axes[shape.shared_count++] = (int)i;
        }
        if (n > MAX)
            continue;
        test_shape(d, "random", &shape, count++, false);
    }
}

int main(void)
{
    struct device d;

    device_open(&d);
    for (size_t i = 0; i < COUNT_OF(case_patterns); i++)
        test_case(&d, &case_patterns[i].shape);
    for (size_t i = 0; i < COUNT_OF(case_hostile); i++)
        test_case(&d, &case_hostile[i]);
    test_subsets(&d);
    test_random(&d);
    device_close(&d);
    return done_testing();
}
