/* os.h - what the operating system gives: POSIX, or its stand-in on Windows
 * SPDX-License-Identifier: MIT
 *
 * Library and command line are written for POSIX.  On Windows posix_windows.h
 * has the POSIX functions that mingw-w64 lacks or that differ there.  Calls
 * without an equal in POSIX are functions of their own, in os_posix.c and
 * os_windows.c. */
#ifndef CLRELU_BASE_OS_H
#define CLRELU_BASE_OS_H

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#ifdef _WIN32
#include "base/posix_windows.h"
#define CLRELU_OS_SEPARATORS "/\\"
#define CLRELU_OS_CACHE_VARIABLES "CLRELU_CACHE_DIR and LOCALAPPDATA"
#else
#define CLRELU_OS_SEPARATORS "/"
#define CLRELU_OS_CACHE_VARIABLES "CLRELU_CACHE_DIR, XDG_CACHE_HOME and HOME"
#endif

/* Whether it is a file, or folder, of this user that no other user may write:
 * administrators may. */
bool clrelu_os_is_private(int file, bool folder);

/* A set-id process has another user's or group's rights, and the environment of
 * the user who started it. */
bool clrelu_os_is_setid(void);

/* Locks one byte for this process, or returns false.  The operating system
 * releases it when the process dies. */
bool clrelu_os_try_lock(int file, unsigned byte);

/* Gives file the owner, group and permissions of old, as far as allowed. */
bool clrelu_os_keep_rights(int file, const struct stat *old);

struct timespec clrelu_os_modified(const struct stat *status);

/* The user's folder for caches; false if it is not known. */
bool clrelu_os_cache_home(char *path, size_t size);

/* What follows the last separator. */
const char *clrelu_os_base_name(const char *path);

/* act is called in each child of a fork. */
void clrelu_os_on_fork(void (*act)(void));

#endif
