/* compensated.cl - sums that keep their rounding errors
 * SPDX-License-Identifier: MIT
 * needs: types.cl
 * used by: prelu sums; chain sums; partials; parameter
 *
 * A sum is a pair: s, and in c the rounding errors of its additions. */

/* a + b and a - b.  CPUs of AMD and newer ones of Intel add in other units than
 * those for fma: half of the additions are an fma, to use both.  one is 1, in
 * hot loops as a number that the compiler does not know. */
#ifdef __FMA__
#define plus(a, b, one) fma(a, (realv)(one), b)
#define minus(a, b, one) fma(b, (realv)(-(one)), a)
#else
#define plus(a, b, one) ((a) + (b))
#define minus(a, b, one) ((a) - (b))
#endif

/* a, or a + b where it is wanted.  a is not -0.  AVX-512 has masked additions,
 * others mask a number faster than they select one of two. */
#ifdef __AVX512F__
#define plus_if(wanted, a, b) ((wanted) ? (a) + (b) : (a))
#else
#define plus_if(wanted, a, b) ((a) + ((wanted) ? (b) : (realv)(0)))
#endif

/* a + b, and its rounding error: TwoSum (Knuth). */
realv two_sum(realv a, realv b, real one, realv *error)
{
    const realv sum = a + b;
    const realv z = minus(sum, a, one);
    *error = (a - (sum - z)) + minus(b, z, one);
    return sum;
}

/* Adds p to s + c. */
void add_exactly(realv p, real one, realv *s, realv *c)
{
    realv error;
    *s = two_sum(*s, p, one, &error);
    *c = plus(error, *c, one);
}

/* Adds x*dy: Dot2.  rest is x*dy - z, where TwoSum has p - z and p is x*dy
 * rounded: the product's error with the addition's.  It is rounded itself,
 * which the bound of dalpha includes. */
void add_any_product(realv x, realv dy, real one, realv *s, realv *c)
{
    const realv sum = *s + x * dy;
    const realv z = minus(sum, *s, one);
    const realv rest = fma(x, dy, -z);
    *c = plus((*s - (sum - z)) + rest, *c, one);
    *s = sum;
}

/* The same where x < 0.  The sum of 16-bit numbers is one fma: their product is
 * exact, so it is the same. */
void add_product_fused_error(realv x, realv dy, real one, realv *s, realv *c)
{
#if (DTYPE == 2 || DTYPE == 3) && !defined(CHAIN_OP)
    const realv sum = is_below_0(x) ? fma(x, dy, *s) : *s;
#else
    const realv sum = plus_if(is_below_0(x), *s, x * dy);
#endif
    const realv z = minus(sum, *s, one);
    const realv rest = fma(x, dy, -z);
    *c = plus(plus_if(is_below_0(x), *s - (sum - z), rest), *c, one);
    *s = sum;
}

/* A sum that is not finite has a correction without meaning. */
realv finite_low(realv sum, realv low)
{
    return sum - sum == 0 ? low : (realv)(0);
}

/* s + c, rounded once. */
realv rounded_sum(realv s, realv c)
{
    return s + finite_low(s, c);
}
