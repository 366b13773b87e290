/* test_explain.c - what clrelu_explain_* say against what the calls must do
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "cases.h"
#include "device.h"
#include "expect.h"
#include "reference.h"
#include "tap.h"

static clrelu_status explain_shape(const struct device *d,
                                   clrelu_direction direction,
                                   const clrelu_shape *shape,
                                   clrelu_explanation *e)
{
    const clrelu_prelu call = {.dtype = CLRELU_FLOAT32, .shape = shape};

    return clrelu_explain_prelu(d->context, direction, &call, e);
}

static size_t workspace_of(const clrelu_shape *shape)
{
    const clrelu_prelu call = {.dtype = CLRELU_FLOAT32, .shape = shape};
    size_t count;

    must_succeed(clrelu_prelu_workspace(&call, &count));
    return count;
}

static void test_elementwise(const struct device *d)
{
    for (size_t i = 0; i < COUNT_OF(case_sizes); i++)
        for (int backward = 0; backward < 2; backward++) {
            const uint64_t bytes = case_sizes[i] * sizeof(float);
            clrelu_explanation e;
            memset(&e, 77, sizeof(e));
            const clrelu_status status = clrelu_explain_elementwise(
                d->context, backward ? CLRELU_BACKWARD : CLRELU_FORWARD,
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
    const size_t workspace = workspace_of(&shape);
    clrelu_explanation e;

    ok(!explain_shape(d, CLRELU_FORWARD, &shape, &e) &&
           e.bytes_read == x + alpha && e.bytes_written == x &&
           e.workspace_bytes == 0,
       "prelu forward, %s: %s", c->name, e.shape);
    ok(!explain_shape(d, CLRELU_BACKWARD, &shape, &e) &&
           e.bytes_read == 2 * x + alpha && e.bytes_written == x + alpha &&
           e.workspace_bytes == workspace * sizeof(float) &&
           e.workspace_bytes <= 8u << 20,
       "prelu backward, %s: workspace of %zu floats", c->name, workspace);
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
            const size_t floats = workspace_of(&shape);
            ok(floats <= 2u << 20,
               "(%zu,%zu,%zu,%zu), %zu shared: workspace of %zu floats",
               dims[i][0], dims[i][1], dims[i][2], dims[i][3], count, floats);
        }
}

static void test_shape_text(const struct device *d)
{
    static const size_t dims[] = {64, 64, 56, 56};
    static const int axes[] = {2, 3};
    const clrelu_shape shape = reference_shape(4, dims, 2, axes);
    clrelu_explanation e;

    ok(!explain_shape(d, CLRELU_BACKWARD, &shape, &e) &&
           strcmp(e.shape, "64 shared x 64 kept x 3136 shared") == 0,
       "the collapsed shape of the header's example: %s", e.shape);
}

/* The pass that is no matrix product: at least so many arrays are read, and so
 * many bytes written. */
static void test_dense(const struct device *d, clrelu_op op, bool backward)
{
    const uint64_t n = 40 * 30 * sizeof(float), row = 30 * sizeof(float);
    const clrelu_dense dense = {.op = op,
                                .scalar = 0.5,
                                .rows = 40,
                                .inputs = 20,
                                .outputs = 30,
                                .alpha_count = op == CLRELU_PRELU ? 30 : 0};
    clrelu_explanation e;
    const clrelu_status status = clrelu_explain_dense(
        d->context, backward ? CLRELU_BACKWARD : CLRELU_FORWARD, &dense, &e);

    ok(!status && e.bytes_read >= (backward ? 2 * n : n) &&
           e.bytes_written >= (backward ? n + row : n) && e.kernel[0] &&
           e.groups > 0 && e.launches > 0,
       "dense %s %s: %s%s", clrelu_op_name(op),
       backward ? "backward" : "forward", e.kernel,
       status ? clrelu_error() : "");
}

static clrelu_status explain(const struct device *d, clrelu_elementwise call)
{
    clrelu_explanation e;

    return clrelu_explain_elementwise(d->context, CLRELU_FORWARD, &call, &e);
}

