/* activations.cl - the formulas, and nothing else
 * SPDX-License-Identifier: MIT
 *
 * name_forward(x, p) is y, name_backward(x, p, dy) is dx; p is alpha or theta.
 * A new activation is a pair of functions here.  Selects throughout: a mask
 * that multiplies would make NaN of 0*inf, and fmax would swallow a NaN. */

/* x = n*ln(2) + r with |r| <= ln(2)/2; expm1(r) = r + t.
 *
 * Adding 1.5 * 2^23 rounds to an integer, which then sits in the low bits: no
 * conversion, no call.  ln(2) comes in two parts, the first short enough for
 * n*LN2_HIGH to be exact; what r loses goes into t.  The polynomial is the
 * minimax fit of (expm1(r) - r)/r^2, with an error below 2^-31 of r. */
#define LOG2_E 0x1.715476p+0f
#define LN2_HIGH 0x1.62e4p-1f
#define LN2_LOW 0x1.7f7d1cp-20f
#define ROUND 0x1.8p+23f

/* Returns n as its bits in the low end of a number near ROUND. */
intv reduce(realv x, realv *r, realv *t)
{
    const realv k = fma(x, (realv)(LOG2_E), (realv)(ROUND));
    const realv n = k - ROUND;
    const realv high = fma(n, (realv)(-LN2_HIGH), x);
    const realv v = fma(n, (realv)(-LN2_LOW), high);
    const realv lost = fma(n, (realv)(-LN2_LOW), high - v);

    realv q = (realv)(0x1.a1a2b8p-13f);
    q = fma(q, v, (realv)(0x1.6d7598p-10f));
    q = fma(q, v, (realv)(0x1.11108ep-7f));
    q = fma(q, v, (realv)(0x1.5554acp-5f));
    q = fma(q, v, (realv)(0x1.555556p-3f));
    q = fma(q, v, (realv)(0.5f));
    *r = v;
    *t = fma(v * v, q, lost);
    return AS_INTV(k);
}

/* 2^n of the low bits of n; the shift drops all others. */
realv power_of_two(intv n)
{
    return AS_REALV((n << 23) + (127 << 23));
}

/* expm1(x) for x < 0; any other x gives some number.  2^n - 1 and its sum with
 * 2^n * r keep their rounding errors, so that only the last addition rounds. */
realv expm1_negative(realv x)
{
    realv r, t;
    /* Below -18 the result is -1; -30 keeps 2^n normal. */
    const intv n = reduce(x < -30.0f ? (realv)(-30.0f) : x, &r, &t);
    const realv s = power_of_two(n);
    const realv a = s - 1.0f;
    const realv a_low = s - (a + 1.0f);
    const realv b = s * r;
    const realv sum = a + b;
    const realv sum_low = b - (sum - a);
    return sum + fma(s, t, sum_low + a_low);
}

/* alpha*exp(x)*dy for x < 0 rounds twice: alpha*exp(x), kept with its error
 * until then, and the product.  2^n is split so that no factor loses bits to
 * underflow before the result does, for |alpha| >= 2^-20; below -156 float32
 * has no 2^n in two factors left, and exp(x) counts as 0. */
realv scaled_exp_negative(realv alpha, realv x, realv dy)
{
    realv r, t;
    const intv n = reduce(x < -156.0f ? (realv)(-156.0f) : x, &r, &t) -
                   as_int(ROUND);
    const intv n1 = max(n, (intv)(-100));
    const realv high = 1.0f + r;
    const realv low = (r - (high - 1.0f)) + t;
    const realv a = x < -156.0f ? (realv)(0.0f) : alpha * power_of_two(n1);
    const realv product = a * high;
    const realv error = fma(a, high, -product);
    return (product + fma(a, low, error)) * dy * power_of_two(n - n1);
}

realv leaky_relu_forward(realv x, realv alpha)
{
    return x < 0.0f ? alpha * x : x;
}

realv leaky_relu_backward(realv x, realv alpha, realv dy)
{
    return x < 0.0f ? alpha * dy : dy;
}

realv elu_forward(realv x, realv alpha)
{
    return x < 0.0f ? alpha * expm1_negative(x) : x;
}

realv elu_backward(realv x, realv alpha, realv dy)
{
    return x < 0.0f ? scaled_exp_negative(alpha, x, dy) : dy;
}

realv thresholded_relu_forward(realv x, realv theta)
{
    return x > theta ? x : (realv)(0.0f);
}

realv thresholded_relu_backward(realv x, realv theta, realv dy)
{
    return x > theta ? dy : (realv)(0.0f);
}
