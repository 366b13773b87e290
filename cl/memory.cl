/* memory.cl - every access to memory
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl avx512_16bit.cl
 * used by: elementwise; prelu; mask; chain; partials; parameter
 *
 * A vector has VECTOR elements.  p may be any address, unless it is aligned.
 *
 *                    elements of x, dy, y, dx      reals
 *   a vector         load(p)                       load_real(p)
 *                    store(v, p)                   store_real(v, p)
 *   its first count  load_partial(p, count)        load_partial_real(p, count)
 *                    store_partial(v, p, count)    store_partial_real(...)
 *   aligned          load_aligned(p)
 *                    store_aligned(v, p)
 *                    store_nontemporal(v, p)
 *   by a flag        load_vector(p, aligned)
 *                    store_vector(v, p, non_temporal)
 *   to the caches    prefetch_l1(p), prefetch_l2(p), prefetch_write(p),
 *                    prefetch_output(p)
 *
 * load_real and store_real access the work-item's or work-group's own memory,
 * VLOAD and VSTORE any, all others global memory.  storage_*.cl has load_one,
 * which loads one element, and prelu.cl has the same for alpha. */

/* Elements of a cache line. */
#define LINE (64 / (uint)sizeof(stored))

/* f(0), f(1) ... of the elements of a vector, as a list and as statements; and
 * element i.  Some compilers spill arrays with dynamic indices. */
#if VECTOR == 1
#define EACH(f) f(0)
#define DO_EACH(f) { f(0) }
#define ELEMENT(v, i) (v)
#else
#define EACH_2(f, a, b) f(a), f(b)
#define EACH_4(f, a, b, c, d) EACH_2(f, a, b), EACH_2(f, c, d)
#define EACH_8(f) EACH_4(f, 0, 1, 2, 3), EACH_4(f, 4, 5, 6, 7)
#define DO_4(f, a, b, c, d) f(a) f(b) f(c) f(d)
#define DO_8(f) DO_4(f, 0, 1, 2, 3) DO_4(f, 4, 5, 6, 7)
#define ELEMENT(v, i) (v).ELEMENT_##i
#define ELEMENT_0 s0
#define ELEMENT_1 s1
#define ELEMENT_2 s2
#define ELEMENT_3 s3
#define ELEMENT_4 s4
#define ELEMENT_5 s5
#define ELEMENT_6 s6
#define ELEMENT_7 s7
#define ELEMENT_8 s8
#define ELEMENT_9 s9
#define ELEMENT_10 sa
#define ELEMENT_11 sb
#define ELEMENT_12 sc
#define ELEMENT_13 sd
#define ELEMENT_14 se
#define ELEMENT_15 sf
#if VECTOR == 2
#define EACH(f) EACH_2(f, 0, 1)
#define DO_EACH(f) { f(0) f(1) }
#elif VECTOR == 4
#define EACH(f) EACH_4(f, 0, 1, 2, 3)
#define DO_EACH(f) { DO_4(f, 0, 1, 2, 3) }
#elif VECTOR == 8
#define EACH(f) EACH_8(f)
#define DO_EACH(f) { DO_8(f) }
#else
#define EACH(f) EACH_8(f), EACH_4(f, 8, 9, 10, 11), EACH_4(f, 12, 13, 14, 15)
#define DO_EACH(f) { DO_8(f) DO_4(f, 8, 9, 10, 11) DO_4(f, 12, 13, 14, 15) }
#endif
#endif

/* --------------------------------------------------------------- vectors -- */

#if VECTOR == 1
#define VLOAD(p) (*(p))
#define VSTORE(v, p) (*(p) = (v))
#elif !HAS_AVX512_16BIT
#define VLOAD(p) CAT(vload, VECTOR)(0, p)
#define VSTORE(v, p) CAT(vstore, VECTOR)(v, 0, p)
#endif

/* 0, 1, 2 ... in the elements of a vector of reals. */
__constant uint count_up[16] = {0, 1, 2,  3,  4,  5,  6,  7,
                                8, 9, 10, 11, 12, 13, 14, 15};
#define COUNT_UP CAT(convert_, WIDE(REAL))(VLOAD(count_up))

/* Some implementations' vload and vstore access a vector in pieces, and their
 * compiler may then add the pieces of two vectors one by one. */
#if defined(__clang__) && VECTOR > 1 && GROUP == 1
typedef realv unaligned_real __attribute__((aligned(sizeof(real))));
#define load_real(p) (*(const unaligned_real *)(p))
#define store_real(v, p) (*(unaligned_real *)(p) = (v))
#else
#define load_real(p) VLOAD(p)
#define store_real(v, p) VSTORE(v, p)
#endif

/* A non-temporal store does not read the line that it overwrites, but needs a
 * whole aligned vector. */
#if !HAS_AVX512_16BIT || DTYPE == 3
#if defined(__clang__) && VECTOR > 1
typedef storedv unaligned __attribute__((aligned(sizeof(stored))));
#define store(v, p) (*(__global unaligned *)(p) = (v))
#else
#define store(v, p) VSTORE(v, p)
#endif
#if defined(__clang__) && VECTOR > 1 && GROUP == 1 && !HAS_AVX512_16BIT
#define load(p) (*(__global const unaligned *)(p))
#endif
#ifdef __has_builtin
#if __has_builtin(__builtin_nontemporal_store) && VECTOR > 1
#define store_nontemporal(v, p)                                                \
    __builtin_nontemporal_store(v, (__global storedv *)(p))
