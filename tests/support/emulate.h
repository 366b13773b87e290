/* emulate.h - the kernels' IEEE operations in plain C, one by one
 * SPDX-License-Identifier: MIT
 *
 * The same operations in the same order as cl/: what every device with IEEE
 * float32 and fma must give to the last bit.  Unlike reference.h,
 * this is no judge of whether they are the right ones. */
#ifndef CLRELU_TESTS_EMULATE_H
#define CLRELU_TESTS_EMULATE_H

#include "clrelu.h"

/* float32, float16 or bfloat16; the values are of that type. */
float emulate_forward(clrelu_dtype dtype, clrelu_op op, float scalar, float x);
float emulate_backward(clrelu_dtype dtype, clrelu_op op, float scalar, float x,
                       float dy);

/* What clrelu_prelu_backward_partial gives: the sums, and then their
 * corrections, in which their order shows; dalpha is their sum. */
void emulate_partial(const clrelu_shape *shape, const float *x, const float *dy,
                     float *partial);

#endif
