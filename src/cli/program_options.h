/* program_options.h - the options of compile, pack, cache and tune
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_PROGRAM_OPTIONS_H
#define CLRELU_CLI_PROGRAM_OPTIONS_H

#include <clrelu.h>

#include "failure.h"

/* The options that a command takes. */
enum {
    TAKES_WORD = 1,
    TAKES_DEVICE = 2,
    TAKES_PROGRAMS = 4, /* --op and --dtype */
    TAKES_OUTPUT = 8,
    TAKES_SOURCE = 16,
    TAKES_WARM = 32 /* after the word warm: a device and programs */
};

/* Texts that are not given are NULL.  The default of --op is all, that of
 * --dtype float32. */
typedef struct program_options {
    bool help;
    const char *word, *device, *output, *source;
    unsigned ops, dtypes; /* sets: 1 << enumerator */
} program_options;

/* argv[0] is the command's name; takes is a set of the above. */
bool program_options_parse(int argc, char **argv, unsigned takes,
                           program_options *o, failure *f);

/* For program_options_each: compiles a program. */
bool program_options_compile(const program_options *o, clrelu_context *context,
                             clrelu_op op, clrelu_dtype dtype, failure *f);

/* Calls visit for each selected operation and type until it fails. */
bool program_options_each(const program_options *o, clrelu_context *context,
                          bool (*visit)(const program_options *o,
                                        clrelu_context *context, clrelu_op op,
                                        clrelu_dtype dtype, failure *f),
                          failure *f);

#endif
