/* test_cache.c - the cache's folder, locks and bounds, without a device
 * SPDX-License-Identifier: MIT
 *
 *   test_cache [KILLS]   writers killed while they write */
#include "store/cache.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "device.h"
#include "entry.h"
#include "folder.h"
#include "process.h"
#include "random.h"
#include "tap.h"

static const char *root;

static bool write_entry(int folder, const char *name, size_t size)
{
    void *bytes = must_alloc(size + 1);
    const bool good = entry_write(folder, name, "device", "key", bytes, size);

    free(bytes);
    return good;
}

static bool read_entry(int folder, const char *name)
{
    clrelu_envelope e;
    char error[ENVELOPE_ERROR];

    if (!clrelu_cache_read(folder, name, true, &e, error))
        return false;
    clrelu_envelope_free(&e);
    return true;
}

static mode_t mode_of(int folder, const char *name)
{
    struct stat status;

    return fstatat(folder, name, &status, 0) ? 0 : status.st_mode & 07777;
}

/* ---------------------------------------------------------------- folder -- */

static void test_path(void)
{
    char path[CACHE_PATH], wanted[CACHE_PATH];

    unsetenv("CLRELU_CACHE_DIR");
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    ok(!clrelu_cache_path(path), "no variable: no path");
    ok(clrelu_cache_open(true) < 0, "... and no folder");
    setenv("HOME", "/home/a", 1);
    snprintf(wanted, sizeof(wanted), "/home/a/.cache/clrelu/%s",
             clrelu_version());
    ok(clrelu_cache_path(path) && strcmp(path, wanted) == 0, "HOME: %s", path);
    setenv("XDG_CACHE_HOME", "relative", 1);
    ok(clrelu_cache_path(path) && strcmp(path, wanted) == 0,
       "XDG_CACHE_HOME must be absolute");
    setenv("XDG_CACHE_HOME", "/cache", 1);
    snprintf(wanted, sizeof(wanted), "/cache/clrelu/%s", clrelu_version());
    ok(clrelu_cache_path(path) && strcmp(path, wanted) == 0,
       "XDG_CACHE_HOME comes first: %s", path);
    setenv("CLRELU_CACHE_DIR", "/own", 1);
    ok(clrelu_cache_path(path) && strcmp(path, "/own") == 0,
       "CLRELU_CACHE_DIR before it");
}

static void test_setting(void)
{
    static const struct {
        const char *value;
        clrelu_cache_setting setting;
    } cases[] = {
        {"0", CACHE_OFF},        {"off", CACHE_OFF},    {"Off", CACHE_OFF},
        {"NO", CACHE_OFF},       {"false", CACHE_OFF},  {"1", CACHE_ON},
        {"on", CACHE_ON},        {"Yes", CACHE_ON},     {"TRUE", CACHE_ON},
        {"", CACHE_DEFAULT},     {"2", CACHE_UNKNOWN},  {"of", CACHE_UNKNOWN},
        {"off ", CACHE_UNKNOWN}, {"00", CACHE_UNKNOWN},
    };
    char text[CACHE_REASON];

    unsetenv("CLRELU_CACHE");
    clrelu_cache_explain(text);
    ok(clrelu_cache_read_setting() == CACHE_DEFAULT && !*text,
       "CLRELU_CACHE is not set");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const clrelu_cache_setting setting = cases[i].setting;
        const bool said = setting == CACHE_OFF || setting == CACHE_UNKNOWN;
        setenv("CLRELU_CACHE", cases[i].value, 1);
        clrelu_cache_explain(text);
        ok(clrelu_cache_read_setting() == setting && !*text == !said &&
               strstr(text, said ? cases[i].value : ""),
           "CLRELU_CACHE='%s': %s", cases[i].value, text);
    }
    unsetenv("CLRELU_CACHE");
}

/* Of a set-id program. */
static bool is_off_for_another(void *as_group)
{
    char text[CACHE_REASON];
    const bool other = (*(bool *)as_group ? setegid(1) : seteuid(1)) == 0;

    clrelu_cache_explain(text);
    return other && clrelu_cache_read_setting() == CACHE_OFF &&
           clrelu_cache_open(true) < 0 && strstr(text, "another user");
}

static void test_foreign(void)
{
    if (geteuid() != 0)
        skip("needs root", "another user's rights");
    else
        ok(process_fork(is_off_for_another, &(bool){false}) &&
               process_fork(is_off_for_another, &(bool){true}),
           "another user's or group's rights: off");
}

