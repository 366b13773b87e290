/* cache.h - compiled programs on disk, shared by all processes of a user
 * SPDX-License-Identifier: MIT
 *
 * A folder of envelopes of one program each, named by the hash of their texts.
 * Nothing here is an error: what cannot be had is compiled. */
#ifndef CLRELU_STORE_CACHE_H
#define CLRELU_STORE_CACHE_H

#include "store/envelope.h"

enum { CACHE_PATH = 4096, CACHE_NAME = 48, CACHE_WISH = 160 };

/* At most so many bytes in one entry, and, to begin with, in all. */
#define CACHE_MAX_ENTRY ((uint64_t)64 << 20)
#define CACHE_MAX ((uint64_t)256 << 20)

/* What CLRELU_CACHE says, in any case of letters. */
typedef enum clrelu_cache_wish {
    CACHE_DEFAULT, /* not set, or empty                                       */
    CACHE_OFF,     /* 0, off, no, false                                       */
    CACHE_ON,      /* 1, on, yes, true                                        */
    CACHE_UNKNOWN  /* as if it were not set                                   */
} clrelu_cache_wish;

/* Off also where the process has another user's rights. */
clrelu_cache_wish clrelu_cache_wished(void);

/* Why the cache is off, or the variable unknown, in words; else "". */
void clrelu_cache_explain(char text[CACHE_WISH]);

/* CLRELU_CACHE_DIR, else XDG_CACHE_HOME/clrelu/VERSION, else
 * HOME/.cache/clrelu/VERSION; false without any of them. */
bool clrelu_cache_path(char path[CACHE_PATH]);

/* Opens the folder, with create makes it if need be; -1 if there is none, or if
 * another user could have written there.  Closed by close(). */
int clrelu_cache_open(bool create);

void clrelu_cache_name(const char *device, const char *key,
                       char name[CACHE_NAME]);
bool clrelu_cache_is_entry(const char *name);

/* Reads and verifies an entry; it counts as used now if touch. */
bool clrelu_cache_read(int folder, const char *name, bool touch,
                       clrelu_envelope *envelope, char error[ENVELOPE_ERROR]);

/* Replaces an entry as a whole, or leaves it.  For the owner of its lock. */
bool clrelu_cache_write(int folder, const char *name,
                        const clrelu_envelope *envelope);

/* Removes the entries that were used least recently until most bytes are left.
 */
void clrelu_cache_evict(int folder, uint64_t max);

/* Removes all there is; false leaves the reason in errno. */
bool clrelu_cache_clear(int folder);

typedef struct clrelu_cache_lock {
    int file; /* -1: not had */
    unsigned byte;
} clrelu_cache_lock;

/* Waits for whoever compiles the entry now, at most seconds; after a time in
 * vain no later call of this process waits.  The kernel releases the locks of
 * the dead. */
clrelu_cache_lock clrelu_cache_lock_take(int folder, const char *name,
                                         double seconds);
/* Somebody waits, or has died waiting. */
bool clrelu_cache_lock_wanted(clrelu_cache_lock lock);
void clrelu_cache_lock_drop(clrelu_cache_lock lock);

#endif
