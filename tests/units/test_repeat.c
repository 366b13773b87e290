/* test_repeat.c - one dalpha of ten million terms, whoever adds them up
 * SPDX-License-Identifier: MIT
 *
 * test_repeat [THREADS]: runs with 1 to THREADS threads, 2 unless told.  PoCL
 * takes their number from the environment, once, and so each has a process of
 * its own: test_repeat child. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "ill_conditioned.h"
#include "variants.h"

enum { N = 10000000, QUICK_VARIANTS = 2, LINE = 128 };

/* Powers of two, as the library takes: rows have 1024 columns to divide. */
static const struct variant variants[] = {
    {1, 16}, {256, 1}, {1, 4},    {16, 4},  {64, 4},
    {64, 1}, {128, 4}, {1024, 1}, {32, 16}, {2, 8}};

static const struct {
    const char *name;
    void (*fill)(size_t n, float *x, float *dy);
} inputs[] = {{"same sign", sums_same_sign}, {"cancelling", sums_cancelling}};

enum { INPUTS = COUNT_OF(inputs) };

static const struct columns column = {N, 1, 1};

/* --- child: prints the sums, a line for each run --- */

static float find_sum(const struct device *d, const float *x, const float *dy)
{
    size_t dims[3];
    const clrelu_shape shape = columns_shape(&column, dims);
    struct array bx = array_make(d, 0, N, x), bdy = array_make(d, 0, N, dy);
    struct array dalpha = array_make(d, 0, 1, NULL);

    must_succeed(
        array_prelu_backward(d, &shape, 0, &bx, NULL, &bdy, NULL, &dalpha));
    const float sum = *array_fetch(d, &dalpha);
    arrays_free(&bx, &bdy, &dalpha);
    return sum;
}

/* One compute unit of the device, or all where it cannot be parted. */
static cl_device_id part_of(cl_device_id device)
{
    const cl_device_partition_property by_one[] = {CL_DEVICE_PARTITION_EQUALLY,
                                                   1, 0};
    /* Static, as they are never released: PoCL 3.1 crashes on it. */
    static cl_device_id parts[256];
    cl_uint max = 0, count = 0;

    /* Some implementations have no such function to call. */
    if (clGetDeviceInfo(device, CL_DEVICE_PARTITION_MAX_SUB_DEVICES,
                        sizeof(max), &max, NULL) ||
        max < 2 || max > COUNT_OF(parts) ||
        clCreateSubDevices(device, by_one, max, parts, &count) || count == 0)
        return device;
    return parts[count - 1];
}

static void run(const struct variant *v, const struct device *base,
                float *const x[INPUTS], float *const dy[INPUTS])
{
    struct device d;

    if (!variant_open(v, base, &d))
        return;
    printf("sums");
    for (size_t i = 0; i < INPUTS; i++)
        printf(" %a", (double)find_sum(&d, x[i], dy[i]));
    printf("\n");
    variant_close(&d);
}

static int child(size_t variant_count)
{
    float *x[INPUTS], *dy[INPUTS];
    struct device whole, part;

    device_open(&whole);
    device_open_on(&part, part_of(whole.id));
    for (size_t i = 0; i < INPUTS; i++) {
        x[i] = columns_floats(N);
        dy[i] = columns_floats(N);
        inputs[i].fill(N, x[i], dy[i]);
    }
    for (size_t i = 0; i < variant_count; i++) {
        run(&variants[i], &whole, x, dy);
        run(&variants[i], &part, x, dy);
    }
    device_close(&part);
    device_close(&whole);
    for (size_t i = 0; i < INPUTS; i++) {
        free(x[i]);
        free(dy[i]);
    }
    return 0;
}

/* --- parent: has no device, as it forks --- */

struct tally {
    char first[LINE]; /* of all lines */
    size_t runs, other;
};

static void count_lines(FILE *from, struct tally *t)
{
    char line[LINE];

    while (fgets(line, sizeof(line), from)) {
        if (strncmp(line, "sums", 4) != 0)
            continue;
        if (t->runs++ == 0)
            strcpy(t->first, line);
        else if (strcmp(line, t->first) != 0 && t->other++ == 0)
            diag("run %zu: %.*s", t->runs, (int)strcspn(line, "\n"), line);
    }
}

static void run_child(const char *program, size_t threads, size_t variant_count,
                      struct tally *t)
{
    const size_t before = t->runs;
    char command[4096];

    snprintf(command, sizeof(command),
             "POCL_MAX_PTHREAD_COUNT=%zu '%s' child %zu", threads, program,
             variant_count);
    FILE *from = popen(command, "r");
    if (!from)
        bail("popen failed");
    count_lines(from, t);
    ok(pclose(from) == 0, "%zu runs with %zu threads", t->runs - before,
       threads);
}

static void check_sum(size_t i, double got)
{
    size_t dims[3];
    const clrelu_shape shape = columns_shape(&column, dims);
    float *x = columns_floats(N), *dy = columns_floats(N);
    double want, magnitude;

    inputs[i].fill(N, x, dy);
    reference_prelu_backward(&shape, x, NULL, dy, NULL, &want, &magnitude);
    ok(sums_are_ill_conditioned(N, x, dy, want, magnitude),
       "%s: a running sum of %d terms fails", inputs[i].name, N);
    const double share =
        fabs(got - want) / reference_dalpha_bound(N, want, magnitude);
    ok(share <= 1, "... and dalpha is at %.2g of the bound", share);
    free(x);
    free(dy);
}

int main(int argc, char **argv)
{
    const size_t threads = argc > 1 ? strtoul(argv[1], NULL, 10) : 2;
    struct tally t = {.runs = 0};

    if (argc == 3 && strcmp(argv[1], "child") == 0)
        return child(strtoul(argv[2], NULL, 10));
    for (size_t i = 1; i <= threads; i++)
        run_child(argv[0], i,
                  argc > 1 ? COUNT_OF(variants) : (size_t)QUICK_VARIANTS, &t);
    if (t.runs == 0) {
        skip("no OpenCL device", "ten million terms");
        return done_testing();
    }
    ok(t.other == 0, "%zu of %zu runs have other bits than the first", t.other,
       t.runs);
    const char *text = t.first + strlen("sums");
    for (size_t i = 0; i < INPUTS; i++) {
        char *end;
        check_sum(i, strtod(text, &end));
        text = end;
    }
    return done_testing();
}
