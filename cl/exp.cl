/* exp.cl - expm1 and exp of negative numbers
 * SPDX-License-Identifier: MIT
 * needs: types.cl
 * used by: elementwise with elu; chain with elu
 *
 * Made of fma, +, - and * alone, so that every IEEE device gives the same
 * bits; and of whole vectors, which built-in functions often are not. */

/* ROUND is added to round to an integer, which is in the low bits then: no
 * conversion, no call. */
#if DTYPE == 4
#define LOG2_E R(0x1.71547652b82fep+0)
#define LN2 R(0x1.62e42fefa39efp-1)
#define LN2_REST R(0x1.abc9e3b39803fp-56)
#define ROUND R(0x1.8p+52)
#define MANTISSA 52
#define BIAS 1023
#define MIN_N -800 /* 2^n times a mantissa, and its error, are normal */
#define EXPM1_END R(-38.0)
#define EXP_END R(-1418.0)
#else
#define LOG2_E R(0x1.715476p+0)
#define LN2 R(0x1.62e43p-1)
#define LN2_REST R(-0x1.05c61p-29)
#define ROUND R(0x1.8p+23)
#define MANTISSA 23
#define BIAS 127
#define MIN_N -60
#define EXPM1_END R(-18.0)
#define EXP_END R(-176.0)
#endif

/* (expm1(r) - r)/r^2 for |r| <= ln(2)/2: minimax fits, with errors below 2^-31
 * of r (float32), 2^-26 (what float32 is rounded from to 16 bits) and 2^-65
 * (float64). */
realv expm1_tail(realv r)
{
#if DTYPE == 2 || DTYPE == 3
    /* Knuth's adaptation: the factor rr + b costs no multiplication. */
    const realv rr = r * r;
    const realv a = fmav(rr, RV(0x1.6bec08p-10),
                        fmav(r, RV(0x1.122768p-7), RV(0x1.cb29d4p-7)));
    return fmav(a, rr + RV(0x1.3eba84p+4), RV(0x1.c4537ep-3));
#else
#if DTYPE == 4
    realv q = RV(0x1.61bfc9f77f2d3p-33);
    q = fmav(q, r, RV(0x1.1f7f455021f6cp-29));
    q = fmav(q, r, RV(0x1.ae642c71ac117p-26));
    q = fmav(q, r, RV(0x1.27e4d4094251ep-22));
    q = fmav(q, r, RV(0x1.71de3a5aaaf36p-19));
    q = fmav(q, r, RV(0x1.a01a01a9ef9afp-16));
    q = fmav(q, r, RV(0x1.a01a01a0196a5p-13));
    q = fmav(q, r, RV(0x1.6c16c16c15a5ap-10));
    q = fmav(q, r, RV(0x1.1111111111111p-7));
    q = fmav(q, r, RV(0x1.5555555555557p-5));
    q = fmav(q, r, RV(0x1.5555555555555p-3));
#else
    realv q = RV(0x1.a1a2b8p-13);
    q = fmav(q, r, RV(0x1.6d7598p-10));
    q = fmav(q, r, RV(0x1.11108ep-7));
    q = fmav(q, r, RV(0x1.5554acp-5));
    q = fmav(q, r, RV(0x1.555556p-3));
#endif
    return fmav(q, r, RV(0.5));
#endif
}

/* x = n*ln(2) + r, less n*LN2_REST, with |r| <= ln(2)/2.  r is exact: x and
 * n*LN2 are multiples of LN2's last bit or less, and r is small.  The result is
 * n + bias above the bits of ROUND. */
intv reduce_range(realv x, real bias, realv *r, realv *n)
{
    const realv k = fmav(x, (realv)(LOG2_E), (realv)(ROUND + bias));
    *n = k - (ROUND + bias);
    *r = fmav(*n, (realv)(-LN2), x);
    return AS_INTV(k);
}

/* 2^n from n + BIAS in the low bits, and 0 for n = -BIAS. */
realv power_of_two(intv biased)
{
    return AS_REALV(biased << MANTISSA);
}

