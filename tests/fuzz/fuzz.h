/* fuzz.h - bytes that nobody meant, as arguments
 * SPDX-License-Identifier: MIT
 *
 * Each fuzz_<name>.c is one target for libFuzzer, or for fuzz_main.c, which
 * needs no clang.  A target ends the program where something is wrong. */
#ifndef CLRELU_TESTS_FUZZ_H
#define CLRELU_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Says what does not hold, and ends the program. */
#define FUZZ_MUST(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort(); \
        } \
    } while (0)

/* Bytes taken off the front; 0 beyond the end. */
struct fuzz_bytes {
    const uint8_t *at, *end;
};

static inline unsigned fuzz_byte(struct fuzz_bytes *b)
{
    return b->at < b->end ? *b->at++ : 0u;
}

static inline uint64_t fuzz_number(struct fuzz_bytes *b, unsigned bytes)
{
    uint64_t number = 0;

    for (unsigned i = 0; i < bytes; i++)
        number = number << 8 | fuzz_byte(b);
    return number;
}

/* An extent: mostly small, sometimes of any size. */
static inline size_t fuzz_extent(struct fuzz_bytes *b)
{
    const unsigned kind = fuzz_byte(b);

    if (kind < 200)
        return kind % 9;
    if (kind < 240)
        return (size_t)fuzz_number(b, 2);
    return (size_t)fuzz_number(b, 8);
}

#endif
