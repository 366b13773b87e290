/* array.h - arrays on a device with guards around them, and calls on them
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_ARRAY_H
#define CLRELU_TESTS_ARRAY_H

#include "device.h"

enum { GUARD = 64 };

/* A buffer of offset + n + GUARD floats.  All but the n in use are guards: a
 * NaN that nothing computes, which spoils what reads it and shows what writes
 * it. */
struct array {
    cl_mem mem;
    size_t offset, n;
    float *sent; /* the whole buffer, as it was before the call               */
    float *got;  /* the whole buffer, as it was last fetched                  */
};

/* values may be NULL: then the n elements hold another NaN, an unset output. */
struct array array_make(const struct device *d, size_t offset, size_t n,
                        const float *values);
void array_free(struct array *a);

/* array_free of each. */
#define arrays_free(...) arrays_free_all((struct array *[]){__VA_ARGS__, NULL})
void arrays_free_all(struct array *const *arrays);

clrelu_buffer array_buffer(const struct array *a);

/* The n elements as the device has them now; waits for the queue. */
const float *array_fetch(const struct device *d, struct array *a);

/* The buffer as it was sent first. */
void array_reset(const struct device *d, const struct array *a);

/* After array_fetch: nothing changed at all, or nothing but the n elements. */
bool array_untouched(const struct array *a);
bool array_guarded(const struct array *a);

/* A result that is the unset NaN was never written. */
bool is_unset(float v);

/* ----------------------------------------------------------------- calls -- */

/* In float32, on the device's queue, of as many elements as x has.  An array
 * may be NULL where the function allows that. */
clrelu_status array_forward(const struct device *d, clrelu_op op, double scalar,
                            const struct array *x, const struct array *y);
clrelu_status array_backward(const struct device *d, clrelu_op op,
                             double scalar, unsigned flags,
                             const struct array *x, const struct array *dy,
                             const struct array *dx);
clrelu_status array_prelu_forward(const struct device *d,
                                  const clrelu_shape *shape,
                                  const struct array *x,
                                  const struct array *alpha,
                                  const struct array *y);
clrelu_status array_prelu_backward(
    const struct device *d, const clrelu_shape *shape, unsigned flags,
    const struct array *x, const struct array *alpha, const struct array *dy,
    const struct array *dx, const struct array *dalpha);

/* Forward of a few elements; a failure is in the diagnostics. */
bool array_computes(const struct device *d, clrelu_op op);

/* p, which is what PReLU takes in addition, with all that e has. */
clrelu_prelu prelu_of(const clrelu_elementwise *e, clrelu_prelu p);

/* The pass of the operation of e; p is for PReLU. */
clrelu_status call_op(const struct device *d, bool backward,
                      const clrelu_elementwise *e, clrelu_prelu p);

/* Of a parameter of this shape; of as many elements as it has. */
clrelu_status array_initialize(const struct device *d, const char *spec,
                               uint64_t seed, size_t rank, const size_t *dims,
                               const struct array *a);
clrelu_status array_penalty(const struct device *d, const char *spec,
                            size_t rank, const size_t *dims,
                            const struct array *a, const struct array *gradient,
                            const struct array *penalty);
clrelu_status array_constrain(const struct device *d, const char *spec,
                              size_t rank, const size_t *dims,
                              const struct array *a);
clrelu_status array_sgd_step(const struct device *d, double rate,
                             double momentum, const struct array *a,
                             const struct array *gradient,
                             const struct array *velocity);

#endif
