/* prelu_sums.cl - a task's sums: from columns to alphas
 * SPDX-License-Identifier: MIT
 * needs: types.cl memory.cl compensated.cl prelu.cl
 * used by: prelu sums; chain sums
 *
 * A tree reduction: the columns of each alpha are combined by halves, in a
 * fixed order, whatever GROUP and VECTOR are.  Sums are in the memory of the
 * work-group, s and their corrections c; COLUMNS is its address space. */

#if GROUP == 1
#define COLUMNS __private
#define LOCAL_BARRIER
#else
#define COLUMNS __local
#define LOCAL_BARRIER barrier(CLK_LOCAL_MEM_FENCE)
#endif

/* What becomes of a sum, as in src/ops/chain.c.  Those of a chain are bits of
 * one number, two for each sum. */
#define DALPHA_SET 0
#define DALPHA_ADD 1
#define DALPHA_PARTIAL 2

/* The first count of v to p, where old is. */
void store_columns(realv v, realv old, COLUMNS real *p, uint count)
{
#if GROUP > 1
    DO_EACH(STORE_ELEMENT)
#else
    store_real(COUNT_UP < (realv)(count) ? v : old, p);
#endif
}

/* Adds the columns from b on to those from a on: count of them, at most
 * VECTOR. */
void combine(COLUMNS real *s, COLUMNS real *c, uint a, uint b, uint count)
{
    const realv old = load_real(s + a), old_low = load_real(c + a);
    realv error;
    const realv sum = two_sum(old, load_real(s + b), 1, &error);
    const realv low = error + load_real(c + b);
    store_columns(old_low + low, old_low, c + a, count);
    store_columns(sum, old, s + a, count);
}

/* Combines n columns that are stride apart into the first of them, in each of
 * outer parts of the row.  Column i gets column i + ceil(n/2) for
 * i < floor(n/2), then n is ceil(n/2). */
void tree_reduce_group(COLUMNS real *s, COLUMNS real *c, uint outer, uint n,
                       uint stride, uint lid)
{
    const uint part = n * stride;
    for (uint half_n; n > 1; n = half_n) {
        half_n = (n + 1) / 2;
        const uint moved = (n - half_n) * stride, far = half_n * stride;
        const uint vectors = (moved + VECTOR - 1) / VECTOR;
        for (uint k = lid; k < outer * vectors; k += GROUP) {
            const uint before = outer > 1 ? k / vectors : 0;
            const uint i = (k - before * vectors) * VECTOR;
            const uint a = before * part + i;
            combine(s, c, a, a + far, moved - i);
        }
        LOCAL_BARRIER;
    }
}

/* Combines all columns of each alpha into that of column_of_alpha: one shared
 * group after the other, the outermost in the row first. */
void tree_reduce(const struct tiling *t, COLUMNS real *s, COLUMNS real *c,
                 uint lid)
{
    uint stride = (uint)t->width, outer = 1;
    for (uint g = (uint)t->split_axis + 1; g-- > 0;) {
        uint size = (uint)t->group[g];
        if (g == t->split_axis) {
            uint inside = 1;
            for (uint i = 0; i < g; i++)
                inside *= (uint)t->group[i];
            size = stride / inside;
        }
        stride /= size;
        if (!is_kept(t, g))
            tree_reduce_group(s, c, outer, size, stride, lid);
        /* The rest of the outermost shared group need not be combined. */
        if (g < t->split_axis || is_kept(t, g))
            outer *= size;
    }
}

/* The column of a row's alpha that has index 0 in all shared groups. */
uint column_of_alpha(const struct tiling *t, uint alpha)
{
    uint column = 0, stride = 1;
    for (uint g = 0; g < t->split_axis; g++) {
        const uint size = (uint)t->group[g];
        if (is_kept(t, g)) {
            column += alpha % size * stride;
            alpha /= size;
        }
        stride *= size;
    }
    return column + alpha * stride;
}