static int open_in(const char *name, bool create)
{
    char path[CACHE_PATH];

    snprintf(path, sizeof(path), "%s/%s", root, name);
    setenv("CLRELU_CACHE_DIR", path, 1);
    return clrelu_cache_open(create);
}

static void test_folder(void)
{
    int folder;

    ok(open_in("a/b/c", false) < 0, "a missing folder is not made to be read");
    folder = open_in("a/b/c", true);
    ok(folder >= 0 && mode_of(folder, ".") == 0700,
       "a folder is made with those above it, for its owner alone");
    ok(write_entry(folder, "00.program", 10) &&
           mode_of(folder, "00.program") == 0600,
       "... and a file in it");
    if (fchmod(folder, 0777))
        bail("fchmod");
    ok(open_in("a/b/c", true) < 0, "one that others may write is refused");
    if (fchmod(folder, 0700) || close(folder) ||
        symlink(getenv("CLRELU_CACHE_DIR"), "link"))
        bail("a link to the folder");
    folder = open_in("link", false);
    ok(folder >= 0, "a link to a folder of one's own will do");
    close(folder);
    ok(open_in("a/b/c/00.program", true) < 0, "a file is no folder");
    ok(open_in("a/b/c/00.program/d", true) < 0, "... and holds none");
    setenv("CLRELU_CACHE_DIR", "/proc/clrelu", 1);
    ok(clrelu_cache_open(true) < 0, "nor is there one where none can be made");
    if (geteuid() == 0) {
        folder = open_in("others", true);
        if (fchown(folder, 1, 1))
            bail("fchown");
        close(folder);
        ok(open_in("others", true) < 0, "another user's is refused");
    } else {
        skip("only root can give files away", "another user's is refused");
    }
}

static void test_entries(int folder)
{
    char name[CACHE_NAME], other[CACHE_NAME];

    clrelu_cache_name("device", "key", name);
    clrelu_cache_name("devicek", "ey", other);
    ok(clrelu_cache_is_entry(name) && strcmp(name, other) != 0,
       "an entry's name: %s", name);
    ok(!read_entry(folder, name), "it is not there at first");
    ok(write_entry(folder, name, 1000) && read_entry(folder, name),
       "it is there once written");
    ok(mode_of(folder, "new-00") == 0, "nothing else is left");
    ok(write_entry(folder, name, 2000) && read_entry(folder, name),
       "it can be replaced");
    fchmodat(folder, name, 0620, 0);
    ok(!read_entry(folder, name), "one that others may write is refused");
    ok(write_entry(folder, name, 1000) && mode_of(folder, name) == 0600,
       "... until it is replaced");
    unlinkat(folder, name, 0);
    if (mkfifoat(folder, name, 0600))
        bail("mkfifoat");
    ok(!read_entry(folder, name), "a FIFO does not hold the reader up");
    ok(write_entry(folder, name, 1000) && read_entry(folder, name),
       "... and is replaced");
    clrelu_cache_clear(folder);
    ok(!read_entry(folder, name), "all can be removed");
}

static void test_evict(int folder)
{
    char names[8][CACHE_NAME], key[16];
    size_t left = 0;

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const struct timespec times[2] = {{1000, 0}, {1000 + (time_t)i, 0}};
        snprintf(key, sizeof(key), "%zu", i);
        clrelu_cache_name("device", key, names[i]);
        write_entry(folder, names[i], 1000);
        utimensat(folder, names[i], times, 0);
    }
    ok(read_entry(folder, names[0]), "the oldest entry is used");
    clrelu_cache_evict(folder, 4500);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        left += faccessat(folder, names[i], F_OK, 0) == 0;
    ok(left == 4, "%zu of 8 entries of 1000 bytes are left in 4500", left);
    ok(read_entry(folder, names[0]) && !read_entry(folder, names[1]) &&
           !read_entry(folder, names[4]) && read_entry(folder, names[5]),
       "... those used last");
    clrelu_cache_clear(folder);
}

/* A disk that is full, as far as this process can tell. */
static bool fails_to_write(void *data)
{
    const struct rlimit limit = {100, 100};
    const int *folder = data;

    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    return !write_entry(*folder, "00.program", 1000);
}

static void test_full(int folder)
{
    ok(process_fork(fails_to_write, &folder) &&
           !mode_of(folder, "00.program") && !mode_of(folder, "new-00"),
       "what does not fit on the disk leaves nothing there");
}

