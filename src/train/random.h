/* random.h - cl/random.cl on the host
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TRAIN_RANDOM_H
#define CLRELU_TRAIN_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* n standard normal numbers, as the initializer's kernel makes them. */
void clrelu_random_normal(uint64_t seed, size_t n, float *out);

#endif
