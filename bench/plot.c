/* plot.c - throughput against size, and bars against the peers
 * SPDX-License-Identifier: MIT */
#include "plot.h"

#include <stdio.h>
#include <string.h>

#include "../src/cli/gnuplot.h"
#include "selection.h"

/* A line or a bar: the library, the ceiling, the naive kernel or a peer. */
typedef struct series {
    impl_kind kind;
    const char *name, *colour;
    size_t impl; /* of a peer                                                 */
} series;

typedef struct plot {
    const records *all;
    FILE *gnuplot;
    series series[MAX_IMPLS + 3];
    size_t count;
    unsigned bars_size; /* log2 of the size that the bars show                */
} plot;

static void list_series(plot *p)
{
    static const char *const colours[] = {"#e07b39", "#c8a02c", "#7a9e4b",
                                          "#8e6bb0", "#b0506c", "#777777"};
    size_t peers = 0;

    p->series[p->count++] = (series){KIND_LIBRARY, "clrelu", "#1b5a9e", 0};
    for (size_t i = 0; i < p->all->impl_count; i++)
        if (p->all->impls[i].kind == KIND_PEER)
            p->series[p->count++] =
                (series){KIND_PEER, p->all->impls[i].name,
                         colours[peers++ % COUNT_OF(colours)], i};
    p->series[p->count++] = (series){KIND_NAIVE, "naive", "#b8bcc2", 0};
    p->series[p->count++] = (series){KIND_CEILING, "ceiling", "#222222", 0};
}

static double speed(const plot *p, const record *r, const series *s)
{
    return record_speed(r, s->kind == KIND_PEER
                               ? &r->timings[s->impl]
                               : record_best(p->all, r, s->kind));
}

static bool same_line(const bench_case *a, const bench_case *b)
{
    return a->op == b->op && a->backward == b->backward &&
           a->in_place == b->in_place &&
           strcmp(a->shape.name, b->shape.name) == 0;
}

/* The panels are the lines of cases over more than one size, of the
 * element-wise operations and of the most common pattern. */
static bool has_panel(const plot *p, const record *r)
{
    const bench_case *c = &r->c;
    size_t sizes = 0;

    if (c->in_place || (c->shape.name[0] && strcmp(c->shape.name, "nchw")))
        return false;
    for (size_t i = 0; i < p->all->count; i++)
        sizes += same_line(&p->all->items[i].c, c);
    return sizes > 1;
}

static bool is_first(const plot *p, const record *r)
{
    for (const record *before = p->all->items; before < r; before++)
        if (same_line(&before->c, &r->c))
            return false;
    return true;
}

static size_t count_panels(const plot *p)
{
    size_t panels = 0;

    for (size_t i = 0; i < p->all->count; i++)
        panels +=
            is_first(p, &p->all->items[i]) && has_panel(p, &p->all->items[i]);
    return panels;
}

static void write_quoted(FILE *gnuplot, const char *text)
{
    fputc('\'', gnuplot);
    for (; *text; text++)
        fputs(*text == '\'' ? "''" : (char[]){*text, '\0'}, gnuplot);
    fputc('\'', gnuplot);
}

static void write_head(const plot *p)
{
    fputs("set multiplot title ", p->gnuplot);
    write_quoted(p->gnuplot, p->all->h->name);
    fputs("\nset grid noxtics\n"
          "set yrange [0:*]\n"
          "set title offset 0,-0.5 tc '#222222'\n"
          "unset key\n",
          p->gnuplot);
}

/* The place of a panel, in fractions of the picture; the bars are below. */
static void place_panel(const plot *p, size_t panel, size_t panels)
{
    const double rows = (double)((panels + 3) / 4);
    const double height = rows * 340 / (rows * 340 + 480);
    const double top = 0.97 - height * 0.97 / rows * (double)(panel / 4);

    fprintf(p->gnuplot, "set origin %g,%g\nset size 0.25,%g\n",
            0.25 * (double)(panel % 4), top - height * 0.97 / rows,
            height * 0.97 / rows);
}

/* One block of data per series: log2 of the size, GB/s. */
static void write_lines(const plot *p, const record *first)
{
    for (size_t s = 0; s < p->count; s++) {
        fprintf(p->gnuplot, "$s%zu << EOD\n", s);
        for (size_t i = 0; i < p->all->count; i++) {
            const record *r = &p->all->items[i];
            const double y = speed(p, r, &p->series[s]);
            if (same_line(&r->c, &first->c) && y > 0)
                fprintf(p->gnuplot, "%zu %g\n", case_count(&r->c), y);
        }
        fputs("NaN NaN\nEOD\n", p->gnuplot);
    }
}

