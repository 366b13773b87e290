/* sum.cl - sums that keep their rounding errors
 * SPDX-License-Identifier: MIT */

/* Adds p to s + c; the rounding error of s goes into c: TwoSum (Knuth). */
void add_exactly(realv p, realv *s, realv *c)
{
    const realv sum = *s + p;
    const realv z = sum - *s;
    *c += (*s - (sum - z)) + (p - z);
    *s = sum;
}

/* s + c, rounded once; a sum that is not finite has a correction without
 * meaning. */
realv rounded(realv s, realv c)
{
    return s - s == 0 ? s + c : s;
}

/* Stored as they are computed. */
#if DTYPE == 1 || DTYPE == 4

/* out[j] from [2][rows][count], sums first and their corrections second, row
 * after row; with pair, again sum and correction, [2][count]. */
__kernel TEAM_OF_GROUP
void sum_rows(__global const real *sums, const ulong sums_offset,
              const ulong rows, const ulong count, const ulong span,
              const uint pair, const uint accumulate, __global real *out,
              const ulong out_offset)
{
    const ulong start = get_group_id(0) * span;
    const ulong end = min(count, start + span);
    sums += sums_offset;
    out += out_offset;
    __global const real *corrections = sums + rows * count;
    for (ulong j = start + get_local_id(0) * VECTOR; j < end;
         j += GROUP * VECTOR) {
        const uint rest = (uint)min((ulong)VECTOR, end - j);
        realv s = (realv)(0), c = (realv)(0);
        for (ulong row = 0; row < rows; row++) {
            c += load_up_to(corrections + row * count + j, rest);
            add_exactly(load_up_to(sums + row * count + j, rest), &s, &c);
        }
        if (accumulate)
            add_exactly(load_up_to(out + j, rest), &s, &c);
        store_up_to(pair ? s : rounded(s, c), out + j, rest);
        if (pair)
            store_up_to(c, out + count + j, rest);
    }
}

#endif
