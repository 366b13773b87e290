/* tune.c - clrelu tune
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"

static void print_head(const clrelu_tuned *t)
{
    printf("%s: microseconds of a call; margin %.1f %%\n%12s  %5s", t->knob,
           100 * t->margin, "value", "mean");
    for (size_t i = 0; i < t->workloads; i++)
        printf("  %16s", t->names[i]);
    printf("\n");
}

/* data: the knob of the previous line. */
static void print_line(void *data, const clrelu_tuned *t)
{
    const char **knob = data;

    if (!*knob || strcmp(*knob, t->knob) != 0)
        print_head(t);
    *knob = t->knob;
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

bool tune(const program_options *o, failure *f)
{
    const clrelu_context_params params = {.spec = o->device};
    const char *knob = NULL;
    clrelu_context *context;
    bool good;

    if (clrelu_context_create(&params, &context))
        return fail_context(f);
    good = !clrelu_tune(context, print_line, &knob) || fail_library(f);
    clrelu_context_destroy(&context);
    return good;
}
