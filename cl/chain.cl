/* chain.cl - an element of a chain, and of PReLU, which is the shortest one
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl memory.cl activations.cl elu.cl compensated.cl
 *     prelu.cl strides.cl
 * used by: prelu; chain
 *
 * Forward:   z = scale*x + bias, y = gain*f(z) + residual.
 * Backward:  df = gain*dy, dz = f'(z)*df, dx = scale*dz,
 *            dalpha = sum of z*df where z < 0, dbias = sum of dz,
 *            dscale = sum of x*dz, dresidual = dy.
 * Each operation is rounded as if it were a kernel of its own. */

/* The arrays with an element for each column: alpha, scale and bias, and the
 * gradients by dalpha, dscale and dbias. */
#define ALPHA_ARRAYS (ALPHAS == 1)
#define SCALE_AT ALPHA_ARRAYS
#define BIAS_AT (ALPHA_ARRAYS + SCALES)
#define GRADIENTS_AT (ALPHA_ARRAYS + SCALES + BIASES)
#define ARRAYS                                                                 \
    (GRADIENTS_AT + (DDALPHA && ALPHA_ARRAYS) + DDSCALE + DDBIAS)
#define ARRAYS_OR_1 (ARRAYS > 0 ? ARRAYS : 1)
#define SUMS_OR_1 (SUMS > 0 ? SUMS : 1)

/* alpha alone is not read if only dalpha is wanted. */
#define READS_ARRAYS (STORES || IS_CHAIN)

/* The arrays from an element on. */
struct arrays {
    __global const alpha_t *p[ARRAYS_OR_1];
};

/* A vector of each. */
struct columns {
    realv p[ARRAYS_OR_1];
};

/* What all elements share. */
struct scalars {
    real gain, parameter;
    real ddalpha; /* of one alpha */
    real one;     /* 1, as compensated.cl wants it */
};

/* The arrays of a task, those of columns from its tile on.  out is y or dx,
 * second z, dresidual or ddy; in a pass over x alone dy is x.  ddx is read with
 * DDX, and has no gaps. */
struct operands {
    __global const stored *x, *dy;
    struct arrays arrays;
    __global stored *out, *second;
    struct scalars k;
    uint non_temporal, prefetch_far; /* of CPUs */
    __global const stored *ddx;
#if STRIDED
    struct layout layout;
#endif
};

#if STRIDED
#define LAYOUT_ARGUMENT , const struct layout layout
#define LAYOUT_OF_CALL , layout
#else
#define LAYOUT_ARGUMENT
#define LAYOUT_OF_CALL
#endif

#if IS_CHAIN
#define CHAIN_ARGUMENTS                                                        \
    , const real gain, const real parameter, __global const alpha_t *scale,    \
        const ulong scale_offset, __global const alpha_t *bias,                \
        const ulong bias_offset, __global stored *second,                      \
        const ulong second_offset DOUBLE_ARGUMENTS
#define CHAIN_ARRAYS                                                           \
    arrays_of(alpha + alpha_offset, scale + scale_offset, bias + bias_offset)
#define CHAIN_SCALARS scalars_of(gain, parameter, alpha + alpha_offset)
#define SECOND_OF_CALL (second + second_offset)
#else
#define CHAIN_ARGUMENTS
#define CHAIN_ARRAYS arrays_of(alpha + alpha_offset, 0, 0)
#define CHAIN_SCALARS scalars_of(1, 1, 0)
#define SECOND_OF_CALL 0
#endif

#if !DOUBLE /* else double_backward.cl has them */
#define DOUBLE_ARGUMENTS
#define ARRAYS_OF_CALL CHAIN_ARRAYS
#define SCALARS_OF_CALL CHAIN_SCALARS
#define DDX_OF_CALL 0
#endif

#define SET_OPERANDS_OF_CALL(o)                                                \
    ((o).second = SECOND_OF_CALL, (o).k = SCALARS_OF_CALL,                     \
     (o).ddx = DDX_OF_CALL)

INLINED struct arrays arrays_of(__global const alpha_t *alpha,
                                __global const alpha_t *scale,
                                __global const alpha_t *bias)
{
    struct arrays a = {{0}};
#if ALPHA_ARRAYS
    a.p[0] = alpha;
#endif
#if SCALES
    a.p[SCALE_AT] = scale;
#endif
#if BIASES
    a.p[BIAS_AT] = bias;
#endif
    return a;
}

