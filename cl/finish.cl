/* finish.cl - the sums of PReLU's blocks become dalpha
 * SPDX-License-Identifier: MIT */
#if !FORWARD && DALPHA

#define FOLD 32

/* An alpha's sum, which is rounded once. */
void store_total(realv s, realv c, ulong j, ulong count, uint rest, uint mode,
                 __global alpha_t *dalpha, __global real *partial)
{
    if (mode == ADD)
        add_exactly(LOAD_ALPHAS(dalpha + j, rest), &s, &c);
    const realv low = finite_low(s, c);
    if (mode == PARTIAL) {
        store_reals(s, partial + j, rest);
        store_reals(low, partial + count + j, rest);
    } else {
        STORE_ALPHAS(s + low, dalpha + j, rest);
    }
}

/* Of the blocks' sums, so that a GPU waits less often. */
#define AT_A_TIME 4

/* dalpha[j] from the blocks' sums [2][blocks][count], sums first and their
 * corrections second: block b goes to lane b % FOLD, then the lanes are folded
 * by halves.  A partial is [2][count] reals at dalpha.  The span alphas of a
 * work-group of one take their lanes one by one.  In a team they are side by
 * side, span/VECTOR of them for each lane. */
__kernel TEAM_OF_GROUP void prelu_reduce(
    __global const real *sums, const ulong sums_offset, const ulong count,
    const ulong blocks, const ulong span, const uint mode,
    __global alpha_t *dalpha, const ulong dalpha_offset)
{
    __global real *partial = (__global real *)dalpha + dalpha_offset;
    sums += sums_offset;
    __global const real *corrections = sums + blocks * count;
    const uint lanes = (uint)min(blocks, (ulong)FOLD);
    const ulong start = get_group_id(0) * span;
    const ulong end = min(count, start + span);
    dalpha += dalpha_offset;
#if GROUP == 1
    for (ulong j = start; j < end; j += VECTOR) {
        const uint rest = (uint)min((ulong)VECTOR, end - j);
        realv s[FOLD], c[FOLD];
        for (uint i = 0; i < lanes; i++)
            s[i] = c[i] = (realv)(0);
        for (ulong b = 0; b < blocks; b++) {
            const uint i = (uint)b % FOLD;
            c[i] += load_reals(corrections + b * count + j, rest);
            add_exactly(load_reals(sums + b * count + j, rest), &s[i], &c[i]);
        }
        for (uint n = lanes, half_n; n > 1; n = half_n) {
            half_n = (n + 1) / 2;
            for (uint i = 0; i < n - half_n; i++) {
                c[i] += c[i + half_n];
                add_exactly(s[i + half_n], &s[i], &c[i]);
            }
        }
        store_total(s[0], c[0], j, count, rest, mode, dalpha, partial);
    }
#else
    __local realv s[FOLD > GROUP ? FOLD : GROUP];
    __local realv c[FOLD > GROUP ? FOLD : GROUP];
    const uint lid = (uint)get_local_id(0), side = (uint)span / VECTOR;
    for (uint i = lid; i < lanes * side; i += GROUP) {
        const ulong j = start + i % side * VECTOR;
        const uint rest = j < end ? (uint)min((ulong)VECTOR, end - j) : 0;
        realv si = (realv)(0), ci = (realv)(0);
        for (ulong b = i / side; b < blocks; b += AT_A_TIME * FOLD) {
            realv more[AT_A_TIME], low[AT_A_TIME];
            UNROLL
            for (uint k = 0; k < AT_A_TIME; k++) {
                const bool there = b + k * FOLD < blocks;
                const ulong at = (there ? b + k * FOLD : b) * count + j;
                more[k] = load_reals(sums + at, rest);
                low[k] = load_reals(corrections + at, rest);
            }
            UNROLL
            for (uint k = 0; k < AT_A_TIME; k++) {
                if (b + k * FOLD >= blocks)
                    break;
                ci += low[k];
                add_exactly(more[k], &si, &ci);
            }
        }
        s[i] = si;
        c[i] = ci;
    }
    TEAM_BARRIER;
    for (uint n = lanes, half_n; n > 1; n = half_n) {
        half_n = (n + 1) / 2;
        for (uint i = lid; i < (n - half_n) * side; i += GROUP) {
            realv si = s[i], ci = c[i] + c[i + half_n * side];
            add_exactly(s[i + half_n * side], &si, &ci);
            s[i] = si;
            c[i] = ci;
        }
        TEAM_BARRIER;
    }
    for (uint i = lid; i < side && start + i * VECTOR < end; i += GROUP) {
        const ulong j = start + i * VECTOR;
        store_total(s[i], c[i], j, count, (uint)min((ulong)VECTOR, end - j),
                    mode, dalpha, partial);
    }
#endif
}

#endif
