/* types.cl - the types that kernels compute in, and hints to compilers
 * SPDX-License-Identifier: MIT
 * needs: nothing
 * used by: all but float_check
 *
 * Set by the host:
 *   DTYPE    elements in memory: 1 float32, 2 float16, 3 bfloat16, 4 float64
 *   VECTOR   elements of one memory access: 1, 2, 4, 8 or 16
 *   GROUP    work-items of a work-group.  1 selects the form for CPUs, which
 *            needs no barrier; more, the form for GPUs.  CPUs and FPGAs have
 *            1, and GPUs of less than 24 KiB of local memory; llvmpipe, a
 *            CPU, has more
 *   FROM_OUTPUT   1: the backward pass reads y instead of x
 *   STRIDED  1: arrays may have gaps
 *
 * Only constructs that four OpenCL implementations agree on: no static or
 * inline functions, no mad(), no contraction, no quotes in options. */
#pragma OPENCL FP_CONTRACT OFF

/* avx512_16bit.cl sets it, if it is not skipped. */
#ifndef HAS_AVX512_16BIT
#define HAS_AVX512_16BIT 0
#endif

#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)

/* real is the type of all arithmetic; vectors of it and of integers of its size
 * have VECTOR elements. */
#if DTYPE == 4
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#define REAL double
#define INTEGER long
#else
#define REAL float
#define INTEGER int
#endif
#if VECTOR == 1
#define WIDE(type) type
#define FIRST(v) (v)
#else
#define WIDE(type) CAT(type, VECTOR)
#define FIRST(v) (v).s0
#endif
typedef REAL real;
typedef WIDE(REAL) realv;
typedef WIDE(INTEGER) intv;
typedef WIDE(uint) uintv;
#define AS_REALV CAT(as_, WIDE(REAL))
#define AS_INTV CAT(as_, WIDE(INTEGER))
#define AS_UINTV CAT(as_, WIDE(uint))

/* Constants of type real, without a double in a float program. */
#if DTYPE == 4
#define R(constant) constant
#else
#define R(constant) CAT(constant, f)
#endif
#define RV(constant) ((realv)(R(constant)))

/* x < 0.  A CPU's compiler compares the halves that x was converted from, one
 * by one; but not the bits of x.  An output -0 is a product rounded to 0, of a
 * negative x.  Negative numbers' bits are integers up to those of minus
 * infinity; those of NaN are larger. */
#if FROM_OUTPUT && DTYPE == 4
#define is_below_0(y) (AS_INTV(y) <= (long)0xfff0000000000000)
#elif FROM_OUTPUT
#define is_below_0(y) (AS_INTV(y) <= (int)0xff800000)
#elif DTYPE == 2 && GROUP == 1 && VECTOR > 1
#define is_below_0(x)                                                          \
    ((AS_INTV(x) > (int)0x80000000) & (AS_INTV(x) <= (int)0xff800000))
#else
#define is_below_0(x) ((x) < 0)
#endif

/* The functions of OpenCL C that avx512_16bit.cl defines for its vectors. */
#if !HAS_AVX512_16BIT
#define fmav fma
#define maxv max
#define clampv clamp
#endif

/* To copy many sizes at once.  Not by vstore: clang warns of a vector passed by
 * value that is wider than a CPU's registers. */
typedef ulong4 sizes4 __attribute__((aligned(8)));
typedef ulong16 sizes16 __attribute__((aligned(8)));

/* Some compilers would call a function that is used more than once. */
#define INLINED __attribute__((always_inline))
/* The work of a kernel.  PoCL compiles all that is inlined in a kernel three
 * times. */
#if GROUP == 1 && defined(POCL_DEVICE_ADDRESS_BITS)
#define NOT_INLINED __attribute__((noinline))
#else
#define NOT_INLINED INLINED
#endif
#define UNROLLED _Pragma("unroll")
/* A loop over part of a vector: LLVM would make vectors of it. */
#ifdef __clang__
#define ROLLED _Pragma("clang loop vectorize(disable) unroll(disable)")
#else
#define ROLLED
#endif

/* A fixed size spares an implementation from compiling again for each size.
 * PoCL compiles for the size of each launch, and on CPUs its versions before 6
 * abort if a binary with a fixed size is read while the program's kernels run.
 * Intel's compiler takes 32 work-items at once for Xe HPC, which is recognized
 * by the media blocks that it lacks: all kernels but the simplest would spill.
 * Others have the attribute, too, but may not have the size. */
#if (DTYPE > 1 || DALPHA) && GROUP % 16 == 0 &&                                \
    defined(cl_intel_subgroups_long) &&                                        \
    defined(cl_intel_required_subgroup_size) &&                                \
    !defined(cl_intel_spirv_media_block_io)
#define WG_SIZED                                                               \
    __attribute__((reqd_work_group_size(GROUP, 1, 1),                          \
                   intel_reqd_sub_group_size(16)))
#elif GROUP == 1 && defined(POCL_DEVICE_ADDRESS_BITS)
#define WG_SIZED
#else
#define WG_SIZED __attribute__((reqd_work_group_size(GROUP, 1, 1)))
#endif

/* Intel's GPUs have half the registers of others for a work-item. */
#ifdef cl_intel_required_subgroup_size
#define HAS_FEW_REGISTERS 1
#else
#define HAS_FEW_REGISTERS 0
#endif
