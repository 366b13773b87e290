/* system_windows.c - the tests' operating system, where it is Windows
 * SPDX-License-Identifier: MIT */
#include "system.h"

#define WIN32_LEAN_AND_MEAN
#include <aclapi.h>
#include <process.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>

#include "base/os.h"
#include "tap.h"

enum { ENDED = 256 };

/* Both go to out, and are kept in kept; or back from it. */
static void redirect(int out, int kept[2])
{
    for (int i = 0; i < 2; i++) {
        kept[i] = _dup(i + 1);
        _dup2(out, i + 1);
    }
}

static void restore(const int kept[2])
{
    for (int i = 0; i < 2; i++) {
        _dup2(kept[i], i + 1);
        close(kept[i]);
    }
}

pid_t system_start(const char *const *words, int out)
{
    int kept[2];

    fflush(stdout);
    fflush(stderr);
    if (out >= 0)
        redirect(out, kept);
    const pid_t child = _spawnvp(_P_NOWAIT, words[0], words);
    if (out >= 0)
        restore(kept);
    return child;
}

int system_wait(pid_t child)
{
    DWORD status = 0;

    if (child == -1)
        return 127;
    if (WaitForSingleObject((HANDLE)child, INFINITE) ||
        !GetExitCodeProcess((HANDLE)child, &status))
        bail("no end of a child");
    CloseHandle((HANDLE)child);
    return status < ENDED ? (int)status : ENDED;
}

void system_kill(pid_t child)
{
    TerminateProcess((HANDLE)child, ENDED);
}

bool system_make_folder(char *name)
{
    char *end = name + strlen(name) - 6;
    const unsigned first = 1000 * (unsigned)GetCurrentProcessId();

    for (unsigned i = 0; i < 1000; i++) {
        snprintf(end, 7, "%06x", (first + i) & 0xffffff);
        if (!mkdir(name, 0700))
            return true;
    }
    return false;
}

bool system_open_to_all(const char *path)
{
    SID everyone = {
        SID_REVISION, 1, {SECURITY_WORLD_SID_AUTHORITY}, {SECURITY_WORLD_RID}};
    EXPLICIT_ACCESSA access = {.grfAccessPermissions = FILE_ALL_ACCESS,
                               .grfAccessMode = SET_ACCESS,
                               .Trustee.TrusteeForm = TRUSTEE_IS_SID,
                               .Trustee.ptstrName = (void *)&everyone};
    char name[4096];
    PACL list = NULL;

    snprintf(name, sizeof(name), "%s", path);
    const bool good =
        !SetEntriesInAclA(1, &access, NULL, &list) &&
        !SetNamedSecurityInfoA(name, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION,
                               NULL, NULL, list, NULL);
    LocalFree(list);
    return good;
}
