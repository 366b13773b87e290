/* cache.c - the cache of compiled programs on disk, one per user
 * SPDX-License-Identifier: MIT */
#include "store/cache.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/os.h"
#include "clrelu.h"

#define SUFFIX ".program"
static const char lock_name[] = "lock";

/* --------------------------------------------------------------- setting -- */

static clrelu_cache_setting parse_setting(const char *value)
{
    static const char *const words[][4] = {
        [CACHE_OFF] = {"0", "off", "no", "false"},
        [CACHE_ON] = {"1", "on", "yes", "true"}};

    if (!value || !*value)
        return CACHE_DEFAULT;
    for (int i = 0; i < 4; i++) {
        if (strcasecmp(value, words[CACHE_OFF][i]) == 0)
            return CACHE_OFF;
        if (strcasecmp(value, words[CACHE_ON][i]) == 0)
            return CACHE_ON;
    }
    return CACHE_UNKNOWN;
}

clrelu_cache_setting clrelu_cache_read_setting(void)
{
    return clrelu_os_is_setid() ? CACHE_OFF
                                : parse_setting(getenv("CLRELU_CACHE"));
}

void clrelu_cache_explain(char text[CACHE_REASON])
{
    const char *value = getenv("CLRELU_CACHE");
    const clrelu_cache_setting setting = parse_setting(value);

    *text = '\0';
    if (setting == CACHE_OFF)
        snprintf(text, CACHE_REASON, "CLRELU_CACHE is %s", value);
    else if (clrelu_os_is_setid())
        snprintf(text, CACHE_REASON, "the process has another user's rights");
    else if (setting == CACHE_UNKNOWN)
        snprintf(text, CACHE_REASON,
                 "CLRELU_CACHE is '%.40s', must be 0, off, no, false, 1, on, "
                 "yes or true",
                 value);
}

/* ---------------------------------------------------------------- folder -- */

bool clrelu_cache_path(char path[CACHE_PATH])
{
    const char *own = getenv("CLRELU_CACHE_DIR");
    char home[CACHE_PATH];
    int length = -1;

    if (own && *own)
        length = snprintf(path, CACHE_PATH, "%s", own);
    else if (clrelu_os_cache_home(home, sizeof(home)))
        length =
            snprintf(path, CACHE_PATH, "%s/clrelu/%s", home, clrelu_version());
    return length > 0 && length < CACHE_PATH;
}

/* Failures show when the folder is opened. */
static void make_folders(char *path)
{
    for (char *c = path + 1; *c; c++)
        if (strchr(CLRELU_OS_SEPARATORS, *c)) {
            const char separator = *c;
            *c = '\0';
            mkdir(path, 0700);
            *c = separator;
        }
    mkdir(path, 0700);
}

int clrelu_cache_open(bool create)
{
    char path[CACHE_PATH];
    int folder;

    errno = clrelu_os_is_setid() ? EPERM : ENOENT;
    if (clrelu_os_is_setid() || !clrelu_cache_path(path))
        return -1;
    folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 && errno == ENOENT && create) {
        make_folders(path);
        folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    /* Loading a binary is running it. */
    if (folder >= 0 && !clrelu_os_is_private(folder, true)) {
        close(folder);
        errno = EPERM;
        return -1;
    }
    return folder;
}

/* --------------------------------------------------------------- entries -- */

void clrelu_cache_name(const char *device, const char *key,
                       char name[CACHE_NAME])
{
    const char *const texts[] = {device, key};
    char hash[ENVELOPE_HASH_TEXT];

    clrelu_envelope_hash(texts, 2, hash);
    snprintf(name, CACHE_NAME, "%s" SUFFIX, hash);
}

bool clrelu_cache_is_entry(const char *name)
{
    return strlen(name) == ENVELOPE_HASH_TEXT - 1 + strlen(SUFFIX) &&
           strcmp(name + ENVELOPE_HASH_TEXT - 1, SUFFIX) == 0;
}

bool clrelu_cache_read(int folder, const char *name, bool touch,
                       clrelu_envelope *envelope, char error[ENVELOPE_ERROR])
{
    /* Must not follow links, nor block on a FIFO. */
    const int file =
        openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int reason = file < 0 ? errno : 0;
    bool good;

    if (file < 0) {
        snprintf(error, ENVELOPE_ERROR, "%s", strerror(reason));
        errno = reason;
        return false;
    }
    good = clrelu_os_is_private(file, false);
    if (good)
        good = clrelu_envelope_read(file, CACHE_MAX_ENTRY, envelope, error);
    else
        snprintf(error, ENVELOPE_ERROR,
                 "is not a file that nobody else may write");
    reason = errno == ENOENT ? 0 : errno;
    if (good && touch)
        futimens(file, NULL);
    close(file);
    errno = reason;
    return good;
}

static unsigned byte_of(const char *name)
{
    const char digits[] = {name[0], name[1], '\0'};

    return (unsigned)strtoul(digits, NULL, 16);
}

bool clrelu_cache_write(int folder, const char *name,
                        const clrelu_envelope *envelope)
{
    /* One name per lock: files of killed writers do not accumulate. */
    char temporary[16];
    int file, reason;
    bool good;

    snprintf(temporary, sizeof(temporary), "new-%02x", byte_of(name));
    unlinkat(folder, temporary, 0);
    file = openat(folder, temporary,
                  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0)
        return false;
    good = clrelu_envelope_write(file, envelope) && !fsync(file);
    good = !close(file) && good;
    /* rename() replaces files, but not an empty folder. */
    if (good && renameat(folder, temporary, folder, name))
        good = errno == EISDIR && !unlinkat(folder, name, AT_REMOVEDIR) &&
               !renameat(folder, temporary, folder, name);
    reason = errno;
    if (!good)
        unlinkat(folder, temporary, 0);
    errno = reason;
    return good;
}

