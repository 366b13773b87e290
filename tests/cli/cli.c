/* cli.c - runs the command line as people run it
 * SPDX-License-Identifier: MIT */
#include "cli.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device.h"
#include "folder.h"
#include "tap.h"

static const char *program;
const int cli_signals[CLI_SIGNALS] = {SIGHUP, SIGINT, SIGPIPE, SIGTERM};
const float cli_x[6] = {-2, 3, -0.5f, -0.0f, 1, 1.5f};
const float cli_dy[6] = {1, 2, 3, 4, 5, 6};

enum { MAX_WORDS = 32 };

/* Words of a command line, split at single spaces; '' is an empty one. */
static void split(const char *line, char copy[CLI_OUTPUT],
                  char *words[MAX_WORDS])
{
    size_t count = 0;

    snprintf(copy, CLI_OUTPUT, "clrelu %s", line);
    for (char *word = copy; word && count + 1 < MAX_WORDS; count++) {
        words[count] = word;
        word = strchr(word, ' ');
        if (word)
            *word++ = '\0';
        if (strcmp(words[count], "''") == 0)
            words[count][0] = '\0';
    }
    if (strcmp(line, "") == 0)
        count = 1;
    words[count] = NULL;
}

pid_t cli_start(const char *line, int in, int out, int err)
{
    char copy[CLI_OUTPUT], *words[MAX_WORDS];
    const pid_t child = fork();

    if (child < 0)
        bail("fork");
    if (child > 0)
        return child;
    split(line, copy, words);
    /* A test may be run with some of them ignored. */
    for (size_t i = 0; i < CLI_SIGNALS; i++)
        signal(cli_signals[i], SIG_DFL);
    if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
        _exit(126);
    execv(program, words);
    _exit(127);
}

int cli_end(pid_t child)
{
    int status;

    if (waitpid(child, &status, 0) != child)
        bail("waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

void cli_read_back(FILE *file, char text[CLI_OUTPUT])
{
    rewind(file);
    text[fread(text, 1, CLI_OUTPUT - 1, file)] = '\0';
    fclose(file);
}

struct cli_result cli_run_on(int in, const char *line)
{
    struct cli_result r;
    FILE *out = tmpfile(), *err = tmpfile();

    if (!out || !err)
        bail("tmpfile");
    r.status = cli_end(cli_start(line, in, fileno(out), fileno(err)));
    cli_read_back(out, r.out);
    cli_read_back(err, r.err);
    return r;
}

struct cli_result cli_run(const char *line)
{
    const int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    const struct cli_result r = cli_run_on(in, line);

    close(in);
    return r;
}

const char *cli_line(const char *format, ...)
{
    static char line[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    return line;
}

size_t cli_entries(void)
{
    size_t count = 0;
    DIR *here = opendir(".");

    while (here && readdir(here))
        count++;
    if (here)
        closedir(here);
    return count;
}

bool cli_quiet(const char *line)
{
    const struct cli_result r = cli_run(line);
    const bool good = r.status == 0 && !r.out[0] && !r.err[0];

    if (!good)
        diag("status %d, stdout '%s', stderr '%s'", r.status, r.out, r.err);
    return good;
}

void cli_gives(const char *line, const char *shape, const float *want, size_t n)
{
    unlink("y.npy");
    ok(cli_quiet(line) && cli_check_npy("y.npy", shape, want, n), "%s", line);
}

void cli_refuse_on(int in, const char *line, int status, const char *word,
                   const char *what)
{
    unlink("y.npy");
    unlink("da.npy");
    const size_t before = cli_entries();
    const struct cli_result r = cli_run_on(in, line);
    const char *feed = strchr(r.err, '\n');
    const bool good = r.status == status && !r.out[0] &&
                      strncmp(r.err, "clrelu: ", 8) == 0 && feed && !feed[1] &&
                      strstr(r.err, word) && cli_entries() == before;

    if (!good)
        diag("status %d, should be %d; stderr '%s', should name '%s'; %zu "
             "entries of %zu",
             r.status, status, r.err, word, cli_entries(), before);
    ok(good, "refused: %s%s", line, what);
}

void cli_refuse(const char *line, int status, const char *word)
{
    const int in = open("/dev/null", O_RDONLY | O_CLOEXEC);

    cli_refuse_on(in, line, status, word, "");
    close(in);
}

void cli_prints(const char *line, const char *word)
{
    const struct cli_result r = cli_run(line);
    const bool good = r.status == 0 && !r.err[0] && strstr(r.out, word);

    if (!good)
        diag("status %d, stdout '%s', stderr '%s'", r.status, r.out, r.err);
    ok(good, "'%s' prints '%s'", line, word);
}

static void write_inputs(void)
{
    static const float t[] = {1, 2, 3, 4, 5, 6}, alpha[] = {10, 20, 30},
                       seven = 7, minus_two = -2, pair[] = {-0.5f, 0.25f};

    cli_write_npy("x.npy", "(2, 3)", cli_x, 6);
    cli_write_npy("dy.npy", "(2, 3)", cli_dy, 6);
    cli_write_npy("t.npy", "(3, 2)", t, 6);
    cli_write_npy("a3.npy", "(3,)", alpha, 3);
    cli_write_npy("a1.npy", "(1,)", &seven, 1);
    cli_write_npy("a0.npy", "()", &seven, 1);
    cli_write_npy("r0.npy", "()", &minus_two, 1);
    cli_write_npy("r1.npy", "(2,)", pair, 2);
    cli_write_npy("e.npy", "(0, 3)", t, 0);
    if (mkdir("folder", 0777) || mkfifo("fifo", 0666))
        bail("mkdir, mkfifo");
    if (symlink("/dev/null", "null") || symlink("/dev/full", "full"))
        bail("symlink");
}

void cli_begin(int argc, char **argv)
{
    device_need();
    if (argc < 2 || argv[1][0] != '/')
        bail("needs the program's path from the root on");
    program = argv[1];
    unsetenv("CLRELU_DEVICE");
    folder_enter();
    write_inputs();
}

int cli_finish(void)
{
    folder_leave();
    return done_testing();
}
