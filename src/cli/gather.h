/* gather.h - pieces in C order out of a file in Fortran order
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_GATHER_H
#define CLRELU_CLI_GATHER_H

#include "input.h"

/* Reads the piece, which lies scattered in the file, run by run. */
bool gather(input *in, const piece *p, void *out, failure *f);

#endif