static void test_elementwise_errors(const struct device *d)
{
    const clrelu_elementwise good = {
        .op = CLRELU_ELU, .dtype = CLRELU_FLOAT32, .scalar = 1, .n = 1};
    clrelu_elementwise bad = good;
    clrelu_explanation e;

    expect(clrelu_explain_elementwise(NULL, CLRELU_FORWARD, &good, &e),
           CLRELU_INVALID_NULL, "context", "no context");
    expect(clrelu_explain_elementwise(d->context, CLRELU_FORWARD, &good, NULL),
           CLRELU_INVALID_NULL, "out", "no out");
    bad.op = CLRELU_PRELU;
    expect(explain(d, bad), CLRELU_INVALID_OP, "op", "CLRELU_PRELU");
    bad.op = (clrelu_op)0;
    expect(explain(d, bad), CLRELU_INVALID_OP, "op", "no op");
    bad.op = (clrelu_op)5;
    expect(explain(d, bad), CLRELU_INVALID_OP, "op", "an unknown op");
    bad = good;
    bad.dtype = (clrelu_dtype)1000;
    expect(explain(d, bad), CLRELU_INVALID_DTYPE, "dtype", "an unknown dtype");
    bad = good;
    bad.n = SIZE_MAX;
    expect(explain(d, bad), CLRELU_INVALID_SIZE, "n", "n = SIZE_MAX");
    bad = good;
    bad.flags = CLRELU_ACCUMULATE_DX;
    expect(explain(d, bad), CLRELU_INVALID_FLAGS, "flags", "a flag forward");
}

static void test_other_errors(const struct device *d)
{
    static const size_t dims[] = {64, 64};
    static const int axes[] = {2};
    const clrelu_shape bad = reference_shape(2, dims, 1, axes);
    clrelu_dense dense = {
        .op = CLRELU_ELU, .rows = 2, .inputs = 0, .outputs = 2};
    const clrelu_prelu prelu = {.dtype = CLRELU_FLOAT32, .shape = &bad};
    clrelu_explanation e;

    expect(clrelu_explain_prelu(d->context, CLRELU_FORWARD, &prelu, &e),
           CLRELU_INVALID_AXIS, "axis", "a bad axis");
    expect(clrelu_explain_prelu(d->context, CLRELU_FORWARD, &prelu, NULL),
           CLRELU_INVALID_NULL, "out", "prelu without out");
    expect(clrelu_explain_dense(d->context, CLRELU_FORWARD, &dense, NULL),
           CLRELU_INVALID_NULL, "out", "dense without out");
    expect(clrelu_explain_dense(d->context, CLRELU_FORWARD, &dense, &e),
           CLRELU_INVALID_SIZE, "inputs", "dense without inputs");
    dense.inputs = 2;
    dense.flags = CLRELU_ACCUMULATE_DW;
    expect(clrelu_explain_dense(d->context, CLRELU_FORWARD, &dense, &e),
           CLRELU_INVALID_FLAGS, "flags", "dense, a flag forward");
    dense.flags = 8;
    expect(clrelu_explain_dense(d->context, CLRELU_BACKWARD, &dense, &e),
           CLRELU_INVALID_FLAGS, "flags", "dense, an unknown flag");
}

/* Neither of the two directions. */
static void test_directions(const struct device *d)
{
    static const size_t dims[] = {64, 64};
    const clrelu_shape shape = reference_shape(2, dims, 0, NULL);
    const clrelu_elementwise elementwise = {
        .op = CLRELU_ELU, .dtype = CLRELU_FLOAT32, .scalar = 1, .n = 1};
    const clrelu_prelu prelu = {.dtype = CLRELU_FLOAT32, .shape = &shape};
    const clrelu_dense dense = {
        .op = CLRELU_ELU, .rows = 2, .inputs = 2, .outputs = 2};
    clrelu_explanation e;

    for (int i = 0; i < 4; i++) {
        const clrelu_direction none = (clrelu_direction)i;
        if (none == CLRELU_FORWARD || none == CLRELU_BACKWARD)
            continue;
        expect(clrelu_explain_elementwise(d->context, none, &elementwise, &e),
               CLRELU_INVALID_ENUM, "direction", "elementwise, no direction");
        expect(clrelu_explain_prelu(d->context, none, &prelu, &e),
               CLRELU_INVALID_ENUM, "direction", "prelu, no direction");
        expect(clrelu_explain_dense(d->context, none, &dense, &e),
               CLRELU_INVALID_ENUM, "direction", "dense, no direction");
    }
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
    for (clrelu_op op = CLRELU_LEAKY_RELU; clrelu_op_name(op); op++) {
        test_dense(&d, op, false);
        test_dense(&d, op, true);
    }
    test_elementwise_errors(&d);
    test_other_errors(&d);
    test_directions(&d);
    device_close(&d);
    return done_testing();
}
