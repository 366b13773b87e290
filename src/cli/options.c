/* options.c - the options of a command line
 * SPDX-License-Identifier: MIT */
#include "options.h"

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Does not change number if the option is not given. */
static bool parse_number(const words *w, int id, double *number, failure *f)
{
    const char *text = w->values[id];
    char *end;

    if (!text)
        return true;
    errno = 0;
    *number = strtod(text, &end);
    if (end == text || *end)
        return misuse(f, w->command, "--%s: '%s' is not a number",
                      words_name(id), text);
    if (errno == ERANGE && fabs(*number) > 1)
        return misuse(f, w->command,
                      "--%s: '%s' is too large, must be at most 1.79e308",
                      words_name(id), text);
    return true;
}

static bool parse_numbers(const words *w, options *o, failure *f)
{
    const char *name = clrelu_op_parameter(o->op, &o->scalar);
    const bool is_theta = name && strcmp(name, words_name(THETA)) == 0;
    const int id = is_theta ? THETA : ALPHA;

    o->gain = 1;
    if (!parse_number(w, id, &o->scalar, f) ||
        !parse_number(w, GAIN, &o->gain, f) ||
        !parse_number(w, LEARNING_RATE, &o->learning_rate, f))
        return false;
    /* The library's 0 stands for 1. */
    return o->gain != 0 ||
           misuse(f, w->command, "--gain: '%s' must not be 0", w->values[GAIN]);
}

/* Integers in min..max, separated by commas. */
static bool parse_list(const words *w, int id, intmax_t min, intmax_t max,
                       intmax_t out[CLRELU_MAX_RANK], size_t *count, failure *f)
{
    const char *text = w->values[id], *at = text;
    char *end;

    for (*count = 0; at; at = *end ? end + 1 : NULL) {
        errno = 0;
        const intmax_t value = strtoimax(at, &end, 10);
        if (end == at || (*end && *end != ','))
            return misuse(f, w->command,
                          "--%s: '%s' must be integers joined by commas",
                          words_name(id), text);
        if (errno || value < min || value > max)
            return misuse(f, w->command, "--%s: '%.*s' is not in %jd..%jd",
                          words_name(id), (int)(end - at), at, min, max);
        if (*count == CLRELU_MAX_RANK)
            return misuse(f, w->command, "--%s: more than %d integers",
                          words_name(id), CLRELU_MAX_RANK);
        out[(*count)++] = value;
    }
    return true;
}

static bool parse_seed(const words *w, options *o, failure *f)
{
    const char *text = w->values[SEED];
    char *end;

    if (!text)
        return true;
    errno = 0;
    o->seed = strtoumax(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno)
        return misuse(f, w->command,
                      "--seed: '%s' must be an integer in 0..2^64-1", text);
    return true;
}

static bool parse_dtype(const words *w, clrelu_dtype *dtype, failure *f)
{
    const char *text = w->values[DTYPE];

    if (!text || names_dtype(text, strlen(text), dtype))
        return true;
    return misuse(f, w->command, "--dtype: '%s' must be " NAMES_DTYPES, text);
}

static bool parse_layout(const words *w, clrelu_alpha_layout *l, failure *f)
{
    const char *text = w->values[ALPHA_LAYOUT];

    if (text && !names_layout(text, l))
        return misuse(f, w->command,
                      "--alpha-layout: '%s' must be keras, torch or onnx",
                      text);
    if (*l != CLRELU_ALPHA_KERAS && w->values[SHARED_AXES])
        return misuse(f, w->command,
                      "--shared-axes does not go with --alpha-layout %s, where "
                      "alpha's shape says what is shared",
                      text);
    return true;
}

