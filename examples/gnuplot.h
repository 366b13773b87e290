/* gnuplot.h - a pipe to gnuplot, which draws a PNG
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_EXAMPLES_GNUPLOT_H
#define CLRELU_EXAMPLES_GNUPLOT_H

#include <stdbool.h>
#include <stdio.h>

/* A gnuplot that will draw to a PNG at path.  NULL, and a line on stderr, if it
 * is not installed or does not start. */
FILE *gnuplot_open(const char *path, int width, int height);

/* Waits for the picture; false, and a line on stderr, if there is none. */
bool gnuplot_close(FILE *gnuplot, const char *path);

#endif
