/* divide.cl - division of sizes
 * SPDX-License-Identifier: MIT
 * needs: prelu.cl
 * used by: prelu; chain; mask with alphas; elementwise with strided */

/* A CPU divides 32 bits twice as fast as 64.  GPUs have no instruction for
 * this.  In 64 bits it takes a hundred, and more registers than sums leave:
 * with sums it is done bit by bit, in the rare case of 2^32 rows or more. */
ulong divide(ulong a, ulong b, ulong *rest)
{
#if GROUP > 1 || STRIDED
    if ((a | b) >> 32 == 0) {
        const uint short_quotient = (uint)a / (uint)b;
        *rest = (uint)a - short_quotient * (uint)b;
        return short_quotient;
    }
#endif
#if GROUP > 1 && HAS_SUMS && !STRIDED
    ulong quotient = 0, left = 0;
    for (uint bit = 64; bit-- > 0;) {
        left = left << 1 | (a >> bit & 1);
        const bool fits = left >= b;
        left -= fits ? b : 0;
        quotient = quotient << 1 | (fits ? 1 : 0);
    }
    *rest = left;
#else
    const ulong quotient = a / b;
    *rest = a - quotient * b;
#endif
    return quotient;
}
