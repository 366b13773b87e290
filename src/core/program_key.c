/* program_key.c - the programs, their kernels and their build options
 * SPDX-License-Identifier: MIT */
#include "core/program_key.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/types.h"

bool clrelu_program_same_key(const clrelu_program_key *a,
                             const clrelu_program_key *b)
{
    return a->op == b->op && a->dtype == b->dtype &&
           a->alpha_dtype == b->alpha_dtype && a->dx == b->dx &&
           a->dalpha == b->dalpha && a->accumulate == b->accumulate &&
           a->from_output == b->from_output && a->strided == b->strided &&
           a->parts == b->parts && a->kind == b->kind;
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
        [CLRELU_KERNEL_STEP_TERMS] = "step_terms",
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
        [CLRELU_KERNEL_CHAIN_FORWARD] = "chain_forward",
        [CLRELU_KERNEL_CHAIN_BACKWARD] = "chain_backward",
        [CLRELU_KERNEL_CHAIN_REDUCE] = "chain_reduce",
        [CLRELU_KERNEL_FLOAT_CHECK] = "arithmetic",
        [CLRELU_KERNEL_MASK_PASS] = "mask_pass",
        [CLRELU_KERNEL_PRELU_DIVIDE] = "prelu_divide",
    };
    return names[id];
}

static bool has(const clrelu_program_key *key, unsigned parts)
{
    return key->parts & parts;
}

unsigned clrelu_program_sums(const clrelu_program_key *key)
{
    return (unsigned)key->dalpha + has(key, CLRELU_PART_DBIAS) +
           has(key, CLRELU_PART_DSCALE);
}

bool clrelu_program_has_dy(const clrelu_program_key *key)
{
    const bool sums = clrelu_program_sums(key) > 0;

    /* ddy needs no dy. */
    return (key->dx && !has(key, CLRELU_PART_DDY)) || sums ||
           has(key, CLRELU_PART_RESIDUAL);
}

/* Such as chain-elu-float32-scale-bias-dx-dbias. */
static void name_chain(const clrelu_program_key *key, const char *dtype,
                       char name[CLRELU_PROGRAM_NAME])
{
    static const struct {
        unsigned part;
        const char *name;
    } parts[] = {
        {CLRELU_PART_ONE_ALPHA, "-one"},
        {CLRELU_PART_SCALE, "-scale"},
        {CLRELU_PART_BIAS, "-bias"},
        {CLRELU_PART_RESIDUAL, "-residual"},
        {CLRELU_PART_BACKWARD, "-backward"},
        {CLRELU_PART_SECOND, "-second"},
        {CLRELU_PART_ADD_SECOND, "-add"},
        {CLRELU_PART_DBIAS, "-dbias"},
        {CLRELU_PART_DSCALE, "-dscale"},
        {CLRELU_PART_DOUBLE, "-double"},
        {CLRELU_PART_DDX, "-ddx"},
        {CLRELU_PART_DDSCALE, "-ddscale"},
        {CLRELU_PART_DDBIAS, "-ddbias"},
        {CLRELU_PART_DDALPHA, "-ddalpha"},
        {CLRELU_PART_DDY, "-ddy"},
    };
    const bool two = key->alpha_dtype != key->dtype;
    size_t used =
        (size_t)snprintf(name, CLRELU_PROGRAM_NAME, "chain-%s-%s%s%s",
                         clrelu_op_name(key->op), dtype, two ? "-alpha-" : "",
                         two ? clrelu_dtype_name(key->alpha_dtype) : "");

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (has(key, parts[i].part))
            used += (size_t)snprintf(name + used, CLRELU_PROGRAM_NAME - used,
                                     "%s", parts[i].name);
    snprintf(name + used, CLRELU_PROGRAM_NAME - used, "%s%s%s%s",
             key->dalpha ? "-dalpha" : "", key->dx ? "-dx" : "",
             key->accumulate ? "-add" : "", key->strided ? "-strided" : "");
}

/* Of an activation, or of one with a mask. */
static void name_activation(const clrelu_program_key *key, const char *dtype,
                            char name[CLRELU_PROGRAM_NAME])
{
    const bool prelu = key->op == CLRELU_PRELU,
               mask = key->kind == CLRELU_PROGRAM_MASK,
               forward = (prelu || mask) && !key->dx && !key->dalpha,
               two = prelu && key->alpha_dtype != key->dtype;

    snprintf(name, CLRELU_PROGRAM_NAME, "%s-%s%s%s%s%s%s%s%s%s%s",
             clrelu_op_name(key->op), dtype, two ? "-alpha-" : "",
             two ? clrelu_dtype_name(key->alpha_dtype) : "",
             mask ? "-mask" : "", forward ? "-forward" : "",
             key->dx ? "-dx" : "", key->dalpha ? "-dalpha" : "",
             key->from_output ? "-from-output" : "",
             key->accumulate ? "-add" : "", key->strided ? "-strided" : "");
}

