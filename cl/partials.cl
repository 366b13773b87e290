/* partials.cl - the ordered sum of what shards of a batch have summed
 * SPDX-License-Identifier: MIT */

/* out[j] from partials[rows][count], row after row. */
__kernel TEAM_OF_GROUP
void sum_partials(__global const real *partials, const ulong partials_offset,
                  const ulong rows, const ulong count, const ulong span,
                  __global stored *out, const ulong out_offset)
{
    const ulong start = get_group_id(0) * span;
    const ulong end = min(count, start + span);
    partials += partials_offset;
    out += out_offset;
    for (ulong j = start + get_local_id(0) * VECTOR; j < end;
         j += GROUP * VECTOR) {
        const uint rest = (uint)min((ulong)VECTOR, end - j);
        realv s = (realv)(0), c = (realv)(0);
        for (ulong row = 0; row < rows; row++)
            add_exactly(load_reals(partials + row * count + j, rest), &s, &c);
        store_up_to(pack(rounded(s, c)), out + j, rest);
    }
}
