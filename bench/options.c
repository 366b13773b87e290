/* options.c - the command line of clrelu-bench
 * SPDX-License-Identifier: MIT */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "peers.h"

enum { LOWEST = 4, HIGHEST = 30 };

static const char help_text[] =
    "clrelu-bench - clrelu, the memory's limit and peers compared\n"
    "\n"
    "usage: clrelu-bench [options]\n"
    "\n"
    "What runs where:\n"
    "  --device SPEC       the OpenCL device, such as gpu or pocl:cpu:0\n"
    "                      (default: CLRELU_DEVICE, else the best)\n"
    "  --peers LIST        which peers, joined by commas: onednn, xnnpack,\n"
    "                      torch, torch.compile, keras, jax, onnxruntime\n"
    "                      (default: all that are here)\n"
    "  --no-peers          only clrelu, the naive kernel and the ceiling\n"
    "  --python PROGRAM    a Python with such peers, to look into before\n"
    "                      /usr/bin/python3 and python3\n"
    "  --other FILE        another build's libclrelu.so, as a peer: what a\n"
    "                      change of the library changes\n"
    "\n"
    "Which cases:\n"
    "  --op NAME           leaky_relu, prelu, elu or thresholded_relu\n"
    "  --direction NAME    forward or backward\n"
    "  --pattern NAME      prelu only, alphas shared like this: nchw, odd (as\n"
    "                      nchw, of 55x57), nhwc, dense, one, full, channel,\n"
    "                      1-3 or rank6\n"
    "  --size LOG2[:LOG2]  log2 of the elements, in a range in steps of 2\n"
    "                      (default: 10:26; the two largest in place too)\n"
    "  --quick             two sizes, fewer runs: a minute or two\n"
    "\n"
    "How:\n"
    "  --runs N            runs per case, 3 to 1001 (default: 15)\n"
    "  --csv FILE          write the figures to FILE as well\n"
    "  --json FILE         the same as one object: version, device, platform,\n"
    "                      driver, compute_units; rows, an array of objects\n"
    "                      named as the columns of the CSV\n"
    "  --plot FILE         draw them to FILE, a PNG, with gnuplot\n"
    "  --detail            minimum and quartiles of every implementation\n"
    "\n"
    "Instead of the cases:\n"
    "  --overhead          the host cost of a call, compared with its OpenCL\n"
    "                      calls alone\n"
    "  --dtypes            float16 and bfloat16 compared with float32\n"
    "  --scaling           a batch in shards on one device and on several,\n"
    "                      compared with the model of docs/scaling.md\n"
    "  --startup           from the start of a process to its first result\n"
    "\n"
    "  --help, --version\n"
    "\n"
    "Exit status: 0; 1 if something failed, a wrong result of clrelu\n"
    "included; 2 if the arguments make no sense.\n";

enum {
    OPTION_HELP = 1,
    OPTION_VERSION,
    OPTION_DEVICE,
    OPTION_PYTHON,
    OPTION_PEERS,
    OPTION_NO_PEERS,
    OPTION_OTHER,
    OPTION_OP,
    OPTION_DIRECTION,
    OPTION_PATTERN,
    OPTION_SIZE,
    OPTION_QUICK,
    OPTION_RUNS,
    OPTION_CSV,
    OPTION_JSON,
    OPTION_PLOT,
    OPTION_DETAIL,
    OPTION_OVERHEAD,
    OPTION_DTYPES,
    OPTION_SCALING,
    OPTION_STARTUP,
    OPTION_FIRST_RESULT
};

static const struct option known[] = {
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"device", required_argument, NULL, OPTION_DEVICE},
    {"python", required_argument, NULL, OPTION_PYTHON},
    {"peers", required_argument, NULL, OPTION_PEERS},
    {"no-peers", no_argument, NULL, OPTION_NO_PEERS},
    {"other", required_argument, NULL, OPTION_OTHER},
    {"op", required_argument, NULL, OPTION_OP},
    {"direction", required_argument, NULL, OPTION_DIRECTION},
    {"pattern", required_argument, NULL, OPTION_PATTERN},
    {"size", required_argument, NULL, OPTION_SIZE},
    {"quick", no_argument, NULL, OPTION_QUICK},
    {"runs", required_argument, NULL, OPTION_RUNS},
    {"csv", required_argument, NULL, OPTION_CSV},
    {"json", required_argument, NULL, OPTION_JSON},
    {"plot", required_argument, NULL, OPTION_PLOT},
    {"detail", no_argument, NULL, OPTION_DETAIL},
    {"overhead", no_argument, NULL, OPTION_OVERHEAD},
    {"dtypes", no_argument, NULL, OPTION_DTYPES},
    {"scaling", no_argument, NULL, OPTION_SCALING},
    {"startup", no_argument, NULL, OPTION_STARTUP},
    {"first-result", required_argument, NULL, OPTION_FIRST_RESULT},
    {NULL, 0, NULL, 0},
};

static void misuse(const char *option, const char *given, const char *wanted)
{
    fprintf(stderr, "clrelu-bench: --%s is '%s', not %s (see --help)\n", option,
            given, wanted);
    exit(2);
}

