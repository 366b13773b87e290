/* exponential.cl - expm1 and exp of negative numbers
 * SPDX-License-Identifier: MIT
 *
 * Made of fma, +, - and * alone, so that every IEEE device gives the same
 * bits; and of whole vectors, which built-in functions often are not. */

/* ROUND + BIAS is added to round to an integer, which then sits in the low bits
 * as the exponent of a power of two: no conversion, no call. */
#if DTYPE == 4
#define LOG2_E R(0x1.71547652b82fep+0)
#define LN2 R(0x1.62e42fefa39efp-1)
#define LN2_REST R(0x1.abc9e3b39803fp-56)
#define ROUND R(0x1.8p+52)
#define MANTISSA 52
#define BIAS 1023
#define KEPT_N -800 /* 2^n times a mantissa, and its error, are normal */
#define EXPM1_END R(-38.0)
#define EXP_END R(-1420.0)
#else
#define LOG2_E R(0x1.715476p+0)
#define LN2 R(0x1.62e43p-1)
#define LN2_REST R(-0x1.05c61p-29)
#define ROUND R(0x1.8p+23)
#define MANTISSA 23
#define BIAS 127
#define KEPT_N -60
#define EXPM1_END R(-18.0)
#define EXP_END R(-180.0)
#endif

/* (expm1(r) - r)/r^2 for |r| <= ln(2)/2: minimax fits, with errors below 2^-31
 * of r (float32) and 2^-65 (float64). */
realv tail(realv r)
{
#if DTYPE == 4
    realv q = RV(0x1.61bfc9f77f2d3p-33);
    q = fma(q, r, RV(0x1.1f7f455021f6cp-29));
    q = fma(q, r, RV(0x1.ae642c71ac117p-26));
    q = fma(q, r, RV(0x1.27e4d4094251ep-22));
    q = fma(q, r, RV(0x1.71de3a5aaaf36p-19));
    q = fma(q, r, RV(0x1.a01a01a9ef9afp-16));
    q = fma(q, r, RV(0x1.a01a01a0196a5p-13));
    q = fma(q, r, RV(0x1.6c16c16c15a5ap-10));
    q = fma(q, r, RV(0x1.1111111111111p-7));
    q = fma(q, r, RV(0x1.5555555555557p-5));
    q = fma(q, r, RV(0x1.5555555555555p-3));
#else
    realv q = RV(0x1.a1a2b8p-13);
    q = fma(q, r, RV(0x1.6d7598p-10));
    q = fma(q, r, RV(0x1.11108ep-7));
    q = fma(q, r, RV(0x1.5554acp-5));
    q = fma(q, r, RV(0x1.555556p-3));
#endif
    return fma(q, r, RV(0.5));
}

/* x = n*ln(2) + r + lost with |r| <= ln(2)/2.  r is exact: x and n*LN2 are
 * multiples of LN2's last bit or less, and r is small.  The result is n + BIAS
 * above the bits of ROUND. */
intv reduce(realv x, realv *r, realv *lost)
{
    const realv k = fma(x, (realv)(LOG2_E), (realv)(ROUND + BIAS));
    const realv n = k - (ROUND + BIAS);
    *r = fma(n, (realv)(-LN2), x);
    *lost = n * -LN2_REST;
    return AS_INTV(k);
}

/* 2^n, and 0 for n = -BIAS. */
realv power_of_two(intv n)
{
    return AS_REALV((n + BIAS) << MANTISSA);
}

/* alpha*expm1(x) for x < 0; any other x gives some number.  alpha is the same
 * in all elements, most often 1. */
realv scaled_expm1_negative(realv alpha, realv x)
{
    realv r, lost;
    /* The result has been -1 for long, and 2^n is normal. */
    const intv bits = reduce(x < EXPM1_END ? (realv)(EXPM1_END) : x, &r, &lost);
    const realv s = AS_REALV(bits << MANTISSA);
    const realv a = s - 1;
    const realv t = fma(r * r, tail(r), lost);
    const realv v = fma(s, r + t, a);
    if (FIRST(alpha) == 1)
        return v;
    /* What v was rounded by: a - v + s*r is exact. */
    const realv low = alpha * fma(s, t, (a - v) + s * r);
    /* fma would take the sign of a product that is 0, and some devices' fma
     * flushes one that is subnormal. */
    return low == 0 ? alpha * v : fma(alpha, v, low);
}

/* alpha*exp(x)*dy for x < 0 rounds twice: alpha*exp(x), kept with its error
 * until then, and the product.  2^n is split so that neither factor nor error
 * underflows or overflows before the result does, unless alpha is tiny or
 * huge; where two factors cannot hold 2^n, the second is 0. */
realv scaled_exp_negative(realv alpha, realv x, realv dy)
{
    realv r, lost;
    const intv n = reduce(x < EXP_END ? (realv)(EXP_END) : x, &r, &lost) -
                   AS_INTV((realv)(ROUND + BIAS));
    const realv high = 1 + r;
    const realv t = r * r * tail(r);
    const realv low = (r - (high - 1)) + fma(lost, high + t, t);
    if (FIRST(alpha) == 1) {
        const intv n1 = max(n, (intv)(KEPT_N));
        const intv n2 = max(n - n1, (intv)(-BIAS));
        return (high + low) * power_of_two(n1) * dy * power_of_two(n2);
    }
    const intv exponent = (AS_INTV(fabs(alpha)) >> MANTISSA) - BIAS;
    const intv least =
        clamp(KEPT_N - exponent, (intv)(1 - BIAS), (intv)(KEPT_N));
    const intv n1 = max(n, least);
    const intv n2 = max(n - n1, (intv)(-BIAS));
    const realv a = alpha * power_of_two(n1);
    const realv product = a * high;
    const realv error = fma(a, high, -product);
    return (product + fma(a, low, error)) * dy * power_of_two(n2);
}
