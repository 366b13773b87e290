/* envelope.h - the file format of compiled programs, verified before use
 * SPDX-License-Identifier: MIT
 *
 *     0   magic, 8 bytes
 *     8   version of the format, 32 bits, little-endian as all integers
 *     12  number of programs, 32 bits
 *     16  bytes of the file, 64 bits
 *     24  XXH3-128 of all other bytes, canonical
 *     40  the device's text, then of each program its key and its binary: each
 *         64 bits of length and that many bytes; texts end with a 0
 *
 * Binaries that are damaged or for another device make OpenCL implementations
 * abort, hang or compute nonsense: drivers get bytes only from here. */
#ifndef CLRELU_STORE_ENVELOPE_H
#define CLRELU_STORE_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ENVELOPE_ERROR = 256, ENVELOPE_HASH_TEXT = 33 };

/* A program: its key (options and sources) and its binary. */
typedef struct clrelu_binary {
    const char *key;
    const unsigned char *bytes;
    size_t size;
} clrelu_binary;

typedef struct clrelu_envelope {
    const char *device; /* of all programs */
    size_t count;
    clrelu_binary *programs;
    unsigned char *memory; /* all of the above point into it, after a read */
} clrelu_envelope;

/* Reads and verifies a regular file of at most max bytes.  On failure error
 * describes the fault, such as "is damaged", and errno is that of the failed
 * call, or 0 if the contents are bad. */
bool clrelu_envelope_read(int file, uint64_t max, clrelu_envelope *envelope,
                          char error[ENVELOPE_ERROR]);
void clrelu_envelope_free(clrelu_envelope *envelope);

/* Writes it to an empty file; false leaves the reason in errno. */
bool clrelu_envelope_write(int file, const clrelu_envelope *envelope);

/* The program of that key, or NULL. */
const clrelu_binary *clrelu_envelope_find(const clrelu_envelope *envelope,
                                          const char *key);

/* XXH3-128 of the texts in sequence, in hexadecimal digits. */
void clrelu_envelope_hash(const char *const *texts, size_t count,
                          char out[ENVELOPE_HASH_TEXT]);

#endif
