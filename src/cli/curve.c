/* curve.c - a gnuplot curve with marked jumps
 * SPDX-License-Identifier: MIT */
#include "curve.h"

#include <math.h>
#include <stdbool.h>

static double value(const curve *c, size_t i)
{
    return (double)c->y[i * c->stride];
}

/* Between the kink and its neighbour i. */
static bool jumps(const curve *c, size_t i)
{
    return c->kink > 0 && fabs(value(c, i) - value(c, c->kink)) > c->jump;
}

static void write_line(FILE *gnuplot, const curve *c, bool before, bool after)
{
    const size_t k = c->kink;

    for (size_t i = 0; i < c->n; i++) {
        if (i == k && before)
            fprintf(gnuplot, "%.9g %.9g\n\n", (double)c->x[k], value(c, k - 1));
        if (i == k + 1 && after)
            fprintf(gnuplot, "\n%.9g %.9g\n", (double)c->x[k], value(c, k + 1));
        fprintf(gnuplot, "%.9g %.9g\n", (double)c->x[i], value(c, i));
    }
}

void curve_write(FILE *gnuplot, const curve *c)
{
    const size_t k = c->kink;
    const bool before = k > 0 && jumps(c, k - 1);
    const bool after = k > 0 && jumps(c, k + 1);

    fprintf(gnuplot, "$%s << EOD\n", c->name);
    write_line(gnuplot, c, before, after);
    fprintf(gnuplot, "EOD\n$%s_ends << EOD\n", c->name);
    if (before || after)
        fprintf(gnuplot, "%.9g %.9g\n%.9g %.9g\n", (double)c->x[k], value(c, k),
                (double)c->x[k], value(c, before ? k - 1 : k + 1));
    else
        fputs("NaN NaN\nNaN NaN\n", gnuplot);
    fputs("EOD\n", gnuplot);
}

void curve_plot(FILE *gnuplot, const curve *c, const curve_look *look)
{
    fprintf(gnuplot,
            "$%s w l lw %g dt %s lc '%s' t \"%s\", "
            "$%s_ends every ::1 w p pt 7 ps 0.95 lc '#ffffff' notitle, "
            "'' every ::1 w p pt 6 ps 0.95 lw 1.6 lc '%s' notitle, "
            "'' every ::0::0 w p pt 7 ps 1 lc '%s' notitle",
            c->name, look->width, look->dashes, look->colour, look->title,
            c->name, look->colour, look->colour);
}
