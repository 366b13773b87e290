/* sum_partials.cl - the ordered sum of the partials of a batch's shards
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl memory.cl compensated.cl
 * used by: partials */

/* out[j] from partials[rows][count], row after row. */
__kernel WG_SIZED
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
            add_exactly(load_partial_real(partials + row * count + j, rest), 1,
                        &s, &c);
        store_partial(round_to_storage(rounded_sum(s, c)), out + j, rest);
    }
}
