/* test_explain.c - what clrelu_explain says against what the calls must do
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "cases.h"
#include "device.h"
#include "reference.h"
#include "tap.h"

static void test_elementwise(const struct device *d)
{
    for (size_t i = 0; i < COUNT_OF(case_sizes); i++)
        for (int backward = 0; backward < 2; backward++) {
            const uint64_t bytes = case_sizes[i] * sizeof(float);
            clrelu_explanation e;
            memset(&e, 77, sizeof(e));
            const clrelu_status status = clrelu_explain_elementwise(
                d->context, DIR(backward),
                &(clrelu_elementwise){.op = CLRELU_ELU,
                                      .dtype = CLRELU_FLOAT32,
                                      .scalar = 1,
                                      .n = case_sizes[i]},
                &e);
            ok(status == CLRELU_OK && e.workspace_bytes == 0 &&
                   e.bytes_read == bytes * (backward ? 2 : 1) &&
                   e.bytes_written == bytes &&
                   (case_sizes[i] == 0 ||
                    (e.groups > 0 && e.local_size > 0 && e.launches == 1 &&
                     e.kernel[0] && e.stores[0])),
               "elu %s of %zu elements: %s, %s stores",
               backward ? "backward" : "forward", case_sizes[i], e.kernel,
               e.stores);
        }
}

static void test_prelu(const struct device *d, const struct case_shape *c)
{
    const clrelu_shape shape = case_to_shape(c);
    const uint64_t x = reference_count(&shape) * sizeof(float);
    const uint64_t alpha = reference_alpha_count(&shape) * sizeof(float);
    clrelu_explanation e;
    size_t workspace = 0;

    ok(clrelu_explain_prelu(
           d->context, CLRELU_FORWARD,
           &(clrelu_prelu){.dtype = CLRELU_FLOAT32, .shape = &shape},
           &e) == CLRELU_OK &&
           e.bytes_read == x + alpha && e.bytes_written == x &&
           e.workspace_bytes == 0,
       "prelu forward, %s: %s", c->name, e.shape);
    const clrelu_status status = clrelu_prelu_workspace(
        &(clrelu_prelu){.dtype = CLRELU_FLOAT32, .shape = &shape}, &workspace);
    ok(status == CLRELU_OK &&
           clrelu_explain_prelu(
               d->context, CLRELU_BACKWARD,
               &(clrelu_prelu){.dtype = CLRELU_FLOAT32, .shape = &shape},
               &e) == CLRELU_OK &&
           e.bytes_read == 2 * x + alpha && e.bytes_written == x + alpha &&
           e.workspace_bytes == workspace && workspace <= 8u << 20,
       "prelu backward, %s: workspace of %zu bytes", c->name, workspace);
}

/* Large shapes that nobody allocates. */
static void test_workspace(void)
{
    static const size_t dims[][4] = {{1 << 20, 64, 56, 56},
                                     {3, 1 << 20, 1 << 20, 2},
                                     {1 << 30, 1, 1, 3},
                                     {64, 1 << 20, 2, 16}};
    static const int axes[] = {1, 2, 3};

    for (size_t i = 0; i < COUNT_OF(dims); i++)
        for (size_t count = 0; count <= 3; count++) {
            const clrelu_shape shape = reference_shape(4, dims[i], count, axes);
            size_t bytes = SIZE_MAX;
            const clrelu_status status = clrelu_prelu_workspace(
                &(clrelu_prelu){.dtype = CLRELU_FLOAT32, .shape = &shape},
                &bytes);
            ok(status == CLRELU_OK && bytes <= 8u << 20,
               "(%zu,%zu,%zu,%zu), %zu shared: workspace of %zu bytes",
               dims[i][0], dims[i][1], dims[i][2], dims[i][3], count, bytes);
        }
}

static void test_shape_text(const struct device *d)
{
    static const size_t dims[] = {64, 64, 56, 56};
    static const int axes[] = {2, 3};
    const clrelu_shape shape = reference_shape(4, dims, 2, axes);
    clrelu_explanation e;

    ok(clrelu_explain_prelu(
           d->context, CLRELU_BACKWARD,
           &(clrelu_prelu){.dtype = CLRELU_FLOAT32, .shape = &shape},
           &e) == CLRELU_OK &&
           strcmp(e.shape, "64 shared x 64 kept x 3136 shared") == 0,
       "the collapsed shape of the header's example: %s", e.shape);
}

static void test_errors(const struct device *d)
{
    static const size_t dims[] = {64, 64};
    static const int axes[] = {2};
    const clrelu_shape bad = reference_shape(2, dims, 1, axes);
    const clrelu_dtype f32 = CLRELU_FLOAT32;
    clrelu_explanation e;

    ok(clrelu_explain_elementwise(
           NULL, CLRELU_FORWARD,
           &(clrelu_elementwise){
               .op = CLRELU_ELU, .dtype = f32, .scalar = 1, .n = 1},
           &e) == CLRELU_INVALID_NULL,
       "no context: %s", clrelu_error());
    ok(clrelu_explain_elementwise(
           d->context, CLRELU_FORWARD,
           &(clrelu_elementwise){
               .op = CLRELU_ELU, .dtype = f32, .scalar = 1, .n = 1},
           NULL) == CLRELU_INVALID_NULL,
       "no out: %s", clrelu_error());
    ok(clrelu_explain_prelu(d->context, CLRELU_FORWARD,
                            &(clrelu_prelu){.dtype = f32},
                            &e) == CLRELU_INVALID_NULL,
       "no shape: %s", clrelu_error());
    ok(clrelu_explain_elementwise(
           d->context, CLRELU_FORWARD,
           &(clrelu_elementwise){
               .op = (clrelu_op)4, .dtype = f32, .scalar = 1, .n = 1},
           &e) == CLRELU_INVALID_OP,
       "an unknown op: %s", clrelu_error());
    ok(clrelu_explain_elementwise(
           d->context, CLRELU_FORWARD,
           &(clrelu_elementwise){.op = CLRELU_ELU,
                                 .dtype = (clrelu_dtype)1000,
                                 .scalar = 1,
                                 .n = 1},
           &e) == CLRELU_INVALID_DTYPE,
       "an unknown dtype: %s", clrelu_error());
    ok(clrelu_explain_elementwise(
           d->context, CLRELU_FORWARD,
           &(clrelu_elementwise){
               .op = CLRELU_ELU, .dtype = f32, .scalar = 1, .n = SIZE_MAX},
           &e) == CLRELU_INVALID_SIZE,
       "n = SIZE_MAX: %s", clrelu_error());
    ok(clrelu_explain_prelu(d->context, CLRELU_FORWARD,
                            &(clrelu_prelu){.dtype = f32, .shape = &bad},
                            &e) == CLRELU_INVALID_AXIS,
       "a bad axis: %s", clrelu_error());
}

int main(void)
{
    struct device d;

    device_open(&d);
    test_elementwise(&d);
    for (size_t i = 0; i < COUNT_OF(case_patterns); i++)
        test_prelu(&d, &case_patterns[i].shape);
    for (size_t i = 0; i < COUNT_OF(case_hostile); i++)
        test_prelu(&d, &case_hostile[i]);
    test_workspace();
    test_shape_text(&d);
    test_errors(&d);
    device_close(&d);
    return done_testing();
}
