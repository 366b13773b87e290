/* elu.cl - elu, as activations.cl has the others
 * SPDX-License-Identifier: MIT
 * needs: types.cl exp.cl
 * used by: elementwise with elu; chain with elu */

#define FASTER_AT_1 true

realv elu_forward(realv x, realv alpha)
{
    const realv near_x = x < EXPM1_END ? (realv)(EXPM1_END) : x;
    return x < 0 ? scaled_expm1_negative(alpha, near_x) : x;
}

#if FROM_OUTPUT
/* alpha*exp(x) is y + alpha, with y's absolute error. */
realv elu_backward(realv y, realv alpha, realv dy)
{
    return is_below_0(y) ? (y + alpha) * dy : dy;
}
#else
realv elu_backward(realv x, realv alpha, realv dy)
{
    const realv near_x = x < EXP_END ? (realv)(EXP_END) : x;
    return x < 0 ? scaled_exp_negative(alpha, near_x, dy) : dy;
}
#endif

#if DTYPE == 1 || DTYPE == 4
#define elu_y elu_forward
#define elu_dx elu_backward
#endif
