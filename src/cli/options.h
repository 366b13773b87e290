/* options.h - the options of a command line
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_OPTIONS_H
#define CLRELU_CLI_OPTIONS_H

#include "names.h"
#include "words.h"

/* Texts that are not given are NULL. */
typedef struct options {
    command_id command;
    bool help;
    clrelu_op op;
    clrelu_dtype dtype; /* 0: the inputs' type */
    double scalar;      /* alpha or theta, or its default */
    const char *alpha_file, *alpha_initializer, *alpha_regularizer,
        *alpha_constraint, *alpha_out;
    const char *scale, *bias, *residual, *dscale, *dbias;
    const char *input, *output, *gradient, *mask, *dalpha, *device, *chain,
        *prefix;
    double gain;                /* or 1 */
    uint64_t seed;              /* of alpha_initializer */
    uint64_t memory;            /* bytes of the device; 0: the default */
    double learning_rate;       /* of alpha_out */
    clrelu_alpha_layout layout; /* of alpha_file */
    size_t shared_count;
    int shared_axes[CLRELU_MAX_RANK];
    bool backward, from_output, json;
    double range[2];                    /* of x; both 0: the default */
    size_t rank, dims[CLRELU_MAX_RANK]; /* of --shape */
} options;

/* argv[0] is the command's name. */
bool options_parse(command_id command, int argc, char **argv, options *o,
                   failure *f);

#endif
