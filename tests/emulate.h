/* emulate.h - the kernels' IEEE operations in plain C, one by one
 * SPDX-License-Identifier: MIT
 *
 * The same operations in the same order as cl/, for float32: what every device
 * with IEEE float32 and fma must give to the last bit.  Unlike reference.h,
 * this is no judge of whether they are the right ones. */
#ifndef CLRELU_TESTS_EMULATE_H
#define CLRELU_TESTS_EMULATE_H

#include "clrelu.h"

float emulate_forward(clrelu_op op, float scalar, float x);
float emulate_backward(clrelu_op op, float scalar, float x, float dy);

/* count elements of dalpha; false if there is no memory. */
int emulate_dalpha(const clrelu_shape *shape, const float *x, const float *dy,
                   float *dalpha);

#endif
