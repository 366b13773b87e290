/* gnuplot.c - a pipe to gnuplot for a PNG or an SVG
 * SPDX-License-Identifier: MIT */
#include "gnuplot.h"

#include <errno.h>
#include <string.h>

#include "console.h"

static void write_terminal(FILE *gnuplot, bool svg, int width, int height)
{
    /* An SVG is rendered by its viewer, with the fonts there. */
    fprintf(gnuplot,
            "set terminal %s size %d,%d font '%s,12' background '#ffffff'\n"
            "set encoding utf8\n",
            svg ? "svg" : "pngcairo", width, height,
            svg ? "sans-serif" : "DejaVu Sans");
}

static void write_output(FILE *gnuplot, const char *path)
{
    fputs("set output '", gnuplot);
    for (; *path; path++)
        fputs(*path == '\'' ? "''" : (char[]){*path, '\0'}, gnuplot);
    fputs("'\n", gnuplot);
}

FILE *gnuplot_open(const char *path, bool svg, int width, int height,
                   const char **why)
{
    FILE *gnuplot;

    if (!console_has_gnuplot()) {
        *why = "gnuplot is not installed: package gnuplot-nox (Debian, "
               "Ubuntu) or gnuplot (Fedora, Arch)";
        return NULL;
    }
    /* Without a valid output gnuplot writes the picture to standard output. */
    gnuplot = console_open_gnuplot();
    if (!gnuplot) {
        *why = strerror(errno);
        return NULL;
    }
    write_terminal(gnuplot, svg, width, height);
    write_output(gnuplot, path);
    fputs("set border 3 lc '#888888'\n"
          "set grid lc '#e4e7eb' lt 1 lw 1\n"
          "set tics nomirror out scale 0.5 tc '#444444'\n"
          "set format '%g'\nset minussign\n",
          gnuplot);
    return gnuplot;
}

bool gnuplot_close(FILE *gnuplot)
{
    const bool good = fflush(gnuplot) == 0 && !ferror(gnuplot);

    return pclose(gnuplot) == 0 && good;
}
