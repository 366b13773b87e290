/* fault_wrap.h - the names that the linker gives to functions it wraps
 * SPDX-License-Identifier: MIT
 *
 * Those of functions that the macros in fault.c define are there. */
#ifndef CLRELU_TESTS_FAULT_WRAP_H
#define CLRELU_TESTS_FAULT_WRAP_H

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>

#define WRAPPED(type, name, types) \
    type __real_##name types; \
    type __wrap_##name types

WRAPPED(void *, realloc, (void *old, size_t size));
WRAPPED(void, free, (void *it));
WRAPPED(int, pthread_mutex_init,
        (pthread_mutex_t * it, const pthread_mutexattr_t *attributes));
WRAPPED(int, fclose, (FILE * file));
WRAPPED(size_t, fread, (void *to, size_t size, size_t n, FILE *file));
WRAPPED(size_t, fwrite, (const void *from, size_t size, size_t n, FILE *file));
WRAPPED(int, fflush, (FILE * file));
WRAPPED(int, ferror, (FILE * file));
WRAPPED(FILE *, fdopen, (int fd, const char *mode));
WRAPPED(ssize_t, readlink, (const char *path, char *to, size_t size));
WRAPPED(DIR *, fdopendir, (int fd));
WRAPPED(int, closedir, (DIR * list));
WRAPPED(int, dup, (int fd));
WRAPPED(int, close, (int fd));
WRAPPED(ssize_t, read, (int fd, void *to, size_t size));
WRAPPED(int, clock_gettime, (clockid_t clock, struct timespec *time));

#endif
