/* fault_wrap.h - the names that the linker gives to functions it wraps
 * SPDX-License-Identifier: MIT
 *
 * tests/meson.build has the same list. */
#ifndef CLRELU_TESTS_FAULT_WRAP_H
#define CLRELU_TESTS_FAULT_WRAP_H

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#define WRAPPED(type, name, types) \
    type __real_##name types; \
    type __wrap_##name types

WRAPPED(void *, malloc, (size_t size));
WRAPPED(void *, calloc, (size_t n, size_t size));
WRAPPED(void *, realloc, (void *old, size_t size));
WRAPPED(char *, strdup, (const char *text));
WRAPPED(void, free, (void *it));
WRAPPED(int, pthread_mutex_init,
        (pthread_mutex_t * it, const pthread_mutexattr_t *attributes));
WRAPPED(FILE *, fopen, (const char *path, const char *mode));
WRAPPED(FILE *, fopen64, (const char *path, const char *mode));
WRAPPED(int, fclose, (FILE * file));
WRAPPED(size_t, fread, (void *to, size_t size, size_t n, FILE *file));
WRAPPED(size_t, fwrite, (const void *from, size_t size, size_t n, FILE *file));
WRAPPED(int, fflush, (FILE * file));
WRAPPED(int, ferror, (FILE * file));
WRAPPED(int, fseek, (FILE * file, long offset, int from));
WRAPPED(int, open, (const char *path, int flags, ...));
WRAPPED(int, open64, (const char *path, int flags, ...));
WRAPPED(int, openat, (int folder, const char *path, int flags, ...));
WRAPPED(int, openat64, (int folder, const char *path, int flags, ...));
WRAPPED(FILE *, fdopen, (int fd, const char *mode));
WRAPPED(ssize_t, readlink, (const char *path, char *to, size_t size));
WRAPPED(DIR *, opendir, (const char *path));
WRAPPED(DIR *, fdopendir, (int fd));
WRAPPED(int, closedir, (DIR * list));
WRAPPED(int, dup, (int fd));
WRAPPED(int, close, (int fd));
WRAPPED(ssize_t, read, (int fd, void *to, size_t size));
WRAPPED(ssize_t, write, (int fd, const void *from, size_t size));
WRAPPED(ssize_t, pread, (int fd, void *to, size_t size, off_t at));
WRAPPED(ssize_t, pread64, (int fd, void *to, size_t size, off_t at));
WRAPPED(ssize_t, pwrite, (int fd, const void *from, size_t size, off_t at));
WRAPPED(ssize_t, pwrite64, (int fd, const void *from, size_t size, off_t at));
WRAPPED(int, renameat,
        (int folder, const char *from, int to_folder, const char *to));
WRAPPED(int, mkdir, (const char *path, mode_t mode));
WRAPPED(int, fchmod, (int fd, mode_t mode));
WRAPPED(int, fsync, (int fd));
WRAPPED(int, rename, (const char *from, const char *to));
WRAPPED(int, clock_gettime, (clockid_t clock, struct timespec *time));
WRAPPED(int, fstat, (int fd, struct stat *status));
WRAPPED(int, fstat64, (int fd, struct stat *status));

#undef WRAPPED

#endif
