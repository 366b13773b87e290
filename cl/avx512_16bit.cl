/* avx512_16bit.cl - 16-bit elements in vectors of 32, by AVX-512
 * SPDX-License-Identifier: MIT
 * needs: nothing
 * used by: elementwise on CPUs with float16 or bfloat16 but output
 *
 * 16 elements of 16 bits are half a cache line, and half a non-temporal store.
 * Only the compiler knows whether there is AVX-512: the host lists this file
 * first, and the compiler may skip it, as no other.  If it does not,
 * HAS_AVX512_16BIT is 1, and this file provides
 *   VECTOR 32, and Clang's vectors with the names of OpenCL C;
 *   for types.cl               fmav, maxv, clampv;
 *   for storage_float16.cl     widen, round_to_storage;
 *   for storage_bfloat16.cl    widen, upper_halves;
 *   for memory.cl              VLOAD, VSTORE and, for float16 alone, store and
 *                              store_nontemporal;
 *   for activations_16bit.cl   round_odd, odd_product, odd_product_negative,
 *                              min_bits, expm1_bits and, for float16 alone,
 *                              select_signed. */
#if VECTOR == 16 && defined(__clang__) && defined(__AVX512BW__) && \
    defined(__AVX512VL__)
#define HAS_AVX512_16BIT 1
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

#define CONCAT __attribute__((overloadable, always_inline)) concat
float32 CONCAT(float16 a, float16 b)
{
    return (float32)(a, b);
}

ushort32 CONCAT(ushort16 a, ushort16 b)
{
    return (ushort32)(a, b);
}

#define VLOAD(p) concat(vload16(0, p), vload16(1, p))
#define VSTORE(v, p) (vstore16((v).lo, 0, p), vstore16((v).hi, 1, p))

float32 fmav(float32 a, float32 b, float32 c)
{
    return (float32)(fma(a.lo, b.lo, c.lo), fma(a.hi, b.hi, c.hi));
}

int32 maxv(int32 a, int32 b)
{
    return a > b ? a : b;
}

int32 clampv(int32 a, int32 low, int32 high)
{
    const int32 b = maxv(a, low);
    return b < high ? b : high;
}

/* Products that are rounded to 16 bits next: rounded to odd, which is cut off
 * towards 0, with a last bit of 1 if anything was lost, a product is on the
 * same side of each tie as the exact one (Boldo and Melquiond, "Emulation of
 * FMA and correctly rounded sums: proved algorithms using rounding to odd",
 * 2008).  Of one rounded down and one rounded up one is odd, unless both are
 * exact. */
#define DOWN_16(a, x) as_int16(__builtin_ia32_mulps512(a, x, 9))
#define UP_16(a, x) as_int16(__builtin_ia32_mulps512(a, x, 10))
#define CUT_16(a, x) as_int16(__builtin_ia32_mulps512(a, x, 11))

/* x <= 0 and a >= 0: rounded up is towards 0. */
float16 odd_product_negative_16(float16 a, float16 x)
{
    return as_float16(UP_16(a, x) | (DOWN_16(a, x) & 1));
}
#define odd_product_negative(a, x)                                             \
    concat(odd_product_negative_16((a).lo, (x).lo),                            \
           odd_product_negative_16((a).hi, (x).hi))
#define odd_product(a, x)                                                      \
    concat(odd_product_16((a).lo, (x).lo), odd_product_16((a).hi, (x).hi))

/* expm1 for alpha 1.  16 bits have so few negative numbers that a polynomial on
 * each of a few segments gives expm1, correctly rounded, for every one of them,
 * as exp.cl does.  A vector finds its coefficients in two registers, by five
 * bits of each number's float32: the last of its exponent and the first of its
 * mantissa.  scripts/segments.c makes the tables.  Numbers nearer to 0 than
 * NEAREST are in its segment; those beyond END have its result. */
#define NEAREST -0x1.4p-5f
#define COEFFICIENT(k) coefficient(LOW_##k, HIGH_##k, segment)
float32 coefficient(float16 low, float16 high, int32 segment)
{
    return concat(__builtin_ia32_vpermi2varps512(low, segment.lo, high),
                  __builtin_ia32_vpermi2varps512(low, segment.hi, high));
}

#if DTYPE == 2
float16 odd_product_16(float16 a, float16 x)
{
    const float16 p = as_float16(CUT_16(a, x)), lost = fma(a, x, -p);
    const ushort is_lost =
        __builtin_ia32_cmpps512_mask(lost, (float16)(0), 12, -1, 4);
    const int16 bits = as_int16(p);
    return as_float16(__builtin_ia32_selectd_512(is_lost, bits | 1, bits));
}

