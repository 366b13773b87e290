/* test_atomic_file.c - files that are written atomically, and what they keep
 * SPDX-License-Identifier: MIT */
#include "store/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "folder.h"
#include "process.h"
#include "tap.h"

enum { NOBODY = 65534 };

static bool has(const char *name, const char *want)
{
    char got[64];

    process_text(name, got, sizeof(got));
    return strcmp(got, want) == 0;
}

static struct stat status_of(const char *name)
{
    struct stat status = {0};

    lstat(name, &status);
    return status;
}

static mode_t mode_of(const char *name)
{
    return status_of(name).st_mode & 07777;
}

static bool is_link(const char *name)
{
    return S_ISLNK(status_of(name).st_mode);
}

static void make_link(const char *to, const char *name)
{
    unlink(name);
    if (symlink(to, name))
        bail("symlink %s", name);
}

static bool replace(const char *path)
{
    clrelu_atomic_file w;
    const bool good = clrelu_atomic_file_begin(&w, path) &&
                      clrelu_atomic_file_end(&w, fputs("new", w.file) >= 0);

    if (!good)
        diag("%s: %s", path, w.error);
    return good;
}

/* Refused with this text, and errno is none that stands for another. */
static bool refuses(const char *path, const char *error)
{
    clrelu_atomic_file w;

    errno = ENOMEM;
    if (clrelu_atomic_file_begin(&w, path)) {
        clrelu_atomic_file_discard(&w);
        return false;
    }
    if (strcmp(w.error, error) != 0)
        diag("%s: %s", path, w.error);
    return strcmp(w.error, error) == 0 && errno != ENOMEM;
}

struct act {
    bool (*run)(const char *path);
    const char *path;
};

static bool become_nobody(void *data)
{
    const struct act *a = data;

    return !setgid(NOBODY) && !setuid(NOBODY) && a->run(a->path);
}

/* In a child process, as a user who is not root. */
static bool as_nobody(bool (*run)(const char *path), const char *path)
{
    return process_fork(become_nobody, &(struct act){run, path});
}

/* ----------------------------------------------------------- permissions -- */

static void test_modes(void)
{
    static const mode_t modes[] = {0600, 0644, 0640, 0666, 0200, 0755};

    umask(027);
    ok(replace("made") && mode_of("made") == 0640 && has("made", "new"),
       "a new file has what umask leaves");
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        clrelu_atomic_file w;
        folder_put("old", "old");
        chmod("old", modes[i]);
        const bool opened = clrelu_atomic_file_begin(&w, "old");
        const bool early = mode_of(w.temporary) == modes[i];
        ok(opened && early &&
               clrelu_atomic_file_end(&w, fputs("new", w.file) >= 0) &&
               mode_of("old") == modes[i],
           "permissions %03o are kept, from before the first byte",
           (unsigned)modes[i]);
        unlink("old");
    }
    folder_put("old", "old");
    chmod("old", 06755);
    ok(replace("old") && mode_of("old") == 0755, "set-id bits are not");
    umask(022);
}

static bool refuses_read_only(const char *path)
{
    return refuses(path, "is read-only");
}

static bool refuses_permission(const char *path)
{
    return refuses(path, strerror(EACCES));
}

static void test_read_only(void)
{
    folder_put("fixed", "old");
    chmod("fixed", 0444);
    if (geteuid() == 0) {
        ok(replace("fixed") && mode_of("fixed") == 0444,
           "root replaces what is read-only");
        folder_put("fixed", "old");
        ok(as_nobody(refuses_read_only, "fixed") && has("fixed", "old"),
           "others do not");
        chmod("fixed", 0644);
        ok(as_nobody(refuses_permission, "fixed") && has("fixed", "old"),
           "nor what is another user's");
    } else {
        ok(refuses_read_only("fixed") && has("fixed", "old"),
           "what is read-only is refused");
    }
    chmod("fixed", 0644);
}

static void test_owner(void)
{
    const struct {
        mode_t mode, want;
    } cases[] = {{0666, 0666}, {0662, 0622}, {0626, 0626}, {0672, 0622}};

    if (geteuid() != 0) {
        skip("needs root", "owners");
        return;
    }
    folder_put("theirs", "old");
    if (chown("theirs", NOBODY, NOBODY) || chmod("theirs", 0640))
        bail("chown");
    ok(replace("theirs") && status_of("theirs").st_uid == NOBODY &&
           status_of("theirs").st_gid == NOBODY && mode_of("theirs") == 0640,
       "root leaves a file to its owner and group");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        folder_put("roots", "old");
        if (chown("roots", 0, 0) || chmod("roots", cases[i].mode))
            bail("chown");
        ok(as_nobody(replace, "roots") && status_of("roots").st_uid == NOBODY &&
               mode_of("roots") == cases[i].want,
           "%03o of a group that cannot be kept become %03o",
           (unsigned)cases[i].mode, (unsigned)cases[i].want);
    }
}

/* ----------------------------------------------------------------- links -- */

