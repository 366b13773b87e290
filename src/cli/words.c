/* words.c - the words of a command line and their consistency
 * SPDX-License-Identifier: MIT */
#include "words.h"

#include <getopt.h>
#include <string.h>

#include "names.h"
#include "nearest.h"

enum {
    FORWARD_ = 1 << COMMAND_FORWARD,
    BACKWARD_ = 1 << COMMAND_BACKWARD,
    PLOT_ = 1 << COMMAND_PLOT,
    DEVICES_ = 1 << COMMAND_DEVICES,
    EXPLAIN_ = 1 << COMMAND_EXPLAIN,
    SOURCE_ = 1 << COMMAND_SOURCE,
    RUN = FORWARD_ | BACKWARD_,
    DEVICE_ = RUN | PLOT_ | DEVICES_ | EXPLAIN_
};

/* The operations that an option belongs to.  ITS_OWN: those with a parameter of
 * the option's name.  COLUMNS: PRELU, or any with scale, bias or their
 * gradients.  NOT_ELU: those whose derivative is a function of one bit. */
typedef enum owner { ANY, ITS_OWN, PRELU, COLUMNS, NOT_ELU } owner;

/* An option, the commands that accept it, those that require it. */
static const struct rule {
    const char *name;
    unsigned known, needed;
    owner owner;
} rules[OPTION_COUNT] = {
    [ALPHA] = {"alpha", RUN | PLOT_ | SOURCE_, 0, ITS_OWN},
    [ALPHA_FILE] = {"alpha-file", RUN | EXPLAIN_, 0, PRELU},
    [ALPHA_LAYOUT] = {"alpha-layout", RUN | EXPLAIN_, 0, COLUMNS},
    [ALPHA_INITIALIZER] = {"alpha-initializer", RUN, 0, PRELU},
    [ALPHA_REGULARIZER] = {"alpha-regularizer", RUN, 0, PRELU},
    [ALPHA_CONSTRAINT] = {"alpha-constraint", BACKWARD_, 0, PRELU},
    [ALPHA_OUT] = {"alpha-out", BACKWARD_, 0, PRELU},
    [LEARNING_RATE] = {"learning-rate", BACKWARD_, 0, PRELU},
    [SEED] = {"seed", RUN, 0, PRELU},
    [THETA] = {"theta", RUN | PLOT_ | SOURCE_, 0, ITS_OWN},
    [SHARED_AXES] = {"shared-axes", RUN | EXPLAIN_, 0, COLUMNS},
    [INPUT] = {"input", RUN | EXPLAIN_, RUN, ANY},
    [OUTPUT] = {"output", RUN | PLOT_, RUN | PLOT_, ANY},
    [GRADIENT] = {"gradient", BACKWARD_, BACKWARD_, ANY},
    [FROM_OUTPUT] = {"from-output", BACKWARD_, 0, ANY},
    [MASK] = {"mask", RUN, 0, NOT_ELU},
    [DALPHA] = {"dalpha", BACKWARD_, 0, PRELU},
    [SCALE] = {"scale", RUN, 0, ANY},
    [BIAS] = {"bias", RUN, 0, ANY},
    [RESIDUAL] = {"residual", FORWARD_, 0, ANY},
    [GAIN] = {"gain", RUN | SOURCE_, 0, ANY},
    [DSCALE] = {"dscale", BACKWARD_, 0, ANY},
    [DBIAS] = {"dbias", BACKWARD_, 0, ANY},
    [DTYPE] = {"dtype", RUN | EXPLAIN_ | SOURCE_, 0, ANY},
    [SHAPE] = {"shape", EXPLAIN_, 0, ANY},
    [RANGE] = {"range", PLOT_, 0, ANY},
    [BACKWARD] = {"backward", EXPLAIN_, 0, ANY},
    [DEVICE] = {"device", DEVICE_, 0, ANY},
    [MEMORY] = {"memory", RUN, 0, ANY},
    [JSON] = {"json", DEVICES_ | EXPLAIN_, 0, ANY},
    [CHAIN] = {"chain", SOURCE_, 0, ANY},
    [PREFIX] = {"prefix", SOURCE_, 0, ANY},
    [HELP] = {"help", DEVICE_ | SOURCE_, 0, ANY},
};

const char *words_name(int option)
{
    return rules[option].name;
}

static bool bad_option(int code, char **argv, const words *w, failure *f)
{
    const char *word = argv[optind - 1];
    nearest n;

    if (code == ':')
        return misuse(f, w->command, "%s needs a value", word);
    if (optopt > 0 && optopt < 256 && strncmp(word, "--", 2) != 0)
        return misuse(f, w->command, "-%c is not an option", optopt);
    nearest_start(&n, word + strspn(word, "-"));
    for (int i = 0; i < OPTION_COUNT; i++)
        if (rules[i].known & 1u << w->id)
            nearest_try(&n, rules[i].name);
    return misuse(f, w->command, "%s is not an option%s", word,
                  nearest_hint(&n, "--"));
}

static bool take_word(words *w, const char *word, failure *f)
{
    if (w->op || w->id == COMMAND_DEVICES)
        return misuse(f, w->command, "unexpected argument '%s'", word);
    w->op = word;
    return true;
}

