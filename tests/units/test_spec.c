/* test_spec.c - names and arguments as text
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "device.h"
#include "expect.h"

static struct device device;

/* A layer made with a spec as initializer, regularizer or constraint, and its
 * configuration. */
static clrelu_status configure(const char *initializer, const char *regularizer,
                               const char *constraint, char text[1024])
{
    const size_t dims[] = {0, 4, 5};
    const clrelu_prelu_layer_params params = {.rank = 3,
                                              .dims = dims,
                                              .initializer = initializer,
                                              .regularizer = regularizer,
                                              .constraint = constraint};
    clrelu_prelu_layer *layer;
    clrelu_status status = clrelu_prelu_layer_create(
        device.context, &device.exec, &params, &layer);

    if (!status)
        status = clrelu_prelu_layer_config(layer, 1024, text, NULL);
    /* PoCL does not like a program's end while it compiles. */
    device_must(clFinish(device.queue), "clFinish");
    clrelu_prelu_layer_destroy(&layer);
    return status;
}

/* What is written of a spec: its first name, all arguments by name. */
static void test_canonical(void)
{
    static const struct {
        int kind;
        const char *spec, *canonical;
    } cases[] = {
        {0, "zero", "zeros"},
        {0, " Ones ( ) ", "ones"},
        {0, "uniform", "random_uniform(minval=-0.05,maxval=0.05,seed=None)"},
        {0, "normal(1,2,3)", "random_normal(mean=1,stddev=2,seed=3)"},
        {0, "RandomNormal(seed=18446744073709551615, mean=1e-30)",
         "random_normal(mean=1e-30,stddev=0.05,seed=18446744073709551615)"},
        {0, "variance_scaling",
         "variance_scaling(scale=1,mode=fan_in,distribution=truncated_normal,"
         "seed=None)"},
        {0, "VarianceScaling(2,\"fan_out\",distribution='normal',)",
         "variance_scaling(scale=2,mode=fan_out,distribution=normal,seed="
         "None)"},
        {0, "HeNormal(seed=None)", "he_normal(seed=None)"},
        {0, "orthogonal(0.1)", "orthogonal(gain=0.1,seed=None)"},
        {1, "None", "None"},
        {1, "l1_l2", "l1_l2(l1=0.01,l2=0.01)"},
        {1, "L1L2(l2 = 1)", "L1L2(l1=0,l2=1)"},
        {1, "l1( l = .5 )", "l1(l1=0.5)"},
        {1, "orthogonal_regularizer",
         "orthogonal_regularizer(factor=0.01,mode=rows)"},
        {1, "OrthogonalRegularizer(0.5, 'columns')",
         "orthogonal_regularizer(factor=0.5,mode=columns)"},
        {2, "non_neg()", "non_neg"},
        {2, "maxnorm", "max_norm(max_value=2,axis=[0])"},
        {2, "max_norm(axis=1,max_value=+3)", "max_norm(max_value=3,axis=[1])"},
        {2, "unit_norm((0,-1))", "unit_norm(axis=[0,-1])"},
        {2, "unit_norm(axis=None)", "unit_norm(axis=None)"},
        {2, "unit_norm([])", "unit_norm(axis=[])"},
        {2, "min_max_norm(min_value=0.1,max_value=1,rate=0.5,axis=[0,1])",
         "min_max_norm(min_value=0.1,max_value=1,rate=0.5,axis=[0,1])"},
    };
    static const char *const names[] = {
        "alpha_initializer=", "alpha_regularizer=", "alpha_constraint="};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *specs[3] = {"orthogonal", NULL, NULL};
        char text[1024] = "", again[1024], want[256];
        specs[cases[i].kind] = cases[i].spec;
        const clrelu_status status =
            configure(specs[0], specs[1], specs[2], text);
        snprintf(want, sizeof(want), "%s%s,", names[cases[i].kind],
                 cases[i].canonical);
        if (!ok(!status && strstr(text, want), "\"%s\" is %s", cases[i].spec,
                cases[i].canonical))
            diag("%s", status ? clrelu_error() : text);
        specs[cases[i].kind] = cases[i].canonical;
        ok(!configure(specs[0], specs[1], specs[2], again) &&
               strcmp(text, again) == 0,
           "... and is read back as that");
    }
}

