/* cache.c - clrelu cache
 * SPDX-License-Identifier: MIT */
#include "store/cache.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/os.h"
#include "commands.h"

typedef struct totals {
    size_t good, bad;
    uint64_t bytes;
} totals;

/* Finds the line that begins with prefix; returns its value's length. */
static int line_of(const char *text, const char *prefix, const char **value)
{
    const char *line = strstr(text, prefix);

    *value = line ? line + strlen(prefix) : "";
    return (int)strcspn(*value, "\n");
}

static void print_entry(const clrelu_envelope *e, const struct stat *status)
{
    const char *device, *flags;
    const int device_length = line_of(e->device, "\ndevice: ", &device);
    const bool tuning = strcmp(e->programs[0].key, "tuning") == 0;
    int flags_length = line_of(e->programs[0].key, "options: ", &flags);
    struct tm used;
    char when[32] = "";

    if (tuning) {
        flags = (const char *)e->programs[0].bytes;
        flags_length = (int)e->programs[0].size;
    }
    if (localtime_r(&status->st_mtime, &used))
        strftime(when, sizeof(when), "%Y-%m-%d %H:%M", &used);
    printf("%8" PRIu64 "  %-16s  %.*s  %s%.*s\n", (uint64_t)status->st_size,
           when, device_length, device, tuning ? "tuning: " : "", flags_length,
           flags);
}

static void add_entry(int folder, const char *name, bool list, totals *t)
{
    clrelu_envelope e;
    char error[ENVELOPE_ERROR];
    struct stat status = {0};

    if (!clrelu_cache_is_entry(name) ||
        fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW))
        return;
    t->bytes += (uint64_t)status.st_size;
    if (!clrelu_cache_read(folder, name, false, &e, error)) {
        t->bad++;
        printf("%s %s\n", name, error);
        return;
    }
    t->good++;
    if (list && e.count > 0)
        print_entry(&e, &status);
    clrelu_envelope_free(&e);
}

static bool add_entries(const char *path, int folder, bool list, totals *t,
                        failure *f)
{
    DIR *all = opendir(path);
    struct dirent *next;

    if (!all)
        return fail_errno(f, path);
    if (list)
        printf("%8s  %-16s  device  options\n", "bytes", "last used");
    while ((next = readdir(all)))
        add_entry(folder, next->d_name, list, t);
    closedir(all);
    return true;
}

static bool show(const char *path, int folder, bool list, totals *t, failure *f)
{
    if (!add_entries(path, folder, list, t, f))
        return false;
    printf("%s: %zu good, %zu bad, %.1f MiB of %.0f\n", path, t->good, t->bad,
           (double)t->bytes / 1048576, (double)CACHE_MAX / 1048576);
    if (list || t->bad == 0)
        return true;
    return fail(f, "%zu of %zu files are bad: 'clrelu cache clear' removes all",
                t->bad, t->good + t->bad);
}

static bool no_path(failure *f)
{
    return fail(f, "no cache: " CLRELU_OS_CACHE_VARIABLES " are not set");
}

static bool not_used(const char *path, failure *f)
{
    return fail(f,
                "%s is not used: it must be a folder of yours that nobody else "
                "may write",
                path);
}

/* Entries may exist without being used. */
static void print_setting(void)
{
    char reason[CACHE_REASON];

    clrelu_cache_explain(reason);
    if (*reason)
        printf("%s%s\n",
               clrelu_cache_read_setting() == CACHE_OFF ? "off: " : "", reason);
}

static bool on_folder(const char *word, failure *f)
{
    const bool list = strcmp(word, "list") == 0;
    char path[CACHE_PATH];
    totals t = {0, 0, 0};
    int folder;
    bool good = true;

    if (list)
        print_setting();

    if (!clrelu_cache_path(path))
        return no_path(f);
    folder = clrelu_cache_open(false);
    if (folder < 0 && access(path, F_OK) && errno == ENOENT)
        return printf("%s: empty\n", path) > 0;
    if (folder < 0)
        return not_used(path, f);
    if (strcmp(word, "clear") == 0)
        good = clrelu_cache_clear(folder) || fail_errno(f, path);
    else
        good = show(path, folder, list, &t, f);
    close(folder);
    return good;
}

/* Other commands work without a cache. */
static bool open_cache(char path[CACHE_PATH], int *folder, failure *f)
{
    char reason[CACHE_REASON];

    clrelu_cache_explain(reason);
    if (clrelu_cache_read_setting() == CACHE_OFF)
        return fail(f, "no cache: %s", reason);
    if (!clrelu_cache_path(path))
        return no_path(f);
    *folder = clrelu_cache_open(true);
    return *folder >= 0 || not_used(path, f);
}

/* Calls ignore a failure to store, such as a full disk: found here. */
static bool check_stored(const char *path, int folder, failure *f)
{
    totals t = {0, 0, 0};

    if (!show(path, folder, false, &t, f))
        return false;
    return t.good > 0 ||
           fail(f, "nothing could be kept: is the disk full, or is this a "
                   "platform whose driver keeps programs (CLRELU_CACHE=1)?");
}

static bool warm(const program_options *o, failure *f)
{
    const clrelu_context_params params = {.spec = o->device, .program = ""};
    char path[CACHE_PATH];
    clrelu_context *context;
    int folder = -1;
    bool good = false;

    if (!open_cache(path, &folder, f))
        return false;
    if (clrelu_context_create(&params, &context)) {
        fail_context(f);
        goto done;
    }
    good = program_options_each(o, context, program_options_compile, f);
    clrelu_context_destroy(&context);
    good = good && check_stored(path, folder, f);
done:
    close(folder);
    return good;
}

bool cache(const program_options *o, failure *f)
{
    static const char *const actions[] = {"list", "verify", "clear"};

    if (o->word && strcmp(o->word, "warm") == 0)
        return warm(o, f);
    for (size_t i = 0; o->word && i < sizeof(actions) / sizeof(actions[0]); i++)
        if (strcmp(o->word, actions[i]) == 0)
            return on_folder(o->word, f);
    return misuse(f, "cache", "needs list, verify, clear or warm");
}
