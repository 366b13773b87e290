/* stream.c - the loops that a memory can do no faster
 * SPDX-License-Identifier: MIT */
#include "stream.h"

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

stream_copy *stream_find_copy(bool past)
{
    if (__builtin_cpu_supports("avx512f"))
        return past ? copy_past_avx512 : copy_avx512;
    if (__builtin_cpu_supports("avx"))
        return past ? copy_past_avx : copy_avx;
    return past ? copy_past_sse2 : copy_sse2;
}

stream_triad *stream_find_triad(bool past)
{
    if (__builtin_cpu_supports("avx512f"))
        return past ? triad_past_avx512 : triad_avx512;
    if (__builtin_cpu_supports("avx"))
        return past ? triad_past_avx : triad_avx;
    return past ? triad_past_sse2 : triad_sse2;
}

#else

/* Vectors of the compiler; clang knows a store past the caches for them. */
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

stream_copy *stream_find_copy(bool past)
{
    return past ? copy_past_portable : copy_portable;
}

stream_triad *stream_find_triad(bool past)
{
    return past ? triad_past_portable : triad_portable;
}

#endif
