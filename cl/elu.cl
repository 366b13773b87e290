/* elu.cl - elu, as activations.cl has the others
 * SPDX-License-Identifier: MIT
 * needs: types.cl exp.cl
 * used by: elementwise with elu; chain with elu */

#define FASTER_AT_1 true

/* A negative x, but not beyond end; of others, some number.  The bits of
 * negative numbers grow away from 0, and an AMD CPU has more units for
 * integers. */
#if DTYPE == 4
#define limited(x, end) ((x) < (end) ? (realv)(end) : (x))
#else
#define limited(x, end)                                                        \
    AS_REALV(AS_UINTV(x) < (uintv)(as_uint(end)) ? AS_UINTV(x)                 \
                                                 : (uintv)(as_uint(end)))
#endif

realv elu_forward(realv x, realv alpha)
{
    const realv y = scaled_expm1_negative(alpha, limited(x, EXPM1_END));
    return x < 0 ? y : x;
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
    const realv dx = scaled_exp_negative(alpha, limited(x, EXP_END), dy);
    return x < 0 ? dx : dy;
}
#endif

#if DTYPE == 1 || DTYPE == 4
#define elu_y elu_forward
#define elu_dx elu_backward
#endif
