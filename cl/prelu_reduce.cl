/* prelu_reduce.cl - the final reduction: dalpha from the sums of all blocks
 * SPDX-License-Identifier: MIT
 * needs: types.cl memory.cl compensated.cl prelu.cl prelu_sums.cl
 * used by: prelu sums; chain sums
 *
 * The blocks' sums are [2][blocks][alpha_count], sums first and their
 * corrections second.  Block b is added to lane b % LANES, in the order of b;
 * then the lanes are combined by halves, as in prelu_sums.cl: a fixed order on
 * all devices. */

/* Partial sums of an alpha; must match REDUCE_MAX in src/plan/plan.c. */
#define LANES 32

/* The total of rest alphas from j on, which is rounded once.  A partial is
 * [2][alpha_count] reals. */
void store_total(realv s, realv c, ulong j, ulong alpha_count, uint rest,
                 uint mode, __global alpha_t *dalpha, __global real *partial)
{
    if (mode == DALPHA_ADD)
        add_exactly(load_partial_alpha(dalpha + j, rest), 1, &s, &c);
    const realv low = finite_low(s, c);
    if (mode == DALPHA_PARTIAL) {
        store_partial_real(s, partial + j, rest);
        store_partial_real(low, partial + alpha_count + j, rest);
    } else {
        store_partial_alpha(s + low, dalpha + j, rest);
    }
}