void clrelu_program_name(const clrelu_program_key *key,
                         char name[CLRELU_PROGRAM_NAME])
{
    const char *dtype = clrelu_dtype_name(key->dtype);

    switch (key->kind) {
    case CLRELU_PROGRAM_ACTIVATION:
    case CLRELU_PROGRAM_MASK:
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
    case CLRELU_PROGRAM_CHAIN:
        name_chain(key, dtype, name);
        break;
    case CLRELU_PROGRAM_FLOAT_CHECK:
        snprintf(name, CLRELU_PROGRAM_NAME, "float-check");
        break;
    }
}

/* Whether it has PReLU's kernels. */
static bool is_prelu(const clrelu_program_key *key)
{
    return key->kind == CLRELU_PROGRAM_CHAIN ||
           (key->op == CLRELU_PRELU && key->kind == CLRELU_PROGRAM_ACTIVATION);
}

unsigned clrelu_program_vector(const clrelu_device_params *params,
                               const clrelu_program_key *key)
{
    const unsigned vector =
        is_prelu(key) ? params->prelu_vector : params->vector;

    if (key->dtype == CLRELU_FLOAT64 && vector > 1)
        return vector / 2;
    /* A GPU reads 16-bit elements twice as many at a time.  Not with sums,
     * or a chain's arrays, which take registers, nor with a dx that is added
     * to: there Intel's compiler spills. */
    if (clrelu_dtype_size(key->dtype) == 2 && !key->accumulate &&
        !(is_prelu(key) && key->dalpha) && key->kind != CLRELU_PROGRAM_CHAIN &&
        params->group > 1 && vector > 1 && vector < 16)
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
    return is_prelu(key) && clrelu_program_sums(key) > 0 && fits
               ? twice
               : params->group;
}

static void prelu_options(const clrelu_program_key *key,
                          char options[CLRELU_OPTIONS])
{
    const size_t used = strlen(options);

    snprintf(options + used, CLRELU_OPTIONS - used,
             " -DALPHA_DTYPE=%d -DDX=%d -DDALPHA=%d -DACCUMULATE=%d",
             (int)key->alpha_dtype, key->dx, key->dalpha, key->accumulate);
}

static void chain_options(const clrelu_program_key *key, clrelu_op op,
                          char options[CLRELU_OPTIONS])
{
    const size_t used = strlen(options);

    snprintf(options + used, CLRELU_OPTIONS - used,
             " -DCHAIN_OP=%s -DBACKWARD=%d -DALPHAS=%d -DSCALES=%d -DBIASES=%d "
             "-DRESIDUAL=%d -DSECOND=%d -DDBIAS=%d -DDSCALE=%d",
             clrelu_op_name(op), has(key, CLRELU_PART_BACKWARD),
             has(key, CLRELU_PART_ALPHAS) + 2 * has(key, CLRELU_PART_ONE_ALPHA),
             has(key, CLRELU_PART_SCALE), has(key, CLRELU_PART_BIAS),
             has(key, CLRELU_PART_RESIDUAL),
             has(key, CLRELU_PART_SECOND) + has(key, CLRELU_PART_ADD_SECOND),
             has(key, CLRELU_PART_DBIAS), has(key, CLRELU_PART_DSCALE));
    const size_t end = strlen(options);
    if (has(key, CLRELU_PART_DOUBLE))
        snprintf(options + end, CLRELU_OPTIONS - end, " -DDOUBLE=%u",
                 key->parts / CLRELU_PART_DOUBLE);
}

void clrelu_program_options(const clrelu_device_params *params,
                            const clrelu_program_key *key,
                            char options[CLRELU_OPTIONS])
{
    const bool mask = key->kind == CLRELU_PROGRAM_MASK;
    const clrelu_op op = key->op == CLRELU_PRELU ? CLRELU_LEAKY_RELU : key->op;

    snprintf(options, CLRELU_OPTIONS,
             "-cl-std=CL1.2 -DDTYPE=%d -DVECTOR=%u -DGROUP=%u", (int)key->dtype,
             clrelu_program_vector(params, key),
             clrelu_program_group(params, key));
    if (is_prelu(key) || mask)
        prelu_options(key, options);
    const size_t used = strlen(options), size = CLRELU_OPTIONS - used;
    if (key->kind == CLRELU_PROGRAM_CHAIN)
        chain_options(key, op, options);
    else if (mask)
        snprintf(options + used, size, " -DMASK_OP=%s", clrelu_op_name(op));
    else if (key->kind == CLRELU_PROGRAM_ACTIVATION && !is_prelu(key))
        snprintf(options + used, size, " -DOP=%s -DACCUMULATE=%d",
                 clrelu_op_name(op), key->accumulate);
    if (key->from_output)
        strcat(options, " -DFROM_OUTPUT=1");
    if (key->strided)
        strcat(options, " -DSTRIDED=1");
}
