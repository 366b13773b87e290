/* wide.cl - vectors of 32, for 16 bits
 * SPDX-License-Identifier: MIT
 *
 * 16 elements of 16 bits are half a line of a cache, and half a store past it.
 * Clang has vectors of any length; what it has no functions for is here. */
#if VECTOR == 16 && (DTYPE == 2 || DTYPE == 3) && defined(__clang__) && \
    defined(__AVX512BW__) && defined(__AVX512VL__)
#undef VECTOR
#define VECTOR 32

#define OF_32 __attribute__((ext_vector_type(32)))
typedef float float32 OF_32;
typedef int int32 OF_32;
typedef uint uint32 OF_32;
typedef short short32 OF_32;
typedef ushort ushort32 OF_32;
#define as_float32(v) __builtin_astype(v, float32)
#define as_int32(v) __builtin_astype(v, int32)
#define as_uint32(v) __builtin_astype(v, uint32)
#define as_short32(v) __builtin_astype(v, short32)
#define as_ushort32(v) __builtin_astype(v, ushort32)

#if !ACCUMULATE
/* As in activations.cl, for numbers that are rounded to 16 bits next: rounded
 * to odd, which is cut off towards 0, with a last bit of 1 if anything was
 * lost, a product is on the same side of each tie as the exact one (Boldo and
 * Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms
 * using rounding to odd", 2008).  Of one rounded down and one rounded up one is
 * odd, unless both are exact. */
#define DOWN_16(a, x) as_int16(__builtin_ia32_mulps512(a, x, 9))
#define UP_16(a, x) as_int16(__builtin_ia32_mulps512(a, x, 10))
#define CUT_16(a, x) as_int16(__builtin_ia32_mulps512(a, x, 11))

/* x <= 0 and a >= 0: rounded up is towards 0. */
float16 odd_below_0(float16 a, float16 x)
{
    return as_float16(UP_16(a, x) | (DOWN_16(a, x) & 1));
}

#if DTYPE == 2
float16 odd_product(float16 a, float16 x)
{
    const float16 p = as_float16(CUT_16(a, x)), lost = fma(a, x, -p);
    const ushort is_lost =
        __builtin_ia32_cmpps512_mask(lost, (float16)(0), 12, -1, 4);
    const int16 bits = as_int16(p);
    return as_float16(__builtin_ia32_selectd_512(is_lost, bits | 1, bits));
}
#else
/* What is lost may be too small for float32. */
float16 odd_product(float16 a, float16 x)
{
    return as_float16(CUT_16(a, x) | ((DOWN_16(a, x) | UP_16(a, x)) & 1));
}
#endif
#define PRODUCT(a, x) \
    join(odd_product((a).lo, (x).lo), odd_product((a).hi, (x).hi))
#define PRODUCT_BELOW_0(a, x) \
    join(odd_below_0((a).lo, (x).lo), odd_below_0((a).hi, (x).hi))
#endif

float32 fma32(float32 a, float32 b, float32 c)
{
    return (float32)(fma(a.lo, b.lo, c.lo), fma(a.hi, b.hi, c.hi));
}

int32 max32(int32 a, int32 b)
{
    return a > b ? a : b;
}

int32 clamp32(int32 a, int32 least, int32 most)
{
    const int32 b = max32(a, least);
    return b < most ? b : most;
}

#undef fma
#undef max
#undef clamp
#define fma(a, b, c) fma32(a, b, c)
#define max(a, b) max32(a, b)
#define clamp(a, least, most) clamp32(a, least, most)

#define JOIN __attribute__((overloadable, always_inline)) join
float32 JOIN(float16 a, float16 b)
{
    return (float32)(a, b);
}

ushort32 JOIN(ushort16 a, ushort16 b)
{
    return (ushort32)(a, b);
}

#define VLOAD(p) join(vload16(0, p), vload16(1, p))
#define VSTORE(v, p) (vstore16((v).lo, 0, p), vstore16((v).hi, 1, p))

