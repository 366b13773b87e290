/* double_backward.cl - an element of the double backward pass of a chain
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl activations.cl elu.cl compensated.cl prelu.cl
 *     chain.cl
 * used by: double
 *
 * With ddx, ddscale, ddbias and ddalpha, the gradients by the outputs of the
 * backward pass, or 0 where they are left out:
 *
 *     g   = (scale*ddx + x*ddscale) + ddbias
 *     ddy = gain*(f'(z)*g + ddalpha*z where z < 0)
 *     gz  = f''(z)*df*g + ddalpha*df where z < 0
 *     dx  = scale*gz + ddscale*dz
 *     dscale = sum of x*gz + ddx*dz, dbias = sum of gz,
 *     dalpha = sum of df*g where z < 0.
 *
 * f'' of elu is f' where z < 0, and dz is f'(z)*df; of others it is 0.  Each
 * operation is rounded as if it were a kernel of its own, but for the sums. */
#define leaky_relu_is_curved 0
#define elu_is_curved 1
#define thresholded_relu_is_curved 0
#define IS_CURVED CAT(FUNCTION, _is_curved)

/* Of chain.cl's arrays. */
#define DDALPHA_AT GRADIENTS_AT
#define DDSCALE_AT (DDALPHA_AT + (DDALPHA && ALPHA_ARRAYS))
#define DDBIAS_AT (DDSCALE_AT + DDSCALE)

/* Whether gz is not always 0. */
#define HAS_GZ (IS_CURVED || DDALPHA)

#define DOUBLE_ARGUMENTS                                                       \
    , __global const stored *ddx, const ulong ddx_offset,                      \
        __global const alpha_t *ddscale, const ulong ddscale_offset,           \
        __global const alpha_t *ddbias, const ulong ddbias_offset,             \
        __global const alpha_t *ddalpha, const ulong ddalpha_offset
#define ARRAYS_OF_CALL                                                         \
    double_arrays_of(CHAIN_ARRAYS, ddscale + ddscale_offset,                   \
                     ddbias + ddbias_offset, ddalpha + ddalpha_offset)
#define SCALARS_OF_CALL                                                        \
    double_scalars_of(CHAIN_SCALARS, ddalpha + ddalpha_offset)
#define DDX_OF_CALL (ddx + ddx_offset)

/* With the gradients by the outputs. */
INLINED struct arrays double_arrays_of(struct arrays a,
                                       __global const alpha_t *ddscale,
                                       __global const alpha_t *ddbias,
                                       __global const alpha_t *ddalpha)
{
#if DDALPHA && ALPHA_ARRAYS
    a.p[DDALPHA_AT] = ddalpha;
#endif
#if DDSCALE
    a.p[DDSCALE_AT] = ddscale;
#endif
#if DDBIAS
    a.p[DDBIAS_AT] = ddbias;
#endif
    return a;
}

INLINED struct scalars double_scalars_of(struct scalars k,
                                         __global const alpha_t *ddalpha)
{
#if DDALPHA && !ALPHA_ARRAYS
    k.ddalpha = load_one_alpha(ddalpha);
#endif
    return k;
}

INLINED realv scaled(realv v, const struct columns *c)
{
#if SCALES
    return v * c->p[SCALE_AT];
#else
    return v;
#endif
}

/* The gradient by dz. */
INLINED realv g_of(realv x, realv ddx, const struct columns *c)
{
    realv g = (realv)(0);
#if DDX
    g = scaled(ddx, c);
#endif
#if DDSCALE
    const realv by_dscale = x * c->p[DDSCALE_AT];
    g = DDX ? g + by_dscale : by_dscale;
#endif
#if DDBIAS
    g = DDX || DDSCALE ? g + c->p[DDBIAS_AT] : c->p[DDBIAS_AT];
#endif
    return g;
}

INLINED realv ddalpha_of(const struct columns *c, struct scalars k)
{
#if DDALPHA && ALPHA_ARRAYS
    return c->p[DDALPHA_AT];
#else
    return (realv)(k.ddalpha);
#endif
}

/* ddy, rounded to storage later. */
INLINED realv ddy_of(realv z, realv g, const struct columns *c,
                     struct scalars k)
{
    realv f = CAT(FUNCTION, _backward)(z, parameter_of(c, k), g);
#if DDALPHA
    f = is_below_0(z) ? f + ddalpha_of(c, k) * z : f;
#endif
    return f * k.gain;
}

/* The gradient by z. */
INLINED realv gz_of(realv z, realv df, realv dz, realv g,
                    const struct columns *c, struct scalars k)
{
#if DDALPHA
    return is_below_0(z) ? ddalpha_of(c, k) * df : (realv)(0);
#elif IS_CURVED
    return is_below_0(z) ? dz * g : (realv)(0);
#else
    return (realv)(0);
#endif
}

/* The values of a vector of elements. */
struct values {
    realv x, z, ddx, df, dz, g, gz, ddy;
};

INLINED struct values values_of(realv x, realv dy, realv ddx,
                                const struct columns *c, struct scalars k)
{
    struct values v = {.x = x, .z = z_of(x, c), .ddx = ddx};
    v.df = dy * k.gain;
    v.dz = CAT(FUNCTION, _backward)(v.z, parameter_of(c, k), v.df);
    v.g = g_of(x, ddx, c);
    v.gz = gz_of(v.z, v.df, v.dz, v.g, c, k);
    v.ddy = ddy_of(v.z, v.g, c, k);
    return v;
}

/* dx from the old dx. */
INLINED storedv dx_of(const struct values *v, const struct columns *c,
                      realv old)
{
    realv dx = HAS_GZ ? scaled(v->gz, c) : (realv)(0);
#if DDSCALE
    const realv by_dscale = c->p[DDSCALE_AT] * v->dz;
    dx = HAS_GZ ? dx + by_dscale : by_dscale;
#endif
    return round_to_storage(ACCUMULATE ? old + dx : dx);
}

INLINED storedv output_of(const struct values *v, const struct columns *c,
                          struct scalars k, realv old)
{
    return DDY_FIRST ? round_to_storage(v->ddy) : dx_of(v, c, old);
}

/* ddy. */
INLINED storedv second_of(const struct values *v, realv old)
{
    return round_to_storage(v->ddy);
}

#if SUMS
/* Masks the terms of the sums. */
INLINED void mask_values(uint first, uint end, struct values *v)
{
    if (DALPHA)
        v->z = mask_range(v->z, first, end);
    if (DBIAS || DSCALE)
        v->gz = mask_range(v->gz, first, end);
    if (DSCALE) {
        v->x = mask_range(v->x, first, end);
        v->ddx = mask_range(v->ddx, first, end);
        v->dz = mask_range(v->dz, first, end);
    }
}

/* Adds to the sums s + c: dalpha's, dbias's and dscale's. */
INLINED void add_values(const struct values *v, real one, realv s[SUMS],
                        realv c[SUMS])
{
    const realv zero = (realv)(0);
    if (DALPHA)
        add_any_product(is_below_0(v->z) ? v->df : zero,
                        is_below_0(v->z) ? v->g : zero, one, &s[0], &c[0]);
    if (DBIAS)
        add_exactly(v->gz, one, &s[SUMS - DSCALE - 1],
                    &c[SUMS - DSCALE - 1]);
    if (DSCALE && HAS_GZ)
        add_any_product(v->x, v->gz, one, &s[SUMS - 1], &c[SUMS - 1]);
    if (DSCALE && DDX)
        add_any_product(v->ddx, v->dz, one, &s[SUMS - 1], &c[SUMS - 1]);
}
#endif
