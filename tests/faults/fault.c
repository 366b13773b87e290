/* fault.c - one failure at a time, in the calls that the library makes
 * SPDX-License-Identifier: MIT */
#include "fault.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <CL/cl.h>

#include "fault_wrap.h"
#include "layer_fault.h"
#include "tap.h"

static struct layer_fault *layer;
static enum fault_kind kind;
static long countdown, commands_before;
static int code;
static bool on_and_on;
static const char *failed;
static atomic_long blocks, files;
static FILE *broken;
static time_t clock_step; /* of each look at it; 0: it is right */

void fault_open(const char *path)
{
    cl_uint count;

    setenv("OPENCL_LAYERS", path, 1);
    clGetPlatformIDs(0, NULL, &count);
    void *handle = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
    if (handle)
        layer = dlsym(handle, "clrelu_layer_fault");
    if (!layer || atomic_load(&layer->calls) == 0)
        bail("the loader does not take the layer %s", path);
}

void fault_start(enum fault_kind what, long at, int with, bool more)
{
    kind = what;
    code = with;
    on_and_on = more;
    failed = NULL;
    commands_before = atomic_load(&layer->commands);
    if (kind != FAULT_OPENCL) {
        countdown = at;
        return;
    }
    atomic_store(&layer->failed, NULL);
    atomic_store(&layer->told, false);
    atomic_store(&layer->code, code);
    atomic_store(&layer->on_and_on, more);
    atomic_store(&layer->countdown, at);
}

const char *fault_stop(void)
{
    broken = NULL;
    countdown = 0;
    atomic_store(&layer->countdown, 0);
    return kind == FAULT_OPENCL ? atomic_load(&layer->failed) : failed;
}

void fault_guest_enter(void)
{
    atomic_store(&layer->guest, true);
}

void fault_guest_leave(bool told)
{
    atomic_store(&layer->guest, false);
    if (told)
        atomic_store(&layer->told, true);
}

bool fault_hidden(void)
{
    return kind == FAULT_OPENCL && atomic_load(&layer->failed) &&
           !atomic_load(&layer->told);
}

long fault_commands(void)
{
    return atomic_load(&layer->commands) - commands_before;
}

void fault_swallow(bool on)
{
    atomic_store(&layer->swallow, on);
}

void fault_hasten(bool on)
{
    clock_step = on;
    atomic_store(&layer->memory, on ? 1 << 20 : 0);
    fault_swallow(on);
}

void fault_delay(unsigned max)
{
    atomic_store(&layer->delay, max);
}

struct fault_alive fault_alive(void)
{
    struct fault_alive now = {{0}, atomic_load(&blocks), atomic_load(&files)};

    for (int i = 0; i < OBJECTS; i++)
        now.objects[i] = atomic_load(&layer->live[i]);
    return now;
}

bool fault_same(const struct fault_alive *before)
{
    static const char *const names[OBJECTS] = {"contexts", "queues",  "buffers",
                                               "programs", "kernels", "events"};
    const struct fault_alive now = fault_alive();
    bool good = true;

    for (int i = 0; i < OBJECTS; i++)
        if (now.objects[i] != before->objects[i]) {
            diag("%s: %ld more than before", names[i],
                 now.objects[i] - before->objects[i]);
            good = false;
        }
    if (now.blocks != before->blocks || now.files != before->files) {
        diag("%ld blocks of memory and %ld open files more than before",
             now.blocks - before->blocks, now.files - before->files);
        good = false;
    }
    return good;
}

static bool fails(enum fault_kind of, const char *name)
{
    if (of != kind || countdown <= 0 || --countdown > 0)
        return false;
    if (on_and_on)
        countdown = 1;
    failed = failed ? failed : name;
    errno = code == FAULT_SHORT ? ENOSPC : code;
    return true;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
    static time_t seconds;

    if (clock_step == 0)
        return __real_clock_gettime(clock, time);
    seconds += clock_step;
    *time = (struct timespec){seconds, 0};
    return 0;
}

/* ------------------------------------------------------------- memory -- */

/* Functions that return an object, which is counted, or NULL. */
#define MAKE(kind, counter, type, name, text, types, ...) \
    WRAPPED(type *, name, types); \
    type *__wrap_##name types \
    { \
        type *made = fails(kind, text) ? NULL : __real_##name(__VA_ARGS__); \
        counter += made != NULL; \
        return made; \
    }
