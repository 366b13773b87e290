/* envelope.c - the file format of compiled programs, verified before use
 * SPDX-License-Identifier: MIT */
#include "store/envelope.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/os.h"
#include "store/atomic_file.h"

enum {
    VERSION = 1,
    VERSION_AT = 8,
    COUNT_AT = 12,
    SIZE_AT = 16,
    HASH_AT = 24,
    HEADER = 40,
    MAX_PROGRAMS = 4096
};

/* As in PNG: not ASCII, and a conversion of line ends damages it. */
static const unsigned char magic[VERSION_AT] = {0x89, 'c', 'l',  'r',
                                                'l',  'u', '\r', '\n'};

static void put(unsigned char *at, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (unsigned char)(value >> 8 * i);
}

static uint64_t get(const unsigned char *at, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)at[i] << 8 * i;
    return value;
}

static bool refuse(char error[ENVELOPE_ERROR], int reason, const char *text)
{
    snprintf(error, ENVELOPE_ERROR, "%s", text);
    errno = reason;
    return false;
}

/* ---------------------------------------------------------------- hashes -- */

static bool hash_file(const unsigned char *memory, size_t size,
                      unsigned char out[HEADER - HASH_AT])
{
    XXH3_state_t *state = XXH3_createState();
    XXH128_canonical_t canonical;

    if (!state)
        return false;
    XXH3_128bits_reset(state);
    XXH3_128bits_update(state, memory, HASH_AT);
    XXH3_128bits_update(state, memory + HEADER, size - HEADER);
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state));
    XXH3_freeState(state);
    memcpy(out, canonical.digest, sizeof(canonical.digest));
    return true;
}

void clrelu_envelope_hash(const char *const *texts, size_t count,
                          char out[ENVELOPE_HASH_TEXT])
{
    XXH128_hash_t hash = {0, 0};

    /* Chained by the seed: the boundaries between texts matter, too. */
    for (size_t i = 0; i < count; i++)
        hash = XXH3_128bits_withSeed(texts[i], strlen(texts[i]),
                                     hash.low64 ^ hash.high64);
    snprintf(out, ENVELOPE_HASH_TEXT, "%016llx%016llx",
             (unsigned long long)hash.high64, (unsigned long long)hash.low64);
}

/* --------------------------------------------------------------- reading -- */

