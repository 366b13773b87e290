/* operation.cl - the operation of an element-wise program
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl activations.cl elu.cl elu_16bit.cl
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
