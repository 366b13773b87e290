/* storage_float16.cl - float16 in memory, float32 in registers
 * SPDX-License-Identifier: MIT
 * needs: types.cl
 * used by: all with float16 */
typedef ushort stored;
typedef WIDE(ushort) storedv;

#define INFINITE 0x7c00 /* its bits */

/* By the bits of x: true for minus infinity, false for -0. */
#define IS_NEGATIVE(x) ((storedv)((x) - (ushort)0x8001) < (ushort)INFINITE)

/* One element as a real. */
#define load_one(p) vload_half(0, (const __global half *)(p))

#if HAS_AVX512_16BIT
/* avx512_16bit.cl has widen and round_to_storage. */
#elif VECTOR == 16 && defined(__AVX512F__)
/* The built-in functions split a vector in halves, which costs as much again as
 * the conversion.  8 (no exceptions) keeps the compiler from recognizing the
 * conversion: it would compare halves then, one by one. */
#define ALL_16 ((ushort)0xffff)
storedv round_to_storage(realv v)
{
    return as_ushort16(
        __builtin_ia32_vcvtps2ph512_mask(v, 0, (short16)(0), ALL_16));
}
#define widen(bits)                                                            \
    __builtin_ia32_vcvtph2ps512_mask(as_short16(bits), (float16)(0), ALL_16, 8)
#elif VECTOR == 8 && defined(__F16C__) && defined(__clang__)
/* The compiler does not recognize this rounding: else it would select from
 * halves, one by one. */
storedv round_to_storage(realv v)
{
    return as_ushort8(__builtin_ia32_vcvtps2ph256(v, 0));
}
#define widen(bits) __builtin_ia32_vcvtph2ps256(as_short8(bits))
#else
#if VECTOR == 1
#define HALF(name) name
#define HALF_RTE(name) CAT(name, _rte)
#else
#define HALF(name) CAT(name, VECTOR)
#define HALF_RTE(name) CAT(CAT(name, VECTOR), _rte)
#endif
storedv round_to_storage(realv v)
{
    storedv bits;
    HALF_RTE(vstore_half)(v, 0, (half *)&bits);
    return bits;
}

realv widen(storedv v)
{
    return HALF(vload_half)(0, (const half *)&v);
}
#endif

#define narrow(v) round_to_storage(v)
#define round_to_storage_computed(v) round_to_storage(v)
#define round_to_storage_inexact(v) round_to_storage(v)
