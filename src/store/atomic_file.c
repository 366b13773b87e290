/* atomic_file.c - files written under a temporary name, then renamed
 * SPDX-License-Identifier: MIT */
#include "store/atomic_file.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/os.h"

enum { MAX_LINKS = 40 }; /* as Linux has it */

static bool fail(clrelu_atomic_file *w, const char *error)
{
    w->error = error ? error : strerror(errno);
    errno = error ? 0 : errno;
    return false;
}

static bool fail_with(clrelu_atomic_file *w, int reason)
{
    errno = reason;
    return fail(w, NULL);
}

/* The characters up to the last separator. */
static int folder_length(const char *path)
{
    return (int)(clrelu_os_base_name(path) - path);
}

/* A link in /proc may name another file than it opens. */
static bool is_same(const clrelu_atomic_file *w)
{
    struct stat now;

    if (lstat(w->path, &now))
        return !w->replaces;
    return w->replaces && now.st_dev == w->old.st_dev &&
           now.st_ino == w->old.st_ino;
}

/* Replaces a symbolic link by its target, which need not exist. */
static bool follow(clrelu_atomic_file *w)
{
    char link[ATOMIC_FILE_PATH];

    for (int i = 0; i < MAX_LINKS; i++) {
        const ssize_t n = readlink(w->path, link, sizeof(link) - 1);
        if (n < 0 && errno != EINVAL && errno != ENOENT)
            return fail(w, NULL);
        if (n < 0)
            return i == 0 || is_same(w) || fail_with(w, ENOENT);
        const int folder = *link == '/' ? 0 : folder_length(w->path);
        if (folder + n >= ATOMIC_FILE_PATH)
            return fail_with(w, ENAMETOOLONG);
        link[n] = '\0';
        strcpy(w->path + folder, link);
    }
    return fail_with(w, ELOOP);
}

/* A file must be writable to be replaced. */
static bool check_old(clrelu_atomic_file *w)
{
    if (stat(w->path, &w->old)) {
        w->old.st_mode = 0;
        return errno == ENOENT || fail(w, NULL);
    }
    if (S_ISDIR(w->old.st_mode))
        return fail(w, "is a directory");
    w->replaces = S_ISREG(w->old.st_mode);
    if (!w->replaces || !faccessat(AT_FDCWD, w->path, W_OK, AT_EACCESS))
        return true;
    return fail(w, w->old.st_mode & 0222 ? NULL : "is read-only");
}

bool clrelu_write_all(int file, const void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        const ssize_t n = write(file, (const char *)bytes + done, size - done);
        if (n < 0 && errno != EINTR)
            return false;
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* Unique in the folder, among all users. */
static bool make_name(clrelu_atomic_file *w)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    const int length =
        snprintf(w->temporary, ATOMIC_FILE_PATH, "%.*s.clrelu-%ld-%ld-%lx.tmp",
                 folder_length(w->path), w->path, (long)getpid(), now.tv_nsec,
                 (unsigned long)(uintptr_t)w);
    return length < ATOMIC_FILE_PATH || fail_with(w, ENAMETOOLONG);
}

static bool open_stream(clrelu_atomic_file *w, int file)
{
    w->file = file < 0 ? NULL : fdopen(file, "wb");
    if (w->file)
        return true;
    fail(w, NULL);
    if (file >= 0)
        close(file);
    return false;
}

bool clrelu_atomic_file_name(clrelu_atomic_file *w, const char *path)
{
    memset(w, 0, sizeof(*w));
    if (strlen(path) >= ATOMIC_FILE_PATH)
        return fail_with(w, ENAMETOOLONG);
    strcpy(w->path, path);
    if (!check_old(w))
        return false;
    if (w->old.st_mode && !w->replaces)
        return open_stream(w, open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY));
    if (!follow(w))
        return false;
    if (!w->path[folder_length(w->path)])
        return fail(w, "is not a file's name");
    return make_name(w);
}

bool clrelu_atomic_file_open(clrelu_atomic_file *w)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;

    if (!*w->temporary)
        return true;
    /* For the owner alone until they are the old ones': the permissions. */
    const int file = open(w->temporary, flags, w->replaces ? 0600 : 0666);
    if (file < 0)
        *w->temporary = '\0';
    return open_stream(w, file) &&
           (!w->replaces || clrelu_os_keep_rights(file, &w->old) ||
            fail(w, NULL));
}

bool clrelu_atomic_file_close(clrelu_atomic_file *w)
{
    if (ferror(w->file) || fflush(w->file))
        return fail(w, NULL);
    /* Pipes and some file systems have no fsync. */
    if (fsync(fileno(w->file)) && errno != EINVAL && errno != ENOSYS &&
        errno != ENOTSUP && errno != EROFS)
        return fail(w, NULL);
    FILE *const file = w->file;
    w->file = NULL;
    return !fclose(file) || fail(w, NULL);
}

bool clrelu_atomic_file_commit(clrelu_atomic_file *w)
{
    if (!*w->temporary)
        return true;
    w->renamed = !rename(w->temporary, w->path);
    return w->renamed || fail(w, NULL);
}

void clrelu_atomic_file_discard(clrelu_atomic_file *w)
{
    const int reason = errno;

    if (w->file)
        fclose(w->file);
    if (*w->temporary && !w->renamed)
        unlink(w->temporary);
    w->file = NULL;
    *w->temporary = '\0';
    errno = reason;
}

bool clrelu_atomic_file_begin(clrelu_atomic_file *w, const char *path)
{
    const bool good =
        clrelu_atomic_file_name(w, path) && clrelu_atomic_file_open(w);

    if (!good)
        clrelu_atomic_file_discard(w);
    return good;
}

bool clrelu_atomic_file_end(clrelu_atomic_file *w, bool good)
{
    good = (good || fail(w, NULL)) && clrelu_atomic_file_close(w) &&
           clrelu_atomic_file_commit(w);
    clrelu_atomic_file_discard(w);
    return good;
}
