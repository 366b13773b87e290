/* prelu_divide.cl - dalpha from the sums of y*dy where y < 0
 * SPDX-License-Identifier: MIT
 * needs: types.cl memory.cl prelu.cl prelu_reduce.cl
 * used by: prelu sums with output
 *
 * There x is y/alpha, so dalpha is the sum divided by alpha: a division for
 * each alpha, not for each element. */

/* Its difference to a number's bits are those of the reciprocal within 6 %. */
#if DTYPE == 4
#define RECIPROCAL ((long)0x7fde6238502484ba)
#else
#define RECIPROCAL 0x7ef311c7
#endif

/* s + c, divided by a from 2^-100 to 2^100, else NaN.  By Newton's iteration,
 * as a device's division may not be correctly rounded. */
realv divide_sum(realv s, realv *c, realv a)
{
    realv r = AS_REALV(RECIPROCAL - AS_INTV(a));
    for (uint i = 0; i < 4; i++)
        r = fma(r, fma(-a, r, (realv)(1)), r);
    const realv quotient = s * r;
    *c = (fma(-quotient, a, s) + *c) * r;
    return ((a >= RV(0x1p-100)) & (a <= RV(0x1p100))) ? quotient
                                                      : (realv)(NAN);
}

/* sums are [2][alpha_count], as of one block.  A work-group takes span
 * alphas. */
__kernel WG_SIZED
void prelu_divide(__global const real *sums, const ulong sums_offset,
                  const ulong alpha_count, const ulong span, const uint mode,
                  __global const alpha_t *alpha, const ulong alpha_offset,
                  __global alpha_t *dalpha, const ulong dalpha_offset)
{
    __global real *partial = (__global real *)dalpha + dalpha_offset;
    const ulong start = get_group_id(0) * span;
    const ulong end = min(alpha_count, start + span);
    sums += sums_offset;
    alpha += alpha_offset;
    dalpha += dalpha_offset;
    for (ulong j = start + get_local_id(0) * VECTOR; j < end;
         j += GROUP * VECTOR) {
        const uint rest = (uint)min((ulong)VECTOR, end - j);
        const realv a = load_partial_alpha(alpha + j, rest);
        realv c = load_partial_real(sums + alpha_count + j, rest);
        const realv s = divide_sum(load_partial_real(sums + j, rest), &c, a);
        store_total(s, c, j, alpha_count, rest, mode, dalpha, partial);
    }
}