static bool split_words(int argc, char **argv, words *w, failure *f)
{
    /* Above all letters: optopt is a letter if it is smaller. */
    enum { FIRST = 256 };
    static const char letters[] = "-:i:o:g:h"; /* code 1: operands */
    static const int letter_of[OPTION_COUNT] = {
        [INPUT] = 'i', [OUTPUT] = 'o', [GRADIENT] = 'g', [HELP] = 'h'};
    struct option known[OPTION_COUNT + 1] = {{0}};
    int code;

    for (int i = 0; i < OPTION_COUNT; i++) {
        const bool bare =
            i == BACKWARD || i == JSON || i == HELP || i == FROM_OUTPUT;
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
    char text[NAMES_TEXT];
    nearest n;

    if (!w->op)
        return misuse(f, w->command, "an operation is missing");
    if (names_op(w->op, strlen(w->op), op))
        return true;
    nearest_start(&n, w->op);
    for (int i = 1; clrelu_op_name((clrelu_op)i); i++)
        nearest_try(&n, clrelu_op_name((clrelu_op)i));
    return misuse(f, w->command, "'%s' is not an operation%s, must be %s",
                  w->op, nearest_hint(&n, ""), names_ops(text));
}

/* Options that require another one. */
static bool check_needs(const words *w, clrelu_op op, failure *f)
{
    static const int needs[][2] = {{SEED, ALPHA_INITIALIZER},
                                   {ALPHA_CONSTRAINT, ALPHA_OUT},
                                   {LEARNING_RATE, ALPHA_OUT},
                                   {ALPHA_OUT, LEARNING_RATE}};

    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
        if (w->values[needs[i][0]] && !w->values[needs[i][1]])
            return misuse(f, w->command, "--%s needs --%s",
                          rules[needs[i][0]].name, rules[needs[i][1]].name);
    for (int i = 0; w->id == COMMAND_SOURCE && i < OPTION_COUNT; i++)
        if (w->values[i] && (i == ALPHA || i == THETA || i == GAIN) &&
            !w->values[CHAIN])
            return misuse(f, w->command, "--%s needs --chain", rules[i].name);
    if (w->id == COMMAND_SOURCE && op == CLRELU_PRELU && w->values[ALPHA])
        return misuse(f, w->command,
                      "--alpha does not belong to prelu, whose alpha is an "
                      "operand of the chain");
    if (w->values[ALPHA_LAYOUT] && !w->values[ALPHA_FILE] &&
        !w->values[SCALE] && !w->values[BIAS])
        return misuse(f, w->command, "--alpha-layout needs --alpha-file");
    return true;
}

/* Options that exclude another one.  What the forward call has of scale, bias
 * and gain, backward needs x for. */
static bool check_exclusions(const words *w, failure *f)
{
    static const int pairs[][2] = {
        {FROM_OUTPUT, MASK}, {FROM_OUTPUT, SCALE},  {FROM_OUTPUT, BIAS},
        {FROM_OUTPUT, GAIN}, {FROM_OUTPUT, DSCALE}, {FROM_OUTPUT, DBIAS},
        {MASK, SCALE},       {MASK, BIAS},          {MASK, RESIDUAL},
        {MASK, GAIN},        {MASK, DSCALE},        {MASK, DBIAS},
        {MASK, DALPHA},      {MASK, ALPHA_OUT},     {MASK, INPUT}};

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        const int a = pairs[i][0], b = pairs[i][1];
        const bool may = b == INPUT && w->id == COMMAND_FORWARD;
        if (w->values[a] && w->values[b] && !may)
            return misuse(f, w->command, "--%s excludes --%s", rules[a].name,
                          rules[b].name);
    }
    return true;
}

/* Backward, a mask takes the place of the input. */
static bool is_needed(const words *w, int option)
{
    const bool has_mask = w->values[MASK] && w->id == COMMAND_BACKWARD;

    return (rules[option].needed & 1u << w->id) &&
           !(option == INPUT && has_mask);
}

static bool has_columns(const words *w, clrelu_op op)
{
    return op == CLRELU_PRELU || w->values[SCALE] || w->values[BIAS] ||
           w->values[DSCALE] || w->values[DBIAS];
}

static bool belongs(const struct rule *r, const words *w, clrelu_op op)
{
    if (r->owner == ITS_OWN)
        return strcmp(r->name, clrelu_op_parameter(op, NULL)) == 0;
    if (r->owner == COLUMNS)
        return has_columns(w, op);
    if (r->owner == NOT_ELU)
        return op != CLRELU_ELU;
    return r->owner == ANY || op == CLRELU_PRELU;
}

static bool check_rules(const words *w, clrelu_op op, failure *f)
{
    const unsigned command = 1u << w->id;
    const bool has_op = w->id != COMMAND_DEVICES;

    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct rule *r = &rules[i];
        if (w->values[i] && !(r->known & command))
            return misuse(f, w->command, "--%s is not an option of %s", r->name,
                          w->command);
        if (w->values[i] && has_op && !belongs(r, w, op))
            return misuse(f, w->command, "--%s does not belong to %s", r->name,
                          w->op);
        if (!w->values[i] && is_needed(w, i))
            return misuse(f, w->command, "--%s is missing", r->name);
    }
    if ((w->values[ALPHA] != NULL) + (w->values[ALPHA_FILE] != NULL) +
            (w->values[ALPHA_INITIALIZER] != NULL) >
        1)
        return misuse(f, w->command,
                      "--alpha, --alpha-file and --alpha-initializer exclude "
                      "each other");
    if (w->id == COMMAND_EXPLAIN && !w->values[SHAPE] == !w->values[INPUT])
        return misuse(f, w->command, "needs either --shape or --input");
    return check_exclusions(w, f) && check_needs(w, op, f);
}

bool words_read(command_id id, int argc, char **argv, words *w, clrelu_op *op,
                failure *f)
{
    *w = (words){.id = id, .command = argv[0]};
    if (!split_words(argc, argv, w, f))
        return false;
    if (w->values[HELP])
        return true;
    return (id == COMMAND_DEVICES || parse_op(w, op, f)) &&
           check_rules(w, *op, f);
}
