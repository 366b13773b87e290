/* values.h - inputs that go wrong, and what a result may be
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_VALUES_H
#define CLRELU_TESTS_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "clrelu.h"

/* Special values of x and of dy; theta and its neighbours are among the first
 * three of x. */
enum { SPECIAL_X = 46, SPECIAL_DY = 14 };
void special_x(double scalar, float *x);
void special_dy(float *dy);

/* Random numbers with special values among them, others for each seed. */
void fill_x(double scalar, uint64_t seed, size_t n, float *x);
void fill_dy(uint64_t seed, size_t n, float *dy);

/* Numbers of any size, some of them 0; for free(). */
float *wide_values(size_t n, uint64_t seed);

/* Is y what the contract says?  If not, says so in a diagnostic. */
bool check_y(clrelu_op op, double scalar, size_t i, float x, float y);

/* The same of dx; old is what dx was if it was added to, else NULL. */
bool check_dx(clrelu_op op, double scalar, size_t i, float x, float dy,
              const float *old, float dx);

/* On a device without CL_FP_DENORM, check_y and check_dx let pass an elu that
 * takes a subnormal x, alpha or result for 0; report_subnormal says how many
 * did, as a skip. */
void allow_subnormal(cl_device_id device);
void report_subnormal(void);

#endif