/* ----------------------------------------------------------------- locks -- */

/* A process that holds a lock until it is killed. */
static pid_t hold(int folder, const char *name)
{
    int ends[2];
    char ready;
    pid_t child;

    if (pipe(ends))
        bail("pipe");
    child = fork();
    if (child == 0) {
        const clrelu_cache_lock lock = clrelu_cache_lock_take(folder, name, 0);
        if (write(ends[1], "r", 1) != 1 || lock.file < 0)
            _exit(1);
        for (;;)
            pause();
    }
    close(ends[1]);
    if (read(ends[0], &ready, 1) != 1)
        bail("a process holds no lock");
    close(ends[0]);
    return child;
}

static void test_locks(int folder)
{
    const pid_t holder = hold(folder, "5a.program");
    clrelu_cache_lock lock = clrelu_cache_lock_take(folder, "5b.program", 0);
    const double long_wait = 600;

    ok(lock.file >= 0, "another entry's lock can be had");
    ok(!clrelu_cache_lock_wanted(lock), "... and nobody waits for it");
    clrelu_cache_lock_drop(lock);
    lock = clrelu_cache_lock_take(folder, "5a.program", 0);
    ok(lock.file < 0, "a lock that is held cannot");
    lock = clrelu_cache_lock_take(folder, "5a.program", 0.2);
    ok(lock.file < 0, "one that stays held is given up");
    const double start = clock_now();
    lock = clrelu_cache_lock_take(folder, "5a.program", long_wait);
    ok(lock.file < 0 && clock_now() - start < long_wait,
       "... and not waited for again");
    kill(holder, SIGKILL);
    waitpid(holder, NULL, 0);
    lock = clrelu_cache_lock_take(folder, "5a.program", 0);
    ok(lock.file >= 0, "a dead process holds none");
    ok(clrelu_cache_lock_wanted(lock), "... but who waited is remembered");
    clrelu_cache_lock_drop(lock);
    lock = clrelu_cache_lock_take(folder, "5a.program", 0);
    ok(!clrelu_cache_lock_wanted(lock), "... until it was dropped");
    clrelu_cache_lock_drop(lock);
    unlinkat(folder, "lock", 0);
    if (mkfifoat(folder, "lock", 0600))
        bail("mkfifoat");
    lock = clrelu_cache_lock_take(folder, "5a.program", 0);
    ok(lock.file >= 0, "a FIFO in the lock's place is replaced");
    clrelu_cache_lock_drop(lock);
}

/* ----------------------------------------------------------------- kills -- */

static const size_t sizes[] = {100, 50000, 300000};

static void churn(int folder)
{
    for (size_t i = 0;; i++) {
        clrelu_cache_lock lock =
            clrelu_cache_lock_take(folder, "77.program", 0);
        if (lock.file < 0 ||
            !write_entry(folder, "77.program", sizes[i % COUNT_OF(sizes)]))
            _exit(1);
        clrelu_cache_lock_drop(lock);
    }
}

static void test_kills(int folder, size_t kills)
{
    uint64_t seed = kills;
    size_t bad = 0, halves = 0;

    write_entry(folder, "77.program", 100);
    for (size_t i = 0; i < kills; i++) {
        const struct timespec pause = {0,
                                       (long)random_below(&seed, 30000) * 1000};
        const pid_t child = fork();
        int status;
        if (child == 0)
            churn(folder);
        nanosleep(&pause, NULL);
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        bad += !WIFSIGNALED(status) || !read_entry(folder, "77.program");
        halves += mode_of(folder, "new-77") != 0;
    }
    diag("%zu of %zu writers left half a file", halves, kills);
    ok(bad == 0, "after each of %zu kills the entry is whole", kills);
    ok(write_entry(folder, "77.program", 100) && !mode_of(folder, "new-77"),
       "... and the next writer leaves nothing behind");
}

int main(int argc, char **argv)
{
    int folder;

    root = folder_enter();
    umask(0);
    test_setting();
    test_foreign();
    test_path();
    test_folder();
    folder = open_in("cache", true);
    test_entries(folder);
    test_evict(folder);
    test_full(folder);
    test_locks(folder);
    test_kills(folder, argc > 1 ? (size_t)atol(argv[1]) : 20);
    close(folder);
    folder_leave();
    return done_testing();
}
