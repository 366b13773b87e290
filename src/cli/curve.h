/* curve.h - a curve that gnuplot draws, and the places where it jumps
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_CURVE_H
#define CLRELU_CLI_CURVE_H

#include <stddef.h>
#include <stdio.h>

typedef struct curve {
    const char *name; /* of its data, such as "y0"                            */
    const float *x, *y;
    size_t n, stride; /* of y                                                 */
    size_t kink;      /* the point where it may jump; 0: none                 */
    float jump;       /* what is one, in y                                    */
} curve;

typedef struct curve_look {
    const char *title, *colour;
    double width;
    const char *dashes; /* such as "solid" or "(7,6)"                         */
} curve_look;

/* Its data.  At a jump the line has a gap, a disc at the value of the kink and
 * a ring at the one that is not reached. */
void curve_write(FILE *gnuplot, const curve *c);

/* Its part of a plot command. */
void curve_plot(FILE *gnuplot, const curve *c, const curve_look *look);

#endif