static bool follows(const char *link, const char *target)
{
    const struct stat before = status_of(link);

    return replace(link) && is_link(link) &&
           status_of(link).st_ino == before.st_ino && has(target, "new") &&
           !is_link(target);
}

static void test_links(const char *root)
{
    char absolute[64];

    if (mkdir("data", 0700) || mkdir("links", 0700))
        bail("mkdir");
    folder_put("data/file", "old");
    chmod("data/file", 0600);
    make_link("data/file", "link");
    ok(follows("link", "data/file") && mode_of("data/file") == 0600,
       "a link stays, what it names is replaced");
    folder_put("data/file", "old");
    make_link("../data/file", "links/second");
    make_link("links/second", "first");
    ok(follows("first", "data/file") && is_link("links/second"),
       "a link to a link in another folder");
    folder_put("data/file", "old");
    snprintf(absolute, sizeof(absolute), "%s/data/file", root);
    make_link(absolute, "links/absolute");
    ok(follows("links/absolute", "data/file"), "a path from the root on");
    make_link("../data/absent", "links/dangling");
    ok(follows("links/dangling", "data/absent"),
       "a link to nothing: the file is made where it points");
    folder_put("file", "old");
    if (link("file", "other"))
        bail("link");
    ok(replace("file") && has("file", "new") && has("other", "old"),
       "another name of the file keeps the older one");
}

static void test_refused_links(void)
{
    char held[64];

    make_link("loop", "loop");
    ok(refuses("loop", strerror(ELOOP)) && is_link("loop"), "a link to itself");
    make_link("nowhere/file", "lost");
    ok(refuses("lost", strerror(ENOENT)) && is_link("lost"),
       "a link into no folder");
    make_link("data", "folder");
    ok(refuses("folder", "is a directory"), "a link to a folder");
    make_link("absent/", "folder");
    ok(refuses("folder", "is not a file's name"), "... to one not made");
    folder_put("gone", "old");
    const int file = open("gone", O_RDONLY);
    unlink("gone");
    snprintf(held, sizeof(held), "/proc/self/fd/%d", file);
    if (access(held, F_OK))
        skip("no /proc", "a file without a name");
    else
        ok(refuses(held, strerror(ENOENT)), "a file without a name");
    close(file);
}

/* ---------------------------------------------------------------- others -- */

static void test_refused(void)
{
    static const struct {
        const char *path;
        int error;
        const char *text;
    } cases[] = {
        {"", 0, "is not a file's name"}, {"absent/", 0, "is not a file's name"},
        {"data", 0, "is a directory"},   {"data/", 0, "is a directory"},
        {"absent/file", ENOENT, NULL},   {"data/file/file", ENOTDIR, NULL},
        {"data/file/", ENOTDIR, NULL},
    };
    static char path[5000];

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *want =
            cases[i].text ? cases[i].text : strerror(cases[i].error);
        ok(refuses(cases[i].path, want), "'%s' %s", cases[i].path, want);
    }
    memset(path, '/', sizeof(path) - 1);
    ok(refuses(path, strerror(ENAMETOOLONG)), "a long path");
    strcpy(path + ATOMIC_FILE_PATH - 3, "y");
    ok(refuses(path, strerror(ENAMETOOLONG)), "... that has no room for more");
}

/* A pipe stands for all that is no regular file: a program that went wrong
 * would replace a device. */
static void test_pipe(void)
{
    char got[8] = "";
    int from;

    if (mkfifo("pipe", 0600))
        bail("mkfifo");
    make_link("pipe", "piped");
    from = open("pipe", O_RDONLY | O_NONBLOCK);
    ok(replace("pipe") && read(from, got, 3) == 3 && strcmp(got, "new") == 0 &&
           S_ISFIFO(status_of("pipe").st_mode),
       "a pipe is written to, not replaced");
    ok(replace("piped") && read(from, got, 3) == 3 && is_link("piped") &&
           S_ISFIFO(status_of("pipe").st_mode),
       "... by way of a link");
    close(from);
}

static void test_drop(void)
{
    clrelu_atomic_file w;

    folder_put("kept", "old");
    if (!clrelu_atomic_file_begin(&w, "kept") || fputs("new", w.file) < 0)
        bail("%s", w.error);
    errno = ENOSPC;
    ok(!clrelu_atomic_file_end(&w, false) && errno == ENOSPC &&
           strcmp(w.error, strerror(ENOSPC)) == 0 && has("kept", "old"),
       "a file not written leaves the older one");
}

static bool is_left(const char *pattern)
{
    glob_t found;
    const bool left = glob(pattern, 0, NULL, &found) == 0;

    globfree(&found);
    return left;
}

int main(void)
{
    /* Not as root alone: users who are not see it, too. */
    const char *root = folder_enter();

    if (chmod(root, 0777))
        bail("chmod");
    umask(022);
    test_modes();
    test_read_only();
    test_owner();
    test_links(root);
    test_refused_links();
    test_refused();
    test_pipe();
    test_drop();
    ok(!is_left(".clrelu-*") && !is_left("*/.clrelu-*"),
       "no temporary file is left");
    folder_leave();
    return done_testing();
}
