/* cache.h - the cache of compiled programs on disk, one per user
 * SPDX-License-Identifier: MIT
 *
 * A folder of envelopes with one program each, named by the hash of device and
 * key.  Failures are no errors: the program is compiled. */
#ifndef CLRELU_STORE_CACHE_H
#define CLRELU_STORE_CACHE_H

#include "store/envelope.h"

enum { CACHE_PATH = 4096, CACHE_NAME = 48, CACHE_REASON = 160 };

/* Max bytes of an entry, and of all after an eviction. */
#define CACHE_MAX_ENTRY ((uint64_t)64 << 20)
#define CACHE_MAX ((uint64_t)256 << 20)

/* The value of CLRELU_CACHE, in upper or lower case. */
typedef enum clrelu_cache_setting {
    CACHE_DEFAULT, /* not set, or empty */
    CACHE_OFF,     /* 0, off, no, false */
    CACHE_ON,      /* 1, on, yes, true */
    CACHE_UNKNOWN  /* handled as CACHE_DEFAULT */
} clrelu_cache_setting;

/* CACHE_OFF in a setuid process, too. */
clrelu_cache_setting clrelu_cache_read_setting(void);

/* The reason why the cache is off, or the error in the variable; else "". */
void clrelu_cache_explain(char text[CACHE_REASON]);

/* CLRELU_CACHE_DIR, else XDG_CACHE_HOME/clrelu/VERSION, else
 * HOME/.cache/clrelu/VERSION; false without any of them. */
bool clrelu_cache_path(char path[CACHE_PATH]);

/* Opens the folder, for close(); create: makes it if needed.  -1: errno is
 * ENOENT if it does not exist, EPERM if other users may write to it. */
int clrelu_cache_open(bool create);

/* The entry of a key on a device; whether name is that of an entry. */
void clrelu_cache_name(const char *device, const char *key,
                       char name[CACHE_NAME]);
bool clrelu_cache_is_entry(const char *name);

/* Reads and verifies an entry; touch: marks it as just used.  On failure errno
 * is ENOENT if there is none, and only then. */
bool clrelu_cache_read(int folder, const char *name, bool touch,
                       clrelu_envelope *envelope, char error[ENVELOPE_ERROR]);

/* Replaces an entry atomically.  Under its lock.  false leaves the reason in
 * errno. */
bool clrelu_cache_write(int folder, const char *name,
                        const clrelu_envelope *envelope);

/* Removes the least recently used entries until at most max bytes are left. */
void clrelu_cache_evict(int folder, uint64_t max);

/* Removes all entries; false leaves the reason in errno. */
bool clrelu_cache_clear(int folder);

typedef struct clrelu_cache_lock {
    int file; /* -1: not locked */
    unsigned byte;
} clrelu_cache_lock;

/* An fcntl lock: the operating system releases it when its process dies.  Waits
 * at most seconds.  After a timeout, no later call of this process waits.  On
 * failure errno is EAGAIN if another process has the lock. */
clrelu_cache_lock clrelu_cache_lock_take(int folder, const char *name,
                                         double seconds);
/* Whether a process waits for it, or was killed while it waited. */
bool clrelu_cache_lock_wanted(clrelu_cache_lock lock);
void clrelu_cache_lock_drop(clrelu_cache_lock lock);

#endif