/* Its instructions take 16, and halves are concatenated only at a price. */
#define min_bits(x, end)                                                       \
    concat(min((x).lo, (ushort16)(end)), min((x).hi, (ushort16)(end)))
#define WIDEN_16(x)                                                            \
    __builtin_ia32_vcvtph2ps512_mask(as_short16(x), (float16)(0),              \
                                     (ushort)0xffff, 8)
#define ROUND_16(v, other, lanes)                                              \
    as_ushort16(                                                               \
        __builtin_ia32_vcvtps2ph512_mask(v, 0, as_short16(other), lanes))
#define IS_SIGNED_16(x)                                                        \
    __builtin_ia32_cvtw2mask256(as_short16(x) <= (short)0xfc00)
#define widen(x) concat(WIDEN_16((x).lo), WIDEN_16((x).hi))

ushort32 round_to_storage(float32 v)
{
    const ushort16 other = 0;
    return concat(ROUND_16(v.lo, other, 0xffff), ROUND_16(v.hi, other, 0xffff));
}
#define round_odd(v) round_to_storage(v)

ushort32 select_signed(ushort32 x, float32 v, ushort32 other, bool may_be_nan)
{
    return concat(ROUND_16(v.lo, other.lo, IS_SIGNED_16(x.lo)),
                  ROUND_16(v.hi, other.hi, IS_SIGNED_16(x.hi)));
}

typedef ushort16 unaligned_16 __attribute__((aligned(2)));
#define store(v, p)                                                            \
    (*(__global unaligned_16 *)(p) = (v).lo,                                   \
     *((__global unaligned_16 *)(p) + 1) = (v).hi)
#define store_nontemporal(v, p)                                                \
    (__builtin_nontemporal_store((v).lo, (__global ushort16 *)(p)),            \
     __builtin_nontemporal_store((v).hi, (__global ushort16 *)(p) + 1))

#define END 0xc8ff
#define LOW_0 \
    (float16)(-0x1.81c94cp-3f, -0x1.2de19ep-2f, -0x1.a063p-2f, \
              -0x1.00d3fep-1f, -0x1.4b2904p-1f, -0x1.9587f6p-1f, \
              -0x1.c5e2dp-1f, -0x1.e143a6p-1f, -0x1.f9a3aap-1f, -0x0p+0f, \
              -0x1.1ba95ap-22f, -0x1.f47bd4p-22f, -0x1.fdadccp-21f, \
              -0x1.1a0e2ep-19f, -0x1.106696p-18f, -0x1.dda332p-18f)
#define HIGH_0 \
    (float16)(-0x1.e1e96p-17f, -0x1.0766fcp-15f, -0x1.f6831cp-15f, \
              -0x1.b32652p-14f, -0x1.af035ep-13f, -0x1.cbb774p-12f, \
              -0x1.abe618p-11f, -0x1.69989ep-10f, -0x1.595e4p-9f, \
              -0x1.5efc3p-8f, -0x1.376338p-7f, -0x1.f5cde8p-7f, \
              -0x1.cd011ep-6f, -0x1.9db0ccp-5f, -0x1.4efbdcp-4f, \
              -0x1.ed8a7ap-4f)
#define LOW_1 \
    (float16)(0x1.392bp-1f, 0x1.eef454p-2f, 0x1.7bf5fp-2f, 0x1.27603ap-2f, \
              0x1.71acbap-3f, 0x1.771ea4p-4f, 0x1.65f9ccp-5f, 0x1.50fb9ep-6f, \
              0x1.a2ae1cp-9f, 0x1p+0f, 0x1.fffd42p-1f, 0x1.fffbcep-1f, \
              0x1.fff8dap-1f, 0x1.fff31p-1f, 0x1.ffeadep-1f, 0x1.ffdfe4p-1f)
#define HIGH_1 \
    (float16)(0x1.ffc9b8p-1f, 0x1.ff9ef2p-1f, 0x1.ff6344p-1f, 0x1.ff148ap-1f, \
              0x1.fe78bep-1f, 0x1.fd544ap-1f, 0x1.fbc8b2p-1f, 0x1.f9cedcp-1f, \
              0x1.f60d46p-1f, 0x1.ef5f76p-1f, 0x1.e6e21ep-1f, 0x1.dcaefp-1f, \
              0x1.c9a118p-1f, 0x1.ae3646p-1f, 0x1.8e243cp-1f, 0x1.6c1f6ap-1f)
