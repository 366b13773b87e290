/* test_tune_select.c - which value wins, from timings that are made up
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "core/tune_store.h"
#include "params.h"
#include "plan/plan.h"
#include "reference.h"
#include "tap.h"
#include "tune/tune_select.h"

enum { VALUES = 4, WORKLOADS = 3, ROUNDS = 11 };

/* Values 2 and 3 take so much of the default's time; every other round all
 * take twice as long, as when somebody else uses the machine. */
static clrelu_timings make(double second, double third)
{
    const double factors[VALUES] = {1, 1, second, third};
    clrelu_timings t = {VALUES, WORKLOADS, ROUNDS, {{{0}}}};

    for (size_t v = 0; v < VALUES; v++)
        for (size_t w = 0; w < WORKLOADS; w++)
            for (size_t r = 0; r < ROUNDS; r++)
                t.seconds[v][w][r] =
                    1e-3 * (double)(w + 1) * (r % 2 ? 2.0 : 1.0) * factors[v];
    return t;
}

static void expect(const clrelu_timings *t, size_t chosen, const char *what)
{
    clrelu_selection c;

    clrelu_select_candidate(t, &c);
    ok(c.chosen == chosen, "%s: value %zu is chosen, margin %.3f", what,
       c.chosen, c.margin);
}

/* i386 computes constants and results with more digits than it stores. */
static bool close_to(double value, double want)
{
    return fabs(value - want) < 1e-12;
}

static void test_winners(void)
{
    clrelu_timings t = make(1.5, 1.01);
    clrelu_selection c;

    expect(&t, 0, "slower ones");
    clrelu_select_candidate(&t, &c);
    ok(c.mean[2] > 1.499 && c.mean[2] < 1.501 && close_to(c.margin, 0.03),
       "a slow value's mean is %.3f, without noise the margin is %.2f",
       c.mean[2], c.margin);
    ok(close_to(c.median[0][2], 3e-3), "the median of 3 ms is %.1f ms",
       1e3 * c.median[0][2]);
    t = make(0.8, 1.5);
    expect(&t, 2, "a faster one and a slow one");
    t = make(0.8, 0.7);
    expect(&t, 3, "two faster ones");
    t = make(0.98, 1);
    expect(&t, 0, "faster by less than 3 %");
    t.rounds = 0;
    expect(&t, 0, "no rounds");
    t = make(0.5, 1);
    t.rounds = 4;
    expect(&t, 0, "too few rounds");
    t.rounds = 5;
    expect(&t, 2, "enough rounds");
}

static void test_noise(void)
{
    clrelu_timings t = make(0.85, 1);

    for (size_t w = 0; w < WORKLOADS; w++)
        for (size_t r = 0; r < ROUNDS; r++)
            t.seconds[1][w][r] *= r % 3 ? 1.1 : 0.9;
    expect(&t, 0, "15 % where the default differs from itself by 10 %");
    t = make(0.75, 1);
    for (size_t w = 0; w < WORKLOADS; w++)
        for (size_t r = 0; r < ROUNDS; r++)
            t.seconds[1][w][r] *= r % 3 ? 1.1 : 0.9;
    expect(&t, 2, "25 % there");
    t = make(0.85, 1);
    t.seconds[2][0][3] = t.seconds[2][1][7] = 1;
    expect(&t, 2, "two calls that took a second");
    t = make(1.5, 1);
    t.seconds[2][0][3] = t.seconds[2][1][7] = 1e-9;
    expect(&t, 0, "a slow value with two calls that took nothing");
    t = make(0.7, 1);
    for (size_t r = 0; r < ROUNDS; r++)
        t.seconds[2][1][r] *= 1.6;
    expect(&t, 0, "faster in the mean, slower in one workload");
}

/* ---------------------------------------------------------------- values -- */

static bool same_sums(const clrelu_device_params *a,
                      const clrelu_device_params *b)
{
    static const size_t dims[] = {64, 64, 56, 56};
    static const int axes[][2] = {{2, 3}, {1, 2}, {1, 3}};
    bool same = true;

    for (size_t i = 0; i < 3; i++) {
        const clrelu_shape shape = reference_shape(4, dims, 2, axes[i]);
        clrelu_merged_shape merged;
        clrelu_plan p, q;
        if (clrelu_merge_shape(&shape, &merged))
            bail("a good shape is refused");
        clrelu_plan_prelu(a, CLRELU_FLOAT32, CLRELU_FLOAT32, true, true, false,
                          &merged, &p);
        clrelu_plan_prelu(b, CLRELU_FLOAT32, CLRELU_FLOAT32, true, true, false,
                          &merged, &q);
        /* Who takes which tiles is not their order. */
        p.tiling.strip = q.tiling.strip;
        same &= !memcmp(&p.tiling, &q.tiling, sizeof(p.tiling));
    }
    return same;
}

