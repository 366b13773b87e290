/* process.c - runs programs, and reads what they print
 * SPDX-License-Identifier: MIT */
#include "process.h"

#include <stdlib.h>
#include <string.h>

#include "base/os.h"
#include "device.h"
#include "folder.h"
#include "system.h"
#include "tap.h"

static const char *program;

int process_run(const char *const *words)
{
    const int out = open("out", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (out < 0)
        bail("out cannot be written");
    const int status = system_wait(system_start(words, out));

    close(out);
    return status;
}

pid_t process_start(const char *const *words)
{
    return system_start(words, -1);
}

bool process_end(pid_t child)
{
    return system_wait(child) == 0;
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

size_t process_count(const char *path, char character)
{
    FILE *file = fopen(path, "r");
    size_t count = 0;

    for (int c; file && (c = fgetc(file)) != EOF;)
        count += c == character;
    if (file)
        fclose(file);
    return count;
}

void process_show(void)
{
    char text[4096];

    process_text("out", text, sizeof(text));
    diag("%s", text);
}

const char *process_self(char **argv)
{
    static char self[4096];
    const bool is_whole = *argv[0] == '/' || argv[0][1] == ':';

    if (!is_whole && !getcwd(self, sizeof(self) / 2))
        bail("no path to this program");
    snprintf(self + strlen(self), sizeof(self) / 2, "%s%s", *self ? "/" : "",
             argv[0]);
    return self;
}

const char *process_cache(const char *folder)
{
    static char path[512];

    snprintf(path, sizeof(path), "%s/cache", folder);
    setenv("CLRELU_CACHE_DIR", path, 1);
    setenv("CLRELU_CACHE", "1", 1);
    return path;
}

const char *process_enter(int argc, char **argv)
{
    const char *folder;

    device_need();
    if (argc < 2 || argv[1][0] != '/')
        bail("needs the program's path from the root on");
    program = argv[1];
    folder = folder_enter();
    process_cache(folder);
    return folder;
}

int process_line(const char *line)
{
    const char *words[16] = {program};
    char copy[512];
    size_t count = 1;

    snprintf(copy, sizeof(copy), "%s", line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        words[count++] = word;
    return process_run(words);
}

bool process_says(const char *part)
{
    char text[16384];

    process_text("out", text, sizeof(text));
    if (strstr(text, part))
        return true;
    process_show();
    return false;
}

void process_gives(const char *line, int status, const char *part,
                   const char *what)
{
    const int got = process_line(line);

    if (!ok(got == status && process_says(part), "%s", what))
        diag("clrelu %s: status %d", line, got);
}
