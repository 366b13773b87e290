/* process.c - runs programs, and reads what they print
 * SPDX-License-Identifier: MIT */
#include "process.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

int process_run(const char *const *words)
{
    int status;
    const pid_t child = fork();

    if (child < 0)
        bail("fork");
    if (child == 0) {
        const int out = open("out", O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (dup2(out, 1) < 0 || dup2(out, 2) < 0)
            _exit(126);
        execvp(words[0], (char *const *)(uintptr_t)words);
        _exit(127);
    }
    if (waitpid(child, &status, 0) != child)
        bail("waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256;
}

size_t process_text(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "r");
    const size_t length = file ? fread(text, 1, size - 1, file) : 0;

    if (file)
        fclose(file);
    text[length] = '\0';
    return length;
}

void process_show(void)
{
    char text[4096];

    process_text("out", text, sizeof(text));
    diag("%s", text);
}