#define ALLOCATE(type, name, types, ...) \
    MAKE(FAULT_MEMORY, blocks, type, name, #name, types, __VA_ARGS__)
ALLOCATE(void, malloc, (size_t size), size)
ALLOCATE(void, calloc, (size_t n, size_t size), n, size)
ALLOCATE(char, strdup, (const char *text), text)

void *__wrap_realloc(void *old, size_t size)
{
    void *made =
        fails(FAULT_MEMORY, "realloc") ? NULL : __real_realloc(old, size);

    blocks += made && !old;
    return made;
}

void __wrap_free(void *it)
{
    blocks -= it != NULL;
    __real_free(it);
}

int __wrap_pthread_mutex_init(pthread_mutex_t *it, const pthread_mutexattr_t *a)
{
    return fails(FAULT_MEMORY, "pthread_mutex_init")
               ? ENOMEM
               : __real_pthread_mutex_init(it, a);
}

/* -------------------------------------------------------------- files -- */

#define OPEN_STREAM(type, name, text, types, ...) \
    MAKE(FAULT_FILE, files, type, name, text, types, __VA_ARGS__)
OPEN_STREAM(FILE, fopen, "fopen", (const char *path, const char *mode), path,
            mode)
OPEN_STREAM(FILE, fopen64, "fopen", (const char *path, const char *mode), path,
            mode)
OPEN_STREAM(DIR, opendir, "opendir", (const char *path), path)

/* What fails to be closed is closed all the same, as Linux has it. */
int __wrap_fclose(FILE *file)
{
    const bool bad = fails(FAULT_FILE, "fclose");
    broken = broken == file ? NULL : broken;
    const int result = __real_fclose(file);

    files--;
    if (bad)
        errno = code == FAULT_SHORT ? ENOSPC : code;
    return bad ? EOF : result;
}

/* Half of what is there, as a medium gives that fails. */
size_t __wrap_fread(void *to, size_t size, size_t n, FILE *file)
{
    const bool bad = fails(FAULT_FILE, "fread");
    const size_t got = __real_fread(to, size, n, file);

    if (!bad)
        return got;
    broken = file;
    errno = code == FAULT_SHORT ? EIO : code;
    return got / 2;
}

int __wrap_ferror(FILE *file)
{
    return fails(FAULT_FILE, "ferror") || file == broken || __real_ferror(file);
}

size_t __wrap_fwrite(const void *from, size_t size, size_t n, FILE *file)
{
    if (!fails(FAULT_FILE, "fwrite"))
        return __real_fwrite(from, size, n, file);
    const size_t written = __real_fwrite(from, size, n / 2, file);
    broken = file;
    errno = code == FAULT_SHORT ? ENOSPC : code;
    return written;
}

int __wrap_fflush(FILE *file)
{
    if (!fails(FAULT_FILE, "fflush"))
        return __real_fflush(file);
    broken = file;
    return EOF;
}

static mode_t mode_of(int flags, va_list args)
{
    return flags & O_CREAT ? (mode_t)va_arg(args, unsigned) : 0;
}

/* The two names are for small and for large files. */
#define OPEN(name, text, types, ...) \
    WRAPPED(int, name, types); \
    int __wrap_##name types \
    { \
        va_list args; \
        va_start(args, flags); \
        const mode_t mode = mode_of(flags, args); \
        va_end(args); \
        const int fd = fails(FAULT_FILE, text) \
                           ? -1 \
                           : __real_##name(__VA_ARGS__, flags, mode); \
        files += fd >= 0; \
        return fd; \
    }
OPEN(open, "open", (const char *path, int flags, ...), path)
OPEN(open64, "open", (const char *path, int flags, ...), path)
OPEN(openat, "openat", (int at, const char *path, int flags, ...), at, path)
OPEN(openat64, "openat", (int at, const char *path, int flags, ...), at, path)

/* This and fdopendir() take the descriptor over. */
FILE *__wrap_fdopen(int fd, const char *mode)
{
    return fails(FAULT_FILE, "fdopen") ? NULL : __real_fdopen(fd, mode);
}

ssize_t __wrap_readlink(const char *path, char *to, size_t size)
{
    return fails(FAULT_FILE, "readlink") ? -1 : __real_readlink(path, to, size);
}

DIR *__wrap_fdopendir(int fd)
{
    return fails(FAULT_FILE, "fdopendir") ? NULL : __real_fdopendir(fd);
}

int __wrap_closedir(DIR *list)
{
    files--;
    return __real_closedir(list);
}

int __wrap_dup(int fd)
{
    const int made = fails(FAULT_FILE, "dup") ? -1 : __real_dup(fd);

    files += made >= 0;
    return made;
}

int __wrap_close(int fd)
{
    const bool bad = fails(FAULT_FILE, "close");
    const int result = __real_close(fd);

    files--;
    if (bad)
        errno = code == FAULT_SHORT ? ENOSPC : code;
    return bad ? -1 : result;
}

/* Short, it moves one byte at least: none would be the file's end. */
#define MOVE(name, text, types, fd, it, ...) \
    WRAPPED(ssize_t, name, types); \
    ssize_t __wrap_##name types \
    { \
        if (!fails(FAULT_FILE, text)) \
            return __real_##name(fd, it, __VA_ARGS__); \
        size = size / 2 + size % 2; \
        return code == FAULT_SHORT ? __real_##name(fd, it, __VA_ARGS__) : -1; \
    }
#define AT size_t size, off_t at
MOVE(read, "read", (int fd, void *to, size_t size), fd, to, size)
MOVE(write, "write", (int fd, const void *from, size_t size), fd, from, size)
MOVE(pread, "pread", (int fd, void *to, AT), fd, to, size, at)
MOVE(pread64, "pread", (int fd, void *to, AT), fd, to, size, at)
MOVE(pwrite, "pwrite", (int fd, const void *from, AT), fd, from, size, at)
MOVE(pwrite64, "pwrite", (int fd, const void *from, AT), fd, from, size, at)

/* Calls that fail as a whole. */
#define PLAIN(name, text, types, ...) \
    WRAPPED(int, name, types); \
    int __wrap_##name types \
    { \
        return fails(FAULT_FILE, text) ? -1 : __real_##name(__VA_ARGS__); \
    }
PLAIN(fseek, "fseek", (FILE * file, long offset, int from), file, offset, from)
PLAIN(renameat, "renameat",
      (int folder, const char *from, int to_folder, const char *to), folder,
      from, to_folder, to)
PLAIN(mkdir, "mkdir", (const char *path, mode_t mode), path, mode)
PLAIN(fchmod, "fchmod", (int fd, mode_t mode), fd, mode)
PLAIN(fsync, "fsync", (int fd), fd)
PLAIN(rename, "rename", (const char *from, const char *to), from, to)
PLAIN(fstat, "fstat", (int fd, struct stat *status), fd, status)
PLAIN(fstat64, "fstat", (int fd, struct stat *status), fd, status)
