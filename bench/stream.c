/* stream.c - the loops that a memory can do no faster
 * SPDX-License-Identifier: MIT */
#include "stream.h"

/* The lines of count floats at p, from far away and again from near. */
#define CALL_NOTHING(p, count)
#define CALL_NONE(at)
#if defined(__GNUC__)
#define CALL_AHEAD(p, count) \
    for (size_t k = 0; k < (count); k += 16) { \
        __builtin_prefetch((p) + k + 1024, 0, 2); \
        __builtin_prefetch((p) + k + 256, 0, 3); \
    }
#define CALL_A(at) __builtin_prefetch(a + (at) + 128, 0, 3);
#define CALL_A_AND_B(at) CALL_A(at) __builtin_prefetch(b + (at) + 128, 0, 3);
#else
#define CALL_AHEAD CALL_NOTHING
#define CALL_A CALL_NONE
#define CALL_A_AND_B CALL_NONE
#endif

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f")))
#define NAME(x) x##_avx512
#define vec __m512
#define LANES 16
#define LOAD _mm512_load_ps
#define STORE _mm512_store_ps
#define PAST _mm512_stream_ps
#define ADD _mm512_add_ps
#include "stream_loops.h"

#define TARGET __attribute__((target("avx")))
#define NAME(x) x##_avx
#define vec __m256
#define LANES 8
#define LOAD _mm256_load_ps
#define STORE _mm256_store_ps
#define PAST _mm256_stream_ps
#define ADD _mm256_add_ps
#include "stream_loops.h"

#define TARGET
#define NAME(x) x##_sse2
#define vec __m128
#define LANES 4
#define LOAD _mm_load_ps
#define STORE _mm_store_ps
#define PAST _mm_stream_ps
#define ADD _mm_add_ps
#include "stream_loops.h"

stream_copy *stream_find_copy(bool past, bool ahead, bool parts)
{
    if (__builtin_cpu_supports("avx512f"))
        return find_copy_avx512(past, ahead, parts);
    if (__builtin_cpu_supports("avx"))
        return find_copy_avx(past, ahead, parts);
    return find_copy_sse2(past, ahead, parts);
}

stream_triad *stream_find_triad(bool past, bool ahead, bool parts)
{
    if (__builtin_cpu_supports("avx512f"))
        return find_triad_avx512(past, ahead, parts);
    if (__builtin_cpu_supports("avx"))
        return find_triad_avx(past, ahead, parts);
    return find_triad_sse2(past, ahead, parts);
}

#else

/* Vectors of the compiler; clang has a non-temporal store for them. */
#if defined(__GNUC__)
typedef float vec __attribute__((vector_size(16)));
#define LANES 4
#else
typedef float vec;
#define LANES 1
#endif
#define TARGET
#define NAME(x) x##_portable
#define LOAD(p) (*(const vec *)(p))
#define STORE(p, v) (*(vec *)(p) = (v))
#ifdef __has_builtin
#if __has_builtin(__builtin_nontemporal_store)
#define PAST(p, v) __builtin_nontemporal_store(v, (vec *)(p))
#endif
#endif
#ifndef PAST
#define PAST STORE
#endif
#define ADD(a, b) ((a) + (b))
#include "stream_loops.h"

stream_copy *stream_find_copy(bool past, bool ahead, bool parts)
{
    return find_copy_portable(past, ahead, parts);
}

stream_triad *stream_find_triad(bool past, bool ahead, bool parts)
{
    return find_triad_portable(past, ahead, parts);
}

#endif
