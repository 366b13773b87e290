/* test_cache_programs.c - programs out of a cache, whatever happened to it
 * SPDX-License-Identifier: MIT
 *
 *   test_cache_programs LAYER [DAMAGES]
 *   test_cache_programs --work   a process that the test starts */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "array.h"
#include "base/clock.h"
#include "core/context.h"
#include "entry.h"
#include "folder.h"
#include "process.h"
#include "random.h"
#include "store/cache.h"
#include "tap.h"

static const char layer_log[] = "log";
static const char *self, *layer, *root, *cache;

/* ------------------------------------------------------------------ work -- */

/* One call with a context of its own, which ends up in the cache. */
static bool work(clrelu_op op)
{
    struct device d;

    device_open(&d);
    const bool good = array_computes(&d, op);
    device_close(&d);
    return good;
}

static pid_t start_worker(void)
{
    const char *const words[] = {self, "--work", NULL};

    return process_start(words);
}

/* --------------------------------------------------------------- entries -- */

enum { MAX_BYTES = 8 << 20 };

struct entry {
    char name[256];
    unsigned char *bytes;
    size_t size;
};

static bool is_good(int folder, const char *name)
{
    clrelu_envelope e;
    char error[ENVELOPE_ERROR], right[CACHE_NAME];
    bool good;

    if (!clrelu_cache_read(folder, name, false, &e, error))
        return false;
    clrelu_cache_name(e.device, e.programs[0].key, right);
    good = e.count == 1 && e.programs[0].size > 0 && strcmp(right, name) == 0;
    clrelu_envelope_free(&e);
    return good;
}

/* What work(op) leaves in an empty cache. */
static void find_entry(int folder, clrelu_op op, struct entry *e)
{
    char path[CACHE_PATH + sizeof(e->name)];

    clrelu_cache_clear(folder);
    if (!work(op))
        bail("the library does not work at all");
    folder_find(cache, ".program", e->name);
    if (!e->name[0])
        bail("the cache holds nothing");
    snprintf(path, sizeof(path), "%s/%s", cache, e->name);
    e->bytes = must_alloc(MAX_BYTES);
    e->size = process_text(path, (char *)e->bytes, MAX_BYTES);
}

/* ---------------------------------------------------------------- damage -- */

enum {
    FLIP,
    TRUNCATE,
    EXTEND,
    SWAP_BLOCKS,
    ZEROS,
    GARBAGE,
    EMPTY,
    OTHER_PROGRAM,
    OTHER_DEVICE,
    REFUSED,
    OTHER_USER,
    WRITABLE,
    LINK,
    FIFO,
    FOLDER,
    KINDS
};

static const char *const kinds[] = {
    "a flipped bit",
    "truncated",
    "extended",
    "two blocks swapped",
    "zeros in it",
    "random bytes",
    "empty",
    "another program's file",
    "another device's",
    "a binary that the driver refuses",
    "another user's",
    "writable by others",
    "a symbolic link",
    "a FIFO",
    "a folder",
};

static void damage_bytes(int kind, const struct entry *e, uint64_t *seed,
                         unsigned char *bytes, size_t *size)
{
    const size_t at = random_below(seed, e->size);
    const size_t other = random_below(seed, e->size);
    size_t length = 1 + random_below(seed, 4096);

    memcpy(bytes, e->bytes, e->size);
    *size = e->size;
    if (length > e->size - (at > other ? at : other))
        length = e->size - (at > other ? at : other);
    switch (kind) {
    case FLIP:
        bytes[at] ^= (unsigned char)(1u << random_below(seed, 8));
        break;
    case TRUNCATE:
        *size = at;
        break;
    case EXTEND:
        memset(bytes + *size, 0x5a, length);
        *size += length;
        break;
    case SWAP_BLOCKS:
        memcpy(bytes + at, e->bytes + other, length);
        memcpy(bytes + other, e->bytes + at, length);
        break;
    case ZEROS:
        memset(bytes + at, 0, length);
        break;
    case GARBAGE:
        for (size_t i = 0; i < *size; i++)
            bytes[i] = (unsigned char)random_bits(seed);
        break;
    default:
        *size = 0;
        break;
    }
}

static void damage(int folder, int kind, const struct entry *e,
                   const struct entry *other, uint64_t *seed,
                   unsigned char *bytes)
{
    size_t size;

    entry_put(folder, e->name, e->bytes, e->size);
    switch (kind) {
    case OTHER_PROGRAM:
        entry_put(folder, e->name, other->bytes, other->size);
        break;
    case OTHER_DEVICE:
    case REFUSED:
        entry_replace(folder, e->name,
                      kind == OTHER_DEVICE ? "device: another\n" : NULL);
        break;
    case OTHER_USER:
        if (fchownat(folder, e->name, 1, 1, 0))
            bail("chown");
        break;
    case WRITABLE:
        if (fchmodat(folder, e->name, 0666, 0))
            bail("chmod");
        break;
    case LINK:
        entry_put(folder, "target", e->bytes, e->size);
        unlinkat(folder, e->name, 0);
        if (symlinkat("target", folder, e->name))
            bail("symlink");
        break;
    case FIFO:
        unlinkat(folder, e->name, 0);
        if (mkfifoat(folder, e->name, 0600))
            bail("mkfifo");
        break;
    case FOLDER:
        unlinkat(folder, e->name, 0);
        if (mkdirat(folder, e->name, 0700))
            bail("mkdir");
        break;
    default:
        /* Zeros may meet zeros. */
        do
            damage_bytes(kind, e, seed, bytes, &size);
        while (size == e->size && memcmp(bytes, e->bytes, size) == 0);
        entry_put(folder, e->name, bytes, size);
        break;
    }
}

