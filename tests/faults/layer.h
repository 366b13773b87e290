/* layer.h - an OpenCL layer: what the loader puts before the drivers
 * SPDX-License-Identifier: MIT
 *
 * Loaded for OPENCL_LAYERS.  A layer is layer.c and a file that defines
 * layer_start(). */
#ifndef CLRELU_TESTS_LAYER_H
#define CLRELU_TESTS_LAYER_H

#include <CL/cl_layer.h>

extern const cl_icd_dispatch *next; /* the functions behind the layer         */
extern cl_icd_dispatch table;       /* ... and its own; NULL: those behind it */

/* Fills the table. */
void layer_start(void);

#endif