#define LOW_2 \
    (float16)(0x1.6051cap-3f, 0x1.ed1d5ap-4f, 0x1.52f4c4p-4f, 0x1.e1b6a8p-5f, \
              0x1.063b52p-5f, 0x1.c51502p-7f, 0x1.77233cp-8f, 0x1.38c80cp-9f, \
              0x1.185f98p-12f, 0x1.fff77ap-2f, 0x1.ff5cep-2f, 0x1.ff27dep-2f, \
              0x1.fecbb2p-2f, 0x1.fe37dp-2f, 0x1.fd8914p-2f, 0x1.fcc05ep-2f)
#define HIGH_2 \
    (float16)(0x1.fb66ccp-2f, 0x1.f943c8p-2f, 0x1.f6c77ap-2f, 0x1.f3f7ep-2f, \
              0x1.ef397ap-2f, 0x1.e7ea68p-2f, 0x1.dfacbp-2f, 0x1.d6a41cp-2f, \
              0x1.c7fe0cp-2f, 0x1.b29b7p-2f, 0x1.9bf3a6p-2f, 0x1.849ebp-2f, \
              0x1.5faf92p-2f, 0x1.33d866p-2f, 0x1.08fc9ap-2f, 0x1.c40d6p-3f)
#define LOW_3 \
    (float16)(0x1.20fc5cp-6f, 0x1.5e8eb6p-7f, 0x1.a93f6ap-8f, 0x1.118212p-8f, \
              0x1.00162ep-9f, 0x1.752f84p-11f, 0x1.0a8a6cp-12f, \
              0x1.88382ap-14f, 0x1.df30a6p-18f, 0x1.50882ap-3f, \
              0x1.44701ep-3f, 0x1.41e9c4p-3f, 0x1.3e2b18p-3f, 0x1.393c5p-3f, \
              0x1.34611ap-3f, 0x1.2f992cp-3f)
#define HIGH_3 \
    (float16)(0x1.2893c6p-3f, 0x1.1f73d8p-3f, 0x1.169bc8p-3f, 0x1.0e0962p-3f, \
              0x1.01b224p-3f, 0x1.e42a6cp-4f, 0x1.c6d4e2p-4f, 0x1.ab4656p-4f, \
              0x1.852462p-4f, 0x1.576aaep-4f, 0x1.2f106ep-4f, 0x1.0b7406p-4f, \
              0x1.b74402p-5f, 0x1.59a59p-5f, 0x1.0d30ap-5f, 0x1.a34a6ap-6f)

float16 min_nearest(float16 x)
{
    return __builtin_ia32_minps512(x, (float16)(NEAREST), 4);
}

float32 expm1_bits(ushort32 bits)
{
    const float32 x = widen(min_bits(bits, END));
    const int32 segment =
        as_int32(concat(min_nearest(x.lo), min_nearest(x.hi))) >> 21;
    const float32 q =
        fmav(fmav(COEFFICIENT(3), x, COEFFICIENT(2)), x, COEFFICIENT(1));
    return fmav(q, x, COEFFICIENT(0));
}

#elif DTYPE == 3
/* What is lost may be too small for float32. */
float16 odd_product_16(float16 a, float16 x)
{
    return as_float16(CUT_16(a, x) | ((DOWN_16(a, x) | UP_16(a, x)) & 1));
}

/* 16 pairs of 32 bits: the lower of a pair is widened by a shift, the upper by
 * clearing the bits below it.  So a vector of reals has the lower ones first,
 * and none moves from lane to lane, which costs as much as a multiplication. */
#define min_bits(x, end) ((x) < (ushort)(end) ? (x) : (ushort32)(end))
#define UPPER_OF(pairs) ((pairs) & 0xffff0000u)
#define upper_halves(v) as_ushort32((v).lo >> 16 | UPPER_OF((v).hi))

float32 widen(ushort32 x)
{
    const uint16 pairs = __builtin_astype(x, uint16);
    return concat(as_float16(pairs << 16), as_float16(UPPER_OF(pairs)));
}

/* Rounded in 16 bits, 32 at a time: up if the lower half is more than a half,
 * or a half and the last bit is 1.  The lower half of a NaN is 0. */
ushort32 round_odd(float32 v)
{
    const uint16 low = as_uint16(v.lo), high = as_uint16(v.hi);
    const ushort32 kept = as_ushort32(low >> 16 | UPPER_OF(high));
    const ushort32 lost = as_ushort32((low & 0xffffu) | high << 16);
    const ushort32 half_or_less = (ushort)0x8000 - (kept & (ushort)1);
    return lost > half_or_less ? kept + (ushort)1 : kept;
}

