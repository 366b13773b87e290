/* activations.cl - the formulas, and nothing else
 * SPDX-License-Identifier: MIT
 *
 * name_forward(x, p) is y, name_backward(x, p, dy) is dx; p is alpha or theta.
 * A new activation is a pair of functions here.  Selects throughout: a mask
 * that multiplies would make NaN of 0*inf, and fmax would swallow a NaN. */

realv leaky_relu_forward(realv x, realv alpha)
{
    return x < 0 ? alpha * x : x;
}

realv leaky_relu_backward(realv x, realv alpha, realv dy)
{
    return x < 0 ? alpha * dy : dy;
}

realv elu_forward(realv x, realv alpha)
{
    return x < 0 ? alpha * expm1_negative(x) : x;
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
