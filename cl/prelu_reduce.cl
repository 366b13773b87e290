/* prelu_reduce.cl - the final reduction: dalpha from the sums of all blocks
 * SPDX-License-Identifier: MIT
 * needs: types.cl memory.cl compensated.cl prelu.cl prelu_sums.cl
 * used by: prelu sums
 *
 * The blocks' sums are [2][blocks][count], sums first and their corrections
 * second.  Block b is added to lane b % LANES, then the lanes are combined by
 * halves: a fixed order on all devices. */

#define LANES 32 /* must match src/plan/plan.c */

/* An alpha's sum, which is rounded once.  A partial is [2][count] reals. */
void store_total(realv s, realv c, ulong j, ulong count, uint rest, uint mode,
                 __global alpha_t *dalpha, __global real *partial)
{
    if (mode == DALPHA_ADD)
        add_exactly(load_partial_alpha(dalpha + j, rest), &s, &c);
    const realv low = finite_low(s, c);
    if (mode == DALPHA_PARTIAL) {
        store_partial_real(s, partial + j, rest);
        store_partial_real(low, partial + count + j, rest);
    } else {
        store_partial_alpha(s + low, dalpha + j, rest);
    }
}
