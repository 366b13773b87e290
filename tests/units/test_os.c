/* test_os.c - what base/os.h promises of the operating system
 * SPDX-License-Identifier: MIT
 *
 * Without arguments: the tests.  With them, a process that works on the file
 * "lock": try BYTE (status 1: another process has it), hold BYTE, read. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/os.h"
#include "clrelu.h"
#include "folder.h"
#include "process.h"
#include "store/atomic_file.h"
#include "store/cache.h"
#include "system.h"
#include "tap.h"

/* The path of this program. */
static const char *self;

static int open_file(const char *name)
{
    const int file = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (file < 0)
        bail("%s: %s", name, strerror(errno));
    return file;
}

static void test_private(void)
{
    int file, folder;

    folder_put("file", "x");
    file = open("file", O_RDONLY | O_CLOEXEC);
    ok(clrelu_os_is_private(file, false), "a new file is private");
    ok(!clrelu_os_is_private(file, true), "... and no folder");
    ok(system_open_to_all("file") && !clrelu_os_is_private(file, false),
       "... until everybody may write it");
    close(file);

    setenv("CLRELU_CACHE_DIR", "deep/cache", 1);
    folder = clrelu_cache_open(true);
    ok(folder >= 0 && clrelu_os_is_private(folder, true) &&
           !clrelu_os_is_private(folder, false),
       "a new cache is a private folder");
    close(folder);
    ok(system_open_to_all("deep/cache") && clrelu_cache_open(true) < 0 &&
           errno == EPERM,
       "... and not used once everybody may write it");
}

/* Another process's exit status. */
static int run(const char *act, const char *byte)
{
    const char *const words[] = {self, act, byte, NULL};

    const int status = process_run(words);

    if (status)
        process_show();
    return status;
}

static bool wait_for_lock(int file, unsigned byte)
{
    const struct timespec pause = {0, 10000000};
    int tries = 1000;

    while (!clrelu_os_try_lock(file, byte) && tries > 0) {
        nanosleep(&pause, NULL);
        tries--;
    }
    return tries > 0;
}

static void test_locks(void)
{
    const char *const hold[] = {self, "hold", "5", NULL};
    const int file = open_file("lock");
    const struct timespec pause = {0, 10000000};

    ok(pwrite(file, "0123456789", 10, 0) == 10 && clrelu_os_try_lock(file, 3),
       "a byte is locked");
    ok(run("try", "3") == 1, "another process does not get it");
    ok(run("try", "4") == 0, "... but the next byte");
    ok(run("read", "3") == 0, "... and reads and writes the file");

    const pid_t child = process_start(hold);
    for (int i = 0; i < 3000 && access("held", F_OK); i++)
        nanosleep(&pause, NULL);
    ok(!access("held", F_OK) && !clrelu_os_try_lock(file, 5),
       "a byte of another process is not got");
    system_kill(child);
    process_end(child);
    ok(wait_for_lock(file, 5), "... until that process is ended");
    close(file);
}

static bool has_text(int file, const char *want)
{
    char text[16] = "";

    return pread(file, text, sizeof(text) - 1, 0) == (ssize_t)strlen(want) &&
           strcmp(text, want) == 0;
}

static void test_open_files(void)
{
    int file;

    folder_put("old", "old");
    folder_put("new", "new");
    file = open("new", O_RDONLY | O_CLOEXEC);
    ok(!rename("new", "old") && has_text(file, "new"),
       "an open file replaces another");
    ok(!unlink("old") && has_text(file, "new"), "an open file is removed");
    close(file);
    ok(open("old", O_RDONLY | O_CLOEXEC) < 0 && errno == ENOENT,
       "... and gone once it is closed");
}

static void test_atomic(void)
{
    clrelu_atomic_file w;
    char text[16], temporary[256];

    folder_put("replaced", "old");
    ok(clrelu_atomic_file_begin(&w, "replaced") && fputs("new", w.file) >= 0 &&
           process_text("replaced", text, sizeof(text)) == 3 &&
           strcmp(text, "old") == 0,
       "a file stays as it is while a new one is written");
    ok(clrelu_atomic_file_end(&w, true) &&
           process_text("replaced", text, sizeof(text)) == 3 &&
           strcmp(text, "new") == 0,
       "... and is then replaced");
    folder_find(".", ".tmp", temporary);
    ok(!*temporary, "no temporary file stays");
}

static void test_names(void)
{
    char path[CACHE_PATH];

    ok(strcmp(clrelu_os_base_name("a/b/c"), "c") == 0 &&
           strcmp(clrelu_os_base_name("c"), "c") == 0 &&
           *clrelu_os_base_name("a/") == '\0',
       "the name is what follows the last separator");
    unsetenv("CLRELU_CACHE_DIR");
    ok(clrelu_cache_path(path) && strstr(path, "/clrelu/") &&
           strcmp(clrelu_os_base_name(path), clrelu_version()) == 0,
       "the cache's folder is %s", path);
}

static int act(const char *what, const char *number)
{
    const int file = open_file("lock");
    const unsigned byte = (unsigned)strtoul(number, NULL, 10);
    char mark = '\0';

    if (strcmp(what, "read") == 0)
        return pread(file, &mark, 1, byte) != 1 || mark != *number ||
               pwrite(file, &mark, 1, byte) != 1;
    if (!clrelu_os_try_lock(file, byte))
        return 1;
    if (strcmp(what, "hold") == 0) {
        const struct timespec minute = {60, 0};
        folder_put("held", "");
        nanosleep(&minute, NULL);
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 2)
        return act(argv[1], argv[2]);
    self = process_self(argv);
    folder_enter();
    test_private();
    test_locks();
    test_open_files();
    test_atomic();
    test_names();
    folder_leave();
    return done_testing();
}
