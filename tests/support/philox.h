/* philox.h - Philox4x32-10 in plain C, to compare with cl/random.cl
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_PHILOX_H
#define CLRELU_TESTS_PHILOX_H

#include <stdint.h>
#include <string.h>

static inline void philox_round(uint32_t c[4], const uint32_t k[2])
{
    const uint64_t p0 = (uint64_t)0xd2511f53 * c[0];
    const uint64_t p1 = (uint64_t)0xcd9e8d57 * c[2];
    const uint32_t next[] = {(uint32_t)(p1 >> 32) ^ c[1] ^ k[0], (uint32_t)p1,
                             (uint32_t)(p0 >> 32) ^ c[3] ^ k[1], (uint32_t)p0};

    memcpy(c, next, sizeof(next));
}

/* counter becomes the random words. */
static inline void philox4x32_10(uint32_t counter[4], const uint32_t key[2])
{
    uint32_t k[] = {key[0], key[1]};

    for (int i = 0; i < 10; i++) {
        philox_round(counter, k);
        k[0] += 0x9e3779b9;
        k[1] += 0xbb67ae85;
    }
}

/* Word i of an array that begins with counter 0. */
static inline uint32_t philox_word(uint64_t seed, uint64_t i)
{
    const uint64_t block = i / 4;
    const uint32_t key[] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t counter[] = {(uint32_t)block, (uint32_t)(block >> 32), 0, 0};

    philox4x32_10(counter, key);
    return counter[i % 4];
}

#endif
