/* gnuplot.h - a pipe to gnuplot for a PNG or an SVG
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_GNUPLOT_H
#define CLRELU_CLI_GNUPLOT_H

#include <stdbool.h>
#include <stdio.h>

/* Starts gnuplot, with path as its output and UTF-8 text.  NULL, with the
 * reason in why, if it is not installed or does not start. */
FILE *gnuplot_open(const char *path, bool svg, int width, int height,
                   const char **why);

/* Waits for the picture; false if there is none. */
bool gnuplot_close(FILE *gnuplot);

#endif
