/* activations.cl - the formulas, and nothing else
 * SPDX-License-Identifier: MIT
 *
 * name_forward(x, p) is y, name_backward(x, p, dy) is dx; p is alpha or theta.
 * A new activation is a pair of functions here.  Selects throughout: a mask
 * that multiplies would make NaN of 0*inf, and fmax would swallow a NaN. */

/* a*x, rounded to storage at once: rounded to float32 first, it could land on
 * a tie that the exact product is not.  GRID is added to a number with the
 * product's exponent, so that the sum, rounded, keeps as many digits of the
 * product as storage has; it is at least what rounds to the smallest subnormal,
 * and so large at most that the product is infinite in storage.  bfloat16 has
 * float32's exponents, and its products are brought down by 2^-16 for this.
 *
 * Two numbers of 16 bits have an exact product in float32, of 16 digits if they
 * are of bfloat16.  If that is cut off at float32's last, it is too small to be
 * in the middle between two numbers of bfloat16. */
#if !ACCUMULATE && (DTYPE == 2 || DTYPE == 3) && ALPHA_DTYPE != DTYPE
#if DTYPE == 3
#define LEAST 0x00800000
#define MOST 0x7f000000
#define GRID 0x00400000
#define DOWN 0x1p-16f
#define UP 0x1p16f
#else
#define LEAST (113 << 23)
#define MOST (143 << 23)
#define GRID ((13 << 23) + 0x00400000)
#define DOWN 1
#define UP 1
#endif
realv times(realv a, realv x)
{
    const intv bits = AS_INTV(a * x);
    /* Oclgrind takes a clamp between scalars in the first lane only. */
    const intv exponent =
        clamp(bits & 0x7f800000, (intv)(LEAST), (intv)(MOST));
    const realv grid = AS_REALV(exponent + GRID);
    const realv rounded = (fma(a, x * DOWN, grid) - grid) * UP;
    /* What is rounded to 0 keeps its sign. */
    return AS_REALV(AS_INTV(rounded) | (bits & (int)0x80000000));
}
#define leaky_relu_pack(v) narrow(v)
#else
realv times(realv a, realv x)
{
    return a * x;
}
#define leaky_relu_pack(v) pack_computed(v)
#endif
#define thresholded_relu_pack(v) narrow(v)

realv leaky_relu_forward(realv x, realv alpha)
{
    return x < 0 ? times(alpha, x) : x;
}

realv leaky_relu_backward(realv x, realv alpha, realv dy)
{
    return x < 0 ? times(alpha, dy) : dy;
}

realv elu_forward(realv x, realv alpha)
{
    const realv least = x < EXPM1_END ? (realv)(EXPM1_END) : x;
    return x < 0 ? scaled_expm1_negative(alpha, least) : x;
}

realv elu_backward(realv x, realv alpha, realv dy)
{
    const realv least = x < EXP_END ? (realv)(EXP_END) : x;
    return x < 0 ? scaled_exp_negative(alpha, least, dy) : dy;
}

realv thresholded_relu_forward(realv x, realv theta)
{
    return x > theta ? x : (realv)(0);
}

realv thresholded_relu_backward(realv x, realv theta, realv dy)
{
    return x > theta ? dy : (realv)(0);
}

/* The same from and to what is stored: name_y and name_dx.  In 16 bits ELU is
 * bound by arithmetic, and what is asked of x costs half as much of its bits:
 * those from the negative numbers' first to minus infinity's. */
#if DTYPE == 2 || DTYPE == 3
#define IS_NEGATIVE(x) ((packed)((x) - (ushort)0x8001) < (ushort)INFINITE)
#endif
#ifdef PRODUCT
packed leaky_relu_y(packed x, realv alpha)
{
    return IS_NEGATIVE(x) ? PACK_ODD(PRODUCT_BELOW_0(alpha, widen(x))) : x;
}

packed leaky_relu_dx(packed x, realv alpha, packed dy)
{
    return IS_NEGATIVE(x) ? PACK_ODD(PRODUCT(alpha, widen(dy))) : dy;
}
#else
packed leaky_relu_y(packed x, realv alpha)
{
    return leaky_relu_pack(leaky_relu_forward(widen(x), alpha));
}

packed leaky_relu_dx(packed x, realv alpha, packed dy)
{
    return leaky_relu_pack(leaky_relu_backward(widen(x), alpha, widen(dy)));
}
#endif

packed thresholded_relu_y(packed x, realv theta)
{
    return thresholded_relu_pack(thresholded_relu_forward(widen(x), theta));
}

packed thresholded_relu_dx(packed x, realv theta, packed dy)
{
    return thresholded_relu_pack(
        thresholded_relu_backward(widen(x), theta, widen(dy)));
}

#if DTYPE == 2 || DTYPE == 3
/* With alpha 1 -0 comes out as it went in, and one comparison will do. */
#define MINUS_INFINITE ((int)0xff800000)
#ifdef PACK_SIGNED
#elif GROUP > 1 && DTYPE == 3
#define PACK_SIGNED(x, v, other, may_be_nan)                                   \
    HIGH_HALVES((AS_INTV(widen(x)) <= MINUS_INFINITE                           \
                     ? round_inexact(v, may_be_nan)                            \
                     : AS_UINTV(widen(other))))
#else
#define AS_SHORTV CAT(as_, WIDE(short))
#define IS_SIGNED(x) (AS_SHORTV(x) <= (short)(0x8000 | INFINITE))
#define PACK_SIGNED(x, v, other, may_be_nan) \
    (IS_SIGNED(x) ? pack_inexact(v) : (other))
#endif

/* Of 32 bits a GPU has the better instructions, a processor half as many. */
#ifndef AT_MOST
#define AT_MOST(x, end) min(x, (packed)(end))
#endif
#if GROUP > 1
#define WIDEN_AT_MOST(x, end)                                                  \
    AS_REALV(min(AS_UINTV(widen(x)), (uintv)(as_uint(end))))
#else
#define WIDEN_AT_MOST(x, end) widen(AT_MOST(x, end##_BITS))
#endif

#ifndef EXPM1
#define EXPM1(x) scaled_expm1_negative((realv)(1), WIDEN_AT_MOST(x, EXPM1_END))
#endif

packed elu_y(packed x, realv alpha)
{
    if (FIRST(alpha) == 1)
        return PACK_SIGNED(x, EXPM1(x), x, false);
    const realv least = WIDEN_AT_MOST(x, EXPM1_END);
    const realv y = scaled_expm1_negative(alpha, least);
    return IS_NEGATIVE(x) ? pack_computed(y) : x;
}

packed elu_dx(packed x, realv alpha, packed dy)
{
    const bool at_1 = FIRST(alpha) == 1;
    const realv least = at_1 ? WIDEN_AT_MOST(x, EXP_AT_1_END)
                             : WIDEN_AT_MOST(x, EXP_END);
    const realv dx = scaled_exp_negative(alpha, least, widen(dy));
    if (at_1)
        return PACK_SIGNED(x, dx, dy, true);
    return IS_NEGATIVE(x) ? pack_computed(dx) : dy;
}
#else
packed elu_y(packed x, realv alpha)
{
    return elu_forward(x, alpha);
}

packed elu_dx(packed x, realv alpha, packed dy)
{
    return elu_backward(x, alpha, dy);
}
#endif