/* Bytes; with a letter KiB, MiB, GiB or TiB. */
static bool parse_memory(const words *w, uint64_t *memory, failure *f)
{
    static const char letters[] = "KMGT";
    const char *text = w->values[MEMORY], *letter;
    unsigned shift = 0;
    char *end;

    if (!text)
        return true;
    errno = 0;
    *memory = strtoumax(text, &end, 10);
    if (end != text && *end && (letter = strchr(letters, *end))) {
        shift = 10 * (unsigned)(letter - letters + 1);
        end++;
    }
    if (*text < '0' || *text > '9' || *end)
        return misuse(f, w->command,
                      "--memory: '%s' must be bytes, or such as 256M or 2G",
                      text);
    if (errno || *memory == 0 || *memory > UINT64_MAX >> shift)
        return misuse(f, w->command, "--memory: '%s' is not in 1..2^64-1 bytes",
                      text);
    *memory <<= shift;
    return true;
}

static bool parse_lists(const words *w, options *o, failure *f)
{
    intmax_t list[CLRELU_MAX_RANK];

    /* The library checks which axes exist. */
    if (!parse_list(w, SHARED_AXES, INT_MIN, INT_MAX, list, &o->shared_count,
                    f))
        return false;
    for (size_t i = 0; i < o->shared_count; i++)
        o->shared_axes[i] = (int)list[i];
    if (!parse_list(w, SHAPE, 0, PTRDIFF_MAX, list, &o->rank, f))
        return false;
    for (size_t i = 0; i < o->rank; i++)
        o->dims[i] = (size_t)list[i];
    return true;
}

/* Such as -5,5; both are 0 if it is not given. */
static bool parse_range(const words *w, double range[2], failure *f)
{
    const char *text = w->values[RANGE];
    char *comma, *end = NULL;

    if (!text)
        return true;
    range[0] = strtod(text, &comma);
    range[1] = *comma == ',' ? strtod(comma + 1, &end) : 0;
    if (comma == text || *comma != ',' || end == comma + 1 || *end)
        return misuse(f, w->command, "--range: '%s' must be two numbers A,B",
                      text);
    if (!(fabs(range[0]) <= FLT_MAX) || !(fabs(range[1]) <= FLT_MAX))
        return misuse(f, w->command,
                      "--range: '%s' must be in %.2g..%.2g, as float32 is",
                      text, -(double)FLT_MAX, (double)FLT_MAX);
    if (!((float)range[0] < (float)range[1]))
        return misuse(f, w->command,
                      "--range: '%s' must be A,B with A < B in float32", text);
    return true;
}

bool options_parse(command_id command, int argc, char **argv, options *o,
                   failure *f)
{
    words w;

    memset(o, 0, sizeof(*o));
    o->command = command;
    if (!words_read(command, argc, argv, &w, &o->op, f))
        return false;
    o->help = w.values[HELP] != NULL;
    if (o->help)
        return true;
    if (!parse_numbers(&w, o, f) || !parse_seed(&w, o, f) ||
        !parse_dtype(&w, &o->dtype, f) || !parse_layout(&w, &o->layout, f) ||
        !parse_memory(&w, &o->memory, f) || !parse_lists(&w, o, f) ||
        !parse_range(&w, o->range, f))
        return false;
    o->alpha_file = w.values[ALPHA_FILE];
    o->alpha_initializer = w.values[ALPHA_INITIALIZER];
    o->alpha_regularizer = w.values[ALPHA_REGULARIZER];
    o->alpha_constraint = w.values[ALPHA_CONSTRAINT];
    o->alpha_out = w.values[ALPHA_OUT];
    o->input = w.values[INPUT];
    o->output = w.values[OUTPUT];
    o->gradient = w.values[GRADIENT];
    o->mask = w.values[MASK];
    o->dalpha = w.values[DALPHA];
    o->scale = w.values[SCALE];
    o->bias = w.values[BIAS];
    o->residual = w.values[RESIDUAL];
    o->dscale = w.values[DSCALE];
    o->dbias = w.values[DBIAS];
    o->device = w.values[DEVICE];
    o->chain = w.values[CHAIN];
    o->prefix = w.values[PREFIX];
    o->backward = w.values[BACKWARD] != NULL;
    o->from_output = w.values[FROM_OUTPUT] != NULL;
    o->json = w.values[JSON] != NULL;
    return true;
}
