/* elu_16bit.cl - elu between elements of 16 bits
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_float16.cl storage_bfloat16.cl avx512_16bit.cl exp.cl
 *     elu.cl
 * used by: elementwise with elu with float16 or bfloat16
 *
 * Arithmetic limits elu in 16 bits.  Comparisons and limits of x cost half as
 * much in its 16 bits as in 32. */

/* From EXPM1_END and EXP_END on, results are the same; EXP_AT_1_END is for
 * alpha 1, as exp(-88) times any finite float16 is 0.  The same as 16 bits, for
 * min_bits(): negative numbers' bits grow away from 0. */
#if DTYPE == 2
#define EXP_AT_1_END R(-88.0)
#define EXPM1_END_BITS 0xcc80
#define EXP_END_BITS 0xd980
#define EXP_AT_1_END_BITS 0xd580
#else
#define EXP_AT_1_END EXP_END
#define EXPM1_END_BITS 0xc190
#define EXP_END_BITS 0xc330
#define EXP_AT_1_END_BITS EXP_END_BITS
#endif

/* v, rounded, where x has a sign, else other.  With alpha 1, -0 becomes -0
 * anyway, and one comparison will do. */
#if HAS_AVX512_16BIT && DTYPE == 2
/* avx512_16bit.cl has it. */
#elif GROUP > 1 && DTYPE == 3
#define MINUS_INFINITE ((int)0xff800000)
#define select_signed(x, v, other, may_be_nan)                                 \
    upper_halves((AS_INTV(widen(x)) <= MINUS_INFINITE                          \
                      ? round_inexact(v, may_be_nan)                           \
                      : AS_UINTV(widen(other))))
#else
#define IS_SIGNED(x)                                                           \
    (CAT(as_, WIDE(short))(x) <= (short)(0x8000 | INFINITE))
#define select_signed(x, v, other, may_be_nan)                                 \
    (IS_SIGNED(x) ? round_to_storage_inexact(v) : (other))
#endif

/* x in reals, but not beyond end.  GPUs have the better instructions for 32
 * bits, CPUs half as many lanes. */
#if GROUP > 1
#define widen_min(x, end) limited(widen(x), end)
#else
#if !HAS_AVX512_16BIT
#define min_bits(x, end) min(x, (storedv)(end))
#endif
#define widen_min(x, end) widen(min_bits(x, end##_BITS))
#endif

#if !HAS_AVX512_16BIT
#define expm1_bits(x)                                                          \
    scaled_expm1_negative((realv)(1), widen_min(x, EXPM1_END))
#endif

storedv elu_y(storedv x, realv alpha)
{
    if (FIRST(alpha) == 1)
        return select_signed(x, expm1_bits(x), x, false);
    const realv near_x = widen_min(x, EXPM1_END);
    const realv y = scaled_expm1_negative(alpha, near_x);
    return IS_NEGATIVE(x) ? round_to_storage_computed(y) : x;
}

#if FROM_OUTPUT
storedv elu_dx(storedv y, realv alpha, storedv dy)
{
    const realv dx = elu_backward(widen(y), alpha, widen(dy));
    return round_to_storage_computed(dx);
}
#else
storedv elu_dx(storedv x, realv alpha, storedv dy)
{
    const bool at_1 = FIRST(alpha) == 1;
    const realv near_x =
        at_1 ? widen_min(x, EXP_AT_1_END) : widen_min(x, EXP_END);
    const realv dx = scaled_exp_negative(alpha, near_x, widen(dy));
    if (at_1)
        return select_signed(x, dx, dy, true);
    return IS_NEGATIVE(x) ? round_to_storage_computed(dx) : dy;
}
#endif