/* alpha*expm1(x) for EXPM1_END <= x < 0: far below EXPM1_END it is -alpha.  Any
 * other x gives some number.  alpha is the same in all elements, most often
 * 1. */
realv scaled_expm1_negative(realv alpha, realv x)
{
    realv r, n;
    const realv s = power_of_two(reduce_range(x, BIAS, &r, &n));
    const realv a = s - 1;
    const realv q = expm1_tail(r);
#if DTYPE == 2 || DTYPE == 3
    /* As below, and with both signs turned twice -0 stays what it is. */
    if (FIRST(alpha) == 1)
        return fmav(-s, fmav(-(r * r), q, -r), -(1 - s));
#elif DTYPE == 1
    /* Less than 1/30 ulp is lost. */
    if (FIRST(alpha) == 1)
        return fmav(s, fmav(r * r, q, r), a);
#endif
    const realv t = fmav(r * r, q, n * -LN2_REST);
    const realv v = fmav(s, r + t, a);
    if (FIRST(alpha) == 1)
        return v;
    /* What v was rounded by: a - v + s*r is exact. */
    const realv low = alpha * fmav(s, t, (a - v) + s * r);
    /* fma would take the sign of a product that is 0, and some devices' fma
     * flushes one that is subnormal. */
    return low == 0 ? alpha * v : fmav(alpha, v, low);
}

/* Whether x ends at EXP_AT_1_END, from where on no float16 dy changes a
 * float16 result. */
#if DTYPE == 2 && !ACCUMULATE && !defined(CHAIN_OP)
#define ENDS_AT_88 1
#else
#define ENDS_AT_88 0
#endif

/* exp(x)*dy for x < 0 rounds three times: r, exp(r), and the product.  2^n is
 * the product of two halves, as it may be subnormal where the result is not. */
realv exp_negative_times(realv x, realv dy)
{
    realv r, n;
#if ENDS_AT_88
    const realv s = power_of_two(reduce_range(x, BIAS, &r, &n));
#else
    const intv bits = reduce_range(x, 2 * BIAS, &r, &n);
    const intv half_n = bits >> 1;
    const realv s = power_of_two(half_n);
#endif
    r = fmav(n, (realv)(-LN2_REST), r);
    const realv e = fmav(s, fmav(r * r, expm1_tail(r), r), s);
#if ENDS_AT_88
    return e * dy;
#else
    return e * dy * power_of_two(bits - half_n);
#endif
}

/* alpha*exp(x)*dy for EXP_END <= x < 0 rounds twice: alpha*exp(x), kept with
 * its error until then, and the product.  2^n is split so that neither factor
 * nor error underflows or overflows before the result does, unless alpha is
 * tiny or huge; where two factors cannot hold 2^n, the second is 0. */
realv scaled_exp_negative(realv alpha, realv x, realv dy)
{
    realv r, real_n;
    if (FIRST(alpha) == 1)
        return exp_negative_times(x, dy);
    const intv n = reduce_range(x, 0, &r, &real_n) - AS_INTV((realv)(ROUND));
    const realv lost = real_n * -LN2_REST;
    const realv high = 1 + r;
    const realv t = r * r * expm1_tail(r);
    const realv low = (r - (high - 1)) + fmav(lost, high + t, t);
    const intv exponent = (AS_INTV(alpha) >> MANTISSA & (2 * BIAS + 1)) - BIAS;
    const intv low_n =
        clampv(MIN_N - exponent, (intv)(1 - BIAS), (intv)(MIN_N));
    const intv n1 = maxv(n, low_n);
    const intv n2 = maxv(n - n1, (intv)(-BIAS));
    const realv a = alpha * power_of_two(n1 + BIAS);
    const realv product = a * high;
    const realv error = fmav(a, high, -product);
    return (product + fmav(a, low, error)) * dy * power_of_two(n2 + BIAS);
}
