/* options.c - what the command line asks for
 * SPDX-License-Identifier: MIT */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum {
    ALPHA,
    ALPHA_FILE,
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
    BACKWARD,
    DEVICE,
    MEMORY,
    HELP,
    OPTION_COUNT
};

enum {
    FORWARD_ = 1 << COMMAND_FORWARD,
    BACKWARD_ = 1 << COMMAND_BACKWARD,
    DEVICES_ = 1 << COMMAND_DEVICES,
    EXPLAIN_ = 1 << COMMAND_EXPLAIN,
    RUN = FORWARD_ | BACKWARD_,
    ALL = RUN | DEVICES_ | EXPLAIN_,
    LEAKY_RELU = 1 << CLRELU_LEAKY_RELU,
    PRELU = 1 << CLRELU_PRELU,
    ELU = 1 << CLRELU_ELU,
    THRESHOLDED_RELU = 1 << CLRELU_THRESHOLDED_RELU,
    ANY = LEAKY_RELU | PRELU | ELU | THRESHOLDED_RELU
};

/* An option, the commands that know it, those that need it, and the operations
 * that it belongs to. */
static const struct rule {
    const char *name;
    unsigned known, needed, ops;
} rules[OPTION_COUNT] = {
    [ALPHA] = {"alpha", RUN, 0, LEAKY_RELU | PRELU | ELU},
    [ALPHA_FILE] = {"alpha-file", RUN, 0, PRELU},
    [ALPHA_INITIALIZER] = {"alpha-initializer", RUN, 0, PRELU},
    [ALPHA_REGULARIZER] = {"alpha-regularizer", RUN, 0, PRELU},
    [ALPHA_CONSTRAINT] = {"alpha-constraint", BACKWARD_, 0, PRELU},
    [ALPHA_OUT] = {"alpha-out", BACKWARD_, 0, PRELU},
    [LEARNING_RATE] = {"learning-rate", BACKWARD_, 0, PRELU},
    [SEED] = {"seed", RUN, 0, PRELU},
    [THETA] = {"theta", RUN, 0, THRESHOLDED_RELU},
    [SHARED_AXES] = {"shared-axes", RUN | EXPLAIN_, 0, PRELU},
    [INPUT] = {"input", RUN | EXPLAIN_, RUN, ANY},
    [OUTPUT] = {"output", RUN, RUN, ANY},
    [GRADIENT] = {"gradient", BACKWARD_, BACKWARD_, ANY},
    [DALPHA] = {"dalpha", BACKWARD_, 0, PRELU},
    [DTYPE] = {"dtype", RUN | EXPLAIN_, 0, ANY},
    [SHAPE] = {"shape", EXPLAIN_, 0, ANY},
    [BACKWARD] = {"backward", EXPLAIN_, 0, ANY},
    [DEVICE] = {"device", ALL, 0, ANY},
    [MEMORY] = {"memory", RUN, 0, ANY},
    [HELP] = {"help", ALL, 0, ANY},
};

/* The words as they are given; values[i] is NULL where option i is not. */
typedef struct words {
    const char *command, *op;
    const char *values[OPTION_COUNT];
} words;

static bool bad_option(int code, char **argv, const words *w, failure *f)
{
    const char *word = argv[optind - 1];

    if (code == ':')
        return misuse(f, w->command, "%s needs a value", word);
    if (optopt > 0 && optopt < 256 && strncmp(word, "--", 2) != 0)
        return misuse(f, w->command, "-%c is not an option", optopt);
    return misuse(f, w->command, "%s is not an option", word);
}

static bool take_word(words *w, const char *word, failure *f)
{
    if (w->op || strcmp(w->command, "devices") == 0)
        return misuse(f, w->command, "unexpected argument '%s'", word);
    w->op = word;
    return true;
}

