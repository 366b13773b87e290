/* activations.cl - the formulas, and nothing else
 * SPDX-License-Identifier: MIT
 *
 * name_forward(x, p) is y, name_backward(x, p, dy) is dx; p is alpha or theta.
 * A new activation is a pair of functions here.  Selects throughout: a mask
 * that multiplies would make NaN of 0*inf, and fmax would swallow a NaN. */

/* a*x, to be rounded to storage.  Rounding to float32 first could land on a
 * tie that the exact product is not: where float32 is inexact, its last bit is
 * set instead, on the side of zero ("round to odd", Boldo and Melquiond 2008),
 * and the rounding to storage is then that of the exact product.  Two numbers
 * of float16 have an exact product in float32. */
realv times(realv a, realv x)
{
    const realv product = a * x;
#if (DTYPE == 2 && ALPHA_DTYPE != 2) || DTYPE == 3
#if DTYPE == 3
    /* The error of a subnormal product would underflow. */
    const realv scale = fabs(x) < 0x1p-60f ? (realv)(0x1p64f) : (realv)(1);
    const realv error = fma(a, x * scale, -(product * scale));
#else
    const realv error = fma(a, x, -product);
#endif
    const intv bits = AS_INTV(product);
    const intv odd = (AS_INTV(error) ^ bits) < 0 ? bits - 1 : bits;
    return fabs(error) > 0 ? AS_REALV(odd | 1) : product;
#else
    return product;
#endif
}

realv leaky_relu_forward(realv x, realv alpha)
{
    return x < 0 ? times(alpha, x) : x;
}

realv leaky_relu_backward(realv x, realv alpha, realv dy)
{
    return x < 0 ? times(alpha, dy) : dy;
}

realv elu_forward(realv x, realv alpha)
{
    return x < 0 ? scaled_expm1_negative(alpha, x) : x;
}

realv elu_backward(realv x, realv alpha, realv dy)
{
    return x < 0 ? scaled_exp_negative(alpha, x, dy) : dy;
}

realv thresholded_relu_forward(realv x, realv theta)
{
    return x > theta ? x : (realv)(0);
}

realv thresholded_relu_backward(realv x, realv theta, realv dy)
{
    return x > theta ? dy : (realv)(0);
}
