/* gnuplot.h - a pipe to gnuplot, which draws a PNG or an SVG
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_GNUPLOT_H
#define CLRELU_CLI_GNUPLOT_H

#include <stdbool.h>
#include <stdio.h>

/* A gnuplot that will draw to path; its text is UTF-8.  NULL, and why, if it is
 * not installed or does not start. */
FILE *gnuplot_open(const char *path, bool svg, int width, int height,
                   const char **why);

/* Waits for the picture; false if there is none. */
bool gnuplot_close(FILE *gnuplot);

#endif
