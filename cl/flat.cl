/* flat.cl - PReLU without sums by work-groups of many work-items
 * SPDX-License-Identifier: MIT
 *
 * On a GPU, which has divisions to spare: no walk, but each vector finds its
 * alphas from its place in memory.  A work-group takes span elements, as in
 * elementwise.cl. */
#if GROUP > 1 && !DALPHA

/* The twin of clrelu_flat in src/flat.h: an argument of its own, as compilers
 * would keep all of the tiling in registers for what they need of it. */
struct flat {
    ulong n, span, period;
    uint inner, first_kept;
    uint8 size, magic, step;
    uint last_step, shifts;
};

/* n / d by what src/flat.c knows of d: a division takes a GPU ten times as
 * long. */
uint quotient_of(uint n, uint magic, uint shift)
{
    const uint high = mul_hi(n, magic);
    return (high + ((n - high) >> 1)) >> shift;
}

#define STEP(g)                                                                \
    if (g < c.inner) {                                                         \
        const uint quotient =                                                  \
            quotient_of(rest, c.magic.s##g, c.shifts >> 5 * g & 31);           \
        const uint index = rest - quotient * c.size.s##g;                      \
        rest = quotient;                                                       \
        first = g == 0 ? index : first;                                        \
        alpha += index * c.step.s##g;                                          \
    }

/* The alpha of an element, and its index in the first group.  No loop, as a GPU
 * has no array that it can index but in memory. */
INLINED uint small_place(const struct flat c, uint rest, uint *first_index)
{
    uint alpha = 0, first = 0;
    STEP(0)
    STEP(1)
    STEP(2)
    STEP(3)
    STEP(4)
    *first_index = first;
    return alpha + rest * c.last_step;
}

/* The same of any tiling, without the index. */
ulong any_place(const struct tiling *t, ulong element)
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

/* VECTOR alphas that are neighbours. */
INLINED realv load_neighbours(__global const alpha_t *alpha)
{
#if ALPHA_DTYPE == DTYPE
    return widen(READ(alpha, ARE_WHOLE(alpha)));
#else
    return VLOAD(alpha);
#endif
}

/* Those of the VECTOR elements from i on, which are in one run of the first
 * group, most often, or in two. */
INLINED realv alphas_at(const struct flat c, __global const alpha_t *alpha,
                        uint i)
{
    uint inner, other;
    const uint first = small_place(c, i, &inner);
    const uint left = c.inner > 0 ? c.size.s0 - inner : VECTOR;
    if (left >= VECTOR)
        return c.first_kept ? load_neighbours(alpha + first)
                            : (realv)(LOAD_ALPHA(alpha + first));
    const uint last = small_place(c, i + VECTOR - 1, &other);
    const uint step = c.first_kept;
#define ALPHA_OF(j)                                                            \
    LOAD_ALPHA(alpha + (j < left ? first + j * step                            \
                                 : last - (VECTOR - 1 - j) * step))
    return (realv)(EACH(ALPHA_OF));
}

packed result(packed x, packed dy, realv a, packed old)
{
#if FORWARD
    return leaky_relu_pack(leaky_relu_forward(widen(x), a));
#elif ACCUMULATE
    return pack(widen(old) + leaky_relu_backward(widen(x), a, widen(dy)));
#else
    return leaky_relu_pack(leaky_relu_backward(widen(x), a, widen(dy)));
#endif
}

/* Vectors that a work-item reads at once, if there are registers for them. */
#if HAS_FEW_REGISTERS || DTYPE == 2 || DTYPE == 3
#define IN_FLIGHT 1
#else
#define IN_FLIGHT 2
#endif
#define STRIDE (GROUP * VECTOR)

struct arriving {
    packed x, dy, old;
    realv a;
};

/* count elements, of which the first is at place in its period. */
INLINED void vectors(const struct flat c, uint lid, uint count, uint place,
                     bool whole, __global const stored *x,
                     __global const stored *dy, __global const alpha_t *alpha,
                     __global stored *out)
{
    for (uint i = lid * VECTOR; i < count; i += IN_FLIGHT * STRIDE) {
        struct arriving v[IN_FLIGHT];
        UNROLL
        for (uint k = 0; k < IN_FLIGHT; k++) {
            const uint at = i + k * STRIDE;
            if (at >= count)
                break;
            v[k].x = READ(x + at, whole);
            v[k].dy = READ(dy + at, whole);
            v[k].old = READ(out + at, true);
            v[k].a = alphas_at(c, alpha, place + at);
        }
        UNROLL
        for (uint k = 0; k < IN_FLIGHT; k++) {
            const uint at = i + k * STRIDE;
            if (at >= count)
                break;
            WRITE(result(v[k].x, v[k].dy, v[k].a, v[k].old), out + at);
        }
    }
}

INLINED void flat(const struct tiling_argument argument, const struct flat c,
                  ulong task, __global const stored *x,
                  __global const stored *dy, __global const alpha_t *alpha,
                  __global stored *out)
{
    const uint lid = (uint)get_local_id(0), head = head_of(out, VECTOR, c.n);
    const ulong last = c.n - (c.n - head) % VECTOR;
    const ulong start = head + task * c.span;
    const ulong end = min(last, start + c.span);
    const bool whole = ARE_WHOLE(x + start) && ARE_WHOLE(dy + start);

    /* One by one: what is before the first vector and after the last, all of it
     * in the first task; and what has no period. */
    const ulong edges = task == 0 ? head + (c.n - last) : 0;
    const ulong rows = c.period == 0 && start < end ? end - start : 0;
    const ulong singles = edges + rows;
    if (singles > 0) {
        ulong group[64];
        const struct tiling t = unpack(argument, group);
        for (ulong k = lid; k < singles; k += GROUP) {
            const ulong i = k >= edges  ? start + (k - edges)
                            : k >= head ? last + (k - head)
                                        : k;
            const realv a = (realv)(LOAD_ALPHA(alpha + any_place(&t, i)));
            const packed v =
                result((packed)(x[i]), (packed)(dy[i]), a, (packed)(out[i]));
            out[i] = PART(v, 0);
        }
    }
    if (c.period > 0 && start < end) {
        ulong place;
        divide(start, c.period, &place);
        vectors(c, lid, (uint)(end - start), (uint)place, whole, x + start,
                dy + start, alpha, out + start);
    }
}

#if FORWARD
__kernel TEAM_OF_GROUP void prelu_forward(
    const struct tiling_argument argument, const ulong first, const uint stream,
    __global const stored *x, const ulong x_offset,
    __global const alpha_t *alpha, const ulong alpha_offset, __global stored *y,
    const ulong y_offset, const struct flat c)
{
    x += x_offset;
    flat(argument, c, first + get_group_id(0), x, x, alpha + alpha_offset,
         y + y_offset);
}
#else
__kernel TEAM_OF_GROUP void prelu_backward(
    const struct tiling_argument argument, const ulong first,
    __global const stored *x, const ulong x_offset, __global const stored *dy,
    const ulong dy_offset, const uint stream, __global const alpha_t *alpha,
    const ulong alpha_offset, __global stored *dx, const ulong dx_offset,
    const struct flat c)
{
    flat(argument, c, first + get_group_id(0), x + x_offset, dy + dy_offset,
         alpha + alpha_offset, dx + dx_offset);
}
#endif
#endif