static bool split_words(int argc, char **argv, words *w, failure *f)
{
    /* Beyond the letters, so that optopt tells which were letters. */
    enum { FIRST = 256 };
    static const char letters[] = "-:i:o:g:h"; /* operands come as code 1     */
    static const int letter_of[OPTION_COUNT] = {
        [INPUT] = 'i', [OUTPUT] = 'o', [GRADIENT] = 'g', [HELP] = 'h'};
    struct option known[OPTION_COUNT + 1] = {{0}};
    int code;

    for (int i = 0; i < OPTION_COUNT; i++) {
        const bool bare = i == BACKWARD || i == HELP;
        known[i] = (struct option){rules[i].name,
                                   bare ? no_argument : required_argument, NULL,
                                   FIRST + i};
    }
    opterr = 0;
    while ((code = getopt_long(argc, argv, letters, known, NULL)) != -1) {
        int id = code - FIRST;
        if (code == '?' || code == ':')
            return bad_option(code, argv, w, f);
        if (code == 1) {
            if (!take_word(w, optarg, f))
                return false;
            continue;
        }
        for (int i = 0; i < OPTION_COUNT; i++)
            if (code == letter_of[i])
                id = i;
        if (w->values[id])
            return misuse(f, w->command, "--%s is given twice", rules[id].name);
        w->values[id] = optarg ? optarg : "";
    }
    for (; optind < argc; optind++)
        if (!take_word(w, argv[optind], f))
            return false;
    return true;
}

static bool parse_op(const words *w, clrelu_op *op, failure *f)
{
    if (!w->op)
        return misuse(f, w->command, "an operation is missing");
    for (int i = 0; clrelu_op_name((clrelu_op)i); i++)
        if (strcmp(w->op, clrelu_op_name((clrelu_op)i)) == 0) {
            *op = (clrelu_op)i;
            return true;
        }
    return misuse(f, w->command,
                  "'%s' is not an operation, must be leaky_relu, prelu, elu or "
                  "thresholded_relu",
                  w->op);
}

/* Options that mean nothing without another. */
static bool check_needs(const words *w, failure *f)
{
    static const int needs[][2] = {{SEED, ALPHA_INITIALIZER},
                                   {ALPHA_CONSTRAINT, ALPHA_OUT},
                                   {LEARNING_RATE, ALPHA_OUT},
                                   {ALPHA_OUT, LEARNING_RATE}};

    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
        if (w->values[needs[i][0]] && !w->values[needs[i][1]])
            return misuse(f, w->command, "--%s needs --%s",
                          rules[needs[i][0]].name, rules[needs[i][1]].name);
    return true;
}

static bool check_rules(const words *w, const options *o, failure *f)
{
    const unsigned command = 1u << o->command, op = 1u << o->op;
    const bool has_op = o->command != COMMAND_DEVICES;

    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct rule *r = &rules[i];
        if (w->values[i] && !(r->known & command))
            return misuse(f, w->command, "--%s is not an option of %s", r->name,
                          w->command);
        if (w->values[i] && has_op && !(r->ops & op))
            return misuse(f, w->command, "--%s does not belong to %s", r->name,
                          w->op);
        if (!w->values[i] && (r->needed & command))
            return misuse(f, w->command, "--%s is missing", r->name);
    }
    if ((w->values[ALPHA] != NULL) + (w->values[ALPHA_FILE] != NULL) +
            (w->values[ALPHA_INITIALIZER] != NULL) >
        1)
        return misuse(f, w->command,
                      "--alpha, --alpha-file and --alpha-initializer exclude "
                      "each other");
    if (o->command == COMMAND_EXPLAIN && !w->values[SHAPE] == !w->values[INPUT])
        return misuse(f, w->command, "needs either --shape or --input");
    return check_needs(w, f);
}

/* Leaves number as it is where the option is not given. */
static bool parse_number(const words *w, int id, double *number, failure *f)
{
    const char *text = w->values[id];
    char *end;

    if (!text)
        return true;
    *number = strtod(text, &end);
    if (end == text || *end)
        return misuse(f, w->command, "--%s: '%s' is not a number",
                      rules[id].name, text);
    return true;
}

static bool parse_numbers(const words *w, options *o, failure *f)
{
    static const double defaults[] = {[CLRELU_LEAKY_RELU] = 0.3,
                                      [CLRELU_PRELU] = 0.0,
                                      [CLRELU_ELU] = 1.0,
                                      [CLRELU_THRESHOLDED_RELU] = 1.0};
    const int id = o->op == CLRELU_THRESHOLDED_RELU ? THETA : ALPHA;

    o->scalar = defaults[o->op];
    return parse_number(w, id, &o->scalar, f) &&
           parse_number(w, LEARNING_RATE, &o->learning_rate, f);
}