static void test_list(const clrelu_device_params *base, clrelu_knob knob,
                      size_t min, const char *name)
{
    clrelu_device_params values[TUNE_CANDIDATES];
    const size_t count = clrelu_candidates_list(base, base, knob, values);
    bool good = !memcmp(&values[0], base, sizeof(*base)) &&
                !memcmp(&values[1], base, sizeof(*base)),
         same = true;

    for (size_t i = 2; i < count; i++) {
        clrelu_device_params t = values[i];
        for (size_t j = 0; j < i; j++)
            good &= clrelu_knob_value(&values[j], knob) !=
                    clrelu_knob_value(&t, knob);
        for (int other = 0; other < CLRELU_KNOBS; other++)
            good &= other == (int)knob ||
                    clrelu_knob_value(&t, (clrelu_knob)other) ==
                        clrelu_knob_value(base, (clrelu_knob)other);
        good &= clrelu_tuning_fits(base, &t);
        same &= same_sums(base, &t);
    }
    ok(good && count >= min, "%s, %s: %zu values, that fit", name,
       clrelu_knob_name(knob), count);
    ok(same, "... and none changes the order of sums");
}

/* A vector wider than the registers is neither offered nor taken. */
static void test_widths(void)
{
    static const clrelu_knob knobs[] = {CLRELU_KNOB_VECTOR,
                                        CLRELU_KNOB_PRELU_VECTOR};

    /* With AVX2, and with SSE2 or NEON. */
    for (unsigned vector = 8; vector >= 4; vector /= 2) {
        clrelu_device_params cpu = cpu_params, values[TUNE_CANDIDATES];
        cpu.vector = cpu.prelu_vector = vector;
        cpu.non_temporal_bytes = 0;
        const clrelu_device_params *base = &cpu;
        clrelu_device_params wide = cpu;
        bool good = true;
        for (size_t j = 0; j < 2; j++) {
            const size_t count =
                clrelu_candidates_list(base, base, knobs[j], values);
            for (size_t k = 0; k < count; k++)
                good &= values[k].vector <= base->vector &&
                        values[k].prelu_vector <= base->prelu_vector;
            good &= count == (base->vector > 4 ? 3 : 2);
        }
        ok(good, "a CPU of %u floats a register: narrower vectors alone",
           base->vector);
        wide.vector *= 2;
        ok(!clrelu_tuning_fits(base, &wide), "... and none of %u is taken",
           wide.vector);
    }
}

static void test_fit(void)
{
    /* group, vector, prelu_vector, cpu_span, gpu_accesses, tasks */
    static const unsigned bad[][6] = {
        {0, 4, 1, 1, 1, 1},    {1, 4, 1, 1, 1, 1},   {96, 4, 1, 1, 1, 1},
        {2048, 4, 1, 1, 1, 1}, {256, 3, 1, 1, 1, 1}, {256, 32, 1, 1, 1, 1},
        {256, 4, 0, 1, 1, 1},  {512, 4, 4, 1, 1, 1}, {256, 4, 1, 1, 0, 1},
        {256, 4, 1, 1, 1, 0},  {256, 4, 1, 0, 1, 1},
    };
    bool fits = false;

    for (size_t i = 0; i < COUNT_OF(bad); i++)
        fits |= clrelu_tuning_fits(
            &gpu_params, &(clrelu_device_params){.group = bad[i][0],
                                                 .vector = bad[i][1],
                                                 .prelu_vector = bad[i][2],
                                                 .cpu_span = bad[i][3],
                                                 .gpu_accesses = bad[i][4],
                                                 .tasks = bad[i][5]});
    ok(!fits, "values that no kernel can have do not fit");
}

static bool is_candidate(const clrelu_device_params *base, unsigned group)
{
    clrelu_device_params values[TUNE_CANDIDATES];
    const size_t count = clrelu_candidates_list(&gpu_params, base,
                                                CLRELU_KNOB_LOCAL_SIZE, values);
    bool found = false;

    for (size_t i = 2; i < count; i++)
        found |= values[i].group == group;
    return found;
}

/* A row has 1024 columns; prelu_vector is chosen before local_size. */
static void test_local_sizes(void)
{
    clrelu_device_params base = gpu_params;

    ok(is_candidate(&base, 64) && is_candidate(&base, 256) &&
           !is_candidate(&base, 512),
       "work-groups of 64 and 256 with vectors of 4 in PReLU");
    base.prelu_vector = 2;
    ok(is_candidate(&base, 512), "... and of 512 with vectors of 2");
    ok(CLRELU_KNOB_PRELU_VECTOR < CLRELU_KNOB_LOCAL_SIZE,
       "... which are measured before");
}

int main(void)
{
    test_winners();
    test_noise();
    for (int knob = 0; knob < CLRELU_KNOBS; knob++) {
        test_list(&cpu_params, (clrelu_knob)knob,
                  knob == CLRELU_KNOB_LOCAL_SIZE ||
                          knob == CLRELU_KNOB_GPU_ACCESSES
                      ? 2
                      : 3,
                  "CPU");
        test_list(&gpu_params, (clrelu_knob)knob,
                  knob == CLRELU_KNOB_NON_TEMPORAL ||
                          knob == CLRELU_KNOB_TASKS ||
                          knob == CLRELU_KNOB_CPU_SPAN
                      ? 2
                      : 3,
                  "GPU");
    }
    test_widths();
    test_fit();
    test_local_sizes();
    return done_testing();
}