static void write_panel(const plot *p, const record *first, size_t panel,
                        size_t panels)
{
    const bench_case *c = &first->c;

    write_lines(p, first);
    place_panel(p, panel, panels);
    fprintf(p->gnuplot,
            "set logscale x 2\nset format x '2^{%%L}'\nset xtics 4\n"
            "set ylabel 'GB/s' offset 1,0\n"
            "set title '%s%s%s %s' noenhanced\nplot ",
            clrelu_op_name(c->op), c->shape.name[0] ? " " : "", c->shape.name,
            c->backward ? "backward" : "forward");
    for (size_t s = 0; s < p->count; s++)
        fprintf(p->gnuplot, "%s$s%zu w lp pt 7 ps 0.6 lw %s lc '%s'",
                s ? ", " : "", s, s == 0 ? "3" : "1.5", p->series[s].colour);
    fputc('\n', p->gnuplot);
}

static bool has_bar(const plot *p, const record *r)
{
    return r->c.log2_size == p->bars_size && !r->c.in_place;
}

static void write_bar_name(FILE *gnuplot, const bench_case *c)
{
    const char *name = clrelu_op_name(c->op);

    fprintf(gnuplot, "\"%.*s%s%s %s\"", (int)strcspn(name, "_"), name,
            c->shape.name[0] ? " " : "", c->shape.name,
            c->backward ? "bwd" : "fwd");
}

static void write_bars(const plot *p, size_t panels)
{
    const double rows = (double)((panels + 3) / 4);

    fputs("$bars << EOD\n", p->gnuplot);
    for (size_t i = 0; i < p->all->count; i++) {
        const record *r = &p->all->items[i];
        if (!has_bar(p, r))
            continue;
        write_bar_name(p->gnuplot, &r->c);
        for (size_t s = 0; s < p->count; s++)
            fprintf(p->gnuplot, " %g", speed(p, r, &p->series[s]));
        fputc('\n', p->gnuplot);
    }
    fprintf(p->gnuplot,
            "EOD\nunset logscale x\nset format x '%%g'\nset origin 0,0\n"
            "set size 1,%g\nset key at graph 1,1.13 top right horizontal "
            "samplen 1 autotitle tc '#333333'\n"
            "set xtics autofreq\nset rmargin 9\nset style data histograms\n"
            "set style histogram clustered gap 1\n"
            "set style fill solid noborder\nset boxwidth 0.9\n"
            "set xtics rotate by -35\n"
            "set title 'about 2^{%u} elements' enhanced\nplot ",
            panels ? 480 / (rows * 340 + 480) : 0.95, p->bars_size);
    for (size_t s = 0; s < p->count; s++)
        fprintf(p->gnuplot, "%s$bars using %zu%s lc '%s' t '%s'", s ? ", " : "",
                s + 2, s ? "" : ":xtic(1)", p->series[s].colour,
                p->series[s].name);
    fputc('\n', p->gnuplot);
}

/* Out of cache, where there is such a size, but not so far that few do. */
static unsigned choose_bars(const records *all)
{
    unsigned best = 0;

    for (size_t i = 0; i < all->count; i++) {
        const unsigned size = all->items[i].c.log2_size;
        if (size <= 24 && size > best)
            best = size;
    }
    return best ? best : all->items[0].c.log2_size;
}

static void write_all(const plot *p, size_t panels)
{
    size_t panel = 0;

    write_head(p);
    for (size_t i = 0; i < p->all->count; i++) {
        const record *r = &p->all->items[i];
        if (is_first(p, r) && has_panel(p, r))
            write_panel(p, r, panel++, panels);
    }
    write_bars(p, panels);
}

bool plot_records(const records *all, const char *path)
{
    plot p = {.all = all, .bars_size = choose_bars(all)};
    const size_t panels = count_panels(&p);
    const int rows = (int)((panels + 3) / 4);
    const char *why;

    p.gnuplot = gnuplot_open(path, false, 1500, rows * 340 + 480, &why);
    if (!p.gnuplot) {
        fprintf(stderr, "no picture: %s\n", why);
        return false;
    }
    list_series(&p);
    write_all(&p, panels);
    if (gnuplot_close(p.gnuplot))
        return true;
    fprintf(stderr, "no picture: gnuplot could not draw %s\n", path);
    return false;
}
