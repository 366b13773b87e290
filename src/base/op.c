/* op.c - what there is to know of an operation beside its formulas
 * SPDX-License-Identifier: MIT */
#include "base/op.h"

#include <math.h>

static const struct {
    const char *name, *parameter;
    double value, min;
} ops[] = {
    [CLRELU_LEAKY_RELU] = {"leaky_relu", "alpha", 0.3, 0},
    [CLRELU_PRELU] = {"prelu", "alpha", 0, -HUGE_VAL},
    [CLRELU_ELU] = {"elu", "alpha", 1, -HUGE_VAL},
    [CLRELU_THRESHOLDED_RELU] = {"thresholded_relu", "theta", 1, 0},
};

const char *clrelu_op_name(clrelu_op op)
{
    return (size_t)op < sizeof(ops) / sizeof(ops[0]) ? ops[op].name : NULL;
}

const char *clrelu_op_parameter(clrelu_op op, double *value)
{
    if (!clrelu_op_name(op))
        return NULL;
    if (value)
        *value = ops[op].value;
    return ops[op].parameter;
}

double clrelu_op_min(clrelu_op op)
{
    return ops[op].min;
}
