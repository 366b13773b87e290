/* activations.cl - leaky_relu, which PReLU uses too, and thresholded_relu
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl avx512_16bit.cl
 * used by: elementwise with leaky_relu or thresholded_relu; prelu; mask; chain
 *     with leaky_relu or thresholded_relu
 *
 * name_forward(x, p) is y and name_backward(x, p, dy) is dx, in reals; p is
 * alpha or theta.  name_y and name_dx are the same from storage to storage.  A
 * new activation has these four.  Selects throughout: a mask that multiplies
 * would make NaN of 0*inf, and fmax would lose a NaN. */

/* a*x for a result that is rounded to storage next: rounded to float32 first,
 * it could be on a tie that the exact product is not on.  GRID is added to a
 * number with the product's exponent, so that the sum, rounded, keeps as many
 * digits of the product as storage has.  The exponent is at least that of the
 * smallest subnormal's half, and at most one whose products are infinite in
 * storage.  bfloat16 has float32's exponents: its products are scaled by 2^-16.
 *
 * Two 16-bit numbers have an exact product in float32, of 16 digits if they are
 * bfloat16.  Cut off at float32's last digit, it is too small to be in the
 * middle of two bfloat16 numbers. */
#if !ACCUMULATE && (DTYPE == 2 || DTYPE == 3) && ALPHA_DTYPE != DTYPE &&       \
    !defined(CHAIN_OP)
#if DTYPE == 3
#define MIN_EXPONENT 0x00800000
#define MAX_EXPONENT 0x7f000000
#define GRID 0x00400000
#define DOWN 0x1p-16f
#define UP 0x1p16f
#else
#define MIN_EXPONENT (113 << 23)
#define MAX_EXPONENT (143 << 23)
#define GRID ((13 << 23) + 0x00400000)
#define DOWN 1
#define UP 1
#endif
realv mul_round_to_storage(realv a, realv x)
{
    const intv bits = AS_INTV(a * x);
    /* Oclgrind computes a clamp between scalars in the first lane only. */
    const intv exponent = clampv(bits & 0x7f800000, (intv)(MIN_EXPONENT),
                                 (intv)(MAX_EXPONENT));
    const realv grid = AS_REALV(exponent + GRID);
    const realv rounded = (fmav(a, x * DOWN, grid) - grid) * UP;
    /* A result that is rounded to 0 keeps its sign. */
    return AS_REALV(AS_INTV(rounded) | (bits & (int)0x80000000));
}
#define leaky_relu_round(v) narrow(v)
#else
#define mul_round_to_storage(a, x) ((a) * (x))
#define leaky_relu_round(v) round_to_storage_computed(v)
#endif

realv leaky_relu_forward(realv x, realv alpha)
{
    return is_below_0(x) ? mul_round_to_storage(alpha, x) : x;
}

realv leaky_relu_backward(realv x, realv alpha, realv dy)
{
    return is_below_0(x) ? mul_round_to_storage(alpha, dy) : dy;
}

#if HAS_AVX512_16BIT
storedv leaky_relu_y(storedv x, realv alpha)
{
    const realv product = odd_product_negative(alpha, widen(x));
    return IS_NEGATIVE(x) ? round_odd(product) : x;
}

storedv leaky_relu_dx(storedv x, realv alpha, storedv dy)
{
    const realv product = odd_product(alpha, widen(dy));
    return IS_NEGATIVE(x) ? round_odd(product) : dy;
}
#else
storedv leaky_relu_y(storedv x, realv alpha)
{
    return leaky_relu_round(leaky_relu_forward(widen(x), alpha));
}

storedv leaky_relu_dx(storedv x, realv alpha, storedv dy)
{
    return leaky_relu_round(leaky_relu_backward(widen(x), alpha, widen(dy)));
}
#endif

/* 0.  A CPU's compiler would select from halves, one by one, if it knew that 0
 * is one; theta is finite. */
#if DTYPE == 2 && GROUP == 1 && (defined(OP) || defined(MASK_OP))
#define ZERO_OF(theta) ((theta) - (theta))
#else
#define ZERO_OF(theta) ((realv)(0))
#endif

realv thresholded_relu_forward(realv x, realv theta)
{
    return x > theta ? x : ZERO_OF(theta);
}

realv thresholded_relu_backward(realv x, realv theta, realv dy)
{
    return x > theta ? dy : ZERO_OF(theta);
}

storedv thresholded_relu_y(storedv x, realv theta)
{
    return narrow(thresholded_relu_forward(widen(x), theta));
}

storedv thresholded_relu_dx(storedv x, realv theta, storedv dy)
{
    return narrow(thresholded_relu_backward(widen(x), theta, widen(dy)));
}
