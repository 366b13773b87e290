/* os_windows.c - the operating system, where it is Windows
 * SPDX-License-Identifier: MIT */
#include "base/os.h"

#define WIN32_LEAN_AND_MEAN
#include <aclapi.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

enum { PATH = 4096 };

/* ---------------------------------------------------------------- errors -- */

/* Sets errno; returns -1. */
static int fail(void)
{
    static const struct {
        DWORD theirs;
        int ours;
    } errors[] = {{ERROR_FILE_NOT_FOUND, ENOENT},
                  {ERROR_PATH_NOT_FOUND, ENOENT},
                  {ERROR_INVALID_NAME, ENOENT},
                  {ERROR_BAD_NETPATH, ENOENT},
                  {ERROR_FILE_EXISTS, EEXIST},
                  {ERROR_ALREADY_EXISTS, EEXIST},
                  {ERROR_NOT_ENOUGH_MEMORY, ENOMEM},
                  {ERROR_OUTOFMEMORY, ENOMEM},
                  {ERROR_DISK_FULL, ENOSPC},
                  {ERROR_HANDLE_DISK_FULL, ENOSPC},
                  {ERROR_DIR_NOT_EMPTY, ENOTEMPTY},
                  {ERROR_TOO_MANY_OPEN_FILES, EMFILE},
                  {ERROR_INVALID_HANDLE, EBADF},
                  {ERROR_BROKEN_PIPE, EPIPE},
                  {ERROR_NO_DATA, EPIPE},
                  {ERROR_ACCESS_DENIED, EACCES},
                  {ERROR_SHARING_VIOLATION, EACCES},
                  {ERROR_LOCK_VIOLATION, EACCES}};
    const DWORD error = GetLastError();

    errno = EIO;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (errors[i].theirs == error)
            errno = errors[i].ours;
    return -1;
}

static int result(BOOL good)
{
    return good ? 0 : fail();
}

/* ----------------------------------------------------------------- files -- */

static HANDLE handle_of(int file)
{
    return (HANDLE)_get_osfhandle(file);
}

static DWORD access_of(int flags)
{
    const DWORD writes =
        flags & O_APPEND ? FILE_APPEND_DATA | SYNCHRONIZE : GENERIC_WRITE;

    if (flags & O_RDWR)
        return GENERIC_READ | writes;
    if (flags & O_WRONLY)
        return writes | FILE_READ_ATTRIBUTES;
    return GENERIC_READ;
}

static DWORD creation_of(int flags)
{
    if (!(flags & O_CREAT))
        return flags & O_TRUNC ? TRUNCATE_EXISTING : OPEN_EXISTING;
    if (flags & O_EXCL)
        return CREATE_NEW;
    return flags & O_TRUNC ? CREATE_ALWAYS : OPEN_ALWAYS;
}

static HANDLE open_handle(const char *path, int flags, DWORD more_access)
{
    const DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    DWORD attributes = FILE_ATTRIBUTE_NORMAL;

    if (flags & O_DIRECTORY)
        attributes |= FILE_FLAG_BACKUP_SEMANTICS;
    if (flags & O_NOFOLLOW)
        attributes |= FILE_FLAG_OPEN_REPARSE_POINT;
    return CreateFileA(path, access_of(flags) | more_access, share, NULL,
                       creation_of(flags), attributes, NULL);
}

