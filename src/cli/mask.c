/* mask.c - a mask in memory, and its file
 * SPDX-License-Identifier: MIT */
#include "mask.h"

#include <stdlib.h>
#include <string.h>

#include "base/integer.h"

enum { BITS = 32 };

static bool allocate(mask *m, size_t count, failure *f)
{
    m->count = count;
    m->words = calloc(count + 1, sizeof(*m->words));
    return m->words || fail(f, "no memory for a mask of %zu elements", count);
}

bool mask_make(mask *m, size_t n, failure *f)
{
    return allocate(m, ceil_div(n, BITS), f);
}

static uint32_t swap(uint32_t word)
{
    return word << 24 | (word & 0xff00) << 8 | (word >> 8 & 0xff00) |
           word >> 24;
}

bool mask_read(mask *m, const char *path, failure *f)
{
    const input_type type = {0, 0, false};
    const npy_header *h;
    input in;
    bool good = input_open(&in, path, type, false, f);

    h = &in.header;
    if (good &&
        (h->kind != 'u' || h->item_size != sizeof(*m->words) || h->rank != 1))
        good = fail(f, "%s: must be a mask: one axis of uint32", in.name);
    good = good && allocate(m, h->count, f) &&
           input_read_at(&in, 0, h->count, m->words, f);
    for (size_t i = 0; good && h->swapped && i < m->count; i++)
        m->words[i] = swap(m->words[i]);
    input_close(&in);
    return good;
}

bool mask_check(const mask *m, const char *path, size_t n, failure *f)
{
    const size_t count = ceil_div(n, BITS);

    return m->count == count ||
           fail(f,
                "%s: has shape (%zu,), must have (%zu,): a bit for each of %zu "
                "elements",
                path, m->count, count, n);
}

/* Up to 32 bits from a bit on; words has one more. */
static uint32_t bits_at(const uint32_t *words, size_t bit, uint64_t count)
{
    const unsigned shift = bit % BITS;
    uint64_t pair = words[bit / BITS];

    if (shift + count > BITS)
        pair |= (uint64_t)words[bit / BITS + 1] << BITS;
    return (uint32_t)(pair >> shift & ((UINT64_C(1) << count) - 1));
}

void mask_get(const mask *m, size_t first, size_t n, uint32_t *part)
{
    for (size_t i = 0; i < n; i += BITS)
        part[i / BITS] = bits_at(m->words, first + i, min_u64(n - i, BITS));
}

/* The bits are 0 before. */
void mask_set(mask *m, size_t first, size_t n, const uint32_t *part)
{
    for (size_t i = 0; i < n; i += BITS) {
        const size_t at = first + i;
        const uint64_t pair = (uint64_t)bits_at(part, i, min_u64(n - i, BITS))
                              << at % BITS;
        m->words[at / BITS] |= (uint32_t)pair;
        m->words[at / BITS + 1] |= (uint32_t)(pair >> BITS);
    }
}

bool mask_write(const mask *m, output *o, progress *p, failure *f)
{
    char header[NPY_MAX_HEADER];
    const size_t size = clrelu_npy_uint32_format(m->count, header);

    return output_append(o, header, size, f) &&
           output_append(o, m->words, m->count * sizeof(*m->words), f) &&
           output_finish(o, p, f);
}

void mask_free(mask *m)
{
    free(m->words);
    memset(m, 0, sizeof(*m));
}
