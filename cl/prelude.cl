/* prelude.cl - element types, loads and stores
 * SPDX-License-Identifier: MIT
 *
 * Set by the host:
 *   DTYPE    type of the elements: 1 float32, 2 float16, 3 bfloat16, 4 float64
 *   VECTOR   elements of one memory access: 1, 2, 4, 8 or 16; 32 in wide.cl
 *   GROUP    work-items of one work-group; 1 needs no barrier
 *
 * Only constructs that four OpenCL implementations agree on: no static or
 * inline functions, no mad(), no contraction, no quotes in options. */
#pragma OPENCL FP_CONTRACT OFF

#ifndef DTYPE
#define DTYPE 1
#endif
#ifndef VECTOR
#define VECTOR 4
#endif
#ifndef GROUP
#define GROUP 64
#endif

#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)

/* real computes; reals and integers of its width come VECTOR at a time. */
#if DTYPE == 4
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#define REAL double
#define INTEGER long
#else
#define REAL float
#define INTEGER int
#endif
typedef REAL real;

#if VECTOR == 1
#define WIDE(type) type
#define VLOAD(p) (*(p))
#define VSTORE(v, p) (*(p) = (v))
#define FIRST(v) (v)
#else
#define WIDE(type) CAT(type, VECTOR)
#define FIRST(v) (v).s0
#ifndef VLOAD
#define VLOAD(p) CAT(vload, VECTOR)(0, p)
#define VSTORE(v, p) CAT(vstore, VECTOR)(v, 0, p)
#endif
#endif
typedef WIDE(REAL) realv;
typedef WIDE(INTEGER) intv;
typedef WIDE(uint) uintv;
#define AS_REALV CAT(as_, WIDE(REAL))
#define AS_INTV CAT(as_, WIDE(INTEGER))
#define AS_UINTV CAT(as_, WIDE(uint))

/* Constants in the type that computes, without a double in a float program. */
#if DTYPE == 4
#define R(constant) constant
#else
#define R(constant) CAT(constant, f)
#endif
#define RV(constant) ((realv)(R(constant)))

/* 0, 1, 2 ... in the elements of a vector. */
__constant uint count_up[16] = {0, 1, 2,  3,  4,  5,  6,  7,
                                8, 9, 10, 11, 12, 13, 14, 15};
#define COUNT_UP VLOAD(count_up)

/* What is stored, and the two ways between it and reals: whole vectors in
 * registers, packed, so that a store past the caches can be one too. */
#if DTYPE == 2 || DTYPE == 3
typedef ushort stored;
typedef WIDE(ushort) packed;
#else
typedef real stored;
typedef realv packed;
#endif

#if DTYPE == 2
#ifndef widen
#if VECTOR == 1
#define HALF(name) name
#define HALF_RTE(name) CAT(name, _rte)
#else
#define HALF(name) CAT(name, VECTOR)
#define HALF_RTE(name) CAT(CAT(name, VECTOR), _rte)
#endif
#if VECTOR == 16 && defined(__AVX512F__)
/* The built-in functions take a vector in halves, which costs as much again as
 * the conversion.  8: not the widening that the compiler knows, as it would
 * compare halves then, one by one. */
#define ALL_LANES ((ushort)0xffff)
packed pack(realv v)
{
    return as_ushort16(
        __builtin_ia32_vcvtps2ph512_mask(v, 0, (short16)(0), ALL_LANES));
}
#define widen(bits)                                                            \
    __builtin_ia32_vcvtph2ps512_mask(as_short16(bits), (float16)(0),           \
                                     ALL_LANES, 8)
#else
packed pack(realv v)
{
    ushort bits[VECTOR];
    HALF_RTE(vstore_half)(v, 0, (half *)bits);
    return VLOAD(bits);
}
realv widen(packed v)
{
    ushort bits[VECTOR];
    VSTORE(v, bits);
    return HALF(vload_half)(0, (const half *)bits);
}
#endif
#endif
#define narrow(v) pack(v)
#define pack_computed(v) pack(v)
#define pack_inexact(v) pack(v)
#define INFINITE 0x7c00
#define LOAD_ONE(p) vload_half(0, (const __global half *)(p))
#elif DTYPE == 3
/* Shifts and conversions would be joined to one instruction that also stores,
 * through the caches and slowly. */