/* What O_NOFOLLOW and O_DIRECTORY refuse. */
static bool is_wanted(HANDLE handle, int flags)
{
    BY_HANDLE_FILE_INFORMATION info;

    if (!(flags & (O_NOFOLLOW | O_DIRECTORY)))
        return true;
    if (!GetFileInformationByHandle(handle, &info))
        return fail() == 0;
    errno = flags & O_DIRECTORY ? ENOTDIR : ELOOP;
    return flags & O_DIRECTORY
               ? (info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0
               : !(info.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT);
}

int clrelu_os_open(const char *path, int flags)
{
    /* For futimens, where it is allowed. */
    const bool touches = !(flags & (O_WRONLY | O_RDWR | O_DIRECTORY));
    const int kept = flags & (O_WRONLY | O_RDWR | O_APPEND | O_NOINHERIT);
    HANDLE handle =
        open_handle(path, flags, touches ? FILE_WRITE_ATTRIBUTES : 0);
    int file;

    if (handle == INVALID_HANDLE_VALUE && touches)
        handle = open_handle(path, flags, 0);
    if (handle == INVALID_HANDLE_VALUE)
        return fail();
    file = is_wanted(handle, flags)
               ? _open_osfhandle((intptr_t)handle, kept | _O_BINARY)
               : -1;
    if (file < 0)
        CloseHandle(handle);
    return file;
}

static bool is_device(const char *path)
{
    char full[PATH];
    const DWORD length = GetFullPathNameA(path, PATH, full, NULL);

    return length > 0 && length < PATH && strncmp(full, "\\\\.\\", 4) == 0;
}

/* The C runtime's knows no device, such as NUL. */
int clrelu_os_stat(const char *path, struct stat *status)
{
    if (!is_device(path))
        return (_stat64)(path, status);
    *status = (struct stat){.st_mode = S_IFCHR | 0666};
    return 0;
}

int clrelu_os_unlink(const char *path)
{
    return result(DeleteFileA(path));
}

int clrelu_os_rename(const char *from, const char *to)
{
    const DWORD flags = MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH;
    struct stat status;

    if (MoveFileExA(from, to, flags))
        return 0;
    fail();
    const int reason = errno;
    errno = !stat(to, &status) && S_ISDIR(status.st_mode) ? EISDIR : reason;
    return -1;
}

int clrelu_os_touch(int file)
{
    FILETIME now;

    GetSystemTimeAsFileTime(&now);
    return result(SetFileTime(handle_of(file), NULL, &now, &now));
}

/* What is no file has nothing to write out. */
int clrelu_os_fsync(int file)
{
    if (GetFileType(handle_of(file)) == FILE_TYPE_DISK)
        return result(FlushFileBuffers(handle_of(file)));
    errno = EINVAL;
    return -1;
}

static unsigned at_most(size_t size)
{
    return size < INT_MAX ? (unsigned)size : INT_MAX;
}

ssize_t clrelu_os_read(int file, void *bytes, size_t size)
{
    return _read(file, bytes, at_most(size));
}

ssize_t clrelu_os_write(int file, const void *bytes, size_t size)
{
    return _write(file, bytes, at_most(size));
}

static OVERLAPPED place(uint64_t at)
{
    return (OVERLAPPED){.Offset = (DWORD)at, .OffsetHigh = (DWORD)(at >> 32)};
}

ssize_t clrelu_os_pread(int file, void *bytes, size_t size, int64_t at)
{
    OVERLAPPED where = place((uint64_t)at);
    DWORD done = 0;

    if (!ReadFile(handle_of(file), bytes, at_most(size), &done, &where) &&
        GetLastError() != ERROR_HANDLE_EOF)
        return fail();
    return (ssize_t)done;
}

ssize_t clrelu_os_pwrite(int file, const void *bytes, size_t size, int64_t at)
{
    OVERLAPPED where = place((uint64_t)at);
    DWORD done = 0;

    if (!WriteFile(handle_of(file), bytes, at_most(size), &done, &where))
        return fail();
    return (ssize_t)done;
}

/* --------------------------------------------------------------- folders -- */

static bool join(int folder, const char *name, char path[PATH])
{
    const DWORD length =
        GetFinalPathNameByHandleA(handle_of(folder), path, PATH, 0);

    if (length == 0)
        return fail() == 0;
    if (length >= PATH || length + strlen(name) + 2 > PATH) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (strcmp(name, ".") != 0)
        snprintf(path + length, PATH - length, "\\%s", name);
    return true;
}

int clrelu_os_openat(int folder, const char *name, int flags)
{
    char path[PATH];

    return join(folder, name, path) ? clrelu_os_open(path, flags) : -1;
}

int clrelu_os_unlinkat(int folder, const char *name, int flags)
{
    char path[PATH];

    if (!join(folder, name, path))
        return -1;
    return result(flags & AT_REMOVEDIR ? RemoveDirectoryA(path)
                                       : DeleteFileA(path));
}

int clrelu_os_renameat(int from_folder, const char *from, int to_folder,
                       const char *to)
{
    char old_path[PATH], new_path[PATH];

    return join(from_folder, from, old_path) && join(to_folder, to, new_path)
               ? clrelu_os_rename(old_path, new_path)
               : -1;
}

int clrelu_os_fstatat(int folder, const char *name, struct stat *status)
{
    char path[PATH];

    return join(folder, name, path) ? stat(path, status) : -1;
}

DIR *clrelu_os_fdopendir(int folder)
{
    char path[PATH];
    DIR *all = join(folder, ".", path) ? opendir(path) : NULL;

    if (all)
        close(folder);
    return all;
}

bool clrelu_os_cache_home(char *path, size_t size)
{
    const char *local = getenv("LOCALAPPDATA");
    const int length = local ? snprintf(path, size, "%s", local) : -1;

    return length > 2 && (size_t)length < size && path[1] == ':';
}

const char *clrelu_os_base_name(const char *path)
{
    const char *base = path;

    for (; *path; path++)
        if (strchr(CLRELU_OS_SEPARATORS, *path))
            base = path + 1;
    return base;
}

/* ---------------------------------------------------------------- rights -- */

typedef union token {
    TOKEN_USER user;
    TOKEN_OWNER owner;
    BYTE bytes[256];
} token;

typedef struct identity {
    token user, owner; /* owner: of what this process creates */
} identity;

static bool get_identity(identity *me)
{
    HANDLE process = NULL;
    DWORD size;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &process))
        return false;
    const bool good = GetTokenInformation(process, TokenUser, &me->user,
                                          sizeof(token), &size) &&
                      GetTokenInformation(process, TokenOwner, &me->owner,
                                          sizeof(token), &size);
    CloseHandle(process);
    return good;
}

