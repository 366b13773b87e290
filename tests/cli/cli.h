/* cli.h - runs the command line as people run it
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_CLI_H
#define CLRELU_TESTS_CLI_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "clrelu.h"
#include "tap.h"

enum { CLI_OUTPUT = 8192, CLI_SIGNALS = 4 };

/* Signals that end the program. */
extern const int cli_signals[CLI_SIGNALS];

/* Moves to a new folder with some files in it: x.npy holds cli_x and dy.npy
 * cli_dy, of shape (2, 3); for the others see write_inputs. */
void cli_begin(int argc, char **argv);
extern const float cli_x[6], cli_dy[6];
#define X6 "-i x.npy -o y.npy"
#define G6 "-i x.npy -g dy.npy -o y.npy"

/* Removes the folder; returns the test's exit status. */
int cli_finish(void);

/* ------------------------------------------------------------- running -- */

struct cli_result {
    int status; /* the exit status, or 256 + the signal that ended it         */
    char out[CLI_OUTPUT], err[CLI_OUTPUT];
};

/* A line that holds until the next. */
const char *cli_line(const char *format, ...) TAP_PRINTF(1, 2);

/* A line is split at single spaces; '' is an empty word. */
struct cli_result cli_run(const char *line);
struct cli_result cli_run_on(int in, const char *line);

/* The same in two steps, for what happens in between. */
pid_t cli_start(const char *line, int in, int out, int err);
int cli_end(pid_t child);
void cli_read_back(FILE *file, char text[CLI_OUTPUT]);

/* Entries of the folder. */
size_t cli_entries(void);

/* Runs a line that must succeed without a word. */
bool cli_quiet(const char *line);

/* A result each: quiet, with these values in y.npy; a word on standard output;
 * refused by one line on standard error with the word in it, and nothing new
 * in the folder. */
void cli_gives(const char *line, const char *shape, const float *want,
               size_t n);
void cli_prints(const char *line, const char *word);
void cli_refuse(const char *line, int status, const char *word);
void cli_refuse_on(int in, const char *line, int status, const char *word,
                   const char *what);

/* --------------------------------------------------------------- files -- */

void cli_write(const char *name, const void *bytes, size_t size);

/* Version 1, the text as it is; returns the file's size. */
size_t cli_make_npy(unsigned char *out, const char *text, const void *data,
                    size_t size);
void cli_write_text(const char *name, const char *text, const void *data,
                    size_t size);

/* float32. */
void cli_write_npy(const char *name, const char *shape, const float *data,
                   size_t n);

/* The types that are kept, as files and --dtype call them. */
struct cli_type {
    clrelu_dtype dtype;
    const char *npy, *name;
};
enum { CLI_F16, CLI_BF16, CLI_F32, CLI_F64, CLI_TYPES };
extern const struct cli_type cli_types[CLI_TYPES];

/* Bytes of n elements; values rounded to a type; a file of them. */
size_t cli_bytes(const struct cli_type *t, size_t n);
void cli_store(const struct cli_type *t, size_t n, const float *values,
               void *out);
void cli_write_values(const char *name, const struct cli_type *t,
                      const char *shape, size_t n, const float *values);

/* The data of a file that is as numpy would have written it, of a type such as
 * "f4"; NULL, and why, if it is not.  The caller frees it. */
void *cli_load(const char *name, const char *type, const char *shape,
               size_t size);

/* Is it such a file, with these values within a float32 ulp, or exactly? */
bool cli_check_npy(const char *name, const char *shape, const float *want,
                   size_t n);
bool cli_check_bits(const char *name, const char *type, const char *shape,
                    const void *want, size_t size);

#endif
