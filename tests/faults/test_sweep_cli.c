/* test_sweep_cli.c - every subcommand, with every call failing once
 * SPDX-License-Identifier: MIT
 *
 * The command line's main() is called clrelu_main() here.
 *
 *   test_sweep_cli LAYER [all|some|LINE]
 *       all: every call instead of each 17th; some: each 101st
 *   test_sweep_cli --list
 *       the lines, each with its subcommand first
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clrelu.h"
#include "fault_wrap.h"
#include "folder.h"
#include "npy/npy.h"
#include "random.h"
#include "sweep.h"
#include "tap.h"

int clrelu_main(int argc, char **argv);

enum { MAX_WORDS = 32, TEXT = 8192 };

#define CACHE "kept"
#define SOURCES "sources"
#define PROGRAMS "all.programs"

static const char *const folders[] = {CACHE, SOURCES};
static char folder[] = "/tmp/clrelu-sweep-XXXXXX";
static char said[] = "/tmp/clrelu-said-XXXXXX"; /* what the program prints    */
static int said_fd;

static void write_npy(const char *name, size_t rank, const size_t *dims)
{
    char header[NPY_MAX_HEADER];
    const size_t size =
        clrelu_npy_header_format(rank, dims, CLRELU_FLOAT32, header);
    uint64_t random = 3;
    size_t n = 1;
    FILE *file = fopen(name, "wb");

    if (!file)
        bail("%s cannot be written", name);
    for (size_t i = 0; i < rank; i++)
        n *= dims[i];
    fwrite(header, 1, size, file);
    for (size_t i = 0; i < n; i++) {
        const float value = random_uniform(&random, -2.0f, 2.0f);
        fwrite(&value, sizeof(value), 1, file);
    }
    fclose(file);
}

static void write_inputs(void)
{
    const size_t dims[] = {4, 3, 5};

    write_npy("x.npy", 3, dims);
    write_npy("dy.npy", 3, dims);
    write_npy("a.npy", 2, dims + 1);
}

/* An older file, that must be there as long as the new one is not. */
static void write_older(const struct scenario *s)
{
    (void)s;
    folder_put("y.npy", "older");
}

static void remove_outputs(const struct scenario *s)
{
    (void)s;
    unlink("y.npy");
    unlink("da.npy");
}

static uint64_t state_of_files(const struct scenario *s)
{
    (void)s;
    return sweep_hash_folder(1, ".");
}

/* The locks' file is no part of what is kept. */
static uint64_t state(const struct scenario *s)
{
    uint64_t hash = state_of_files(s);

    unlink(CACHE "/lock");
    for (size_t i = 0; i < COUNT_OF(folders); i++)
        hash = sweep_hash_folder(hash, folders[i]);
    return hash;
}

/* What the program prints goes to a file of its own. */
static int run_line(const char *line, char text[TEXT])
{
    char copy[512], *words[MAX_WORDS] = {(char[]){"clrelu"}};
    int count = 1;
    const int out = __real_dup(STDOUT_FILENO);
    const int err = __real_dup(STDERR_FILENO);

    snprintf(copy, sizeof(copy), "%s", line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        words[count++] = word;
    __real_fflush(stdout);
    if (ftruncate(said_fd, 0) || lseek(said_fd, 0, SEEK_SET))
        bail("%s cannot be written", said);
    dup2(said_fd, STDOUT_FILENO);
    dup2(said_fd, STDERR_FILENO);
    optind = 0;
    const int status = clrelu_main(count, words);
    __fpurge(stdout);
    clearerr(stdout);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    __real_close(out);
    __real_close(err);
    lseek(said_fd, 0, SEEK_SET);
    const ssize_t got = __real_read(said_fd, text, TEXT - 1);
    text[got > 0 ? got : 0] = '\0';
    return status;
}

static bool names_file(const char *text)
{
    static const char *const names[] = {
        ".npy: ", "standard output: ", PROGRAMS ": ", CACHE, SOURCES};

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strstr(text, names[i]))
            return true;
    return false;
}

static struct outcome run(const struct scenario *s, enum fault_kind kind,
                          int code)
{
    static char text[TEXT];
    const int status = run_line(s->data, text);

    (void)code;
    return (struct outcome){
        status == 0,
        status == 1 && strstr(text, "clrelu: ") &&
            (kind != FAULT_MEMORY || strstr(text, "memory")) &&
            (kind != FAULT_FILE || names_file(text)),
        text};
}

/* ------------------------------------------- programs, kept and tuned -- */

static void must(const struct scenario *s, const char *line)
{
    char text[TEXT];

    if (run_line(line, text))
        bail("%s: clrelu %s: %s", s->name, line, text);
}

static void fill_cache(const struct scenario *s)
{
    setenv("CLRELU_CACHE", "1", 1);
    must(s, "cache warm --op elu");
}

static void empty_cache(const struct scenario *s)
{
    (void)s;
    sweep_empty(CACHE);
    setenv("CLRELU_CACHE", "1", 1);
}

static void open_tune(const struct scenario *s)
{
    empty_cache(s);
    fault_hasten(true);
}

static void close_tune(const struct scenario *s)
{
    (void)s;
    fault_hasten(false);
}

static void write_older_programs(const struct scenario *s)
{
    (void)s;
    folder_put(PROGRAMS, "older");
}

static void write_sources(const struct scenario *s)
{
    sweep_empty(SOURCES);
    must(s, "compile --op elu --source " SOURCES);
    unlink(SOURCES "/manifest");
}