#ifdef __ENDIAN_LITTLE__
#define HIGH odd
#else
#define HIGH even
#endif
#ifdef HIGH_HALVES
#elif VECTOR == 1
#define HIGH_HALVES(v) ((ushort)((v) >> 16))
#elif VECTOR == 2
#define HIGH_HALVES(v) as_ushort4(v).HIGH
#elif VECTOR == 4
#define HIGH_HALVES(v) as_ushort8(v).HIGH
#elif VECTOR == 8
#define HIGH_HALVES(v) as_ushort16(v).HIGH
#else
#define HIGH_HALVES(v) \
    (ushort16)(as_ushort16((v).lo).HIGH, as_ushort16((v).hi).HIGH)
#endif
#define CONVERT_UINTV CAT(convert_, WIDE(uint))
#define ROUNDED(bits) ((bits) + ((((bits) >> 16) & 1u) + 0x7fffu))
packed pack(realv v)
{
    const uintv bits = AS_UINTV(v);
    /* Rounding up could turn a NaN into infinity. */
    const uintv kept = v == v ? ROUNDED(bits) : bits | 0x400000u;
    return HIGH_HALVES(kept);
}
/* For what has been computed from numbers of 16 bits: on these processors a
 * NaN of them, or of an operation, has 0 in its last bits. */
#if defined(__x86_64__) || defined(__aarch64__)
packed pack_computed(realv v)
{
    const uintv bits = AS_UINTV(v);
    const uintv rounded = ROUNDED(bits);
    return HIGH_HALVES(rounded);
}
#define INEXACT_NAN(v) false
#else
#define pack_computed(v) pack(v)
#define INEXACT_NAN(v) ((v) != (v))
#endif
/* For what is not the exact value: if it lies in the middle, it is no tie. */
uintv round_inexact(realv v, bool may_be_nan)
{
    const uintv bits = AS_UINTV(v), up = bits + 0x8000u;
    return may_be_nan ? INEXACT_NAN(v) ? bits | 0x400000u : up : up;
}
packed pack_inexact(realv v)
{
    const uintv rounded = round_inexact(v, true);
    return HIGH_HALVES(rounded);
}
#define INFINITE 0x7f80
/* For what has been rounded already. */
packed narrow(realv v)
{
    const uintv bits = AS_UINTV(v);
    return HIGH_HALVES(bits);
}
#ifndef widen
#define widen(bits) AS_REALV(CONVERT_UINTV(bits) << 16)
#endif
#define LOAD_ONE(p) as_float((uint)*(p) << 16)
#else
#define pack(v) (v)
#define pack_computed(v) (v)
#define narrow(v) (v)
#define widen(v) (v)
#define LOAD_ONE(p) (*(p))
#endif
#define LOAD(p) widen(VLOAD(p))

/* To copy many sizes at once.  Not by vstore: clang warns of a vector passed by
 * value that is wider than a CPU's registers. */
typedef ulong4 sizes4 __attribute__((aligned(8)));
typedef ulong16 sizes16 __attribute__((aligned(8)));

/* Some implementations' vstore writes a vector in pieces. */
#ifdef STORE
#elif defined(__clang__) && VECTOR > 1
typedef packed loose __attribute__((aligned(sizeof(stored))));
#define STORE(v, p) (*(__global loose *)(p) = (v))
#else
#define STORE(v, p) VSTORE(v, p)
#endif

/* A store past the caches saves the read of the line it overwrites, but needs
 * a whole aligned vector. */
#ifdef __has_builtin
#if __has_builtin(__builtin_nontemporal_store) && VECTOR > 1 && !defined(STREAM)
#define STREAM(v, p) __builtin_nontemporal_store(v, (__global packed *)(p))
#endif
#endif
#ifndef STREAM
#define STREAM(v, p) STORE(v, p)
#endif

/* A processor reads ahead to the end of a page at most, and no further than
 * the instructions that it holds.  In SPIR-V there is no such instruction, and
 * not every compiler to it says so. */
