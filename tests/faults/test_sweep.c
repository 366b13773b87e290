/* test_sweep.c - every function of the library, with every call failing once
 * SPDX-License-Identifier: MIT
 *
 *   test_sweep LAYER [all|some|NAME]
 *       all: every code instead of the commonest; some: each tenth call
 *   test_sweep --list
 *       the scenarios' names */
#include <string.h>

#include "sweep_library.h"
#include "tap.h"

static const struct scenarios *const all_scenarios[] = {
    &sweep_operations, &sweep_layers, &sweep_programs};

/* In the order above: all, or those that are named so. */
static long sweep_all(struct sweep_how how, const char *only)
{
    long injected = 0;

    for (size_t i = 0; i < COUNT_OF(all_scenarios); i++)
        for (size_t j = 0; j < all_scenarios[i]->count; j++) {
            const struct scenario *s = &all_scenarios[i]->first[j];
            if (strstr(s->name, only) && (how.all || *only || !s->slow))
                injected += sweep(s, how);
        }
    return injected;
}

static void list(void)
{
    for (size_t i = 0; i < COUNT_OF(all_scenarios); i++)
        for (size_t j = 0; j < all_scenarios[i]->count; j++)
            puts(all_scenarios[i]->first[j].name);
}

int main(int argc, char **argv)
{
    const char *which = argc > 2 ? argv[2] : "";
    const bool all = strcmp(which, "all") == 0,
               some = strcmp(which, "some") == 0;

    if (argc < 2)
        bail("usage: test_sweep LAYER [all|some|NAME]");
    if (strcmp(argv[1], "--list") == 0) {
        list();
        return 0;
    }
    fault_open(argv[1]);
    library_open();
    diag("%ld failures in all",
         sweep_all((struct sweep_how){all, some ? 10 : 1},
                   all || some ? "" : which));
    library_close();
    return done_testing();
}