#define END 0xc11f
#define NEAREST_BITS 0xbd20
#define LOW_0 \
    (float16)(-0x1.8b1afap-2f, -0x1.0767fcp-1f, -0x1.41194ap-1f, \
              -0x1.70d528p-1f, -0x1.a0e2c6p-1f, -0x1.d1701ep-1f, \
              -0x1.e95152p-1f, -0x1.f55226p-1f, -0x1.fc7feap-1f, -0x0p+0f, \
              -0x1.5c881ap-16f, -0x1.0aae46p-15f, -0x1.c461f4p-15f, \
              -0x1.9a286p-14f, -0x1.4f964ep-13f, -0x1.fe93a8p-13f)
#define HIGH_0 \
    (float16)(-0x1.ad5876p-12f, -0x1.80ca0ap-11f, -0x1.37370ep-10f, \
              -0x1.d41244p-10f, -0x1.82f494p-9f, -0x1.52f4acp-8f, \
              -0x1.0bfa28p-7f, -0x1.8a0506p-7f, -0x1.3b10ccp-6f, \
              -0x1.07f524p-5f, -0x1.8f613cp-5f, -0x1.191a26p-4f, \
              -0x1.a5eep-4f, -0x1.450674p-3f, -0x1.c52ef2p-3f, \
              -0x1.269ca6p-2f)
#define LOW_1 \
    (float16)(0x1.625d58p-2f, 0x1.f01572p-3f, 0x1.550d9ap-3f, 0x1.ce704ep-4f, \
              0x1.0fa54cp-4f, 0x1.c087acp-6f, 0x1.7cc9dap-7f, 0x1.3d8782p-8f, \
              0x1.62c4fap-10f, 0x1.ffffcep-1f, 0x1.ff5d9ep-1f, 0x1.ff28b6p-1f, \
              0x1.fecdccp-1f, 0x1.fe3a46p-1f, 0x1.fd8be6p-1f, 0x1.fcc388p-1f)
#define HIGH_1 \
    (float16)(0x1.fb6eap-1f, 0x1.f94cdap-1f, 0x1.f6d1b4p-1f, 0x1.f4032ep-1f, \
              0x1.ef54d2p-1f, 0x1.e8091cp-1f, 0x1.dfce4p-1f, 0x1.d6c81p-1f, \
              0x1.c8516ap-1f, 0x1.b2f366p-1f, 0x1.9c4df8p-1f, 0x1.84f99cp-1f, \
              0x1.626e18p-1f, 0x1.348ce2p-1f, 0x1.09a034p-1f, 0x1.c53014p-2f)
#define LOW_2 \
    (float16)(0x1.b4b2d8p-5f, 0x1.08dfp-5f, 0x1.414e0cp-6f, 0x1.85c334p-7f, \
              0x1.90b446p-8f, 0x1.140fa2p-9f, 0x1.963a92p-11f, \
              0x1.2ae2eep-12f, 0x1.1b0f1ap-14f, 0x1.fab86p-2f, 0x1.e6b57ep-2f, \
              0x1.e2ebdep-2f, 0x1.dd5acep-2f, 0x1.d5f43ap-2f, 0x1.ceab06p-2f, \
              0x1.c77ebcp-2f)
#define HIGH_2 \
    (float16)(0x1.bd0e94p-2f, 0x1.af5d2ep-2f, 0x1.a217a2p-2f, 0x1.953a9cp-2f, \
              0x1.82e0aep-2f, 0x1.6b701ap-2f, 0x1.556b16p-2f, 0x1.40bb9ap-2f, \
              0x1.245dbap-2f, 0x1.02032p-2f, 0x1.c763d2p-3f, 0x1.91e156p-3f, \
              0x1.4e0d2p-3f, 0x1.0428cep-3f, 0x1.953984p-4f, 0x1.3b96dcp-4f)

float32 expm1_bits(ushort32 bits)
{
    const ushort32 near_bits = min_bits(bits, END);
    const ushort32 nearest = (ushort32)(NEAREST_BITS);
    const uint16 pairs =
        __builtin_astype(near_bits > nearest ? near_bits : nearest, uint16);
    const int32 segment = (int32)(as_int16(pairs >> 5), as_int16(pairs >> 21));
    const float32 x = widen(near_bits);
    return fmav(fmav(COEFFICIENT(2), x, COEFFICIENT(1)), x, COEFFICIENT(0));
}
#endif
#endif
