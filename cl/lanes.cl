/* lanes.cl - the alphas of a row's lanes, and the lanes' sums
 * SPDX-License-Identifier: MIT
 *
 * A sum is a pair: s, and in c what rounding has taken from it.  The lanes of
 * a work-group are split among its work-items: slot j of work-item l has the
 * VECTOR lanes from (j*GROUP + l)*VECTOR on. */

/* alpha and dalpha are of the type that computes, or of x's. */
#ifndef ALPHA_DTYPE
#define ALPHA_DTYPE DTYPE
#endif
#if ALPHA_DTYPE == DTYPE
typedef stored alpha_t;
#define LOAD_ALPHAS(p, count) load_up_to(p, count)
#define LOAD_ALPHA(p) LOAD_ONE(p)
#define STORE_ALPHAS(v, p, count) store_up_to(pack(v), p, count)
#else
typedef real alpha_t;
#define LOAD_ALPHAS(p, count) load_reals(p, count)
#define LOAD_ALPHA(p) (*(p))
#define STORE_ALPHAS(v, p, count) store_reals(v, p, count)
#endif

#define SLOTS (WIDTH / (GROUP * VECTOR))

/* A few slots live in registers, if the compiler may unroll the loop. */
#if SLOTS <= 8
#define UNROLL UNROLLED
#else
#define UNROLL
#endif

#define GROUPS_IN_ROW 16 /* of 2 elements or more each, and WIDTH in all */

/* Whole vectors may be touched where a row ends within one. */
#define LANES_TOUCHED (WIDTH + VECTOR)

/* One store, where vstore would make several. */
#if defined(__clang__) && VECTOR > 1
typedef realv loose_lanes __attribute__((aligned(sizeof(real))));
#define PUT_LANES(v, p) (*(loose_lanes *)(p) = (v))
#else
#define PUT_LANES(v, p) VSTORE(v, p)
#endif

#if GROUP == 1
#define TEAM __private
#define TEAM_BARRIER
#else
#define TEAM __local
#define TEAM_BARRIER barrier(CLK_LOCAL_MEM_FENCE)
#endif

/* Lanes that are neighbours and meet alphas that are neighbours. */
uint leaf_of(const struct tiling *t, uint alphas)
{
    if (!is_kept(t, 0))
        return 1;
    return t->top == 0 ? alphas : (uint)t->group[0];
}

#if !FORWARD

/* Adds p to s + c; the rounding error of s goes into c: TwoSum (Knuth). */
void add_exactly(realv p, realv *s, realv *c)
{
    const realv sum = *s + p;
    const realv z = sum - *s;
    *c += (*s - (sum - z)) + (p - z);
    *s = sum;
}

void add_product(realv x, realv dy, realv *s, realv *c)
{
#if DTYPE == 2 || DTYPE == 3
    /* Two numbers of 16 bits have an exact product. */
    const realv sum = x < 0 ? fma(x, dy, *s) : *s;
    const realv z = sum - *s;
    const realv rest = x < 0 ? fma(x, dy, -z) : (realv)(0);
    *c += (*s - (sum - z)) + rest;
    *s = sum;
#else
    /* TwoSum with the rounded product, whose own error is in the last fma. */
    const realv sum = *s + (x < 0 ? x * dy : (realv)(0));
    const realv z = sum - *s;
    const realv rest = x < 0 ? fma(x, dy, -z) : (realv)(0);
    *c += (*s - (sum - z)) + rest;
    *s = sum;
#endif
}

/* A sum that is not finite has a correction without meaning. */
realv finite_low(realv sum, realv low)
{
    return sum - sum == 0 ? low : (realv)(0);
}

/* s + c + old, rounded once. */
realv total(realv s, realv c, realv old)
{
    const realv sum = s + old;
    const realv z = sum - s;
    const realv low = c + ((s - (sum - z)) + (old - z));
    return sum + finite_low(sum, low);
}

/* The first count of v to p, where old is. */
void store_lanes(realv v, realv old, TEAM real *p, uint count)
{
#if GROUP > 1
    DO_EACH(PUT_PART)
#else
    const realv lane = CAT(convert_, WIDE(REAL))(COUNT_UP);
    PUT_LANES(lane < (realv)(count) ? v : old, p);
#endif
}

/* The lanes from b on join those from a on: count of them, at most VECTOR. */
void join(TEAM real *s, TEAM real *c, uint a, uint b, uint count)
{
    const realv sa = VLOAD(s + a), ca = VLOAD(c + a), p = VLOAD(s + b);
    const realv sum = sa + p;
    const realv z = sum - sa;
    const realv low = ((sa - (sum - z)) + (p - z)) + VLOAD(c + b);
    store_lanes(ca + low, ca, c + a, count);
    store_lanes(sum, sa, s + a, count);
}

/* Joins n lanes that are stride apart, by halves, in each of outer sets. */
void fold_group(TEAM real *s, TEAM real *c, uint outer, uint n, uint stride,
                uint lid)
{
    const uint set = n * stride;
    for (uint half_n; n > 1; n = half_n) {
        half_n = (n + 1) / 2;
        const uint moved = (n - half_n) * stride, far = half_n * stride;
        const uint vectors = (moved + VECTOR - 1) / VECTOR;
        for (uint k = lid; k < outer * vectors; k += GROUP) {
            const uint before = outer > 1 ? k / vectors : 0;
            const uint i = (k - before * vectors) * VECTOR;
            const uint a = before * set + i;
            join(s, c, a, a + far, moved - i);
        }
        TEAM_BARRIER;
    }
}

/* Joins all lanes of each alpha into the one that lane_of_alpha names, the
 * outermost shared group first. */
void fold(const struct tiling *t, TEAM real *s, TEAM real *c, uint lid)
{
    uint stride = (uint)t->width, outer = 1;
    for (uint g = (uint)t->top + 1; g-- > 0;) {
        uint size = (uint)t->group[g];
        if (g == t->top) {
            uint inside = 1;
            for (uint i = 0; i < g; i++)
                inside *= (uint)t->group[i];
            size = stride / inside;
        }
        stride /= size;
        if (!is_kept(t, g))
            fold_group(s, c, outer, size, stride, lid);
        /* What the outermost shared group left behind need not be folded. */
        if (g < t->top || is_kept(t, g))
            outer *= size;
    }
}

#endif
