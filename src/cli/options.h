/* options.h - what the command line asks for
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_OPTIONS_H
#define CLRELU_CLI_OPTIONS_H

#include <clrelu.h>

#include "failure.h"

typedef enum command_id {
    COMMAND_FORWARD,
    COMMAND_BACKWARD,
    COMMAND_PLOT,
    COMMAND_DEVICES,
    COMMAND_EXPLAIN
} command_id;

/* Where the axes of --alpha-file are along x: layout.h. */
typedef enum layout { LAYOUT_KERAS, LAYOUT_TORCH, LAYOUT_ONNX } layout;

/* Names not given are NULL. */
typedef struct options {
    command_id command;
    bool help;
    clrelu_op op;
    clrelu_dtype dtype; /* 0: the inputs' own                                 */
    double scalar; /* alpha or theta, the default if not given                */
    const char *alpha_file, *alpha_initializer, *alpha_regularizer,
        *alpha_constraint, *alpha_out;
    const char *input, *output, *gradient, *dalpha, *device;
    uint64_t seed;        /* of alpha_initializer                             */
    uint64_t memory;      /* bytes of the device; 0: the default              */
    double learning_rate; /* of alpha_out                                     */
    layout layout;        /* of alpha_file                                    */
    size_t shared_count;
    int shared_axes[CLRELU_MAX_RANK];
    bool backward, json;
    double range[2];                    /* of x; both 0: the default */
    size_t rank, dims[CLRELU_MAX_RANK]; /* of --shape */
} options;

/* argv[0] is the command's name. */
bool options_parse(command_id command, int argc, char **argv, options *o,
                   failure *f);

#endif
