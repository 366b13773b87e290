/* operation.cl - the operation of an element-wise program
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl memory.cl activations.cl elu.cl elu_16bit.cl
 * used by: elementwise
 *
 * Set by the host:
 *   OP           leaky_relu, elu or thresholded_relu
 *   ACCUMULATE   1: dx is added to old */

INLINED storedv op_y(storedv x, realv p)
{
    return CAT(OP, _y)(x, p);
}

INLINED storedv op_dx(storedv x, realv p, storedv dy, storedv old)
{
#if ACCUMULATE
    const realv dx = CAT(OP, _backward)(widen(x), p, widen(dy));
    return round_to_storage(widen(old) + dx);
#else
    return CAT(OP, _dx)(x, p, dy);
#endif
}

/* The first count elements, at most a vector of them. */
INLINED void forward_partial(realv p, __global const stored *x, uint count,
                             __global stored *y)
{
    store_partial(op_y(load_partial(x, count), p), y, count);
}

INLINED void backward_partial(realv p, __global const stored *x,
                              __global const stored *dy, uint count,
                              __global stored *dx)
{
    const storedv v = op_dx(load_partial(x, count), p, load_partial(dy, count),
                            load_partial(dx, count));
    store_partial(v, dx, count);
}

/* elu takes fewer steps where its parameter is the constant 1. */
#ifndef FASTER_AT_1
#define FASTER_AT_1 false
#endif
