/* plot.h - a picture of the four activations as a device computes them
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_EXAMPLES_PLOT_H
#define CLRELU_EXAMPLES_PLOT_H

#include <stdbool.h>

#include "clrelu.h"

/* Computes the curves and their derivatives on queue, has gnuplot draw them to
 * a PNG at path, and says so.  Without gnuplot there is a line on stderr and no
 * picture; false, if there is a gnuplot that could not draw it. */
bool plot_activations(clrelu_context *context, cl_command_queue queue,
                      const char *path);

#endif
