/* tune.c - clrelu tune
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "program_options.h"

const char tune_help[] =
    "usage: clrelu tune [--device SPEC]\n\n"
    "Measures on a device what there is to choose: how wide an access is, how\n"
    "much a work-item or a work-group does, from where on stores go past the\n"
    "caches.  All values take turns; the default stays unless another is "
    "faster\n"
    "by more than the noise.  What was found is kept beside the compiled\n"
    "programs and used by every program from then on; it changes the speed "
    "and\n"
    "not a bit of the results.  'clrelu explain' shows what is used, 'clrelu\n"
    "cache clear' forgets it.  It takes about half a minute, on a machine "
    "that\n"
    "has nothing else to do.\n\n"
    "  --device SPEC        such as gpu, cpu, nvidia, pocl:cpu:0\n"
    "  -h, --help\n";

typedef struct table {
    const char *knob; /* of the line before */
} table;

static void print_head(const clrelu_tuned *t)
{
    printf("%s: microseconds of a call; margin %.1f %%\n%12s  %5s", t->knob,
           100 * t->margin, "value", "mean");
    for (size_t i = 0; i < t->workloads; i++)
        printf("  %16s", t->names[i]);
    printf("\n");
}

static void print_line(void *data, const clrelu_tuned *t)
{
    table *all = data;

    if (!all->knob || strcmp(all->knob, t->knob) != 0)
        print_head(t);
    all->knob = t->knob;
    printf("%12" PRIu64 "  %5.3f", t->value, t->mean);
    for (size_t i = 0; i < t->workloads; i++)
        printf("  %16.1f", 1e6 * t->seconds[i]);
    printf("%s%s\n",
           t->is_again     ? "  default, again"
           : t->is_default ? "  default"
                           : "",
           t->is_chosen ? "  chosen" : "");
    fflush(stdout);
}

bool tune(int argc, char **argv, failure *f)
{
    clrelu_context_params params = {.program = NULL};
    clrelu_context *context;
    program_options o;
    table all = {NULL};
    bool good;

    if (!program_options_parse(argc, argv, TAKES_DEVICE, &o, f))
        return false;
    if (o.help)
        return fputs(tune_help, stdout) >= 0;
    params.spec = o.device;
    if (clrelu_context_create(&params, &context))
        return fail_library(f);
    good = !clrelu_tune(context, print_line, &all) || fail_library(f);
    clrelu_context_destroy(&context);
    return good;
}
