/* report.c - the table for people
 * SPDX-License-Identifier: MIT */
#include "report.h"

#include <stdio.h>
#include <string.h>

#include "selection.h"

enum { WIDTH = 7 };

/* Of a peer's column. */
static int width_of(const impl *i)
{
    const int length = (int)strlen(i->name);

    return length > WIDTH ? length : WIDTH;
}

static void print_outcome(outcome o, int width)
{
    printf(" %*s", width,
           o == OUTCOME_WRONG    ? "wrong"
           : o == OUTCOME_FAILED ? "failed"
                                 : "-");
}

/* Three digits, whatever the size. */
static void print_speed(double speed, int width)
{
    if (speed <= 0)
        printf(" %*s", width, "-");
    else
        printf(" %*.*f", width, speed < 10 ? 2 : speed < 100 ? 1 : 0, speed);
}

static void print_ratio(double ratio)
{
    if (ratio <= 0)
        printf(" %8s", "-");
    else
        printf(" %8.*f", ratio < 10 ? 2 : ratio < 100 ? 1 : 0, ratio);
}

void report_head(const records *all)
{
    printf("%s, %u compute units (%s, %s)\n", all->h->name, all->h->cores,
           all->h->platform, all->h->driver);
    printf("GB/s in median, of the bytes that the operation must move; "
           "quartiles of clrelu in brackets.\n"
           "/ceiling, /peer: clrelu's speed as a multiple of the ceiling's, "
           "of the best peer's, round by round, the median.\n"
           "launch: the part of clrelu's time that the same launches of empty "
           "kernels take; net: /peer without it.\n\n");
    printf("%-40s %9s %7s %-15s %7s %7s", "case", "n", "clrelu", "", "ceiling",
           "naive");
    for (size_t i = 0; i < all->impl_count; i++)
        if (all->impls[i].kind == KIND_PEER)
            printf(" %*s", width_of(&all->impls[i]), all->impls[i].name);
    printf(" %8s %8s %8s %8s\n", "/ceiling", "/peer", "launch", "net");
    fflush(stdout);
}

static void print_timing(const record *r, const timing *t, int width)
{
    if (t->outcome == OUTCOME_TIMED)
        print_speed(record_speed(r, t), width);
    else
        print_outcome(t->outcome, width);
}

static void print_library(const record *r, const timing *t)
{
    const double bytes = 1e-9 * case_bytes(&r->c);
    char spread[32] = "";

    print_timing(r, t, WIDTH);
    if (t->outcome == OUTCOME_TIMED)
        snprintf(spread, sizeof(spread), "[%.3g %.3g]", bytes / t->upper,
                 bytes / t->lower);
    printf(" %-15s", spread);
}

void report_row(const records *all, const record *r)
{
    printf("%-40s %9zu", case_name(&r->c), case_count(&r->c));
    print_library(r, &r->timings[0]);
    print_speed(record_speed(r, record_best(all, r, KIND_CEILING)), WIDTH);
    print_speed(record_speed(r, record_best(all, r, KIND_NAIVE)), WIDTH);
    for (size_t i = 0; i < all->impl_count; i++)
        if (all->impls[i].kind == KIND_PEER)
            print_timing(r, &r->timings[i], width_of(&all->impls[i]));
    print_ratio(record_ratio(all, r, KIND_CEILING));
    print_ratio(record_ratio(all, r, KIND_PEER));
    print_ratio(record_ratio(all, r, KIND_LAUNCH));
    print_ratio(record_net(all, r));
    putchar('\n');
    fflush(stdout);
}

void report_detail(const records *all, const record *r)
{
    for (size_t i = 0; i < all->impl_count; i++) {
        const timing *t = &r->timings[i];
        if (t->outcome == OUTCOME_TIMED)
            printf("    %-28s best %.6g, quartiles %.6g %.6g %.6g us, "
                   "%u runs of %u\n",
                   all->impls[i].name, 1e6 * t->best, 1e6 * t->lower,
                   1e6 * t->median, 1e6 * t->upper, t->runs, t->calls);
    }
    fflush(stdout);
}

static void print_lowest(const records *all, bool backward, impl_kind kind)
{
    const record *lowest = NULL;

    for (size_t i = 0; i < all->count; i++) {
        const record *r = &all->items[i];
        const double ratio = record_ratio(all, r, kind);
        if (r->c.backward == backward && ratio > 0 &&
            (!lowest || ratio < record_ratio(all, lowest, kind)))
            lowest = r;
    }
    if (lowest)
        printf("lowest %s, %s: %.2f (%s)\n",
               kind == KIND_PEER ? "/peer" : "/ceiling",
               backward ? "backward" : "forward",
               record_ratio(all, lowest, kind), case_name(&lowest->c));
}

void report_lowest(const records *all)
{
    putchar('\n');
    print_lowest(all, false, KIND_CEILING);
    print_lowest(all, true, KIND_CEILING);
    print_lowest(all, false, KIND_PEER);
    print_lowest(all, true, KIND_PEER);
}