INLINED struct arrays arrays_from(struct arrays a, ulong first)
{
    UNROLLED
    for (uint j = 0; j < ARRAYS; j++)
        a.p[j] += first;
    return a;
}

INLINED struct scalars scalars_of(real gain, real parameter,
                                  __global const alpha_t *alpha)
{
    const struct scalars k = {gain, parameter, 0, 1};
#if ALPHAS == 2
    const struct scalars one = {gain, load_one_alpha(alpha), 0, 1};
    return one;
#endif
    return k;
}

/* The same element of each array, for all columns. */
INLINED struct columns uniform_columns(struct arrays a, ulong k)
{
    struct columns c;
    UNROLLED
    for (uint j = 0; j < ARRAYS; j++)
        c.p[j] = (realv)(load_one_alpha(a.p[j] + k));
    return c;
}

INLINED realv z_of(realv x, const struct columns *c)
{
#if SCALES
    x = x * c->p[SCALE_AT];
#endif
#if BIASES
    x = x + c->p[BIAS_AT];
#endif
    return x;
}

INLINED realv parameter_of(const struct columns *c, struct scalars k)
{
    return ALPHA_ARRAYS ? c->p[0] : (realv)(k.parameter);
}

#if !DOUBLE
/* Without a second input. */
INLINED storedv forward_value(storedv x, const struct columns *c,
                              struct scalars k)
{
#if IS_CHAIN
    const realv f = CAT(FUNCTION, _forward)(z_of(widen(x), c),
                                            parameter_of(c, k));
    return round_to_storage(f * k.gain);
#else
    return leaky_relu_y(x, c->p[0]);
#endif
}

/* The values of a vector of elements; dy is the residual in the forward
 * pass. */
struct values {
    realv x, dy, z, df, dz;
};

INLINED struct values values_of(realv x, realv dy, realv ddx,
                                const struct columns *c, struct scalars k)
{
    struct values v = {.x = x, .dy = dy, .z = z_of(x, c), .df = dy};
#if IS_CHAIN && BACKWARD
    v.df = dy * k.gain;
#endif
#if BACKWARD
    v.dz = CAT(FUNCTION, _backward)(v.z, parameter_of(c, k), v.df);
#endif
    return v;
}

/* y, or dx from the old dx. */
INLINED storedv output_of(const struct values *v, const struct columns *c,
                          struct scalars k, realv old)
{
#if !BACKWARD
    const realv f = CAT(FUNCTION, _forward)(v->z, parameter_of(c, k));
    return round_to_storage(RESIDUAL ? f * k.gain + v->dy : f * k.gain);
#elif IS_CHAIN
    const realv dx = SCALES ? v->dz * c->p[SCALES ? SCALE_AT : 0] : v->dz;
    return round_to_storage(ACCUMULATE ? old + dx : dx);
#elif ACCUMULATE
    return round_to_storage(old + v->dz);
#else
    return leaky_relu_round(v->dz);
#endif
}

/* z, or dresidual from the old one. */
INLINED storedv second_of(const struct values *v, realv old)
{
#if BACKWARD
    return round_to_storage(SECOND == 2 ? old + v->dy : v->dy);
#else
    return round_to_storage(v->z);
#endif
}
#endif

#if SUMS
/* v, and 0 but from first to end. */
realv mask_range(realv v, uint first, uint end)
{
    const realv i = COUNT_UP;
    return ((i >= (realv)(first)) & (i < (realv)(end))) ? v : (realv)(0);
}
#endif

#if SUMS && !DOUBLE
/* Masks the terms of the sums. */
INLINED void mask_values(uint first, uint end, struct values *v)
{
    if (DALPHA)
        v->z = mask_range(v->z, first, end);
    if (DBIAS || DSCALE)
        v->dz = mask_range(v->dz, first, end);
    if (DSCALE)
        v->x = mask_range(v->x, first, end);
}

/* Adds to the sums s + c: dalpha's, dbias's and dscale's. */
INLINED void add_values(const struct values *v, real one, realv s[SUMS],
                        realv c[SUMS])
{
    if (DALPHA)
        add_product_fused_error(v->z, v->df, one, &s[0], &c[0]);
    if (DBIAS)
        add_exactly(v->dz, one, &s[SUMS - DSCALE - 1],
                    &c[SUMS - DSCALE - 1]);
    if (DSCALE)
        add_any_product(v->x, v->dz, one, &s[SUMS - 1], &c[SUMS - 1]);
}
#endif
