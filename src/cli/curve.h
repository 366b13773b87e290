/* curve.h - a gnuplot curve with marked jumps
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_CURVE_H
#define CLRELU_CLI_CURVE_H

#include <stddef.h>
#include <stdio.h>

typedef struct curve {
    const char *name; /* of its data block, such as "y0" */
    const float *x, *y;
    size_t n, stride; /* of y */
    size_t kink;      /* index where it may jump; 0: none */
    float jump;       /* min difference in y that is a jump */
} curve;

typedef struct curve_look {
    const char *title, *colour;
    double width;
    const char *dashes; /* such as "solid" or "(7,6)" */
} curve_look;

/* Writes its data.  At a jump the line has a gap, with a disc at the kink's
 * value and a ring at the limit from the other side. */
void curve_write(FILE *gnuplot, const curve *c);

/* Writes its part of a plot command. */
void curve_plot(FILE *gnuplot, const curve *c, const curve_look *look);

#endif
