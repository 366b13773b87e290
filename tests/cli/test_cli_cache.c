/* test_cli_cache.c - clrelu cache, compile and pack, as people run them
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device.h"
#include "folder.h"
#include "process.h"
#include "system.h"
#include "tap.h"

static void test_misuse(void)
{
    static const char *const lines[] = {
        "cache",
        "cache all",
        "cache list more",
        "cache list --op elu",
        "cache warm --op relu",
        "cache warm --op elu,",
        "cache warm --op",
        "cache warm --dtype float128",
        "cache warm --wide",
        "compile",
        "compile elu -o a",
        "compile -o a --source b",
        "pack",
        "pack folder",
        "pack -o file",
        "pack folder -o file --op elu",
    };

    for (size_t i = 0; i < COUNT_OF(lines); i++)
        process_gives(lines[i], 2, "--help", lines[i]);
    process_gives("cache --help", 0, "usage: clrelu cache", "cache --help");
    process_gives("compile --help", 0, "usage: clrelu compile",
                  "compile --help");
    process_gives("pack -h", 0, "usage: clrelu pack", "pack -h");
    process_gives("compile --device none -o a", 1, "none",
                  "a device that there is not");
    ok(access("a", F_OK) != 0, "... leaves no file");
}

static void find_entry(char path[512])
{
    char name[256];

    folder_find("cache", ".program", name);
    snprintf(path, 512, "cache/%s", name);
}

/* Changes a byte of any entry. */
static void damage(void)
{
    char path[512];
    FILE *file;

    find_entry(path);
    file = fopen(path, "r+");
    if (!file || fseek(file, 1000, SEEK_SET) || fputs("damage", file) < 0 ||
        fclose(file))
        bail("cannot damage '%s'", path);
}

/* What cannot be replaced is as a full disk. */
static void test_unkept(void)
{
    char path[512], inside[520];

    find_entry(path);
    snprintf(inside, sizeof(inside), "%s/in", path);
    if (unlink(path) || mkdir(path, 0700) || mkdir(inside, 0700))
        bail("no folder in the place of '%s'", path);
    process_gives("cache warm --op elu", 1, "1 bad",
                  "warm says so when it cannot write");
    if (rmdir(inside))
        bail("rmdir %s", inside);
    ok(process_line("cache warm --op elu") == 0 &&
           process_line("cache verify") == 0,
       "... and replaces an empty folder");
}

static void test_cache(void)
{
    process_gives("cache list", 0, "empty", "no cache is an empty one");
    ok(process_line("cache clear") == 0 && process_line("cache verify") == 0,
       "... which can be cleared and verified");
    process_gives("cache warm --op elu --dtype f32,float32", 0, "",
                  "warm compiles");
    ok(process_line("cache list") == 0 && process_says("2 good, 0 bad") &&
           process_says("-DOP=elu"),
       "list shows what");
    process_gives("cache verify", 0, "2 good, 0 bad", "verify is content");
    damage();
    ok(process_line("cache verify") == 1 && process_says("1 good, 1 bad") &&
           process_says("checksum"),
       "... until an entry is damaged");
    process_gives("cache list", 0, "1 good, 1 bad", "list says so too");
    ok(process_line("cache warm --op elu") == 0 &&
           process_line("cache verify") == 0,
       "warm heals it");
    test_unkept();
    process_line("cache warm --op elu --dtype float16,bf16");
    process_gives("cache list", 0, "6 good, 0 bad",
                  "types are known by their whole names");
    process_gives("cache warm --op elu --dtype half,<f2,bfloat16", 0, "",
                  "... and by NumPy's");
    process_gives("cache list", 0, "6 good, 0 bad", "... as the same programs");
    process_line("cache clear");
    process_gives("cache list", 0, "0 good", "clear removes all");
}

static void test_settings(void)
{
    if (!system_open_to_all("cache"))
        bail("the cache cannot be opened to all");
    process_gives("cache list", 1, "nobody else",
                  "a folder that others may write is refused");
    process_gives("cache warm --op elu", 1, "nobody else",
                  "... and not said to be warm");
    folder_remove("cache");
    ok(process_line("cache list") == 0 && !process_says("CLRELU_CACHE"),
       "list says nothing of a cache that is on");
    setenv("CLRELU_CACHE", "No", 1);
    process_gives("cache warm --op elu", 1, "no cache: CLRELU_CACHE is No",
                  "one that is off is not warm");
    process_gives("cache list", 0, "off: CLRELU_CACHE is No",
                  "... which list says");
    setenv("CLRELU_CACHE", "none", 1);
    ok(process_line("cache list") == 0 &&
           process_says("CLRELU_CACHE is 'none', must be 0,") &&
           !process_says("off:"),
       "... and what the variable must be");
    unsetenv("CLRELU_CACHE_DIR");
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    unsetenv("LOCALAPPDATA");
    process_gives("cache list", 1, " are not set", "no folder at all");
}

int main(int argc, char **argv)
{
    const char *folder = process_enter(argc, argv);

    /* PoCL's own is looked for there as well; its compiler leaks. */
    if (!getenv("POCL_CACHE_DIR")) {
        setenv("POCL_CACHE_DIR", folder, 1);
        setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
    }
    test_misuse();
    test_cache();
    test_settings();
    folder_leave();
    return done_testing();
}