/* Integers in least..most, joined by commas. */
static bool parse_list(const words *w, int id, intmax_t least, intmax_t most,
                       intmax_t out[CLRELU_MAX_RANK], size_t *count, failure *f)
{
    const char *text = w->values[id], *at = text;
    char *end;

    for (*count = 0; at; at = *end ? end + 1 : NULL) {
        errno = 0;
        const intmax_t value = strtoimax(at, &end, 10);
        if (end == at || (*end && *end != ',') || errno || value < least ||
            value > most)
            return misuse(f, w->command,
                          "--%s: '%s' must be integers joined by commas",
                          rules[id].name, text);
        if (*count == CLRELU_MAX_RANK)
            return misuse(f, w->command, "--%s: more than %d integers",
                          rules[id].name, CLRELU_MAX_RANK);
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
    if (end == text || *end || *text == '-' || errno)
        return misuse(f, w->command,
                      "--seed: '%s' must be an integer in 0..2^64-1", text);
    return true;
}

const char *options_dtype_name(clrelu_dtype dtype)
{
    static const char *const names[] = {[CLRELU_FLOAT32] = "f32",
                                        [CLRELU_FLOAT16] = "f16",
                                        [CLRELU_BFLOAT16] = "bf16",
                                        [CLRELU_FLOAT64] = "f64"};

    return clrelu_dtype_size(dtype) > 0 ? names[dtype] : NULL;
}

static bool parse_dtype(const words *w, clrelu_dtype *dtype, failure *f)
{
    const char *text = w->values[DTYPE];

    if (!text)
        return true;
    for (int i = CLRELU_FLOAT32; options_dtype_name((clrelu_dtype)i); i++)
        if (strcmp(text, options_dtype_name((clrelu_dtype)i)) == 0) {
            *dtype = (clrelu_dtype)i;
            return true;
        }
    return misuse(f, w->command, "--dtype: '%s' must be f16, bf16, f32 or f64",
                  text);
}

/* Bytes, or, with a letter, that many powers of 1024 of them. */
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
    if (*text < '0' || *text > '9' || *end || errno || *memory == 0 ||
        *memory > UINT64_MAX >> shift)
        return misuse(f, w->command,
                      "--memory: '%s' must be bytes, or such as 256M or 2G",
                      text);
    *memory <<= shift;
    return true;
}

static bool parse_lists(const words *w, options *o, failure *f)
{
    intmax_t list[CLRELU_MAX_RANK];

    /* Which axes there are is for the library to say. */
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

bool options_parse(command_id command, int argc, char **argv, options *o,
                   failure *f)
{
    words w = {.command = argv[0]};

    memset(o, 0, sizeof(*o));
    o->command = command;
    if (!split_words(argc, argv, &w, f))
        return false;
    o->help = w.values[HELP] != NULL;
    if (o->help)
        return true;
    if (command != COMMAND_DEVICES && !parse_op(&w, &o->op, f))
        return false;
    if (!check_rules(&w, o, f) || !parse_numbers(&w, o, f) ||
        !parse_seed(&w, o, f) || !parse_dtype(&w, &o->dtype, f) ||
        !parse_memory(&w, &o->memory, f) || !parse_lists(&w, o, f))
        return false;
    o->alpha_file = w.values[ALPHA_FILE];
    o->alpha_initializer = w.values[ALPHA_INITIALIZER];
    o->alpha_regularizer = w.values[ALPHA_REGULARIZER];
    o->alpha_constraint = w.values[ALPHA_CONSTRAINT];
    o->alpha_out = w.values[ALPHA_OUT];
    o->input = w.values[INPUT];
    o->output = w.values[OUTPUT];
    o->gradient = w.values[GRADIENT];
    o->dalpha = w.values[DALPHA];
    o->device = w.values[DEVICE];
    o->backward = w.values[BACKWARD] != NULL;
    return true;
}
