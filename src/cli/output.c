/* output.c - .npy files that are whole or absent
 * SPDX-License-Identifier: MIT */
#include "output.h"

#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 16 << 20 };

/* What the signal handler removes. */
static _Atomic(char *) temporaries[OUTPUT_MOST];

static void remember(char *old, char *new)
{
    for (size_t i = 0; i < OUTPUT_MOST; i++)
        if (atomic_load(&temporaries[i]) == old) {
            atomic_store(&temporaries[i], new);
            return;
        }
}

static void clean_up(void)
{
    for (size_t i = 0; i < OUTPUT_MOST; i++) {
        const char *temporary = atomic_load(&temporaries[i]);
        if (temporary)
            unlink(temporary);
    }
}

static void on_signal(int number)
{
    clean_up();
    raise(number);
}

void output_clean_up_at_exit(void)
{
    static const int numbers[] = {SIGHUP,  SIGINT,  SIGQUIT,
                                  SIGABRT, SIGPIPE, SIGTERM};
    struct sigaction action = {0}, old;

    action.sa_handler = on_signal;
    action.sa_flags = (int)(SA_RESETHAND | SA_NODEFER);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        /* nohup and shells ignore some for us. */
        if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
    /* A limit on a file's size shall be an error of write(). */
    signal(SIGXFSZ, SIG_IGN);
    /* Compilers inside drivers end the program when they fail. */
    atexit(clean_up);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static char *temporary_name(const output *o)
{
    const int folder = (int)(base_name(o->path) - o->path);
    const size_t size = (size_t)folder + 64;
    char *name = malloc(size);
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (name)
        snprintf(name, size, "%.*s.clrelu-%ld-%ld-%ld.tmp", folder, o->path,
                 (long)getpid(), now.tv_nsec, (long)(uintptr_t)o & 0xffff);
    return name;
}

static bool open_temporary(output *o, failure *f)
{
    o->temporary = temporary_name(o);
    if (!o->temporary)
        return fail(f, "%s: no memory for a name", o->name);
    /* First, so that a signal in between leaves nothing behind. */
    remember(NULL, o->temporary);
    o->fd = open(o->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (o->fd < 0) {
        fail_errno(f, o->name);
        remember(o->temporary, NULL);
        free(o->temporary);
        o->temporary = NULL;
        return false;
    }
    o->open = true;
    return true;
}

static bool open_direct(output *o, failure *f)
{
    const bool standard = !o->path;

    o->fd = standard ? dup(STDOUT_FILENO)
                     : open(o->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (o->fd < 0)
        return fail_errno(f, o->name);
    o->open = true;
    return true;
}

bool output_open(output *o, const char *path, failure *f)
{
    const size_t length = strlen(path);
    struct stat status;

    memset(o, 0, sizeof(*o));
    o->name = o->path = path;
    if (strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0) {
        o->name = "standard output";
        o->path = NULL;
        return open_direct(o, f);
    }
    const bool there = stat(path, &status) == 0;
    if (length == 0 || (!there && path[length - 1] == '/'))
        return fail(f, "%s: is not a file's name", path);
    if (there && S_ISDIR(status.st_mode))
        return fail(f, "%s: is a directory", path);
    if (there && !S_ISREG(status.st_mode))
        return open_direct(o, f);
    return open_temporary(o, f);
}

bool output_is_standard(const output *o)
{
    return !o->path;
}

bool output_differ(const output *a, const output *b, failure *f)
{
    char probe[4096];

    if (!a->temporary || !b->temporary ||
        strcmp(base_name(a->path), base_name(b->path)) != 0)
        return true;
    /* One folder, whatever its names, shows the temporary files of both. */
    snprintf(probe, sizeof(probe), "%.*s%s",
             (int)(base_name(b->path) - b->path), b->path,
             base_name(a->temporary));
    return access(probe, F_OK) != 0 ||
           fail(f, "%s and %s are the same file", a->name, b->name);
}

bool output_append(output *o, const void *bytes, size_t size, failure *f)
{
    const int fd = o->spool ? o->spool : o->fd;

    for (size_t done = 0; done < size;) {
        const ssize_t n = write(fd, (const char *)bytes + done, size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_errno(f, o->spool ? "the temporary file for a pipe"
                                          : o->name);
        done += (size_t)n;
    }
    o->spooled += o->spool ? size : 0;
    return true;
}

/* A device such as /dev/null takes what comes. */
static bool wants_spool(const output *o)
{
    struct stat status;

    return !o->temporary && (fstat(o->fd, &status) || !S_ISCHR(status.st_mode));
}

bool output_begin(output *o, const array *a, bool in_parts, failure *f)
{
    char header[NPY_MAX_HEADER];
    const size_t size =
        clrelu_npy_header_format(a->rank, a->dims, a->dtype, header);

    if (in_parts && wants_spool(o) && !spool_open(&o->spool, f))
        return false;
    return output_append(o, header, size, f);
}

static bool unspool(output *o, progress *p, failure *f)
{
    const int from = o->spool;
    char *bytes = malloc(PIECE);
    bool good = bytes || fail(f, "no memory for %d bytes", PIECE);

    progress_phase(p, "write", o->spooled);
    o->spool = 0;
    for (uint64_t done = 0; good && done < o->spooled;) {
        const ssize_t n = pread(from, bytes, PIECE, (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        good = n > 0 ? output_append(o, bytes, (size_t)n, f)
                     : fail_errno(f, "the temporary file for a pipe");
        done += n > 0 ? (uint64_t)n : 0;
        progress_add(p, n > 0 ? (uint64_t)n : 0);
    }
    free(bytes);
    close(from);
    return good;
}

bool output_finish(output *o, progress *p, failure *f)
{
    if (o->spool && !unspool(o, p, f))
        return false;
    /* Pipes, and some file systems, cannot. */
    if (fsync(o->fd) && errno != EINVAL && errno != ENOSYS &&
        errno != ENOTSUP && errno != EROFS)
        return fail_errno(f, o->name);
    o->open = false;
    return close(o->fd) == 0 || fail_errno(f, o->name);
}

bool output_write(output *o, const array *a, progress *p, failure *f)
{
    const size_t size = a->count * clrelu_dtype_size(a->dtype);

    progress_phase(p, "write", size);
    if (!output_begin(o, a, false, f))
        return false;
    for (size_t done = 0, n; done < size; done += n) {
        n = size - done < PIECE ? size - done : PIECE;
        if (!output_append(o, (const char *)a->data + done, n, f))
            return false;
        progress_add(p, n);
    }
    return output_finish(o, p, f);
}

bool output_commit(output *outputs, size_t count, failure *f)
{
    for (size_t i = 0; i < count; i++) {
        output *o = &outputs[i];
        if (!o->temporary)
            continue;
        if (rename(o->temporary, o->path)) {
            fail_errno(f, o->name);
            /* All or none. */
            while (i-- > 0)
                if (outputs[i].renamed)
                    unlink(outputs[i].path);
            return false;
        }
        o->renamed = true;
    }
    return true;
}

void output_close(output *outputs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        output *o = &outputs[i];
        if (o->open)
            close(o->fd);
        if (o->spool)
            close(o->spool);
        if (o->temporary && !o->renamed)
            unlink(o->temporary);
        if (o->temporary)
            remember(o->temporary, NULL);
        free(o->temporary);
        memset(o, 0, sizeof(*o));
    }
}
