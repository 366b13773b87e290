/* entry.h - entries of a cache, good ones and others
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_ENTRY_H
#define CLRELU_TESTS_ENTRY_H

#include <stdbool.h>
#include <stddef.h>

/* An entry of one program; whether it was written. */
bool entry_write(int folder, const char *name, const char *device,
                 const char *key, const void *bytes, size_t size);

/* Puts another device's program, or, for NULL, one that is no binary, into an
 * entry.  Its checksum is right. */
void entry_replace(int folder, const char *name, const char *device);

/* Any bytes in place of the entry, also of a link or a folder. */
void entry_put(int folder, const char *name, const void *bytes, size_t size);

#endif
