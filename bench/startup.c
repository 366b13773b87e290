/* startup.c - from the start of a process to its first result
 * SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* nftw */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "modes.h"
#include "samples.h"

enum { RUNS = 7, PATH = 256 };

/* Caches in folders of their own, so that each can be emptied. */
typedef struct caches {
    char driver[PATH], library[PATH];
} caches;

/* Each driver looks at its own. */
static const char *const driver_variables[] = {
    "POCL_CACHE_DIR", "CUDA_CACHE_PATH", "MESA_SHADER_CACHE_DIR",
    "NEO_CACHE_DIR",  "XDG_CACHE_HOME",
};

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *position)
{
    (void)status, (void)type, (void)position;
    return remove(path);
}

static void remove_all(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_folder(char *path)
{
    const char *base = getenv("TMPDIR");

    snprintf(path, PATH, "%s/clrelu-bench-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(path))
        die("cannot make a folder like %s", path);
}

static void empty(char *path)
{
    remove_all(path);
    make_folder(path);
}

static void set_variables(const caches *c, bool library)
{
    setenv("CLRELU_CACHE", library ? "1" : "0", 1);
    setenv("CLRELU_CACHE_DIR", c->library, 1);
    for (size_t i = 0; i < COUNT_OF(driver_variables); i++)
        setenv(driver_variables[i], c->driver, 1);
}

/* Never returns. */
static void become_child(const options *o, const char *program, const caches *c,
                         bool library, int out)
{
    char started[32];

    set_variables(c, library);
    dup2(out, 1);
    snprintf(started, sizeof(started), "%.9f", now());
    if (o->device)
        execlp(program, program, "--first-result", started, "--device",
               o->device, (char *)NULL);
    else
        execlp(program, program, "--first-result", started, (char *)NULL);
    _exit(1);
}

/* Seconds from the start of a process to its first result, as it says. */
static double run_child(const options *o, const char *program, const caches *c,
                        bool library)
{
    double seconds = -1;
    int ends[2], status = 1;
    FILE *from;
    pid_t child;

    if (pipe(ends))
        die("cannot make a pipe");
    fflush(NULL);
    child = fork();
    if (child < 0)
        die("cannot start a process");
    if (child == 0)
        become_child(o, program, c, library, ends[1]);
    close(ends[1]);
    from = must_have(fdopen(ends[0], "r"));
    if (fscanf(from, "%lf", &seconds) != 1)
        seconds = -1;
    fclose(from);
    waitpid(child, &status, 0);
    if (status || seconds < 0)
        die("the process started for --startup failed");
    return seconds;
}

/* What a row finds; the library's cache is off where it is to be empty and to
 * stay so. */
typedef struct row {
    const char *name;
    bool driver_empty, library_empty, library;
} row;

static double time_row(const options *o, const char *program, caches *c,
                       const row *r)
{
    double seconds[RUNS], middle;

    for (size_t i = 0; i < RUNS; i++) {
        if (r->driver_empty)
            empty(c->driver);
        if (r->library_empty)
            empty(c->library);
        seconds[i] = run_child(o, program, c, r->library);
    }
    middle = median(seconds, RUNS);
    printf("%-44s %10.1f %10.1f\n", r->name, 1e3 * middle, 1e3 * seconds[0]);
    fflush(stdout);
    return middle;
}

bool startup_run(const options *o, const char *program)
{
    static const row rows[] = {
        {"no cache", true, true, false},
        {"the driver's cache", false, true, false},
        {"clrelu's cache, empty", true, true, true},
        {"clrelu's cache", true, false, true},
        {"both caches", false, false, true},
    };
    double seconds[COUNT_OF(rows)];
    caches c;

    make_folder(c.driver);
    make_folder(c.library);
    printf("From the start of a process to its first result, milliseconds, of "
           "%d runs\n\n%-44s %10s %10s\n",
           RUNS, "", "median", "best");
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        seconds[i] = time_row(o, program, &c, &rows[i]);
    printf("\nclrelu's cache / no cache: %.3f\n"
           "both caches / the driver's cache: %.3f\n",
           seconds[3] / seconds[0], seconds[4] / seconds[1]);
    remove_all(c.driver);
    remove_all(c.library);
    return true;
}

bool startup_first_result(const options *o)
{
    enum { N = 1024 };
    static float x[N] = {-1}, y[N];
    cl_mem in, out;
    harness h;

    harness_open(&h, o->device);
    in = must_have(harness_buffer(&h, N, x));
    out = must_have(harness_buffer(&h, N, x));
    must(clrelu_forward(h.library, &(clrelu_exec){.queue = h.queue},
                        &(clrelu_elementwise){.op = CLRELU_LEAKY_RELU,
                                              .dtype = CLRELU_FLOAT32,
                                              .scalar = 0.3,
                                              .n = N,
                                              .x = clrelu_at(in, 0),
                                              .y = clrelu_at(out, 0)}));
    if (!harness_read(&h, out, N, y) || y[0] != 0.3f * x[0])
        die("the first result is wrong");
    printf("%.9f\n", now() - o->started);
    fflush(stdout);
    /* Some drivers write their caches at the end. */
    harness_release(&in);
    harness_release(&out);
    harness_close(&h);
    return true;
}
