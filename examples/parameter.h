/* parameter.h - a network's parameter on a device
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_EXAMPLES_PARAMETER_H
#define CLRELU_EXAMPLES_PARAMETER_H

#include <stdint.h>

#include "clrelu.h"

/* A parameter with its gradient and velocity. */
typedef struct parameter {
    size_t n;
    clrelu_buffer value, gradient, velocity;
} parameter;

/* All functions end the program if a call fails.  An array is of zeros. */
clrelu_buffer make_array(clrelu_context *context, size_t count);

parameter parameter_make(clrelu_context *context, const clrelu_exec *exec,
                         const char *initializer, uint64_t seed, size_t rank,
                         const size_t *dims);
void parameter_release(const parameter *p);

/* A step of gradient descent; sets the gradient to 0. */
void parameter_step(const parameter *p, clrelu_context *context,
                    const clrelu_exec *exec, double learning_rate,
                    double momentum);

#endif