static unsigned read_number(const char *option, const char *text,
                            const char **end, unsigned low, unsigned high)
{
    char wanted[64];
    char *after;
    const unsigned long number = strtoul(text, &after, 10);

    *end = after;
    if (text[0] >= '0' && text[0] <= '9' && number >= low && number <= high)
        return (unsigned)number;
    snprintf(wanted, sizeof(wanted), "a number from %u to %u", low, high);
    misuse(option, text, wanted);
    return 0;
}

static void read_size(const char *text, case_filter *f)
{
    const char *end;

    f->low = f->high = read_number("size", text, &end, LOWEST, HIGHEST);
    if (*end == ':')
        f->high = read_number("size", end + 1, &end, f->low, HIGHEST);
    if (*end)
        misuse("size", text, "LOG2 or LOG2:LOG2");
}

static unsigned read_runs(const char *text)
{
    const char *end;
    const unsigned runs = read_number("runs", text, &end, 3, MAX_RUNS);

    if (*end)
        misuse("runs", text, "a number");
    return runs;
}

static void need_op(const char *name)
{
    if (strcmp(name, "leaky_relu") && strcmp(name, "prelu") &&
        strcmp(name, "elu") && strcmp(name, "thresholded_relu"))
        misuse("op", name, "leaky_relu, prelu, elu or thresholded_relu");
}

static void need_direction(const char *name)
{
    if (strcmp(name, "forward") && strcmp(name, "backward"))
        misuse("direction", name, "forward or backward");
}

static void need_pattern(const char *name)
{
    for (size_t i = 0; case_pattern(i); i++)
        if (strcmp(name, case_pattern(i)) == 0)
            return;
    misuse("pattern", name, "the name of a pattern");
}

static void need_peers(const char *names)
{
    if (!peers_are_known(names))
        misuse("peers", names, "names of peers");
}

static void say(const char *text)
{
    const bool failed = fputs(text, stdout) < 0 || fflush(stdout);

    exit(failed ? 1 : 0);
}

/* Which cases. */
static void take_filter(int option, case_filter *f)
{
    switch (option) {
    case OPTION_OP:
        need_op(optarg);
        f->op = optarg;
        break;
    case OPTION_DIRECTION:
        need_direction(optarg);
        f->direction = optarg;
        break;
    case OPTION_PATTERN:
        need_pattern(optarg);
        f->pattern = optarg;
        break;
    case OPTION_SIZE:
        read_size(optarg, f);
        break;
    default:
        break;
    }
}

static void take(int option, options *o)
{
    switch (option) {
    case OPTION_HELP:
        say(help_text);
        break;
    case OPTION_VERSION:
        printf("clrelu-bench %s\n", clrelu_version());
        say("");
        break;
    case OPTION_DEVICE:
        o->device = optarg;
        break;
    case OPTION_PYTHON:
        o->python = optarg;
        break;
    case OPTION_PEERS:
        need_peers(optarg);
        o->peers = optarg;
        break;
    case OPTION_NO_PEERS:
        o->peers = "";
        break;
    case OPTION_OTHER:
        o->other = optarg;
        break;
    case OPTION_QUICK:
        o->quick = true;
        break;
    case OPTION_RUNS:
        o->runs = read_runs(optarg);
        break;
    case OPTION_CSV:
        o->csv = optarg;
        break;
    case OPTION_JSON:
        o->json = optarg;
        break;
    case OPTION_PLOT:
        o->plot = optarg;
        break;
    case OPTION_DETAIL:
        o->detail = true;
        break;
    case OPTION_OVERHEAD:
        o->mode = MODE_OVERHEAD;
        break;
    case OPTION_DTYPES:
        o->mode = MODE_DTYPES;
        break;
    case OPTION_SCALING:
        o->mode = MODE_SCALING;
        break;
    case OPTION_STARTUP:
        o->mode = MODE_STARTUP;
        break;
    case OPTION_FIRST_RESULT:
        o->mode = MODE_FIRST_RESULT;
        o->started = atof(optarg);
        break;
    default:
        take_filter(option, &o->filter);
        break;
    }
}

/* The defaults of options that are not given. */
static void complete(options *o)
{
    case_filter *f = &o->filter;

    if (f->low == 0 && o->quick)
        *f = (case_filter){f->op, f->direction, f->pattern, 16, 24, 8, 31};
    else if (f->low == 0)
        *f = (case_filter){f->op, f->direction, f->pattern, 10, 26, 2, 24};
    else
        f->in_place_from = 24;
    if (f->step == 0)
        f->step = 2;
    if (o->runs == 0)
        o->runs = o->quick ? 3 : 15;
}

void options_parse(int argc, char **argv, options *o)
{
    int option;

    memset(o, 0, sizeof(*o));
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == '?')
            exit(2);
        take(option, o);
    }
    if (optind < argc) {
        fprintf(stderr, "clrelu-bench: unexpected '%s' (see --help)\n",
                argv[optind]);
        exit(2);
    }
    complete(o);
}
