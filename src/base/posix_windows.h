/* posix_windows.h - POSIX functions that Windows lacks, or that differ there
 * SPDX-License-Identifier: MIT
 *
 * Included by base/os.h alone.  Files are opened so that others can rename and
 * remove them, as on POSIX. */
#ifndef CLRELU_BASE_POSIX_WINDOWS_H
#define CLRELU_BASE_POSIX_WINDOWS_H

#include <errno.h>
#include <io.h>
#include <pthread.h> /* nanosleep */
#include <stdint.h>
#include <stdio.h>  /* before rename is a macro */
#include <stdlib.h> /* _putenv_s */

/* Those above 1 << 23 are of clrelu_os_open alone. */
enum {
    O_CLOEXEC = O_NOINHERIT,
    O_NOCTTY = 0,
    O_NONBLOCK = 0,
    O_NOFOLLOW = 1 << 24,
    O_DIRECTORY = 1 << 25,
    AT_SYMLINK_NOFOLLOW = 1,
    AT_REMOVEDIR = 2
};

int clrelu_os_open(const char *path, int flags);
int clrelu_os_openat(int folder, const char *name, int flags);
int clrelu_os_stat(const char *path, struct stat *status);
int clrelu_os_unlink(const char *path);
int clrelu_os_unlinkat(int folder, const char *name, int flags);
int clrelu_os_rename(const char *from, const char *to);
int clrelu_os_renameat(int from_folder, const char *from, int to_folder,
                       const char *to);
int clrelu_os_fstatat(int folder, const char *name, struct stat *status);
DIR *clrelu_os_fdopendir(int folder);
int clrelu_os_touch(int file);
ssize_t clrelu_os_read(int file, void *bytes, size_t size);
ssize_t clrelu_os_write(int file, const void *bytes, size_t size);
ssize_t clrelu_os_pread(int file, void *bytes, size_t size, int64_t at);
ssize_t clrelu_os_pwrite(int file, const void *bytes, size_t size, int64_t at);
int clrelu_os_fsync(int file);

/* Permissions are inherited from the folder: modes are ignored. */
#define OS_FIRST_(path, flags, ...) path, flags
#define OS_AT_(folder, name, flags, ...) folder, name, flags
#define open(...) clrelu_os_open(OS_FIRST_(__VA_ARGS__, 0))
#define openat(...) clrelu_os_openat(OS_AT_(__VA_ARGS__, 0))
#define setenv(name, value, replace) _putenv_s(name, value)
#define unsetenv(name) _putenv_s(name, "")
#define _stat64(path, status) clrelu_os_stat(path, status) /* stat() */
#define mkdir(path, mode) (mkdir)(path)
#define unlink(path) clrelu_os_unlink(path)
#define unlinkat(folder, name, flags) clrelu_os_unlinkat(folder, name, flags)
#define rename(from, to) clrelu_os_rename(from, to)
#define renameat(a, from, b, to) clrelu_os_renameat(a, from, b, to)
#define fstatat(folder, name, status, flags) \
    clrelu_os_fstatat(folder, name, status)
#define fdopendir(folder) clrelu_os_fdopendir(folder)
#define futimens(file, times) clrelu_os_touch(file)
#define read(file, bytes, size) clrelu_os_read(file, bytes, size)
#define write(file, bytes, size) clrelu_os_write(file, bytes, size)
#define pread(file, bytes, size, at) clrelu_os_pread(file, bytes, size, at)
#define pwrite(file, bytes, size, at) clrelu_os_pwrite(file, bytes, size, at)
#define fsync(file) clrelu_os_fsync(file)

/* Links are opened, never read: none is a link here. */
#define lstat(path, status) stat(path, status)
#define readlink(path, link, size) \
    ((void)(path), (void)(link), errno = EINVAL, -1)
#define AT_FDCWD (-1)
#define AT_EACCESS 0
#define faccessat(folder, path, mode, flags) access(path, mode)

#endif
