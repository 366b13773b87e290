/* prelu.cl - what PReLU and chains share: options, tiling, accesses to alpha
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl memory.cl
 * used by: prelu; chain; mask with alphas
 *
 * Set by the host:
 *   ALPHA_DTYPE   type of alpha, scale, bias and their gradients: DTYPE, or the
 *                 type of arithmetic
 *   DX, DALPHA    1: dx, dalpha is wanted; both are 0 in the forward pass
 *   ACCUMULATE    1: dx is added to
 * For a chain, too:
 *   CHAIN_OP      leaky_relu, elu or thresholded_relu
 *   BACKWARD      1: the backward pass
 *   ALPHAS        0: the operation's parameter is a number; 1: an array with an
 *                 alpha for each column; 2: an array of one element
 *   SCALES, BIASES, RESIDUAL   1: the chain has a scale, bias, residual
 *   SECOND        1: a second output is stored, z or dresidual; 2: added to
 *   DBIAS, DSCALE 1: dbias, dscale is wanted
 * For the double backward pass of a chain, too:
 *   DOUBLE        the sum of 1, and 2, 4, 8, 16 and 32 for the names below
 *
 * PReLU is a chain of the operation alone. */
#ifdef CHAIN_OP
#define IS_CHAIN 1
#define FUNCTION CHAIN_OP
#define prelu_reduce chain_reduce
#define prelu_forward chain_forward
#if BACKWARD
#define prelu_backward chain_backward
#else
#define prelu_backward chain_forward
#endif
#else
#define IS_CHAIN 0
#define FUNCTION leaky_relu
#define BACKWARD (DX || DALPHA)
#define ALPHAS 1
#define SCALES 0
#define BIASES 0
#define RESIDUAL 0
#define SECOND 0
#define DBIAS 0
#define DSCALE 0
#endif

#ifndef DOUBLE
#define DOUBLE 0
#endif

/* The gradients that the double backward pass is given; and whether ddy is in
 * dx's place, as it has no dx.  Otherwise SECOND is ddy. */
#define DDX (DOUBLE >> 1 & 1)
#define DDSCALE (DOUBLE >> 2 & 1)
#define DDBIAS (DOUBLE >> 3 & 1)
#define DDALPHA (DOUBLE >> 4 & 1)
#define DDY_FIRST (DOUBLE >> 5 & 1)

#define SUMS (DALPHA + DBIAS + DSCALE)
#define HAS_SUMS (SUMS > 0)

/* y, or a dx that is wanted. */
#define STORES (DX || !BACKWARD)

/* Each element has another input: dy, or the residual.  ddy needs no dy. */
#if DOUBLE
#define HAS_DY (!DDY_FIRST || HAS_SUMS)
#else
#define HAS_DY (BACKWARD || RESIDUAL)
#endif

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

#ifndef STRIDED
#define STRIDED 0
#endif

/* What src/plan/tiling.h says of each. */
struct tiling {
    ulong groups, first_kept, split_axis;
    ulong segment, width, tiles, chunks;
    ulong row_alphas, segment_alphas;
    ulong rows, block, blocks, outer_alphas, burst, row_stride, strip;
    const ulong *group;
};

/* Must match clrelu_tiling in src/plan/tiling.h.  A shape with strides has 16
 * groups at most: the layout takes their place in OpenCL's 1024 bytes. */
struct tiling_argument {
    ulong16 facts;
    ulong16 group[STRIDED ? 1 : 4];
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
#if !STRIDED
    /* AMD's compiler loads all vectors of a branch at once. */
    if (t.groups > 16)
        *(sizes16 *)(group + 16) = a.group[1];
    if (t.groups > 32)
        *(sizes16 *)(group + 32) = a.group[2];
    if (t.groups > 48)
        *(sizes16 *)(group + 48) = a.group[3];
#endif
    return t;
}

bool is_kept(const struct tiling *t, uint g)
{
    return (t->first_kept != 0) == ((g & 1) == 0);
}
