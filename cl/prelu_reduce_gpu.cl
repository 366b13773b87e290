/* prelu_reduce_gpu.cl - the kernel of the final reduction in many work-items
 * SPDX-License-Identifier: MIT
 * needs: types.cl memory.cl compensated.cl prelu.cl
 *     prelu_reduce.cl
 * used by: prelu sums on GPUs; chain sums on GPUs */

/* Blocks' sums in flight for each work-item. */
#define BLOCKS_AT_ONCE 4

/* The sums of lane b of the vector of alphas at j, which has rest of them: the
 * blocks b, b + LANES and so on. */
INLINED void sum_lane(__global const real *sums, ulong b, ulong blocks,
                      ulong alpha_count, ulong j, uint rest, realv *s, realv *c)
{
    __global const real *corrections = sums + blocks * alpha_count;
    for (; b < blocks; b += BLOCKS_AT_ONCE * LANES) {
        realv more[BLOCKS_AT_ONCE], low[BLOCKS_AT_ONCE];
        UNROLLED
        for (uint k = 0; k < BLOCKS_AT_ONCE; k++) {
            const bool is_there = b + k * LANES < blocks;
            const ulong at = (is_there ? b + k * LANES : b) * alpha_count + j;
            more[k] = load_partial_real(sums + at, rest);
            low[k] = load_partial_real(corrections + at, rest);
        }
        UNROLLED
        for (uint k = 0; k < BLOCKS_AT_ONCE; k++) {
            if (b + k * LANES >= blocks)
                break;
            *c += low[k];
            add_exactly(more[k], 1, s, c);
        }
    }
}

/* Combines n lanes of side vectors each by halves. */
INLINED void combine_lanes(__local realv *s, __local realv *c, uint n,
                           uint side, uint lid)
{
    for (uint half_n; n > 1; n = half_n) {
        half_n = (n + 1) / 2;
        for (uint i = lid; i < (n - half_n) * side; i += GROUP) {
            realv si = s[i], ci = c[i] + c[i + half_n * side];
            add_exactly(s[i + half_n * side], 1, &si, &ci);
            s[i] = si;
            c[i] = ci;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
}

/* A work-group takes span alphas: side vectors of them, next to each other.  A
 * work-item sums a lane of one vector, and again if there are more than GROUP:
 * i is lane * side + vector. */
__kernel WG_SIZED
void prelu_reduce(__global const real *sums, const ulong sums_offset,
                  const ulong alpha_count, const ulong blocks, const ulong span,
                  const uint mode, __global alpha_t *dalpha,
                  const ulong dalpha_offset)
{
    __local realv s[LANES > GROUP ? LANES : GROUP];
    __local realv c[LANES > GROUP ? LANES : GROUP];
    __global real *partial = (__global real *)dalpha + dalpha_offset;
    const uint lid = (uint)get_local_id(0), side = (uint)span / VECTOR;
    const uint lanes = (uint)min(blocks, (ulong)LANES);
    const ulong start = get_group_id(0) * span;
    const ulong end = min(alpha_count, start + span);
    sums += sums_offset;
    dalpha += dalpha_offset;
    for (uint i = lid; i < lanes * side; i += GROUP) {
        const ulong j = start + i % side * VECTOR;
        const uint rest = j < end ? (uint)min((ulong)VECTOR, end - j) : 0;
        realv si = (realv)(0), ci = (realv)(0);
        sum_lane(sums, i / side, blocks, alpha_count, j, rest, &si, &ci);
        s[i] = si;
        c[i] = ci;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    combine_lanes(s, c, lanes, side, lid);
    for (uint i = lid; i < side && start + i * VECTOR < end; i += GROUP) {
        const ulong j = start + i * VECTOR;
        store_total(s[i], c[i], j, alpha_count,
                    (uint)min((ulong)VECTOR, end - j), mode, dalpha, partial);
    }
}
