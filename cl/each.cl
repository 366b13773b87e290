/* each.cl - the elements of a vector one by one, and vectors that end early
 * SPDX-License-Identifier: MIT
 *
 * What is indexed by a loop's variable some compilers keep in memory, not in
 * registers: so f of each index is a list, or one statement, and the element of
 * an index has a name. */
#if VECTOR == 1
#define EACH(f) f(0)
#define DO_EACH(f) { f(0) }
#define PART(v, i) (v)
#else
#define EACH_2(f, a, b) f(a), f(b)
#define EACH_4(f, a, b, c, d) EACH_2(f, a, b), EACH_2(f, c, d)
#define EACH_8(f) EACH_4(f, 0, 1, 2, 3), EACH_4(f, 4, 5, 6, 7)
#define DO_4(f, a, b, c, d) f(a) f(b) f(c) f(d)
#define DO_8(f) DO_4(f, 0, 1, 2, 3) DO_4(f, 4, 5, 6, 7)
#define PART(v, i) (v).PART_##i
#define PART_0 s0
#define PART_1 s1
#define PART_2 s2
#define PART_3 s3
#define PART_4 s4
#define PART_5 s5
#define PART_6 s6
#define PART_7 s7
#define PART_8 s8
#define PART_9 s9
#define PART_10 sa
#define PART_11 sb
#define PART_12 sc
#define PART_13 sd
#define PART_14 se
#define PART_15 sf
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

/* The first count elements at p, at most VECTOR; the rest is 0.  A GPU has no
 * registers for what a loop indexes, and Intel's compiler 22.43 crashes on the
 * loop for one of bfloat16. */
#define WITHOUT_LOOP (GROUP > 1 || VECTOR == 1)
packed load_packed(__global const stored *p, uint count)
{
#if WITHOUT_LOOP
#define STORED_AT(i) (i < count ? p[i] : (stored)0)
    return (packed)(EACH(STORED_AT));
#else
    stored part[VECTOR] = {0};
    if (count >= VECTOR)
        return VLOAD(p);
    for (uint i = 0; i < count; i++)
        part[i] = p[i];
    return VLOAD(part);
#endif
}

realv load_up_to(__global const stored *p, uint count)
{
    return widen(load_packed(p, count));
}

#define PUT_PART(i) \
    if (i < count) \
        p[i] = PART(v, i);

void store_up_to(packed v, __global stored *p, uint count)
{
#if WITHOUT_LOOP
    DO_EACH(PUT_PART)
#else
    stored part[VECTOR];
    if (count >= VECTOR) {
        STORE(v, p);
        return;
    }
    VSTORE(v, part);
    for (uint i = 0; i < count; i++)
        p[i] = part[i];
#endif
}

/* As load_up_to and store_up_to, for reals. */
realv load_reals(__global const real *p, uint count)
{
#if WITHOUT_LOOP
#define REAL_AT(i) (i < count ? p[i] : (real)0)
    return (realv)(EACH(REAL_AT));
#else
    real part[VECTOR] = {0};
    if (count >= VECTOR)
        return VLOAD(p);
    for (uint i = 0; i < count; i++)
        part[i] = p[i];
    return VLOAD(part);
#endif
}

void store_reals(realv v, __global real *p, uint count)
{
#if WITHOUT_LOOP
    DO_EACH(PUT_PART)
#else
    real part[VECTOR];
    if (count >= VECTOR) {
        VSTORE(v, p);
        return;
    }
    VSTORE(v, part);
    for (uint i = 0; i < count; i++)
        p[i] = part[i];
#endif
}