static bool read_all(int file, unsigned char *memory, size_t size)
{
    size_t done = 0;

    while (done < size) {
        const ssize_t got =
            pread(file, memory + done, size - done, (off_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        /* Another process is truncating it. */
        if (got == 0)
            errno = EIO;
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

static bool read_file(int file, uint64_t max, unsigned char **memory,
                      size_t *size, char error[ENVELOPE_ERROR])
{
    struct stat status;

    if (fstat(file, &status))
        return refuse(error, errno, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return refuse(error, 0, "is not a regular file");
    if (status.st_size < HEADER)
        return refuse(error, 0, "is no program file: it is too short");
    if ((uint64_t)status.st_size > max || (uint64_t)status.st_size > SIZE_MAX)
        return refuse(error, 0, "is larger than a program file may be");
    *size = (size_t)status.st_size;
    *memory = malloc(*size);
    if (!*memory)
        return refuse(error, ENOMEM, "does not fit into memory");
    return read_all(file, *memory, *size) ||
           refuse(error, errno, "cannot be read");
}

static bool check_header(const unsigned char *memory, size_t size,
                         char error[ENVELOPE_ERROR])
{
    unsigned char hash[HEADER - HASH_AT];

    if (memcmp(memory, magic, sizeof(magic)) != 0)
        return refuse(error, 0, "is no program file");
    if (get(memory + VERSION_AT, 4) != VERSION)
        return refuse(error, 0, "is a program file of another format version");
    if (get(memory + SIZE_AT, 8) != size)
        return refuse(error, 0, "is damaged: it is not as long as it says");
    if (!hash_file(memory, size, hash))
        return refuse(error, ENOMEM, "does not fit into memory");
    if (memcmp(hash, memory + HASH_AT, sizeof(hash)) != 0)
        return refuse(error, 0, "is damaged: its checksum is wrong");
    if (get(memory + COUNT_AT, 4) > MAX_PROGRAMS)
        return refuse(error, 0, "holds more programs than it may");
    return true;
}

static bool next_field(const unsigned char **at, const unsigned char *end,
                       const unsigned char **bytes, size_t *size)
{
    uint64_t length;

    if (end - *at < 8)
        return false;
    length = get(*at, 8);
    *at += 8;
    if (length > (uint64_t)(end - *at))
        return false;
    *bytes = *at;
    *size = (size_t)length;
    *at += length;
    return true;
}

static bool next_text(const unsigned char **at, const unsigned char *end,
                      const char **text)
{
    const unsigned char *bytes;
    size_t size;

    if (!next_field(at, end, &bytes, &size) || size == 0 ||
        memchr(bytes, 0, size) != bytes + size - 1)
        return false;
    *text = (const char *)bytes;
    return true;
}

static bool parse(clrelu_envelope *e, size_t size, char error[ENVELOPE_ERROR])
{
    const unsigned char *at = e->memory + HEADER, *end = e->memory + size;

    e->count = (size_t)get(e->memory + COUNT_AT, 4);
    e->programs = calloc(e->count + 1, sizeof(*e->programs));
    if (!e->programs)
        return refuse(error, ENOMEM, "does not fit into memory");
    if (!next_text(&at, end, &e->device))
        return refuse(error, 0, "has no device");
    for (size_t i = 0; i < e->count; i++) {
        clrelu_binary *p = &e->programs[i];
        if (!next_text(&at, end, &p->key) ||
            !next_field(&at, end, &p->bytes, &p->size))
            return refuse(error, 0, "has a program that is not whole");
    }
    return at == end || refuse(error, 0, "has bytes beyond its programs");
}

bool clrelu_envelope_read(int file, uint64_t max, clrelu_envelope *envelope,
                          char error[ENVELOPE_ERROR])
{
    size_t size = 0;
    int reason;

    memset(envelope, 0, sizeof(*envelope));
    if (read_file(file, max, &envelope->memory, &size, error) &&
        check_header(envelope->memory, size, error) &&
        parse(envelope, size, error))
        return true;
    reason = errno;
    clrelu_envelope_free(envelope);
    errno = reason;
    return false;
}

void clrelu_envelope_free(clrelu_envelope *envelope)
{
    free(envelope->programs);
    free(envelope->memory);
    memset(envelope, 0, sizeof(*envelope));
}

const clrelu_binary *clrelu_envelope_find(const clrelu_envelope *envelope,
                                          const char *key)
{
    for (size_t i = 0; i < envelope->count; i++)
        if (strcmp(envelope->programs[i].key, key) == 0)
            return &envelope->programs[i];
    return NULL;
}

/* --------------------------------------------------------------- writing -- */

static unsigned char *put_field(unsigned char *at, const void *bytes,
                                size_t size)
{
    put(at, size, 8);
    if (size)
        memcpy(at + 8, bytes, size);
    return at + 8 + size;
}

static size_t size_of(const clrelu_envelope *e)
{
    size_t size = HEADER + 8 + strlen(e->device) + 1;

    for (size_t i = 0; i < e->count; i++)
        size += 16 + strlen(e->programs[i].key) + 1 + e->programs[i].size;
    return size;
}

bool clrelu_envelope_write(int file, const clrelu_envelope *e)
{
    const size_t size = size_of(e);
    unsigned char *memory = malloc(size), *at = memory;
    bool good;

    if (!memory)
        return false;
    memcpy(memory, magic, sizeof(magic));
    put(memory + VERSION_AT, VERSION, 4);
    put(memory + COUNT_AT, e->count, 4);
    put(memory + SIZE_AT, size, 8);
    at = put_field(memory + HEADER, e->device, strlen(e->device) + 1);
    for (size_t i = 0; i < e->count; i++) {
        const clrelu_binary *p = &e->programs[i];
        at = put_field(at, p->key, strlen(p->key) + 1);
        at = put_field(at, p->bytes, p->size);
    }
    good = hash_file(memory, size, memory + HASH_AT) &&
           clrelu_write_all(file, memory, size);
    free(memory);
    return good;
}
