/* sources.c - the kernel files of each program
 * SPDX-License-Identifier: MIT */
#include "core/sources.h"

#include "cl_sources.h"

cl_uint clrelu_sources_list(const clrelu_program_key *key,
                            const char *sources[CLRELU_MAX_SOURCES])
{
    cl_uint count = 0;

    if (key->kind == CLRELU_PROGRAM_ACTIVATION && key->op != CLRELU_PRELU)
        sources[count++] = wide_cl;
    if (key->kind != CLRELU_PROGRAM_FLOAT_CHECK) {
        sources[count++] = prelude_cl;
        sources[count++] = each_cl;
    }
    switch (key->kind) {
    case CLRELU_PROGRAM_ACTIVATION:
        sources[count++] = exponential_cl;
        if (key->op == CLRELU_ELU)
            sources[count++] = segments_cl;
        sources[count++] = activations_cl;
        if (key->op == CLRELU_PRELU) {
            sources[count++] = tiling_cl;
            sources[count++] = lanes_cl;
            sources[count++] = row_cl;
            sources[count++] = together_cl;
            sources[count++] = alone_cl;
            sources[count++] = alone_sums_cl;
            sources[count++] = team_cl;
            sources[count++] = flat_cl;
            sources[count++] = prelu_cl;
            sources[count++] = finish_cl;
        } else {
            sources[count++] = elementwise_cl;
        }
        break;
    case CLRELU_PROGRAM_INITIALIZER:
        sources[count++] = random_cl;
        sources[count++] = initializer_cl;
        break;
    case CLRELU_PROGRAM_PARAMETER:
        sources[count++] = sum_cl;
        sources[count++] = parameter_cl;
        break;
    case CLRELU_PROGRAM_PARTIALS:
        sources[count++] = sum_cl;
        sources[count++] = partials_cl;
        break;
    case CLRELU_PROGRAM_DENSE:
        sources[count++] = exponential_cl;
        sources[count++] = activations_cl;
        sources[count++] = sum_cl;
        sources[count++] = dense_cl;
        break;
    case CLRELU_PROGRAM_FLOAT_CHECK:
        sources[count++] = arithmetic_cl;
        break;
    }
    return count;
}
