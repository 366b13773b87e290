/* sum_rows.cl - the compensated sum of rows of pairs
 * SPDX-License-Identifier: MIT
 * needs: types.cl memory.cl compensated.cl
 * used by: parameter */

/* out[j] from [2][rows][count], sums first and their corrections second, row
 * after row; with pair, again sum and correction, [2][count]. */
__kernel WG_SIZED
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
            c += load_partial(corrections + row * count + j, rest);
            add_exactly(load_partial(sums + row * count + j, rest), 1, &s,
                        &c);
        }
        if (accumulate)
            add_exactly(load_partial(out + j, rest), 1, &s, &c);
        store_partial(pair ? s : rounded_sum(s, c), out + j, rest);
        if (pair)
            store_partial(c, out + count + j, rest);
    }
}
