/* prelu.cl - what all kernels of PReLU share: its tiling, and accesses to alpha
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl memory.cl activations.cl
 * used by: prelu
 *
 * Set by the host:
 *   ALPHA_DTYPE   type of alpha and dalpha: DTYPE, or the type of arithmetic
 *   DX, DALPHA    1: dx, dalpha is wanted; both are 0 in the forward pass
 *   ACCUMULATE    1: dx is added to */

#if ALPHA_DTYPE == DTYPE
typedef stored alpha_t;
#define load_one_alpha(p) load_one(p)
#define load_partial_alpha(p, count) widen(load_partial(p, count))
#define store_partial_alpha(v, p, count)                                       \
    store_partial(round_to_storage(v), p, count)
#else
typedef real alpha_t;
#define load_one_alpha(p) (*(p))
#define load_partial_alpha(p, count) load_partial_real(p, count)
#define store_partial_alpha(v, p, count) store_partial_real(v, p, count)
#endif

/* dx from the old dx and its gradient. */
storedv round_dx(realv old, realv v)
{
#if ACCUMULATE
    return round_to_storage(old + v);
#else
    return leaky_relu_round(v);
#endif
}

/* What src/plan/tiling.h says of each. */
struct tiling {
    ulong groups, first_kept, split_axis;
    ulong segment, width, tiles, chunks;
    ulong row_alphas, segment_alphas;
    ulong rows, block, blocks, outer_alphas, burst, row_stride, strip;
    const ulong *group;
};

/* Must match clrelu_tiling in src/plan/tiling.h. */
struct tiling_argument {
    ulong16 facts;
    ulong16 group[4];
};

/* rusticl cannot index an argument, only a copy of it made with constant
 * indices.  group is not in the struct: a dynamic index would keep all of it
 * out of registers. */
struct tiling unpack(const struct tiling_argument a, ulong group[64])
{
    const struct tiling t = {
        a.facts.s0, a.facts.s1, a.facts.s2, a.facts.s3, a.facts.s4, a.facts.s5,
        a.facts.s6, a.facts.s7, a.facts.s8, a.facts.s9, a.facts.sa, a.facts.sb,
        a.facts.sc, a.facts.sd, a.facts.se, a.facts.sf, group};
    *(sizes4 *)group = a.group[0].lo.lo;
    if (t.groups > 4)
        *(sizes16 *)group = a.group[0];
    /* AMD's compiler loads all vectors of a branch at once. */
    if (t.groups > 16)
        *(sizes16 *)(group + 16) = a.group[1];
    if (t.groups > 32)
        *(sizes16 *)(group + 32) = a.group[2];
    if (t.groups > 48)
        *(sizes16 *)(group + 48) = a.group[3];
    return t;
}

bool is_kept(const struct tiling *t, uint g)
{
    return (t->first_kept != 0) == ((g & 1) == 0);
}

/* GPUs have no instruction for this.  In 64 bits it takes a hundred, and more
 * registers than sums leave: with sums it is done bit by bit, in the rare case
 * of 2^32 rows or more. */
ulong divide(ulong a, ulong b, ulong *rest)
{
#if GROUP > 1
    if ((a | b) >> 32 == 0) {
        const uint short_quotient = (uint)a / (uint)b;
        *rest = (uint)a - short_quotient * (uint)b;
        return short_quotient;
    }
#endif
#if GROUP > 1 && DALPHA
    ulong quotient = 0, left = 0;
    for (uint bit = 64; bit-- > 0;) {
        left = left << 1 | (a >> bit & 1);
        const bool fits = left >= b;
        left -= fits ? b : 0;
        quotient = quotient << 1 | (fits ? 1 : 0);
    }
    *rest = left;
#else
    const ulong quotient = a / b;
    *rest = a - quotient * b;
#endif
    return quotient;
}