#if DTYPE == 2
/* Its instructions take 16, and halves are joined only at a price. */
#define AT_MOST(x, end) \
    join(min((x).lo, (ushort16)(end)), min((x).hi, (ushort16)(end)))
#define WIDEN_16(x) \
    __builtin_ia32_vcvtph2ps512_mask(as_short16(x), (float16)(0), \
                                     (ushort)0xffff, 8)
#define PACK_16(v, other, lanes) \
    as_ushort16( \
        __builtin_ia32_vcvtps2ph512_mask(v, 0, as_short16(other), lanes))
#define MINUS_INFINITY ((short)0xfc00)
#define SIGNED_16(x) \
    __builtin_ia32_cvtw2mask256(as_short16(x) <= MINUS_INFINITY)
#define widen(x) join(WIDEN_16((x).lo), WIDEN_16((x).hi))

ushort32 pack(float32 v)
{
    const ushort16 other = 0;
    return join(PACK_16(v.lo, other, 0xffff), PACK_16(v.hi, other, 0xffff));
}
#define PACK_ODD(v) pack(v)

ushort32 pack_signed(ushort32 x, float32 v, ushort32 other)
{
    return join(PACK_16(v.lo, other.lo, SIGNED_16(x.lo)),
                PACK_16(v.hi, other.hi, SIGNED_16(x.hi)));
}
#define PACK_SIGNED(x, v, other, may_be_nan) pack_signed(x, v, other)

typedef ushort16 loose_16 __attribute__((aligned(2)));
#define STORE(v, p) \
    (*(__global loose_16 *)(p) = (v).lo, \
     *((__global loose_16 *)(p) + 1) = (v).hi)
#define STREAM(v, p) \
    (__builtin_nontemporal_store((v).lo, (__global ushort16 *)(p)), \
     __builtin_nontemporal_store((v).hi, (__global ushort16 *)(p) + 1))

#elif DTYPE == 3
/* 16 pairs of 32 bits: the lower of a pair is widened by a shift, the upper by
 * clearing what is below it.  So a vector of reals has the lower ones first,
 * and none moves from lane to lane, which costs as much as a multiplication. */
#define AT_MOST(x, end) ((x) < (ushort)(end) ? (x) : (ushort32)(end))
#define UPPER(pairs) ((pairs) & 0xffff0000u)
#define HIGH_HALVES(v) as_ushort32((v).lo >> 16 | UPPER((v).hi))

float32 widen_pairs(ushort32 x)
{
    const uint16 pairs = __builtin_astype(x, uint16);
    return join(as_float16(pairs << 16), as_float16(UPPER(pairs)));
}
#define widen(x) widen_pairs(x)

/* Rounded in 16 bits, 32 at a time: up if what is behind is more than a half,
 * or a half and the last bit is 1.  A NaN has nothing behind. */
ushort32 pack_odd(float32 v)
{
    const uint16 lower = as_uint16(v.lo), upper = as_uint16(v.hi);
    const ushort32 kept = as_ushort32(lower >> 16 | UPPER(upper));
    const ushort32 behind = as_ushort32((lower & 0xffffu) | upper << 16);
    const ushort32 half_or_less = (ushort)0x8000 - (kept & (ushort)1);
    return behind > half_or_less ? kept + (ushort)1 : kept;
}
#define PACK_ODD(v) pack_odd(v)
#endif

/* A GPU's work-items have 32 bits at a time, too: pairs again. */
#elif VECTOR == 8 && DTYPE == 3 && GROUP > 1 && defined(__ENDIAN_LITTLE__)
#define UPPER(pairs) ((pairs) & 0xffff0000u)
#define HIGH_HALVES(v) as_ushort8((v).lo >> 16 | UPPER((v).hi))
#define widen(x) \
    (float8)(as_float4(as_uint4(x) << 16), as_float4(UPPER(as_uint4(x))))
#endif
