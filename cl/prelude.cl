/* prelude.cl - element types, loads and stores, and the work-group as a team
 * SPDX-License-Identifier: MIT
 *
 * Set by the host:
 *   VECTOR   elements of one memory access: 1, 2, 4, 8 or 16
 *   GROUP    work-items of one work-group; 1 needs no barrier
 *
 * Only constructs that four OpenCL implementations agree on: no static or
 * inline functions, no mad(), no contraction, no quotes in options. */
#pragma OPENCL FP_CONTRACT OFF

#ifndef VECTOR
#define VECTOR 4
#endif
#ifndef GROUP
#define GROUP 64
#endif

#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)

typedef float stored;
typedef float real;
#if VECTOR == 1
typedef float realv;
typedef int intv;
typedef uint uintv;
#define AS_REALV as_float
#define AS_INTV as_int
#define LOAD(p) (*(p))
#define STORE(v, p) (*(p) = (v))
#else
typedef CAT(float, VECTOR) realv;
typedef CAT(int, VECTOR) intv;
typedef CAT(uint, VECTOR) uintv;
#define AS_REALV CAT(as_float, VECTOR)
#define AS_INTV CAT(as_int, VECTOR)
#define LOAD(p) CAT(vload, VECTOR)(0, p)
#define STORE(v, p) CAT(vstore, VECTOR)(v, 0, p)
#endif

/* 0, 1, 2 ... in the elements of a vector. */
__constant uint count_up[16] = {0, 1, 2,  3,  4,  5,  6,  7,
                                8, 9, 10, 11, 12, 13, 14, 15};
#define COUNT_UP LOAD(count_up)

/* A store past the caches saves the read of the line it overwrites, but needs
 * a whole aligned vector. */
#ifdef __has_builtin
#if __has_builtin(__builtin_nontemporal_store) && VECTOR > 1
#define STREAM(v, p) __builtin_nontemporal_store(v, (__global realv *)(p))
#endif
#endif
#ifndef STREAM
#define STREAM(v, p) STORE(v, p)
#endif

bool aligned(__global const stored *p)
{
    return ((size_t)p & (VECTOR * sizeof(stored) - 1)) == 0;
}

/* The first count < VECTOR elements at p; the rest is 0. */
realv load_part(__global const stored *p, uint count)
{
    real part[VECTOR] = {0};
    for (uint i = 0; i < count; i++)
        part[i] = p[i];
    return LOAD(part);
}

void store_part(realv v, __global stored *p, uint count)
{
    real part[VECTOR];
    STORE(v, part);
    for (uint i = 0; i < count; i++)
        p[i] = part[i];
}

realv load_up_to(__global const stored *p, uint count)
{
    return count >= VECTOR ? LOAD(p) : load_part(p, count);
}

void store_up_to(realv v, __global stored *p, uint count)
{
    if (count >= VECTOR)
        STORE(v, p);
    else
        store_part(v, p, count);
}
