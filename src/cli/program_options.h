/* program_options.h - what compile, pack, cache and tune are asked for
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_PROGRAM_OPTIONS_H
#define CLRELU_CLI_PROGRAM_OPTIONS_H

#include <clrelu.h>

#include "failure.h"

/* What may be given. */
enum {
    TAKES_WORD = 1,
    TAKES_DEVICE = 2,
    TAKES_PROGRAMS = 4, /* --op and --dtype */
    TAKES_OUTPUT = 8,
    TAKES_SOURCE = 16
};

/* Names not given are NULL; without --op there are all, without --dtype
 * float32. */
typedef struct program_options {
    bool help;
    const char *word, *device, *output, *source;
    unsigned ops, dtypes; /* 1 << each */
} program_options;

/* argv[0] is the command's name; takes any of the above. */
bool program_options_parse(int argc, char **argv, unsigned takes,
                           program_options *o, failure *f);

/* Calls visit for each operation and type asked for, until it fails. */
bool program_options_each(const program_options *o, clrelu_context *context,
                          bool (*visit)(const program_options *o,
                                        clrelu_context *context, clrelu_op op,
                                        clrelu_dtype dtype, failure *f),
                          failure *f);

#endif
