/* gather.h - slabs in C order from a file in Fortran order
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_GATHER_H
#define CLRELU_CLI_GATHER_H

#include "input.h"

/* Reads a slab, which is strided in the file. */
bool gather(input *in, const slab *s, void *out, failure *f);

#endif
