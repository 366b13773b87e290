/* exponential.cl - expm1 and exp of negative numbers
 * SPDX-License-Identifier: MIT
 *
 * Made of fma, +, - and * alone, so that every IEEE device gives the same
 * bits; and of whole vectors, which built-in functions often are not. */

#if DTYPE == 4
#define LOG2_E R(0x1.71547652b82fep+0)
#define LN2_HIGH R(0x1.62e42fefap-1)
#define LN2_LOW R(0x1.cf79abc9e3b3ap-40)
#define ROUND R(0x1.8p+52)
#define MANTISSA 52
#define BIAS 1023
#define KEPT_N -800 /* 2^n times a mantissa, and its error, are normal */
#define EXPM1_END R(-60.0)
#define EXP_END R(-1420.0)
#else
#define LOG2_E R(0x1.715476p+0)
#define LN2_HIGH R(0x1.62e4p-1)
#define LN2_LOW R(0x1.7f7d1cp-20)
#define ROUND R(0x1.8p+23)
#define MANTISSA 23
#define BIAS 127
#define KEPT_N -60
#define EXPM1_END R(-30.0)
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

/* x = n*ln(2) + r with |r| <= ln(2)/2; expm1(r) = r + t; returns n.
 *
 * Adding ROUND rounds to an integer, which then sits in the low bits: no
 * conversion, no call.  ln(2) comes in two parts, the first short enough for
 * n*LN2_HIGH to be exact; what r loses goes into t. */
intv reduce(realv x, realv *r, realv *t)
{
    const realv k = fma(x, (realv)(LOG2_E), (realv)(ROUND));
    const realv n = k - ROUND;
    const realv high = fma(n, (realv)(-LN2_HIGH), x);
    const realv v = fma(n, (realv)(-LN2_LOW), high);
    const realv lost = fma(n, (realv)(-LN2_LOW), high - v);
    *r = v;
    *t = fma(v * v, tail(v), lost);
    return AS_INTV(k) - AS_INTV((realv)(ROUND));
}

/* 2^n, and 0 for n = -BIAS. */
realv power_of_two(intv n)
{
    return AS_REALV((n + BIAS) << MANTISSA);
}

/* alpha*expm1(x) for x < 0; any other x gives some number.  2^n - 1, its sum
 * with 2^n * r keep their rounding errors, so that only the last operation
 * rounds. */
realv scaled_expm1_negative(realv alpha, realv x)
{
    realv r, t;
    /* The result has been -1 for long, and 2^n is normal. */
    const intv n = reduce(x < EXPM1_END ? (realv)(EXPM1_END) : x, &r, &t);
    const realv s = power_of_two(n);
    const realv a = s - 1;
    const realv a_low = s - (a + 1);
    const realv b = s * r;
    const realv sum = a + b;
    const realv sum_low = b - (sum - a);
    const realv low = alpha * fma(s, t, sum_low + a_low);
    /* fma would take the sign of a product that is 0, and some devices' fma
     * flushes one that is subnormal. */
    return low == 0 ? alpha * sum : fma(alpha, sum, low);
}

/* alpha*exp(x)*dy for x < 0 rounds twice: alpha*exp(x), kept with its error
 * until then, and the product.  2^n is split so that neither factor nor error
 * underflows or overflows before the result does, unless alpha is tiny or
 * huge; where two factors cannot hold 2^n, the second is 0. */
realv scaled_exp_negative(realv alpha, realv x, realv dy)
{
    realv r, t;
    const intv n = reduce(x < EXP_END ? (realv)(EXP_END) : x, &r, &t);
    const intv exponent = (AS_INTV(fabs(alpha)) >> MANTISSA) - BIAS;
    const intv least = clamp(KEPT_N - exponent, (intv)(1 - BIAS),
                             (intv)(KEPT_N));
    const intv n1 = max(n, least);
    const intv n2 = max(n - n1, (intv)(-BIAS));
    const realv high = 1 + r;
    const realv low = (r - (high - 1)) + t;
    const realv a = alpha * power_of_two(n1);
    const realv product = a * high;
    const realv error = fma(a, high, -product);
    return (product + fma(a, low, error)) * dy * power_of_two(n2);
}
