/* each.cl - the elements of a vector one by one, without a loop
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
