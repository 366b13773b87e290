/* program_options.c - the options of compile, pack, cache and tune
 * SPDX-License-Identifier: MIT */
#include "program_options.h"

#include <getopt.h>
#include <string.h>

#include "names.h"
#include "nearest.h"

static const struct option known[] = {{"device", required_argument, NULL, 'd'},
                                      {"output", required_argument, NULL, 'o'},
                                      {"source", required_argument, NULL, 's'},
                                      {"op", required_argument, NULL, 'p'},
                                      {"dtype", required_argument, NULL, 't'},
                                      {"help", no_argument, NULL, 'h'},
                                      {NULL, 0, NULL, 0}};
static const unsigned known_takes[] = {TAKES_DEVICE,   TAKES_OUTPUT,
                                       TAKES_SOURCE,   TAKES_PROGRAMS,
                                       TAKES_PROGRAMS, 0};

/* Adds names that are separated by commas to one of the sets. */
static bool add_names(program_options *o, const char *list, bool is_op)
{
    clrelu_op op;
    clrelu_dtype dtype;

    for (const char *word = list; word; word = strchr(word, ',')) {
        word += word > list && *word == ',';
        const size_t length = strcspn(word, ",");
        if (is_op && names_op(word, length, &op))
            o->ops |= 1u << op;
        else if (!is_op && names_dtype(word, length, &dtype))
            o->dtypes |= 1u << dtype;
        else
            return false;
    }
    return true;
}

static bool take(int code, const char *value, const char *command,
                 program_options *o, failure *f)
{
    char text[NAMES_TEXT];

    switch (code) {
    case 'd':
        o->device = value;
        return true;
    case 'o':
        o->output = value;
        return true;
    case 's':
        o->source = value;
        return true;
    case 'h':
        o->help = true;
        return true;
    case 'p':
        return add_names(o, value, true) ||
               misuse(f, command, "--op: '%s' must be %s, joined by commas",
                      value, names_ops(text));
    case 't':
        return add_names(o, value, false) ||
               misuse(f, command,
                      "--dtype: '%s' must be " NAMES_DTYPES
                      ", joined by commas",
                      value);
    default:
        if (o->word)
            return misuse(f, command, "unexpected argument '%s'", value);
        o->word = value;
        return true;
    }
}

/* NULL for an operand. */
static const struct option *option_of(int code)
{
    const struct option *o = known;

    while (o->name && o->val != code)
        o++;
    return o->name ? o : NULL;
}

static bool bad_option(const char *command, const char *word, unsigned takes,
                       failure *f)
{
    nearest n;

    nearest_start(&n, word + strspn(word, "-"));
    for (size_t i = 0; known[i].name; i++)
        if ((known_takes[i] & takes) == known_takes[i])
            nearest_try(&n, known[i].name);
    return misuse(f, command, "%s is not an option%s", word,
                  nearest_hint(&n, "--"));
}

/* Reads all words: --help after a wrong option still shows the help. */
static bool read_all(int argc, char **argv, program_options *o,
                     const struct option **foreign, unsigned takes, failure *f)
{
    int code;

    opterr = 0;
    while ((code = getopt_long(argc, argv, "-:o:h", known, NULL)) != -1) {
        const struct option *is = option_of(code);
        if (code == ':')
            return misuse(f, argv[0], "%s needs a value", argv[optind - 1]);
        if (code == '?')
            return bad_option(argv[0], argv[optind - 1], takes, f);
        if (is && known_takes[is - known] & ~takes)
            *foreign = is;
        else if (!take(code, optarg, argv[0], o, f))
            return false;
    }
    for (; optind < argc; optind++)
        if (!take(1, argv[optind], argv[0], o, f))
            return false;
    return true;
}

bool program_options_parse(int argc, char **argv, unsigned takes,
                           program_options *o, failure *f)
{
    const struct option *foreign = NULL;

    memset(o, 0, sizeof(*o));
    if (takes & TAKES_WARM && argc > 1 && strcmp(argv[1], "warm") == 0)
        takes |= TAKES_DEVICE | TAKES_PROGRAMS;
    if (!read_all(argc, argv, o, &foreign, takes, f))
        return false;
    if (o->help)
        return true;
    if (foreign)
        return misuse(f, argv[0], "--%s does not belong to %s%s%s",
                      foreign->name, argv[0], o->word ? " " : "",
                      o->word ? o->word : "");
    if (o->word && !(takes & TAKES_WORD))
        return misuse(f, argv[0], "unexpected argument '%s'", o->word);
    if (o->ops == 0)
        o->ops = ~0u;
    if (o->dtypes == 0)
        o->dtypes = 1u << CLRELU_FLOAT32;
    return true;
}

bool program_options_compile(const program_options *o, clrelu_context *context,
                             clrelu_op op, clrelu_dtype dtype, failure *f)
{
    (void)o;
    return !clrelu_precompile(context, op, dtype) || fail_library(f);
}

bool program_options_each(const program_options *o, clrelu_context *context,
                          bool (*visit)(const program_options *o,
                                        clrelu_context *context, clrelu_op op,
                                        clrelu_dtype dtype, failure *f),
                          failure *f)
{
    for (int i = 1; clrelu_op_name((clrelu_op)i); i++)
        for (int j = CLRELU_FLOAT32; clrelu_dtype_size((clrelu_dtype)j); j++)
            if (o->ops >> i & 1 && o->dtypes >> j & 1 &&
                !visit(o, context, (clrelu_op)i, (clrelu_dtype)j, f))
                return false;
    return true;
}