/* The number of inner alphas: neighbours that neighbouring columns have. */
uint inner_alphas_of(const struct tiling *t, uint alphas)
{
    if (!is_kept(t, 0))
        return 1;
    return t->split_axis == 0 ? alphas : (uint)t->group[0];
}

/* The sums of a block's columns become those of its alphas, in the workspace;
 * or dalpha, if there is one block.  A partial is written like the sums of one
 * block. */
NOT_INLINED void store_sums(const struct tiling *t, uint alphas,
                            ulong alpha_count, uint mode, COLUMNS real *s,
                            COLUMNS real *c, uint lid, __global real *sums,
                            __global alpha_t *dalpha)
{
    const uint inner = inner_alphas_of(t, alphas);
    const uint vectors = (inner + VECTOR - 1) / VECTOR;
    tree_reduce(t, s, c, lid);
    for (uint i = lid; i < alphas / inner * vectors; i += GROUP) {
        const uint first = i % vectors * VECTOR, rest = inner - first;
        const uint k = i / vectors * inner + first;
        const uint column = column_of_alpha(t, k);
        realv sum = load_real(s + column), low = load_real(c + column);
        if (t->blocks == 1 && mode != DALPHA_PARTIAL) {
            const realv old = mode == DALPHA_ADD
                                  ? load_partial_alpha(dalpha + k, rest)
                                  : (realv)(0);
            add_exactly(old, 1, &sum, &low);
            store_partial_alpha(rounded_sum(sum, low), dalpha + k, rest);
        } else {
            store_partial_real(sum, sums + k, rest);
            store_partial_real(finite_low(sum, low),
                               sums + t->blocks * alpha_count + k, rest);
        }
    }
}

/* Where the sums go: dalpha, dbias and dscale of a chain, those that are
 * wanted, from their offsets on; or the sums of several blocks. */
struct outputs {
    __global alpha_t *p[3];
    ulong offset[3];
    __global real *sums;
    ulong alpha_count;
    uint mode;
};

#if IS_CHAIN
#define SUM_ARGUMENTS                                                          \
    , __global alpha_t *dbias, const ulong dbias_offset,                       \
        __global alpha_t *dscale, const ulong dscale_offset
#define SUM_OF(j, alpha, bias, scale)                                          \
    (DALPHA && (j) == 0          ? (alpha)                                     \
     : DSCALE && (j) == SUMS - 1 ? (scale)                                     \
                                 : (bias))
#else
#define SUM_ARGUMENTS
#define SUM_OF(j, alpha, bias, scale) (alpha)
#endif
#define EACH_SUM(alpha, bias, scale)                                           \
    {SUM_OF(0, alpha, bias, scale), SUM_OF(1, alpha, bias, scale),             \
     SUM_OF(2, alpha, bias, scale)}
#define OUTPUTS_OF_CALL                                                        \
    {EACH_SUM(dalpha, dbias, dscale),                                          \
     EACH_SUM(dalpha_offset, dbias_offset, dscale_offset), sums + sums_offset, \
     alpha_count, mode}

/* store_sums of sum j of a block, from the k-th alpha on. */
INLINED void store_sum(const struct tiling *t, uint alphas, uint j,
                       COLUMNS real *s, COLUMNS real *c, uint lid, ulong block,
                       ulong k, const struct outputs *out)
{
    __global alpha_t *p = out->p[j] + out->offset[j];
    __global real *sums =
        t->blocks > 1
            ? out->sums + (j * 2 * t->blocks + block) * out->alpha_count
            : (__global real *)out->p[j] + out->offset[j];
    store_sums(t, alphas, out->alpha_count, out->mode >> 2 * j & 3, s, c, lid,
               sums + k, p + k);
}

#define STORE_SUM_OF_CALL(j, alphas, s, c, lid, block, k)                      \
    do {                                                                       \
        const struct outputs out = OUTPUTS_OF_CALL;                            \
        store_sum(&t, alphas, j, s, c, lid, block, k, &out);                   \
    } while (false)
