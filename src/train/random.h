/* random.h - the kernels' random numbers on the host
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TRAIN_RANDOM_H
#define CLRELU_TRAIN_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* n standard normal numbers, the same as the kernel initialize makes. */
void clrelu_random_normal(uint64_t seed, size_t n, float *out);

#endif