static void write_binaries(const struct scenario *s)
{
    write_older_programs(s);
    sweep_empty(SOURCES);
    folder_put(SOURCES "/manifest", "device: none\n\nprogram: a\nkey\n\n");
    folder_put(SOURCES "/a.bin", "binary");
}

#define FINDING \
    " clGetDeviceInfo clGetPlatformInfo clGetPlatformIDs clGetDeviceIDs " \
    "calloc close fstat "
/* A last wait, when the result is whole, has nothing to tell. */
#define STREAMED FINDING "clFinish "
/* A device that cannot be asked for its bits keeps a question mark. */
#define ASKING \
    FINDING "clCreateContext clCreateCommandQueue clCreateProgramWithSource " \
            "clBuildProgram clGetProgramBuildInfo clCreateKernel " \
            "clCreateBuffer clSetKernelArg clEnqueueNDRangeKernel " \
            "clEnqueueReadBuffer clFinish malloc pthread_mutex_init "
/* A cache that fails is none, and what cannot be read is in the list as bad. */
#define CACHED \
    FINDING "open openat fstat pread pwrite write fsync renameat mkdir " \
            "fdopendir malloc realloc clGetProgramInfo clFinish " \
            "clCreateKernelsInProgram "
/* Files that were read whole. */
#define READ_ONLY " fclose "
#define LISTED " close openat fstat pread malloc calloc "
#define RUN(line) .name = line, .data = line, .run = run
#define LINE_THAT(absorbed, first, line) \
    { \
        RUN(line), .before = first, .state = state, .absorbs = absorbed, \
                   .tells = "compiler no OpenCL device" \
    }
#define LINE(first, line) LINE_THAT(STREAMED, first, line)

static const struct scenario scenarios[] = {
    LINE(write_older, "forward elu -i x.npy -o y.npy"),
    LINE(write_older, "forward prelu --alpha-file a.npy -i x.npy -o y.npy"),
    LINE(write_older, "forward prelu --alpha-initializer he_normal "
                      "--shared-axes 1 -i x.npy -o y.npy"),
    LINE(write_older, "backward leaky_relu -i x.npy -g dy.npy -o y.npy"),
    LINE(remove_outputs, "backward prelu --alpha-file a.npy -i x.npy -g dy.npy "
                         "-o y.npy --dalpha da.npy"),
    LINE_THAT(ASKING, NULL, "devices"),
    LINE(NULL, "explain prelu -i x.npy --backward --alpha-file a.npy "
               "--alpha-layout onnx"),
    LINE_THAT("", NULL, "source thresholded_relu"),
    LINE_THAT(STREAMED READ_ONLY, remove_outputs, "plot prelu -o y.npy"),
    LINE(write_older_programs, "compile --op elu -o " PROGRAMS),
    LINE(write_sources, "compile --op elu --source " SOURCES),
    LINE_THAT(READ_ONLY, write_binaries, "pack " SOURCES " -o " PROGRAMS),
    {RUN("cache warm --op elu"), .before = empty_cache, .state = state_of_files,
     .absorbs = CACHED,
     .tells = "compiler nothing could be kept no OpenCL device"},
    LINE_THAT(LISTED, fill_cache, "cache list"),
    LINE_THAT(" close ", fill_cache, "cache verify"),
    LINE_THAT(" close ", fill_cache, "cache clear"),
    {RUN("tune"), .before = open_tune, .after = close_tune, .state = state,
     .slow = true, .absorbs = SWEEP_TUNE, .tells = "compiler no OpenCL device"},
};

int main(int argc, char **argv)
{
    static const char *const names[] = {"x.npy", "dy.npy", "a.npy",
                                        "y.npy", "da.npy", PROGRAMS};
    const char *which = argc > 2 ? argv[2] : "";
    const bool all = strcmp(which, "all") == 0,
               some = strcmp(which, "some") == 0, every = *which && !some;
    const char *only = every && !all ? which : "";
    const struct sweep_how how = {false, every ? 1 : some ? 101 : 17};
    long injected = 0;
    size_t count;

    if (argc < 2)
        bail("usage: test_sweep_cli LAYER [all|some|LINE]");
    if (strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < COUNT_OF(scenarios); i++)
            puts(scenarios[i].name);
        return 0;
    }
    fault_open(argv[1]);
    if (clrelu_device_list(NULL, 0, NULL, &count) || count == 0) {
        printf("1..0 # SKIP no OpenCL device\n");
        return 0;
    }
    said_fd = mkstemp(said);
    if (said_fd < 0 || !mkdtemp(folder) || chdir(folder))
        bail("no folder for files");
    setenv("CLRELU_CACHE", "0", 1);
    setenv("CLRELU_CACHE_DIR", CACHE, 1);
    for (size_t i = 0; i < COUNT_OF(folders); i++)
        if (mkdir(folders[i], 0700))
            bail("no folder %s", folders[i]);
    write_inputs();
    for (size_t i = 0; i < COUNT_OF(scenarios); i++)
        if (strstr(scenarios[i].name, only) && (every || !scenarios[i].slow))
            injected += sweep(&scenarios[i], how);
    diag("%ld failures in all", injected);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        unlink(names[i]);
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        sweep_empty(folders[i]);
        rmdir(folders[i]);
    }
    unlink(said);
    ok(rmdir(folder) == 0, "no other file is left");
    return done_testing();
}
