/* words.h - the words of a command line, and which of them go together
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_WORDS_H
#define CLRELU_CLI_WORDS_H

#include "options.h"

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
    DALPHA,
    DTYPE,
    SHAPE,
    RANGE,
    BACKWARD,
    DEVICE,
    MEMORY,
    JSON,
    HELP,
    OPTION_COUNT
};

/* The words as they are given; values[i] is NULL where option i is not. */
typedef struct words {
    command_id id;
    const char *command, *op;
    const char *values[OPTION_COUNT];
} words;

/* Without the dashes. */
const char *words_name(int option);

/* argv[0] is the command's name.  Whether the words go together is looked at
 * only where they do not ask for help. */
bool words_read(command_id id, int argc, char **argv, words *w, clrelu_op *op,
                failure *f);

#endif
