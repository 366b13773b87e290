/* system_posix.c - the tests' operating system, where it is POSIX
 * SPDX-License-Identifier: MIT */
#include "system.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/os.h"
#include "process.h"
#include "tap.h"

pid_t system_start(const char *const *words, int out)
{
    fflush(stdout);
    const pid_t child = fork();

    if (child < 0)
        bail("fork");
    if (child > 0)
        return child;
    if (out >= 0 && (dup2(out, 1) < 0 || dup2(out, 2) < 0))
        _exit(126);
    execvp(words[0], (char *const *)(uintptr_t)words);
    _exit(127);
}

int system_wait(pid_t child)
{
    int status;

    if (waitpid(child, &status, 0) != child)
        bail("waitpid");
    if (WIFSIGNALED(status))
        diag("the child was ended by signal %d", WTERMSIG(status));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256;
}

void system_kill(pid_t child)
{
    kill(child, SIGKILL);
}

bool system_make_folder(char *name)
{
    return mkdtemp(name) != NULL;
}

bool system_open_to_all(const char *path)
{
    return !chmod(path, 0777);
}

bool system_drivers_see(void)
{
    return true;
}

bool process_fork(bool (*act)(void *data), void *data)
{
    enum { TIMEOUT = 120 };

    fflush(stdout);
    const pid_t child = fork();
    if (child < 0)
        bail("fork");
    if (child == 0) {
        alarm(TIMEOUT);
        const bool good = act(data);
        fflush(stdout);
        _exit(!good);
    }
    return system_wait(child) == 0;
}
