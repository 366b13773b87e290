/* program_key.c - the programs, their kernels and their build options
 * SPDX-License-Identifier: MIT */
#include "core/program_key.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/types.h"

bool clrelu_program_same_key(const clrelu_program_key *a,
                             const clrelu_program_key *b)
{
    return a->op == b->op && a->dtype == b->dtype &&
           a->alpha_dtype == b->alpha_dtype && a->dx == b->dx &&
           a->dalpha == b->dalpha && a->accumulate == b->accumulate &&
           a->kind == b->kind;
}

const char *clrelu_kernel_name(clrelu_kernel_id id)
{
    static const char *const names[] = {
        [CLRELU_KERNEL_FORWARD] = "forward",
        [CLRELU_KERNEL_BACKWARD] = "backward",
        [CLRELU_KERNEL_PRELU_FORWARD] = "prelu_forward",
        [CLRELU_KERNEL_PRELU_BACKWARD] = "prelu_backward",
        [CLRELU_KERNEL_PRELU_REDUCE] = "prelu_reduce",
        [CLRELU_KERNEL_INITIALIZE] = "initialize",
        [CLRELU_KERNEL_SUM_TERMS] = "sum_terms",
        [CLRELU_KERNEL_SUM_ROWS] = "sum_rows",
        [CLRELU_KERNEL_ADD_PENALTY_GRADIENT] = "add_penalty_gradient",
        [CLRELU_KERNEL_SGD_STEP] = "sgd_step",
        [CLRELU_KERNEL_SUM_PARTIALS] = "sum_partials",
        [CLRELU_KERNEL_NON_NEG] = "non_neg",
        [CLRELU_KERNEL_RESCALE] = "rescale",
        [CLRELU_KERNEL_TAKE_DIAGONAL] = "take_diagonal",
        [CLRELU_KERNEL_FILL_RINGS] = "fill_rings",
        [CLRELU_KERNEL_DOT_VECTORS] = "dot_vectors",
        [CLRELU_KERNEL_FIND_COSINES] = "find_cosines",
        [CLRELU_KERNEL_ADD_COSINE_GRADIENT] = "add_cosine_gradient",
        [CLRELU_KERNEL_DENSE_FORWARD] = "dense_forward",
        [CLRELU_KERNEL_DENSE_BACKWARD] = "dense_backward",
        [CLRELU_KERNEL_FLOAT_CHECK] = "arithmetic",
    };
    return names[id];
}

static void name_activation(const clrelu_program_key *key, const char *dtype,
                            char name[CLRELU_PROGRAM_NAME])
{
    const bool backward = key->dx || key->dalpha,
               two = key->alpha_dtype != key->dtype;

    if (key->op != CLRELU_PRELU)
        snprintf(name, CLRELU_PROGRAM_NAME, "%s-%s%s", clrelu_op_name(key->op),
                 dtype, key->accumulate ? "-add" : "");
    else
        snprintf(name, CLRELU_PROGRAM_NAME, "prelu-%s%s%s%s%s%s%s", dtype,
                 two ? "-alpha-" : "",
                 two ? clrelu_dtype_name(key->alpha_dtype) : "",
                 backward ? "" : "-forward", key->dx ? "-dx" : "",
                 key->dalpha ? "-dalpha" : "", key->accumulate ? "-add" : "");
}

void clrelu_program_name(const clrelu_program_key *key,
                         char name[CLRELU_PROGRAM_NAME])
{
    const char *dtype = clrelu_dtype_name(key->dtype);

    switch (key->kind) {
    case CLRELU_PROGRAM_ACTIVATION:
        name_activation(key, dtype, name);
        break;
    case CLRELU_PROGRAM_INITIALIZER:
        snprintf(name, CLRELU_PROGRAM_NAME, "initializer");
        break;
    case CLRELU_PROGRAM_PARAMETER:
        snprintf(name, CLRELU_PROGRAM_NAME, "parameter");
        break;
    case CLRELU_PROGRAM_PARTIALS:
        snprintf(name, CLRELU_PROGRAM_NAME, "partials-%s", dtype);
        break;
    case CLRELU_PROGRAM_DENSE:
        snprintf(name, CLRELU_PROGRAM_NAME, "dense-%s%s",
                 clrelu_op_name(key->op), key->dalpha ? "-dalpha" : "");
        break;
    case CLRELU_PROGRAM_FLOAT_CHECK:
        snprintf(name, CLRELU_PROGRAM_NAME, "float-check");
        break;
    }
}

static bool is_prelu(const clrelu_program_key *key)
{
    return key->op == CLRELU_PRELU && key->kind == CLRELU_PROGRAM_ACTIVATION;
}

unsigned clrelu_program_vector(const clrelu_device_params *params,
                               const clrelu_program_key *key)
{
    const unsigned vector =
        is_prelu(key) ? params->prelu_vector : params->vector;

    if (key->dtype == CLRELU_FLOAT64 && vector > 1)
        return vector / 2;
    /* A GPU reads 16-bit elements twice as many at a time.  Not with sums,
     * which take registers, nor with a dx that is added to: there Intel's
     * compiler spills. */
    if (clrelu_dtype_size(key->dtype) == 2 && !key->accumulate &&
        !(is_prelu(key) && key->dalpha) && params->group > 1 && vector > 1 &&
        vector < 16)
        return vector * 2;
    return vector;
}

unsigned clrelu_program_group(const clrelu_device_params *params,
                              const clrelu_program_key *key)
{
    const unsigned twice = 2 * params->group;
    const bool fits =
        params->group > 1 && twice <= params->max_group &&
        twice * clrelu_program_vector(params, key) <= CLRELU_ROW_MAX;

    /* Sums take registers: with twice as many work-items each has half of the
     * row's columns, or one vector by default. */
    return is_prelu(key) && key->dalpha && fits ? twice : params->group;
}

void clrelu_program_options(const clrelu_device_params *params,
                            const clrelu_program_key *key,
                            char options[CLRELU_OPTIONS])
{
    const size_t size = CLRELU_OPTIONS;
    char common[128];

    snprintf(common, sizeof(common),
             "-cl-std=CL1.2 -DDTYPE=%d -DVECTOR=%u -DGROUP=%u", (int)key->dtype,
             clrelu_program_vector(params, key),
             clrelu_program_group(params, key));
    if (key->kind == CLRELU_PROGRAM_DENSE)
        snprintf(options, size, "%s -DOP=%s -DPRELU=%d -DDALPHA=%d", common,
                 clrelu_op_name(key->op == CLRELU_PRELU ? CLRELU_LEAKY_RELU
                                                        : key->op),
                 key->op == CLRELU_PRELU, key->dalpha);
    else if (key->kind != CLRELU_PROGRAM_ACTIVATION)
        snprintf(options, size, "%s", common);
    else if (key->op == CLRELU_PRELU)
        snprintf(options, size,
                 "%s -DALPHA_DTYPE=%d -DDX=%d -DDALPHA=%d -DACCUMULATE=%d",
                 common, (int)key->alpha_dtype, key->dx, key->dalpha,
                 key->accumulate);
    else
        snprintf(options, size, "%s -DOP=%s -DACCUMULATE=%d", common,
                 clrelu_op_name(key->op), key->accumulate);
}
