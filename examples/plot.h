/* plot.h - a picture of the four activations as a device computes them
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_EXAMPLES_PLOT_H
#define CLRELU_EXAMPLES_PLOT_H

#include <stdbool.h>

#include "clrelu.h"

/* Computes the curves and their derivatives on queue, draws them with gnuplot
 * to a PNG at path, and prints a line about it.  Without gnuplot it prints a
 * line on stderr instead.  False: gnuplot failed. */
bool plot_activations(clrelu_context *context, cl_command_queue queue,
                      const char *path);

#endif
