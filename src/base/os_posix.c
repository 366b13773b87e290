/* os_posix.c - the operating system, where it is POSIX
 * SPDX-License-Identifier: MIT */
#include "base/os.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool clrelu_os_is_private(int file, bool folder)
{
    struct stat status;

    return !fstat(file, &status) &&
           (status.st_mode & S_IFMT) == (folder ? S_IFDIR : S_IFREG) &&
           status.st_uid == geteuid() &&
           !(status.st_mode & (S_IWGRP | S_IWOTH));
}

bool clrelu_os_is_setid(void)
{
    return geteuid() != getuid() || getegid() != getgid();
}

bool clrelu_os_try_lock(int file, unsigned byte)
{
    struct flock lock = {.l_type = F_WRLCK,
                         .l_whence = SEEK_SET,
                         .l_start = (off_t)byte,
                         .l_len = 1};

    return fcntl(file, F_SETLK, &lock) == 0;
}

/* If the group cannot be kept, the new group gets no more than the others. */
bool clrelu_os_keep_rights(int file, const struct stat *old)
{
    mode_t mode = old->st_mode & 0777;
    struct stat new;

    if (fstat(file, &new))
        return false;
    if ((new.st_uid != old->st_uid || new.st_gid != old->st_gid) &&
        fchown(file, old->st_uid, old->st_gid) &&
        fchown(file, (uid_t)-1, old->st_gid))
        mode &= ~(mode_t)070 | mode << 3;
    return !fchmod(file, mode);
}

struct timespec clrelu_os_modified(const struct stat *status)
{
    return status->st_mtim;
}

bool clrelu_os_cache_home(char *path, size_t size)
{
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int length = -1;

    if (xdg && *xdg == '/')
        length = snprintf(path, size, "%s", xdg);
    else if (home && *home == '/')
        length = snprintf(path, size, "%s/.cache", home);
    return length > 0 && (size_t)length < size;
}

const char *clrelu_os_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* The C library removes the handler when this library is unloaded.  If memory
 * runs out here, forks are not detected. */
void clrelu_os_on_fork(void (*act)(void))
{
    (void)pthread_atfork(NULL, NULL, act);
}
