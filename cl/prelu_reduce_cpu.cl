/* prelu_reduce_cpu.cl - the kernel of the final reduction in one work-item
 * SPDX-License-Identifier: MIT
 * needs: types.cl memory.cl compensated.cl prelu.cl
 *     prelu_reduce.cl
 * used by: prelu sums on CPUs; chain sums on CPUs */

/* A work-group takes span alphas, a vector of them after the other. */
__kernel WG_SIZED
void prelu_reduce(__global const real *sums, const ulong sums_offset,
                  const ulong alpha_count, const ulong blocks, const ulong span,
                  const uint mode, __global alpha_t *dalpha,
                  const ulong dalpha_offset)
{
    __global real *partial = (__global real *)dalpha + dalpha_offset;
    sums += sums_offset;
    __global const real *corrections = sums + blocks * alpha_count;
    const uint lanes = (uint)min(blocks, (ulong)LANES);
    const ulong start = get_group_id(0) * span;
    const ulong end = min(alpha_count, start + span);
    dalpha += dalpha_offset;
    for (ulong j = start; j < end; j += VECTOR) {
        const uint rest = (uint)min((ulong)VECTOR, end - j);
        realv s[LANES], c[LANES];
        for (uint i = 0; i < lanes; i++)
            s[i] = c[i] = (realv)(0);
        for (ulong b = 0; b < blocks; b++) {
            const uint i = (uint)b % LANES;
            const ulong at = b * alpha_count + j;
            c[i] += load_partial_real(corrections + at, rest);
            add_exactly(load_partial_real(sums + at, rest), 1, &s[i],
                        &c[i]);
        }
        for (uint n = lanes, half_n; n > 1; n = half_n) {
            half_n = (n + 1) / 2;
            for (uint i = 0; i < n - half_n; i++) {
                c[i] += c[i + half_n];
                add_exactly(s[i + half_n], 1, &s[i], &c[i]);
            }
        }
        store_total(s[0], c[0], j, alpha_count, rest, mode, dalpha, partial);
    }
}