static void test_errors(void)
{
    static const struct invalid_text bad[] = {
        {"", CLRELU_INVALID_SPEC, "name"},
        {"  ", CLRELU_INVALID_SPEC, "name"},
        {"(1)", CLRELU_INVALID_SPEC, "name"},
        {"l1 0.5", CLRELU_INVALID_SPEC, "ARGUMENTS"},
        {"l1(0.5", CLRELU_INVALID_SPEC, "ARGUMENTS"},
        {"l1)0.5(", CLRELU_INVALID_SPEC, "ARGUMENTS"},
        {"l1((0.5)", CLRELU_INVALID_SPEC, "brackets"},
        {"l1(0.5))", CLRELU_INVALID_SPEC, "brackets"},
        {"l1([0.5)", CLRELU_INVALID_SPEC, "brackets"},
        {"l1('0.5)", CLRELU_INVALID_SPEC, "brackets"},
        {"l1(,)", CLRELU_INVALID_SPEC, "empty"},
        {"l1_l2(1,,2)", CLRELU_INVALID_SPEC, "empty"},
        {"l1(a)", CLRELU_INVALID_SPEC, "number"},
        {"l1(0.5f)", CLRELU_INVALID_SPEC, "number"},
        {"l1(1 2)", CLRELU_INVALID_SPEC, "number"},
        {"l1(l1=)", CLRELU_INVALID_SPEC, "number"},
        {"l1(l3=1)", CLRELU_INVALID_SPEC, "l3"},
        {"l1_l2(1,l1=2)", CLRELU_INVALID_SPEC, "twice"},
        {"l1_l2(l1=1,2)", CLRELU_INVALID_SPEC, "by name"},
        {"l1_l2(1,2,3)", CLRELU_INVALID_SPEC, "l1, l2"},
        {"l1_l2(nan)", CLRELU_INVALID_SCALAR, "finite"},
        {"l1_l2(1e400)", CLRELU_INVALID_SCALAR, "finite"},
        {"L1_L2", CLRELU_UNKNOWN_NAME, "known are None, l1, l2"},
        {"l1_l2_", CLRELU_UNKNOWN_NAME, "l1_l2_"},
        {"none", CLRELU_UNKNOWN_NAME, "None"},
        {"orthogonal", CLRELU_UNKNOWN_NAME, "orthogonal_regularizer"},
        {"orthogonal_regularizer(mode=row)", CLRELU_INVALID_SPEC,
         "one of rows, columns"},
    };
    char text[1024];

    for (size_t i = 0; i < COUNT_OF(bad); i++)
        expect_invalid(configure(NULL, bad[i].text, NULL, text), &bad[i]);
    /* Longer than any buffer of the parser. */
    char *long_text = must_alloc(100001);
    memset(long_text, 'x', 100000);
    long_text[100000] = '\0';
    expect(configure(NULL, long_text, NULL, text), CLRELU_UNKNOWN_NAME, "xxx",
           "a long name");
    memcpy(long_text, "l1(", 3);
    long_text[99999] = ')';
    expect(configure(NULL, long_text, NULL, text), CLRELU_INVALID_SPEC,
           "number", "a long number");
    memset(long_text + 3, '(', 50000);
    expect(configure(NULL, long_text, NULL, text), CLRELU_INVALID_SPEC,
           "brackets", "deep brackets");
    free(long_text);
}

int main(void)
{
    device_open(&device);
    test_canonical();
    test_errors();
    device_close(&device);
    return done_testing();
}
