/* storage_bfloat16.cl - bfloat16 in memory, float32 in registers
 * SPDX-License-Identifier: MIT
 * needs: types.cl
 * used by: all with bfloat16
 *
 * bfloat16 is the upper half of a float32. */
typedef ushort stored;
typedef WIDE(ushort) storedv;

#define INFINITE 0x7f80 /* its bits */

/* By the bits of x: true for minus infinity, false for -0. */
#define IS_NEGATIVE(x) ((storedv)((x) - (ushort)0x8001) < (ushort)INFINITE)

/* One element as a real. */
#define load_one(p) as_float((uint)*(p) << 16)

#ifdef __ENDIAN_LITTLE__
#define UPPER_HALF odd
#else
#define UPPER_HALF even
#endif

/* upper_halves(v) as shuffles: compilers would join a shift and a conversion to
 * one instruction that also stores, through the caches and slowly. */
#if HAS_AVX512_16BIT
/* avx512_16bit.cl has widen and upper_halves. */
#elif VECTOR == 8 && GROUP > 1 && defined(OP) && defined(__ENDIAN_LITTLE__)
/* Element-wise on GPUs, whose registers hold pairs of 16 bits: the first half
 * of the reals is the lower of each pair, the other half the upper. */
#define UPPER_OF(pairs) ((pairs) & 0xffff0000u)
#define upper_halves(v) as_ushort8((v).lo >> 16 | UPPER_OF((v).hi))
#define widen(x)                                                               \
    (float8)(as_float4(as_uint4(x) << 16), as_float4(UPPER_OF(as_uint4(x))))
#else
#if VECTOR == 1
#define upper_halves(v) ((ushort)((v) >> 16))
#elif VECTOR == 2
#define upper_halves(v) as_ushort4(v).UPPER_HALF
#elif VECTOR == 4
#define upper_halves(v) as_ushort8(v).UPPER_HALF
#elif VECTOR == 8
#define upper_halves(v) as_ushort16(v).UPPER_HALF
#else
#define upper_halves(v)                                                        \
    (ushort16)(as_ushort16((v).lo).UPPER_HALF, as_ushort16((v).hi).UPPER_HALF)
#endif
#define widen(bits) AS_REALV(CAT(convert_, WIDE(uint))(bits) << 16)
#endif

/* For values that have been rounded already. */
storedv narrow(realv v)
{
    const uintv bits = AS_UINTV(v);
    return upper_halves(bits);
}

#define ROUNDED(bits) ((bits) + ((((bits) >> 16) & 1u) + 0x7fffu))
storedv round_to_storage(realv v)
{
    const uintv bits = AS_UINTV(v);
    /* Rounding up could turn a NaN into infinity. */
    const uintv kept = v == v ? ROUNDED(bits) : bits | 0x400000u;
    return upper_halves(kept);
}

/* For results of 16-bit operands: on these CPUs a NaN operand, or the NaN of an
 * operation, has 0 in the lower half. */
#if defined(__x86_64__) || defined(__aarch64__)
storedv round_to_storage_computed(realv v)
{
    const uintv bits = AS_UINTV(v);
    const uintv rounded = ROUNDED(bits);
    return upper_halves(rounded);
}
#define IS_INEXACT_NAN(v) false
#else
#define round_to_storage_computed(v) round_to_storage(v)
#define IS_INEXACT_NAN(v) ((v) != (v))
#endif

/* For values that are not exact: one in the middle of two is no tie. */
uintv round_inexact(realv v, bool may_be_nan)
{
    const uintv bits = AS_UINTV(v), up = bits + 0x8000u;
    return may_be_nan ? IS_INEXACT_NAN(v) ? bits | 0x400000u : up : up;
}

storedv round_to_storage_inexact(realv v)
{
    const uintv rounded = round_inexact(v, true);
    return upper_halves(rounded);
}
