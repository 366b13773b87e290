/* prelu_cpu_alphas.cl - a row's alphas and scratch, in one work-item
 * SPDX-License-Identifier: MIT
 * needs: types.cl memory.cl prelu.cl chain.cl prelu_rows.cl
 * used by: prelu on CPUs; chain on CPUs
 *
 * The alphas, scales and biases of a row's columns and their sums are scratch:
 * arrays of the work-item, in the first cache. */

/* 4K aliasing: a load waits for a store before it that is still queued, if the
 * last 12 bits of their addresses are the same.  So a column of the output and
 * of each array of scratch are ALIAS_STEP apart, modulo a page.  A row of reals
 * is a number of pages. */
#define PAGE (4096 / (uint)sizeof(real))
#define SCRATCH_ARRAYS (2 * SUMS + ARRAYS)
#define ALIAS_STEP (PAGE / (SCRATCH_ARRAYS + 1) / 16 * 16)

/* The elements from an array to the next, of one tile, and of all.  Their first
 * is scratch_offset elements behind the first of all. */
#define SCRATCH_COLUMNS (ROW_MAX + ALIAS_STEP)
#define TILE_SCRATCH (SCRATCH_ARRAYS * ROW_MAX + PAGE)
#define SCRATCH_VECTORS(tiles) (((tiles) * TILE_SCRATCH + 2 * PAGE) / VECTOR)

/* ---------------------------------------------------------------- alphas -- */

/* Where the alphas, scales and biases of a row's columns are: a constant within
 * a row, so that its loop does not ask. */
#define ALPHA_PER_COLUMN 0 /* in scratch */
#define ALPHA_UNIFORM 1    /* one vector in scratch, for all columns */
#define ALPHA_IN_MEMORY 2  /* not in scratch, as each is used once */

/* The elements of scratch from one array to the next. */
#define ARRAY_STRIDE(is_uniform) ((is_uniform) ? VECTOR : SCRATCH_COLUMNS)

INLINED struct columns columns_at(uint source, const real *a,
                                  struct arrays arrays, ulong column,
                                  uint count)
{
    struct columns c;
    UNROLLED
    for (uint j = 0; j < ARRAYS; j++) {
        const real *of_array = a + j * ARRAY_STRIDE(source == ALPHA_UNIFORM);
        if (source == ALPHA_IN_MEMORY)
            c.p[j] = load_partial_alpha(arrays.p[j] + column, count);
        else
            c.p[j] = load_real(of_array +
                               (source == ALPHA_PER_COLUMN ? column : 0));
    }
    return c;
}

/* Whether each element of a segment has its own alpha. */
bool alphas_in_memory(const struct tiling *t)
{
    return t->chunks > 1 && is_kept(t, (uint)t->split_axis);
}

/* Of a tile's rows, which have alphas. */
uint source_of(const struct tiling *t, uint alphas)
{
    if (ARRAYS == 0)
        return ALPHA_UNIFORM;
    if (!SUMS && alphas_in_memory(t))
        return ALPHA_IN_MEMORY;
    return READS_ARRAYS && alphas == 1 ? ALPHA_UNIFORM : ALPHA_PER_COLUMN;
}

#define GROUPS_IN_ROW 16 /* of 2 elements or more each, and ROW_MAX in all */

/* One step of an odometer: digits are the indices of the groups from 2 to the
 * split axis.  Returns the first of the next inner alphas. */
uint next_inner_alphas(const struct tiling *t, uint digits[GROUPS_IN_ROW],
                       uint first)
{
    uint stride = (uint)t->group[is_kept(t, 0) ? 0 : 1];
    for (uint g = 2; g <= t->split_axis; g++) {
        const uint size = (uint)t->group[g];
        const bool kept = is_kept(t, g);
        if (kept)
            first += stride;
        if (++digits[g] < size || g == t->split_axis)
            break;
        digits[g] = 0;
        if (kept) {
            first -= size * stride;
            stride *= size;
        }
    }
    return first;
}

/* The alphas of a row's columns, of which there are count; columns beyond the
 * row get some number.  Both innermost groups at a time: what a vector writes
 * too far is overwritten by a later one. */
void load_alphas(const struct tiling *t, __global const alpha_t *alpha,
                 uint count, real *columns)
{
    const uint width = (uint)t->width;
    const uint inner = t->split_axis == 0 ? width : (uint)t->group[0];
    const uint both = t->split_axis < 2 ? width : inner * (uint)t->group[1];
    uint digits[GROUPS_IN_ROW] = {0}, first = 0, column = 0;
    if (count == 1) {
        store_real((realv)(load_one_alpha(alpha)), columns);
        return;
    }
    while (column < width && first < count) {
        const uint end = min(column + both, width);
        if (is_kept(t, 0)) {
            const uint rest = count - first;
            for (uint i = (min(inner, rest) - 1) / VECTOR + 1; i-- > 0;) {
                const uint k = i * VECTOR;
                const realv some =
                    load_partial_alpha(alpha + first + k, rest - k);
                for (uint at = column + k; at < end; at += inner)
                    store_real(some, columns + at);
            }
            column = end;
        } else {
            for (uint k = first; column < end && k < count;
                 k++, column += inner) {
                const realv one = (realv)(load_one_alpha(alpha + k));
                for (uint i = 0; i < inner; i += VECTOR)
                    store_real(one, columns + column + i);
            }
        }
        if (t->split_axis < 2)
            break;
        first = next_inner_alphas(t, digits, first);
    }
}

/* The same for all arrays. */
INLINED void load_columns(const struct tiling *t, struct arrays arrays,
                          uint count, real *columns)
{
    UNROLLED
    for (uint j = 0; j < ARRAYS; j++)
        load_alphas(t, arrays.p[j], count,
                    columns + j * ARRAY_STRIDE(count == 1));
}
