/* spool.c - temporary files for pipes
 * SPDX-License-Identifier: MIT */
#include "spool.h"

#include <stdio.h>

#include "base/os.h"
#include "console.h"

bool spool_open(int *fd, failure *f)
{
    char name[4096];
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(name, sizeof(name), "%s/.clrelu-%ld-%ld.tmp", console_temporary(),
             (long)getpid(), now.tv_nsec);
    *fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (*fd < 0)
        return fail_errno(f, name);
    unlink(name);
    return true;
}
