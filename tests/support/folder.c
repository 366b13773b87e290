/* folder.c - folders that a test makes and removes
 * SPDX-License-Identifier: MIT */
#undef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* nftw */
#include "folder.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>

#include "base/os.h"
#include "system.h"
#include "tap.h"

static char entered[] = "/tmp/clrelu-test-XXXXXX";

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *at)
{
    (void)status, (void)at;
    return type == FTW_DP ? rmdir(path) : unlink(path);
}

void folder_remove(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *folder_enter(void)
{
    if (!system_make_folder(entered) || chdir(entered))
        bail("no folder to test in");
    return entered;
}

void folder_leave(void)
{
    if (chdir("/") == 0)
        folder_remove(entered);
}

void folder_find(const char *path, const char *part, char name[256])
{
    DIR *all = opendir(path);
    const struct dirent *next;

    *name = '\0';
    while (all && (next = readdir(all)))
        if (strstr(next->d_name, part))
            snprintf(name, 256, "%s", next->d_name);
    if (all)
        closedir(all);
}

void folder_put(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");

    if (!file || fputs(text, file) < 0 || fclose(file))
        bail("%s cannot be written", path);
}
