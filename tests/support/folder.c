/* folder.c - folders that a test makes and removes
 * SPDX-License-Identifier: MIT */
#undef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* nftw */
#include "folder.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

static char entered[] = "/tmp/clrelu-test-XXXXXX";

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *at)
{
    (void)status, (void)type, (void)at;
    return remove(path);
}

void folder_remove(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *folder_enter(void)
{
    if (!mkdtemp(entered) || chdir(entered))
        bail("no folder to test in");
    return entered;
}

void folder_leave(void)
{
    if (chdir("/") == 0)
        folder_remove(entered);
}
