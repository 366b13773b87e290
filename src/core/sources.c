/* sources.c - the kernel files of each program
 * SPDX-License-Identifier: MIT */
#include "core/sources.h"

#include "cl_sources.h"

/* A program has one bit of each group; a file is for all programs whose bits it
 * has. */
enum {
    ELEMENTWISE_X = 1 << 0, /* backward from x */
    PRELU_FORWARD = 1 << 1, /* and chains: these, or with dy or a residual */
    PRELU_DX_X = 1 << 2,
    PRELU_SUMS_X = 1 << 3, /* with or without dx */
    PARAMETER = 1 << 4,
    PARTIALS = 1 << 5,
    INITIALIZER = 1 << 6,
    FLOAT_CHECK = 1 << 7,

    CPU = 1 << 8, /* and FPGAs: work-groups of one */
    GPU = 1 << 9,

    REAL = 1 << 10, /* float32 and float64 */
    FLOAT16 = 1 << 11,
    BFLOAT16 = 1 << 12,

    ELU = 1 << 13,
    NOT_ELU = 1 << 14,

    ELEMENTWISE_Y = 1 << 15, /* backward from y */
    PRELU_SUMS_Y = 1 << 16,
    MASK = 1 << 17,
    MASK_PRELU = 1 << 18,
    DOUBLE_DX = 1 << 19, /* double backward */
    DOUBLE_SUMS = 1 << 20,

    PLAIN = 1 << 21, /* arrays without gaps */
    STRIDED = 1 << 22,

    DEVICES = CPU | GPU,
    BITS_16 = FLOAT16 | BFLOAT16,
    DTYPES = REAL | BITS_16,
    OPS = ELU | NOT_ELU,
    FORMS = PLAIN | STRIDED,
    ANY = DEVICES | DTYPES | OPS | FORMS,
    ANY_PLAIN = ANY & ~STRIDED,
    ANY_STRIDED = ANY & ~PLAIN,
    ELEMENTWISE = ELEMENTWISE_X | ELEMENTWISE_Y,
    DOUBLE = DOUBLE_DX | DOUBLE_SUMS,
    PRELU_DX = PRELU_DX_X | DOUBLE_DX,
    PRELU_SUMS = PRELU_SUMS_X | PRELU_SUMS_Y | DOUBLE_SUMS,
    MASKS = MASK | MASK_PRELU,
    WITHOUT_SUMS = PRELU_FORWARD | PRELU_DX,
    PRELU = WITHOUT_SUMS | PRELU_SUMS,
    SUMS = PRELU_SUMS | PARAMETER | PARTIALS,
    VECTORS = ELEMENTWISE | PRELU | MASKS | SUMS,
    ALL = VECTORS | INITIALIZER
};

