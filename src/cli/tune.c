/* tune.c - clrelu tune
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "program_options.h"

typedef struct table {
    const char *knob; /* of the previous line */
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
           t->is_repeat    ? "  default, again"
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
        return fail_context(f);
    good = !clrelu_tune(context, print_line, &all) || fail_library(f);
    clrelu_context_destroy(&context);
    return good;
}
