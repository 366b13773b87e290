/* words.h - the words of a command line and their consistency
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_WORDS_H
#define CLRELU_CLI_WORDS_H

#include <clrelu.h>

#include "failure.h"

typedef enum command_id {
    COMMAND_FORWARD,
    COMMAND_BACKWARD,
    COMMAND_PLOT,
    COMMAND_DEVICES,
    COMMAND_EXPLAIN,
    COMMAND_SOURCE
} command_id;

enum {
    ALPHA,
    ALPHA_FILE,
    ALPHA_LAYOUT,
    ALPHA_INITIALIZER,
    ALPHA_REGULARIZER,
    ALPHA_CONSTRAINT,
    ALPHA_OUT,
    LEARNING_RATE,
    SEED,
    THETA,
    SHARED_AXES,
    INPUT,
    OUTPUT,
    GRADIENT,
    FROM_OUTPUT,
    MASK,
    DALPHA,
    SCALE,
    BIAS,
    RESIDUAL,
    GAIN,
    DSCALE,
    DBIAS,
    DTYPE,
    SHAPE,
    RANGE,
    BACKWARD,
    DEVICE,
    MEMORY,
    JSON,
    CHAIN,
    PREFIX,
    HELP,
    OPTION_COUNT
};

/* As they are given; values[i] is NULL if option i is not. */
typedef struct words {
    command_id id;
    const char *command, *op;
    const char *values[OPTION_COUNT];
} words;

/* The option's name, without dashes. */
const char *words_name(int option);

/* argv[0] is the command's name.  Consistency is not checked with --help. */
bool words_read(command_id id, int argc, char **argv, words *w, clrelu_op *op,
                failure *f);

#endif