/* -------------------------------------------------------------- eviction -- */

typedef struct used {
    char name[CACHE_NAME];
    struct timespec when;
    uint64_t size;
} used;

/* A descriptor of its own: closing it must leave folder open. */
static DIR *open_listing(int folder)
{
    const int own = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *all = own >= 0 ? fdopendir(own) : NULL;

    if (!all && own >= 0)
        close(own);
    return all;
}

static bool get_entry(int folder, const char *name, used *entry)
{
    struct stat status;

    if (!clrelu_cache_is_entry(name) ||
        fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW))
        return false;
    strcpy(entry->name, name);
    entry->when = clrelu_os_modified(&status);
    entry->size = status.st_size > 0 ? (uint64_t)status.st_size : 0;
    return true;
}

static size_t list(int folder, used **entries)
{
    size_t count = 0, capacity = 0;
    DIR *all = open_listing(folder);
    struct dirent *next;

    *entries = NULL;
    while (all && (next = readdir(all))) {
        if (count == capacity) {
            used *grown = realloc(*entries, (2 * capacity + 64) * sizeof(used));
            if (!grown)
                break;
            *entries = grown;
            capacity = 2 * capacity + 64;
        }
        count += get_entry(folder, next->d_name, &(*entries)[count]);
    }
    if (all)
        closedir(all);
    return count;
}

static int by_time(const void *a, const void *b)
{
    const struct timespec x = ((const used *)a)->when,
                          y = ((const used *)b)->when;

    if (x.tv_sec != y.tv_sec)
        return x.tv_sec < y.tv_sec ? -1 : 1;
    return (x.tv_nsec > y.tv_nsec) - (x.tv_nsec < y.tv_nsec);
}

void clrelu_cache_evict(int folder, uint64_t max)
{
    used *entries;
    const size_t count = list(folder, &entries);
    uint64_t bytes = 0;

    for (size_t i = 0; i < count; i++)
        bytes += entries[i].size;
    if (bytes > max)
        qsort(entries, count, sizeof(*entries), by_time);
    for (size_t i = 0; i < count && bytes > max; i++) {
        unlinkat(folder, entries[i].name, 0);
        bytes -= entries[i].size;
    }
    free(entries);
}

bool clrelu_cache_clear(int folder)
{
    DIR *all = open_listing(folder);
    struct dirent *next;
    bool good = all != NULL;

    /* Not the lock file: waiting processes and its owner must share it. */
    while (all && (next = readdir(all)))
        if (clrelu_cache_is_entry(next->d_name) ||
            strncmp(next->d_name, "new-", 4) == 0)
            good =
                (!unlinkat(folder, next->d_name, 0) || errno == ENOENT) && good;
    if (all)
        closedir(all);
    return good;
}

/* ----------------------------------------------------------------- locks -- */

static int open_lock(int folder)
{
    int file = -1, reason = 0;

    for (int attempt = 0; attempt < 2 && file < 0; attempt++) {
        file = openat(folder, lock_name,
                      O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                      0600);
        if (file >= 0 && clrelu_os_is_private(file, false))
            return file;
        reason = file < 0 ? errno : EPERM;
        if (file >= 0)
            close(file);
        file = -1;
        unlinkat(folder, lock_name, 0);
    }
    errno = reason;
    return -1;
}

static bool wait_for(int file, unsigned byte, double seconds)
{
    const double end = clock_now() + seconds;
    struct timespec pause = {0, 1000000};
    bool locked = false;

    while (!locked && clock_now() < end) {
        /* For clrelu_cache_lock_wanted of the owner. */
        if (pwrite(file, "w", 1, (off_t)byte) != 1)
            return false;
        nanosleep(&pause, NULL);
        if (pause.tv_nsec < 20000000)
            pause.tv_nsec += pause.tv_nsec / 2;
        locked = clrelu_os_try_lock(file, byte);
    }
    return locked;
}

clrelu_cache_lock clrelu_cache_lock_take(int folder, const char *name,
                                         double seconds)
{
    static bool timed_out; /* protected by the build lock */
    clrelu_cache_lock lock = {open_lock(folder), byte_of(name)};

    if (lock.file < 0 || clrelu_os_try_lock(lock.file, lock.byte))
        return lock;
    if (!timed_out && seconds > 0) {
        if (wait_for(lock.file, lock.byte, seconds))
            return lock;
        timed_out = true;
    }
    close(lock.file);
    lock.file = -1;
    errno = EAGAIN;
    return lock;
}

bool clrelu_cache_lock_wanted(clrelu_cache_lock lock)
{
    char mark = '\0';

    return lock.file >= 0 &&
           pread(lock.file, &mark, 1, (off_t)lock.byte) == 1 && mark == 'w';
}

void clrelu_cache_lock_drop(clrelu_cache_lock lock)
{
    if (lock.file < 0)
        return;
    /* Processes that still wait write it again. */
    if (clrelu_cache_lock_wanted(lock)) {
        const ssize_t cleared = pwrite(lock.file, "", 1, (off_t)lock.byte);
        (void)cleared;
    }
    close(lock.file);
}
