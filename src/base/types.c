/* types.c - facts about the operations and the element types
 * SPDX-License-Identifier: MIT */
#include "base/types.h"

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

const char *clrelu_dtype_name(clrelu_dtype dtype)
{
    static const char *const names[] = {
        [CLRELU_FLOAT32] = "float32",
        [CLRELU_FLOAT16] = "float16",
        [CLRELU_BFLOAT16] = "bfloat16",
        [CLRELU_FLOAT64] = "float64",
    };
    return (size_t)dtype < sizeof(names) / sizeof(names[0]) ? names[dtype]
                                                            : NULL;
}

size_t clrelu_dtype_size(clrelu_dtype dtype)
{
    switch (dtype) {
    case CLRELU_FLOAT32:
        return 4;
    case CLRELU_FLOAT16:
    case CLRELU_BFLOAT16:
        return 2;
    case CLRELU_FLOAT64:
        return 8;
    }
    return 0;
}

size_t clrelu_compute_size(clrelu_dtype dtype)
{
    return dtype == CLRELU_FLOAT64 ? sizeof(cl_double) : sizeof(cl_float);
}
