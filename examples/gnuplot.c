/* gnuplot.c - a pipe to gnuplot, which draws a PNG
 * SPDX-License-Identifier: MIT */
#include "gnuplot.h"

#include <signal.h>
#include <stdlib.h>

FILE *gnuplot_open(const char *path, int width, int height)
{
    FILE *gnuplot;

    if (system("command -v gnuplot >/dev/null 2>&1")) {
        fprintf(stderr, "no picture: gnuplot is not installed\n");
        return NULL;
    }
    signal(SIGPIPE, SIG_IGN);
    gnuplot = popen("LC_ALL=C.UTF-8 gnuplot", "w");
    if (!gnuplot) {
        perror("gnuplot");
        return NULL;
    }
    fprintf(gnuplot,
            "set terminal pngcairo size %d,%d font 'DejaVu Sans,12' "
            "background '#ffffff'\n"
            "set encoding utf8\n"
            "set output '",
            width, height);
    for (; *path; path++)
        fputs(*path == '\'' ? "''" : (char[]){*path, '\0'}, gnuplot);
    fputs("'\n"
          "set border 3 lc '#888888'\n"
          "set grid lc '#e4e7eb' lt 1 lw 1\n"
          "set tics nomirror out scale 0.5 tc '#444444'\n"
          "set format '%g'\nset minussign\n",
          gnuplot);
    return gnuplot;
}

bool gnuplot_close(FILE *gnuplot, const char *path)
{
    if (pclose(gnuplot) == 0)
        return true;
    fprintf(stderr, "no picture: gnuplot could not draw %s\n", path);
    return false;
}
