/* compensated.cl - sums that keep their rounding errors
 * SPDX-License-Identifier: MIT
 * needs: types.cl
 * used by: prelu sums; prelu dx on CPUs; dense; partials; parameter
 *
 * A sum is a pair: s, and in c the rounding errors of its additions. */

/* a + b, and its rounding error: TwoSum (Knuth). */
realv two_sum(realv a, realv b, realv *error)
{
    const realv sum = a + b;
    const realv z = sum - a;
    *error = (a - (sum - z)) + (b - z);
    return sum;
}

/* Adds p to s + c. */
void add_exactly(realv p, realv *s, realv *c)
{
    realv error;
    *s = two_sum(*s, p, &error);
    *c += error;
}

/* Adds x*dy where x < 0.  Dot2: the errors of the product and of the addition
 * are added to c one after the other.  add_product_fused_error rounds
 * differently: dense layers take the first, PReLU the second. */
void add_product(realv x, realv dy, realv *s, realv *c)
{
    const realv p = is_below_0(x) ? x * dy : (realv)(0);
    *c += is_below_0(x) ? fma(x, dy, -p) : (realv)(0);
    add_exactly(p, s, c);
}

/* Both errors at once: rest is x*dy - z, where TwoSum has p - z and p is x*dy
 * rounded.  It is rounded itself, which the bound of dalpha includes.  The sum
 * of 16-bit numbers is one fma: their product is exact, so it is the same. */
void add_product_fused_error(realv x, realv dy, realv *s, realv *c)
{
#if DTYPE == 2 || DTYPE == 3
    const realv sum = is_below_0(x) ? fma(x, dy, *s) : *s;
#else
    const realv sum = *s + (is_below_0(x) ? x * dy : (realv)(0));
#endif
    const realv z = sum - *s;
    const realv rest = is_below_0(x) ? fma(x, dy, -z) : (realv)(0);
    *c += (*s - (sum - z)) + rest;
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
