/* system_windows.c - the tests' operating system, where it is Windows
 * SPDX-License-Identifier: MIT */
#include "system.h"

#define WIN32_LEAN_AND_MEAN
#include <aclapi.h>
#include <errno.h>
#include <math.h>
#include <process.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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

/* For free().  The words become one line, which the child splits at spaces that
 * are not in quotes. */
static char *quote(const char *word)
{
    const size_t size = strlen(word) + 3;
    char *quoted = must_alloc(size);

    if (strchr(word, '"') || (*word && word[strlen(word) - 1] == '\\'))
        bail("%s: a quote, or a backslash at the end", word);
    snprintf(quoted, size, "\"%s\"", word);
    return quoted;
}

pid_t system_start(const char *const *words, int out)
{
    enum { MAX = 64 };
    char *quoted[MAX] = {NULL};
    int kept[2];

    for (int i = 0; i < MAX - 1 && words[i]; i++)
        quoted[i] = quote(words[i]);
    fflush(stdout);
    fflush(stderr);
    if (out >= 0)
        redirect(out, kept);
    const pid_t child =
        _spawnvp(_P_NOWAIT, words[0], (const char *const *)quoted);
    if (out >= 0)
        restore(kept);
    if (child == -1)
        diag("%s: %s", words[0], strerror(errno));
    for (int i = 0; quoted[i]; i++)
        free(quoted[i]);
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
    if (status >= ENDED)
        diag("the child was ended with 0x%lx", status);
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

bool system_drivers_see(void)
{
    return !GetProcAddress(GetModuleHandleA("ntdll"), "wine_get_version");
}

/* Instead of mingw-w64's, which rounds more than once.  The product is exact,
 * and a sum that is odd where it is not exact is not rounded twice. */
float fmaf(float x, float y, float z)
{
    const double product = (double)x * (double)y;
    double sum = product + (double)z;
    const double added = sum - product;
    const double lost = (product - (sum - added)) + ((double)z - added);
    uint64_t bits;

    memcpy(&bits, &sum, sizeof(bits));
    if (isfinite(sum) && lost != 0 && !(bits & 1))
        bits = (lost > 0) == (sum > 0) ? bits + 1 : bits - 1;
    memcpy(&sum, &bits, sizeof(bits));
    return (float)sum;
}
