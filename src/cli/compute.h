/* compute.h - arrays to the device, the operation, and back
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_COMPUTE_H
#define CLRELU_CLI_COMPUTE_H

#include <clrelu.h>

#include "input.h"

typedef struct device {
    clrelu_context *context;
    cl_command_queue queue;
} device;

bool device_open(device *d, const char *spec, failure *f);
void device_close(device *d);

/* Fills an array of alpha's shape with an initializer's values. */
bool compute_initial(device *d, const char *initializer, uint64_t seed,
                     array *alpha, progress *p, failure *f);

/* x becomes y, or, where dy is not NULL, dy becomes dx. */
bool compute_scalar(device *d, clrelu_op op, double scalar, array *x, array *dy,
                    progress *p, failure *f);

/* The same for prelu; dalpha is written where it is not NULL. */
bool compute_prelu(device *d, const clrelu_shape *shape, array *x,
                   const array *alpha, array *dy, array *dalpha, progress *p,
                   failure *f);

#endif
