/* stream.h - the loops that a memory can do no faster
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BENCH_STREAM_H
#define CLRELU_BENCH_STREAM_H

#include <stdbool.h>
#include <stddef.h>

enum { STREAM_STEP = 64 }; /* n and the addresses are multiples, in floats   */

/* out = a, or out = a + b; out may be one of them. */
typedef void stream_copy(float *out, const float *a, size_t n);
typedef void stream_triad(float *out, const float *a, const float *b, size_t n);

/* With the widest vectors of this CPU; past: non-temporal stores, which do not
 * read the lines that they overwrite; ahead: with prefetches; parts: four
 * interleaved parts. */
stream_copy *stream_find_copy(bool past, bool ahead, bool parts);
stream_triad *stream_find_triad(bool past, bool ahead, bool parts);

#endif