#endif
#endif
#ifndef store_nontemporal
#define store_nontemporal(v, p) store(v, p)
#endif
#endif
#ifndef load
#define load(p) VLOAD(p)
#endif

/* GPUs' compilers split a vector, unless they know that it is aligned; and one
 * of 16-bit elements in halves, unless it is raw. */
#if GROUP > 1 && VECTOR == 8 && (DTYPE == 2 || DTYPE == 3)
typedef uint4 raw;
#define to_raw(v) as_uint4(v)
#define from_raw(r) as_ushort8(r)
#elif GROUP > 1 && VECTOR == 4 && (DTYPE == 2 || DTYPE == 3)
typedef uint2 raw;
#define to_raw(v) as_uint2(v)
#define from_raw(r) as_ushort4(r)
#else
typedef storedv raw;
#define to_raw(v) (v)
#define from_raw(r) (r)
#endif
#if GROUP > 1
#define load_raw(p) (*(__global const raw *)(p))
#define load_aligned(p) from_raw(load_raw(p))
#define store_aligned(v, p) (*(__global raw *)(p) = to_raw(v))
#else
#define load_aligned(p) load(p)
#define store_aligned(v, p) store(v, p)
#endif

bool is_aligned(__global const stored *p)
{
    return ((size_t)p & (sizeof(storedv) - 1)) == 0;
}

INLINED storedv load_vector(__global const stored *p, bool aligned)
{
    return aligned ? load_aligned(p) : load(p);
}

/* To an aligned address. */
INLINED void store_vector(storedv v, __global stored *p, uint non_temporal)
{
    if (non_temporal)
        store_nontemporal(v, p);
    else
        store_aligned(v, p);
}

/* Elements from p to the next multiple of step elements, at most n. */
uint peel_of(__global const stored *p, uint step, ulong n)
{
    uint past = (uint)((size_t)p / sizeof(stored)) & (step - 1);
    uint peel = (step - past) & (step - 1);
    return peel < n ? peel : (uint)n;
}

/* --------------------------------------------------- parts of a vector -- */

/* A GPU has no registers for an array with dynamic indices, and Intel's
 * compiler 22.43 crashes on a loop over one of bfloat16. */
#define WITHOUT_LOOP (GROUP > 1 || VECTOR == 1)

/* For DO_EACH: element i of v to p, if it is one of count. */
#define STORE_ELEMENT(i)                                                       \
    if (i < count) \
        p[i] = ELEMENT(v, i);

/* The elements from count on are 0. */
storedv load_partial(__global const stored *p, uint count)
{
#if WITHOUT_LOOP
#define ELEMENT_AT(i) (i < count ? p[i] : (stored)0)
    return (storedv)(EACH(ELEMENT_AT));
#else
    stored part[VECTOR] = {0};
    if (count >= VECTOR)
        return load(p);
    ROLLED
    for (uint i = 0; i < count; i++)
        part[i] = p[i];
    return VLOAD(part);
#endif
}

void store_partial(storedv v, __global stored *p, uint count)
{
#if WITHOUT_LOOP
    DO_EACH(STORE_ELEMENT)
#else
    stored part[VECTOR];
    if (count >= VECTOR) {
        store(v, p);
        return;
    }
    VSTORE(v, part);
    ROLLED
    for (uint i = 0; i < count; i++)
        p[i] = part[i];
#endif
}

realv load_partial_real(__global const real *p, uint count)
{
#if WITHOUT_LOOP
#define REAL_AT(i) (i < count ? p[i] : (real)0)
    return (realv)(EACH(REAL_AT));
#else
    real part[VECTOR] = {0};
    if (count >= VECTOR)
        return VLOAD(p);
    ROLLED
    for (uint i = 0; i < count; i++)
        part[i] = p[i];
    return VLOAD(part);
#endif
}

void store_partial_real(realv v, __global real *p, uint count)
{
#if WITHOUT_LOOP
    DO_EACH(STORE_ELEMENT)
#else
    real part[VECTOR];
    if (count >= VECTOR) {
        VSTORE(v, p);
        return;
    }
    VSTORE(v, part);
    ROLLED
    for (uint i = 0; i < count; i++)
        p[i] = part[i];
#endif
}

/* -------------------------------------------------------------- prefetch -- */

/* The hardware reads ahead to the end of a page at most, and no further than
 * the instructions that are in flight.  SPIR-V has no such instruction, and not
 * every compiler to it says so. */
#if defined(__x86_64__) || defined(__aarch64__) || defined(__riscv) ||         \
    defined(__powerpc64__) || defined(__i386__) || defined(__arm__)
#define CAN_PREFETCH true
#define PREFETCH(p, write, locality)                                           \
    __builtin_prefetch((const void *)(size_t)(p), write, locality)
#else
#define CAN_PREFETCH false
#define PREFETCH(p, write, locality)
#endif
#define prefetch_l1(p) PREFETCH(p, 0, 3)
#define prefetch_l2(p) PREFETCH(p, 0, 2)
#define prefetch_write(p) PREFETCH(p, 1, 3)

/* Takes ownership of an output line that stays in the caches, as it may be in
 * another core's.  16-bit elements lose by it. */
INLINED void prefetch_output(__global const stored *p)
{
    if (sizeof(stored) > 2)
        prefetch_write(p + 512 / sizeof(stored));
}
