/* fork.c - OpenCL does not survive a fork
 * SPDX-License-Identifier: MIT
 *
 * A driver's threads do not exist in the child, where PoCL waits for them
 * forever.  A handler of fork sets a flag.  Comparing getpid() would take up to
 * 300 ns, and in another namespace the number may be the parent's.  vfork and
 * posix_spawn do not call the handler; their child only calls exec. */
#include "base/fork.h"

#include <pthread.h>

#include "base/os.h"
#include "base/status.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pid_t user; /* the process that called OpenCL */
static bool is_child;

static void enter_child(void)
{
    is_child = true;
}

static void watch(void)
{
    user = getpid();
    clrelu_os_on_fork(enter_child);
}

clrelu_status clrelu_fork_check(void)
{
    pthread_once(&once, watch);
    if (!is_child)
        return CLRELU_OK;
    return clrelu_fail(CLRELU_FORKED,
                       "this process was forked from one that has used OpenCL "
                       "(process %ld), and OpenCL does not survive a fork: "
                       "call exec, or fork before the first use",
                       (long)user);
}

bool clrelu_fork_is_child(void)
{
    return is_child;
}
