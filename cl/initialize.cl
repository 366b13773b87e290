/* initialize.cl - the first values of an array
 * SPDX-License-Identifier: MIT
 * needs: types.cl random.cl
 * used by: initializer
 *
 * Element i takes word i % 4 of the random words that count i / 4, so that an
 * array is the same whatever GROUP is. */

#define CONSTANT 0 /* as in src/train/initializer.c */
#define UNIFORM 1
#define NORMAL 2
#define IDENTITY 3

struct initial {
    ulong kind, columns, seed;
    float a, b;  /* constant: a; uniform: a + b*[0, 1); normal: a + b*z       */
    float limit; /* uniform: the most; normal: the reach of z                 */
    float unused;
};

/* A multiple of 2^-24 in [0, 1). */
float uniform_of(uint word)
{
    return (float)(word >> 8) * 0x1p-24f;
}

float initial_of(const struct initial *v, ulong i, uint word)
{
    if (v->kind == UNIFORM)
        return min(fma(v->b, uniform_of(word), v->a), v->limit);
    if (v->kind == NORMAL)
        return fma(v->b, normal_of(word, v->limit), v->a);
    if (v->kind == IDENTITY && i / v->columns != i % v->columns)
        return 0;
    return v->a;
}

__kernel WG_SIZED
void initialize(const struct initial v, const ulong n, const ulong span,
                __global float *out, const ulong out_offset)
{
    const ulong start = get_group_id(0) * span;
    const ulong end = min(n, start + span);
    out += out_offset;
    for (ulong i = start + get_local_id(0) * 4; i < end; i += GROUP * 4) {
        uint words[4] = {0, 0, 0, 0};
        if (v.kind == UNIFORM || v.kind == NORMAL)
            philox(i / 4, v.seed, words);
        for (uint j = 0; j < 4 && i + j < end; j++)
            out[i + j] = initial_of(&v, i + j, words[j]);
    }
}