static bool is_trusted(const identity *me, PSID who)
{
    return EqualSid(who, me->user.user.User.Sid) ||
           EqualSid(who, me->owner.owner.Owner) ||
           IsWellKnownSid(who, WinLocalSystemSid) ||
           IsWellKnownSid(who, WinBuiltinAdministratorsSid);
}

/* Whether it lets somebody else write.  An unknown kind of entry is taken for
 * one that does. */
static bool is_foreign(const identity *me, ACE_HEADER *entry)
{
    const DWORD writes = GENERIC_ALL | GENERIC_WRITE | FILE_WRITE_DATA |
                         FILE_APPEND_DATA | FILE_DELETE_CHILD | DELETE |
                         WRITE_DAC | WRITE_OWNER;
    ACCESS_ALLOWED_ACE *allowed = (void *)entry;

    if (entry->AceFlags & INHERIT_ONLY_ACE ||
        entry->AceType == ACCESS_DENIED_ACE_TYPE)
        return false;
    return entry->AceType != ACCESS_ALLOWED_ACE_TYPE ||
           (allowed->Mask & writes && !is_trusted(me, &allowed->SidStart));
}

/* No list at all lets everybody. */
static bool is_closed(const identity *me, PACL list)
{
    void *entry;

    if (!list)
        return false;
    for (DWORD i = 0; i < list->AceCount; i++)
        if (!GetAce(list, i, &entry) || is_foreign(me, entry))
            return false;
    return true;
}

bool clrelu_os_is_private(int file, bool folder)
{
    BY_HANDLE_FILE_INFORMATION info;
    PSECURITY_DESCRIPTOR rights = NULL;
    PSID owner = NULL;
    PACL list = NULL;
    identity me;

    if (!GetFileInformationByHandle(handle_of(file), &info) ||
        !(info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == folder ||
        !get_identity(&me) ||
        GetSecurityInfo(handle_of(file), SE_FILE_OBJECT,
                        OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
                        &owner, NULL, &list, NULL, &rights))
        return false;
    const bool good = is_trusted(&me, owner) && is_closed(&me, list);
    LocalFree(rights);
    return good;
}

bool clrelu_os_is_setid(void)
{
    return false;
}

/* The new file has inherited its folder's. */
bool clrelu_os_keep_rights(int file, const struct stat *old)
{
    (void)file, (void)old;
    return true;
}

/* ----------------------------------------------------------------- other -- */

/* A lock keeps others from reading: it is for a byte beyond the file's. */
bool clrelu_os_try_lock(int file, unsigned byte)
{
    OVERLAPPED where = place(((uint64_t)1 << 32) + byte);

    return LockFileEx(handle_of(file),
                      LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1,
                      0, &where);
}

struct timespec clrelu_os_modified(const struct stat *status)
{
    return (struct timespec){.tv_sec = status->st_mtime};
}

/* There is no fork. */
void clrelu_os_on_fork(void (*act)(void))
{
    (void)act;
}
