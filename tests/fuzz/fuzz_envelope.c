/* fuzz_envelope.c - bytes as a file of compiled programs
 * SPDX-License-Identifier: MIT
 *
 * The first byte says whether the size and the checksum are put right, without
 * which little but they is reached.  What is read is written out again. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

#include "fuzz.h"
#include "store/envelope.h"

enum { MAX = 4096, SIZE_AT = 16, HASH_AT = 24, HEADER = 40 };

static int open_file(void)
{
    const int file = memfd_create("envelope", MFD_CLOEXEC);

    FUZZ_MUST(file >= 0);
    return file;
}

static void put(int file, const unsigned char *bytes, size_t size)
{
    FUZZ_MUST(ftruncate(file, (off_t)size) == 0);
    FUZZ_MUST(pwrite(file, bytes, size, 0) == (ssize_t)size);
}

/* As xxhash has it at once; the library hashes in steps. */
static void put_right(unsigned char *bytes, size_t size)
{
    unsigned char rest[MAX];
    XXH128_canonical_t hash;

    for (unsigned i = 0; i < 8; i++)
        bytes[SIZE_AT + i] = (unsigned char)((uint64_t)size >> 8 * i);
    memcpy(rest, bytes, HASH_AT);
    memcpy(rest + HASH_AT, bytes + HEADER, size - HEADER);
    XXH128_canonicalFromHash(&hash,
                             XXH3_128bits(rest, HASH_AT + size - HEADER));
    memcpy(bytes + HASH_AT, hash.digest, sizeof(hash.digest));
}

/* The format has one way to write each envelope. */
static void check_again(const clrelu_envelope *e, const unsigned char *bytes,
                        size_t size)
{
    static int file = -1;
    unsigned char again[MAX + 1];

    if (file < 0)
        file = open_file();
    FUZZ_MUST(ftruncate(file, 0) == 0 && lseek(file, 0, SEEK_SET) == 0);
    FUZZ_MUST(clrelu_envelope_write(file, e));
    FUZZ_MUST(pread(file, again, sizeof(again), 0) == (ssize_t)size);
    FUZZ_MUST(memcmp(again, bytes, size) == 0);
}

static void check(const clrelu_envelope *e)
{
    size_t total = strlen(e->device);

    for (size_t i = 0; i < e->count; i++) {
        const clrelu_binary *p = &e->programs[i];
        const clrelu_binary *found = clrelu_envelope_find(e, p->key);
        total += strlen(p->key) + p->size;
        FUZZ_MUST(found && found <= p && strcmp(found->key, p->key) == 0);
    }
    FUZZ_MUST(total <= MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static int file = -1;
    unsigned char copy[MAX];
    char error[ENVELOPE_ERROR] = "";
    clrelu_envelope e;

    if (size == 0 || size - 1 > MAX)
        return 0;
    if (file < 0)
        file = open_file();
    const bool right = bytes[0] % 4 != 0;
    memcpy(copy, bytes + 1, --size);
    if (right && size >= HEADER)
        put_right(copy, size);
    put(file, copy, size);
    if (clrelu_envelope_read(file, MAX, &e, error)) {
        check(&e);
        check_again(&e, copy, size);
        clrelu_envelope_free(&e);
    } else {
        FUZZ_MUST(error[0] && !e.memory && !e.programs);
    }
    return 0;
}