/* Random bytes with a good checksum: only where the driver survives them. */
static bool can(int kind)
{
    struct device d;
    bool pocl;

    if (kind == OTHER_USER)
        return geteuid() == 0;
    if (kind != REFUSED)
        return true;
    device_open(&d);
    pocl = strstr(d.context->device_text, "Portable Computing") != NULL;
    device_close(&d);
    return pocl;
}

static void test_damage(int folder, size_t rounds)
{
    struct entry e, other;
    unsigned char *bytes = must_alloc(2 * MAX_BYTES);
    uint64_t seed = rounds;

    find_entry(folder, CLRELU_ELU, &other);
    find_entry(folder, CLRELU_LEAKY_RELU, &e);
    ok(is_good(folder, e.name) && is_good(folder, other.name) == false,
       "an entry of %zu bytes can be damaged", e.size);
    for (int kind = 0; kind < KINDS; kind++) {
        /* Damage of one form needs no thousand tries. */
        const size_t tries = kind <= GARBAGE ? rounds / (GARBAGE + 1) : 5;
        size_t wrong = 0, ill = 0;
        if (!can(kind)) {
            skip("cannot be made here", "%s", kinds[kind]);
            continue;
        }
        for (size_t i = 0; i < tries; i++) {
            damage(folder, kind, &e, &other, &seed, bytes);
            wrong += !work(CLRELU_LEAKY_RELU);
            ill += !is_good(folder, e.name);
        }
        ok(wrong == 0, "%s, %zu times: the results are right", kinds[kind],
           tries);
        ok(ill == 0, "... and the entry has healed");
    }
    entry_put(folder, e.name, e.bytes, e.size);
    free(e.bytes);
    free(other.bytes);
    free(bytes);
}

/* -------------------------------------------------------------- stampede -- */

/* All empty: a driver that has the program in its own cache would be done
 * before the others have begun.  The layer sees to it that another waits, for
 * whom the program is stored at once; src/fetch.c says for how long it does. */
static void test_stampede(int folder)
{
    enum { PROCESSES = 16 };
    pid_t workers[PROCESSES];
    char driver[CACHE_PATH];
    const double start = clock_now(), timeout = 20;
    size_t right = 0, compiled;

    setenv("LAYER_WANTED", "cache/lock", 1);
    snprintf(driver, sizeof(driver), "%s/driver", root);
    mkdir(driver, 0700);
    setenv("POCL_CACHE_DIR", driver, 1);
    setenv("OPENCL_LAYERS", layer, 1);
    setenv("LAYER_LOG", layer_log, 1);
    clrelu_cache_clear(folder);
    for (size_t i = 0; i < PROCESSES; i++)
        workers[i] = start_worker();
    for (size_t i = 0; i < PROCESSES; i++)
        right += process_end(workers[i]);
    unsetenv("OPENCL_LAYERS");
    unsetenv("LAYER_WANTED");
    const bool in_time = clock_now() - start < timeout;
    compiled = process_count(layer_log, 's');
    ok(right == PROCESSES, "%d processes at once: %zu are right", PROCESSES,
       right);
    if (process_count(layer_log, 'i') == 0)
        skip("the loader knows no layers", "... and one compiles");
    else if (compiled > 1 && !in_time)
        skip("it took longer than they wait for it", "... and one compiles");
    else
        ok(compiled == 1 && process_count(layer_log, 'b') == PROCESSES - 1,
           "... %zu compiled, %zu took it from the cache", compiled,
           process_count(layer_log, 'b'));
}

/* A process killed anywhere, from its start to its end. */
static void test_kills(int folder, size_t kills)
{
    uint64_t seed = kills;
    size_t wrong = 0;

    for (size_t i = 0; i < kills; i++) {
        const struct timespec pause = {0, (long)random_below(&seed, 200) *
                                              1000000};
        pid_t child;
        clrelu_cache_clear(folder);
        child = start_worker();
        nanosleep(&pause, NULL);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        wrong += !work(CLRELU_LEAKY_RELU);
    }
    ok(wrong == 0, "%zu processes killed: the next one is right", kills);
}

/* -------------------------------------------------------------- no cache -- */

static void test_without(void)
{
    static const char *const values[] = {"/proc/none", "/dev/null", ""};

    setenv("CLRELU_CACHE", "off", 1);
    folder_remove(cache);
    ok(work(CLRELU_LEAKY_RELU) && access(cache, F_OK),
       "CLRELU_CACHE=off: none is made");
    setenv("CLRELU_CACHE", "1", 1);
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        setenv("CLRELU_CACHE_DIR", values[i], 1);
        ok(work(CLRELU_LEAKY_RELU), "a folder '%s' is no error", values[i]);
    }
    setenv("CLRELU_CACHE_DIR", cache, 1);
    mkdir(cache, 0777);
    chmod(cache, 0777);
    ok(work(CLRELU_LEAKY_RELU) && rmdir(cache) == 0,
       "one that others may write is left alone");
}

int main(int argc, char **argv)
{
    size_t damages;
    int folder;

    if (argc > 1 && strcmp(argv[1], "--work") == 0)
        return !work(CLRELU_LEAKY_RELU);
    self = process_self(argv);
    layer = argc > 1 ? argv[1] : "";
    damages = argc > 2 ? (size_t)atol(argv[2]) : 120;
    device_need();
    /* What leaks in the workers is the driver's compiler. */
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
    root = folder_enter();
    cache = process_cache(root);
    folder = clrelu_cache_open(true);
    if (folder < 0)
        bail("no cache in %s", cache);
    test_damage(folder, damages);
    test_kills(folder, damages / 20);
    test_stampede(folder);
    close(folder);
    test_without();
    folder_leave();
    return done_testing();
}
