/* prelu_direct.cl - direct addressing: an element's alpha from its index
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl memory.cl prelu.cl divide.cl
 * used by: prelu forward on GPUs; prelu dx on GPUs; chain forward on GPUs;
 *     chain pair on GPUs; chain dx on GPUs; mask with alphas */

/* Must match clrelu_direct in src/plan/direct.h.  An argument of its own:
 * compilers would keep all of the tiling in registers for these. */
struct direct {
    ulong n, span, period;
    uint inner, first_kept;
    uint8 size, magic, step;
    uint last_step, shifts;
};

/* n / d by constants of d from src/plan/direct.c: a division takes a GPU ten
 * times as long. */
uint quotient_of(uint n, uint magic, uint shift)
{
    const uint high = mul_hi(n, magic);
    return (high + ((n - high) >> 1)) >> shift;
}

/* Divides rest by the size of group g.  The remainder is the index in g, which
 * moves alpha. */
INLINED uint take_group(uint g, uint size, uint magic, uint step, uint shifts,
                        uint *rest, uint *alpha)
{
    const uint quotient = quotient_of(*rest, magic, shifts >> 5 * g & 31);
    const uint index = *rest - quotient * size;
    *rest = quotient;
    *alpha += index * step;
    return index;
}

/* The alpha of an element, and its index in the first group.  No loop, as GPUs
 * have no registers for arrays with dynamic indices. */
INLINED uint alpha_of(const struct direct d, uint rest, uint *first_index)
{
    uint alpha = 0;
    *first_index = 0;
#define TAKE_GROUP(g, si)                                                      \
    take_group(g, d.size.si, d.magic.si, d.step.si, d.shifts, &rest, &alpha)
    if (0 < d.inner)
        *first_index = TAKE_GROUP(0, s0);
    if (1 < d.inner)
        TAKE_GROUP(1, s1);
    if (2 < d.inner)
        TAKE_GROUP(2, s2);
    if (3 < d.inner)
        TAKE_GROUP(3, s3);
    if (4 < d.inner)
        TAKE_GROUP(4, s4);
#undef TAKE_GROUP
    return alpha + rest * d.last_step;
}

/* The same for any tiling, without the index. */
ulong any_alpha_of(const struct tiling *t, ulong element)
{
    ulong alpha = 0, stride = 1;
    for (uint g = 0; g < t->groups; g++) {
        ulong index;
        element = divide(element, t->group[g], &index);
        if (is_kept(t, g)) {
            alpha += index * stride;
            stride *= t->group[g];
        }
    }
    return alpha;
}

/* VECTOR contiguous alphas. */
INLINED realv load_alphas(__global const alpha_t *alpha)
{
#if ALPHA_DTYPE == DTYPE
    return widen(load_vector(alpha, is_aligned(alpha)));
#else
    return VLOAD(alpha);
#endif
}

/* The alphas of VECTOR elements: left of them from first on, step apart, the
 * others such that the last one is at last. */
struct alpha_places {
    uint first, last, left, step;
};

/* Mostly all are in one block of the first group, else in two. */
INLINED struct alpha_places places_at(const struct direct d, uint i)
{
    struct alpha_places p = {.step = d.first_kept};
    uint index;
    p.first = alpha_of(d, i, &index);
    p.left = d.inner > 0 ? d.size.s0 - index : VECTOR;
    if (p.left < VECTOR)
        p.last = alpha_of(d, i + VECTOR - 1, &index);
    return p;
}

INLINED realv alphas_at(const struct alpha_places p,
                        __global const alpha_t *alpha)
{
    if (p.left >= VECTOR)
        return p.step ? load_alphas(alpha + p.first)
                      : (realv)(load_one_alpha(alpha + p.first));
#define ALPHA_OF_ELEMENT(j)                                                    \
    load_one_alpha(alpha + (j < p.left ? p.first + j * p.step                  \
                                       : p.last - (VECTOR - 1 - j) * p.step))
    return (realv)(EACH(ALPHA_OF_ELEMENT));
}