/* In the order in which they need each other. */
static const struct {
    const char *text;
    unsigned programs;
} files[] = {
    {avx512_16bit_cl, ELEMENTWISE_X | CPU | BITS_16 | OPS | FORMS},
    {types_cl, ALL | ANY},
    {storage_real_cl, VECTORS | DEVICES | REAL | OPS | FORMS},
    {storage_float16_cl, VECTORS | DEVICES | FLOAT16 | OPS | FORMS},
    {storage_bfloat16_cl, VECTORS | DEVICES | BFLOAT16 | OPS | FORMS},
    {memory_cl, VECTORS | ANY},
    {compensated_cl, SUMS | ANY},
    {exp_cl, ELEMENTWISE | PRELU | DEVICES | DTYPES | ELU | FORMS},
    {activations_cl,
     ELEMENTWISE | PRELU | MASKS | DEVICES | DTYPES | NOT_ELU | FORMS},
    {elu_cl, ELEMENTWISE | PRELU | DEVICES | DTYPES | ELU | FORMS},
    {elu_16bit_cl, ELEMENTWISE | DEVICES | BITS_16 | ELU | FORMS},

    {operation_cl, ELEMENTWISE | ANY},
    {elementwise_cpu_cl, ELEMENTWISE | CPU | DTYPES | OPS | FORMS},
    {elementwise_gpu_cl, ELEMENTWISE | GPU | DTYPES | OPS | PLAIN},
    {elementwise_cl, ELEMENTWISE | ANY_PLAIN},

    {prelu_cl, PRELU | MASK_PRELU | ANY},
    {divide_cl, PRELU | MASK_PRELU | ANY},
    {divide_cl, ELEMENTWISE | ANY_STRIDED},
    {strides_cl, ELEMENTWISE | PRELU | ANY_STRIDED},
    {strided_cpu_cl, ELEMENTWISE | CPU | DTYPES | OPS | STRIDED},
    {strided_gpu_cl, ELEMENTWISE | GPU | DTYPES | OPS | STRIDED},
    {strided_cl, ELEMENTWISE | ANY_STRIDED},
    {chain_cl, PRELU | ANY},
    {double_backward_cl, DOUBLE | ANY_PLAIN},
    {prelu_rows_cl, PRELU | CPU | DTYPES | OPS | FORMS},
    {prelu_rows_cl, PRELU_SUMS | GPU | DTYPES | OPS | FORMS},
    {prelu_cpu_alphas_cl, PRELU | CPU | DTYPES | OPS | FORMS},
    {prelu_cpu_cl, PRELU | CPU | DTYPES | OPS | FORMS},
    {prelu_cpu_forward_rows_cl, PRELU_FORWARD | CPU | DTYPES | OPS | FORMS},
    {prelu_cpu_backward_rows_cl,
     PRELU_DX | PRELU_SUMS | CPU | DTYPES | OPS | FORMS},
    {prelu_cpu_rows_cl, PRELU | CPU | DTYPES | OPS | FORMS},
    {prelu_cpu_strided_cl, PRELU | CPU | DTYPES | OPS | STRIDED},
    {prelu_cpu_tasks_cl, WITHOUT_SUMS | CPU | DTYPES | OPS | FORMS},
    {prelu_direct_cl, WITHOUT_SUMS | GPU | DTYPES | OPS | FORMS},
    {prelu_direct_cl, MASK_PRELU | ANY},
    {prelu_gpu_cl, WITHOUT_SUMS | GPU | DTYPES | OPS | FORMS},
    {prelu_gpu_strided_cl, WITHOUT_SUMS | GPU | DTYPES | OPS | STRIDED},
    {prelu_forward_cl, PRELU_FORWARD | ANY},
    {prelu_dx_cl, PRELU_DX | ANY},
    {prelu_sums_cl, PRELU_SUMS | ANY},
    {prelu_cpu_sums_cl, PRELU_SUMS | CPU | DTYPES | OPS | FORMS},
    {prelu_gpu_rows_cl, PRELU_SUMS | GPU | DTYPES | OPS | FORMS},
    {prelu_gpu_sums_cl, PRELU_SUMS | GPU | DTYPES | OPS | FORMS},
    {prelu_reduce_cl, PRELU_SUMS | ANY},
    {prelu_reduce_cpu_cl, PRELU_SUMS | CPU | DTYPES | OPS | FORMS},
    {prelu_reduce_gpu_cl, PRELU_SUMS | GPU | DTYPES | OPS | FORMS},
    {prelu_divide_cl, PRELU_SUMS_Y | ANY},

    {mask_scalar_cl, MASK | ANY},
    {mask_alphas_cl, MASK_PRELU | ANY},
    {mask_cl, MASKS | ANY},

    {sum_rows_cl, PARAMETER | ANY},
    {sum_partials_cl, PARTIALS | ANY},
    {train_cl, PARAMETER | ANY},
    {random_cl, INITIALIZER | ANY},
    {initialize_cl, INITIALIZER | ANY},
    {float_check_cl, FLOAT_CHECK | ANY},
};

static unsigned chain_of(const clrelu_program_key *key)
{
    const bool sums = clrelu_program_sums(key) > 0;

    if (key->parts & CLRELU_PART_DOUBLE)
        return sums ? DOUBLE_SUMS : DOUBLE_DX;
    if (sums)
        return key->from_output ? PRELU_SUMS_Y : PRELU_SUMS_X;
    return clrelu_program_has_dy(key) || (key->parts & CLRELU_PART_SECOND)
               ? PRELU_DX_X
               : PRELU_FORWARD;
}

static unsigned kind_of(const clrelu_program_key *key)
{
    switch (key->kind) {
    case CLRELU_PROGRAM_ACTIVATION:
        break;
    case CLRELU_PROGRAM_INITIALIZER:
        return INITIALIZER;
    case CLRELU_PROGRAM_PARAMETER:
        return PARAMETER;
    case CLRELU_PROGRAM_PARTIALS:
        return PARTIALS;
    case CLRELU_PROGRAM_CHAIN:
        return chain_of(key);
    case CLRELU_PROGRAM_FLOAT_CHECK:
        return FLOAT_CHECK;
    case CLRELU_PROGRAM_MASK:
        return key->op == CLRELU_PRELU ? MASK_PRELU : MASK;
    }
    if (key->op == CLRELU_PRELU)
        return chain_of(key);
    return key->from_output ? ELEMENTWISE_Y : ELEMENTWISE_X;
}

static unsigned dtype_of(const clrelu_program_key *key)
{
    if (key->dtype == CLRELU_FLOAT16)
        return FLOAT16;
    return key->dtype == CLRELU_BFLOAT16 ? BFLOAT16 : REAL;
}

cl_uint clrelu_sources_list(const clrelu_device_params *params,
                            const clrelu_program_key *key,
                            const char *sources[CLRELU_MAX_SOURCES])
{
    const unsigned program =
        kind_of(key) | (clrelu_program_group(params, key) > 1 ? GPU : CPU) |
        dtype_of(key) | (key->op == CLRELU_ELU ? ELU : NOT_ELU) |
        (key->strided ? STRIDED : PLAIN);
    cl_uint count = 0;

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if ((files[i].programs & program) == program)
            sources[count++] = files[i].text;
    return count;
}