#define TO_SECOND_CACHE 2
#define TO_FIRST_CACHE 3
#if defined(__x86_64__) || defined(__aarch64__) || defined(__riscv) ||         \
    defined(__powerpc64__) || defined(__i386__) || defined(__arm__)
#define PREFETCH(p, cache) \
    __builtin_prefetch((const void *)(size_t)(p), 0, cache)
#define PREFETCH_TO_WRITE(p) \
    __builtin_prefetch((const void *)(size_t)(p), 1, TO_FIRST_CACHE)
#define CAN_PREFETCH true
#endif
#ifndef PREFETCH
#define PREFETCH(p, cache)
#define PREFETCH_TO_WRITE(p)
#define CAN_PREFETCH false
#endif

/* Elements of a cache line. */
#define LINE (64 / (uint)sizeof(stored))

/* What stays in the caches is called for before it is written, too, as it may
 * be in another core's; 16 bits lose by it. */
#define CALL_TO_WRITE(p) \
    if (sizeof(stored) > 2) \
        PREFETCH_TO_WRITE((p) + 512 / sizeof(stored))

/* Spares an implementation from compiling again for each size it meets.
 * Intel's compiler takes 32 work-items at once for Xe HPC, told by the media
 * blocks that it lacks: too much but for the simplest, it would spill.  Others
 * have the attribute, too, but may not have the size. */
#if (DTYPE > 1 || DALPHA) && GROUP % 16 == 0 &&                                \
    defined(cl_intel_subgroups_long) &&                                        \
    defined(cl_intel_required_subgroup_size) &&                                \
    !defined(cl_intel_spirv_media_block_io)
#define TEAM_OF_GROUP                                                          \
    __attribute__((reqd_work_group_size(GROUP, 1, 1),                          \
                   intel_reqd_sub_group_size(16)))
#else
#define TEAM_OF_GROUP __attribute__((reqd_work_group_size(GROUP, 1, 1)))
#endif

/* Intel's GPUs have half the registers of others for a work-item. */
#ifdef cl_intel_required_subgroup_size
#define HAS_FEW_REGISTERS 1
#else
#define HAS_FEW_REGISTERS 0
#endif

#define UNROLLED _Pragma("unroll")

/* Some compilers would call a function that is used more than once. */
#define INLINED __attribute__((always_inline))

bool aligned(__global const stored *p)
{
    return ((size_t)p & (sizeof(packed) - 1)) == 0;
}

/* Elements from p to the next multiple of step elements, at most n. */
uint head_of(__global const stored *p, uint step, ulong n)
{
    uint past = (uint)((size_t)p / sizeof(stored)) & (step - 1);
    uint head = (step - past) & (step - 1);
    return head < n ? head : (uint)n;
}

/* GPUs' compilers read and write a vector in pieces, unless they are told that
 * it is aligned; and one of 16 bits in halves. */
#if GROUP > 1
#define ARE_WHOLE(p) aligned(p)
#if VECTOR == 8 && (DTYPE == 2 || DTYPE == 3)
typedef uint4 words;
#define TO_WORDS(v) as_uint4(v)
#define FROM_WORDS(w) as_ushort8(w)
#elif VECTOR == 4 && (DTYPE == 2 || DTYPE == 3)
typedef uint2 words;
#define TO_WORDS(v) as_uint2(v)
#define FROM_WORDS(w) as_ushort4(w)
#else
typedef packed words;
#define TO_WORDS(v) (v)
#define FROM_WORDS(w) (w)
#endif
#define READ_WORDS(p) (*(__global const words *)(p))
#define READ_WHOLE(p) FROM_WORDS(READ_WORDS(p))
#define WRITE(v, p) (*(__global words *)(p) = TO_WORDS(v))
#define READ(p, whole) ((whole) ? READ_WHOLE(p) : VLOAD(p))
#else
typedef packed words;
#define TO_WORDS(v) (v)
#define FROM_WORDS(w) (w)
#define ARE_WHOLE(p) true
#define READ_WORDS(p) VLOAD(p)
#define READ(p, whole) VLOAD(p)
#define WRITE(v, p) STORE(v, p)
#endif
