/* options.h - the command line of clrelu-bench
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BENCH_OPTIONS_H
#define CLRELU_BENCH_OPTIONS_H

#include "selection.h"

typedef enum mode {
    MODE_CASES,
    MODE_OVERHEAD,
    MODE_DTYPES,
    MODE_SCALING,
    MODE_STARTUP,
    MODE_FIRST_RESULT /* hidden: the child of MODE_STARTUP                    */
} mode;

typedef struct options {
    mode mode;
    /* NULL: not given. */
    const char *device, *python, *other, *csv, *json, *plot;
    const char *peers; /* names joined by commas, "" none, NULL all           */
    double started; /* MODE_FIRST_RESULT: when the parent started the child   */
    bool quick, detail;
    unsigned runs;
    case_filter filter;
} options;

/* Ends the program after --help and --version (status 0), or with one line and
 * status 2 if the arguments make no sense. */
void options_parse(int argc, char **argv, options *o);

#endif
