/* main.c - clrelu, the memory's limit and peers compared
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "modes.h"
#include "peers.h"
#include "plot.h"
#include "report.h"
#include "rows.h"

typedef struct lineup {
    impl impls[MAX_IMPLS];
    size_t count;
} lineup;

static void keep(lineup *l, bool opened)
{
    l->count += opened;
}

/* The library first; what cannot run here is left out. */
static void assemble(lineup *l, const harness *h, const options *o)
{
    impl *const i = l->impls;

    keep(l, library_open(h, &i[l->count]));
    for (unsigned ways = 0; ways < CEILINGS && h->is_cpu; ways++)
        keep(l, ceiling_cpu_open(h, ways, &i[l->count]));
    for (int way = 0; way < 2 && !h->is_cpu; way++)
        keep(l, ceiling_cl_open(h, way & 1, &i[l->count]));
    keep(l, launch_open(h, &i[l->count]));
    keep(l, naive_open(h, &i[l->count]));
    if (o->other)
        keep(l, library_open_other(h, o->other, &i[l->count]));
    l->count += peers_open(h, o->peers, o->python, &i[l->count]);
}

static bool run_case(const options *o, const measuring *m, records *all,
                     const bench_case *c, uint64_t *state, rows *out)
{
    record *r = &all->items[all->count];

    r->c = *c;
    if (!measure(m, c, state, r->timings) ||
        r->timings[0].outcome == OUTCOME_ABSENT) {
        printf("%-40s not enough memory\n", case_name(c));
        return true;
    }
    all->count++;
    report_row(all, r);
    if (o->detail)
        report_detail(all, r);
    rows_write(out, all, r);
    return r->timings[0].outcome == OUTCOME_TIMED;
}

static bool run_cases(const options *o, const measuring *m, records *all)
{
    const size_t count = cases_find(&o->filter, NULL, 0);
    bench_case *cases = must_have(calloc(count + 1, sizeof(*cases)));
    uint64_t state = 1;
    bool ok = true;
    rows out;

    rows_open(&out, o->csv, o->json, all->h);
    cases_find(&o->filter, cases, count);
    all->items = must_have(calloc(count + 1, sizeof(*all->items)));
    report_head(all);
    for (size_t i = 0; i < count; i++)
        ok &= run_case(o, m, all, &cases[i], &state, &out);
    report_lowest(all);
    rows_close(&out);
    free(cases);
    return ok;
}

/* The arrays of one case serve the next: new pages cost more time than what is
 * measured on them. */
static void keep_memory(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, -1);
#endif
}

static bool compare_all(const options *o)
{
    harness h;
    lineup l = {.count = 0};
    bool ok;

    keep_memory();
    harness_open(&h, o->device);
    assemble(&l, &h, o);
    const measuring m = {l.impls, l.count, o->runs, o->quick ? 0.1 : 3.0,
                         o->quick ? 1 : 3};
    records all = {&h, l.impls, l.count, NULL, 0};
    ok = run_cases(o, &m, &all);
    if (o->plot && all.count > 0)
        ok &= plot_records(&all, o->plot);
    free(all.items);
    while (l.count-- > 0)
        l.impls[l.count].close(l.impls[l.count].self);
    harness_close(&h);
    return ok;
}

static bool run_mode(const options *o, const char *program)
{
    switch (o->mode) {
    case MODE_OVERHEAD:
        return overhead_run(o);
    case MODE_DTYPES:
        return dtypes_run(o);
    case MODE_SCALING:
        return scaling_run(o);
    case MODE_STARTUP:
        return startup_run(o, program);
    case MODE_FIRST_RESULT:
        return startup_first_result(o);
    case MODE_CASES:
        break;
    }
    return compare_all(o);
}

int main(int argc, char **argv)
{
    options o;
    bool ok;

    options_parse(argc, argv, &o);
    ok = run_mode(&o, argv[0]);
    if (fflush(stdout) || ferror(stdout))
        die("cannot write all of the output");
    return ok ? 0 : 1;
}
