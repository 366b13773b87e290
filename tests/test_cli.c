/* test_cli.c - the command line, run as people run it
 * SPDX-License-Identifier: MIT */
#undef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* pseudo-terminals */

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "device.h"
#include "tap.h"

static const char *program;
static const int signals[] = {SIGHUP, SIGINT, SIGPIPE, SIGTERM};

/* ------------------------------------------------------------- running -- */

enum { MOST_WORDS = 32, OUTPUT = 8192 };

/* Words of a command line, split at single spaces; '' is an empty one. */
static void split(const char *line, char copy[OUTPUT], char *words[MOST_WORDS])
{
    size_t count = 0;

    snprintf(copy, OUTPUT, "clrelu %s", line);
    for (char *word = copy; word && count + 1 < MOST_WORDS; count++) {
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

static pid_t start(const char *line, int in, int out, int err)
{
    char copy[OUTPUT], *words[MOST_WORDS];
    const pid_t child = fork();

    if (child < 0)
        bail("fork");
    if (child > 0)
        return child;
    split(line, copy, words);
    /* A test may be run with some of them ignored. */
    for (size_t i = 0; i < COUNT_OF(signals); i++)
        signal(signals[i], SIG_DFL);
    if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
        _exit(126);
    execv(program, words);
    _exit(127);
}

/* The exit status, or 256 + the number of the signal that ended it. */
static int end(pid_t child)
{
    int status;

    if (waitpid(child, &status, 0) != child)
        bail("waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

struct result {
    int status;
    char out[OUTPUT], err[OUTPUT];
};

static void read_back(FILE *file, char text[OUTPUT])
{
    rewind(file);
    text[fread(text, 1, OUTPUT - 1, file)] = '\0';
    fclose(file);
}

static struct result run_on(int in, const char *line)
{
    struct result r;
    FILE *out = tmpfile(), *err = tmpfile();

    if (!out || !err)
        bail("tmpfile");
    r.status = end(start(line, in, fileno(out), fileno(err)));
    read_back(out, r.out);
    read_back(err, r.err);
    return r;
}

static struct result run(const char *line)
{
    const int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    const struct result r = run_on(in, line);

    close(in);
    return r;
}

static size_t count_entries(void)
{
    size_t count = 0;
    DIR *folder = opendir(".");

    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count;
}

/* --------------------------------------------------------------- files -- */

static void write_bytes(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(name, "wb");

    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file))
        bail("cannot write %s", name);
}

/* Version 1, the text as it is; returns the file's size. */
static size_t make_npy(unsigned char *out, const char *text, const void *data,
                       size_t size)
{
    const size_t length = strlen(text);

    memcpy(out, "\x93NUMPY\x01", 8);
    out[8] = (unsigned char)(length & 255);
    out[9] = (unsigned char)(length >> 8);
    memcpy(out + 10, text, length);
    memcpy(out + 10 + length, data, size);
    return 10 + length + size;
}

static void write_text(const char *name, const char *text, const void *data,
                       size_t size)
{
    unsigned char *file = malloc(10 + strlen(text) + size);

    if (!file)
        bail("no memory");
    write_bytes(name, file, make_npy(file, text, data, size));
    free(file);
}

static void write_npy(const char *name, const char *shape, const float *data,
                      size_t n)
{
    char text[256];

    snprintf(text, sizeof(text),
             "{'descr': '=f4', 'fortran_order': False, 'shape': %s, }", shape);
    write_text(name, text, data, n * sizeof(*data));
}

static bool near(float got, float want)
{
    if (isnan(want) || isnan(got))
        return isnan(want) && isnan(got);
    return signbit(got) == signbit(want) &&
           (got == want || fabsf(got - want) <= 1.2e-7f * fabsf(want));
}

/* A file that numpy would have written so. */
static bool check_npy(const char *name, const char *shape, const float *want,
                      size_t n)
{
    const uint16_t one = 1;
    const size_t most = 4096 + n * sizeof(float);
    unsigned char *bytes = malloc(most);
    char text[256];
    FILE *file = fopen(name, "rb");
    bool good = file && bytes;
    const size_t size = good ? fread(bytes, 1, most, file) : 0;

    snprintf(text, sizeof(text),
             "{'descr': '%cf4', 'fortran_order': False, 'shape': %s, }",
             *(const unsigned char *)&one ? '<' : '>', shape);
    good = good && size > n * sizeof(float) &&
           (size - n * sizeof(float)) % 64 == 0 &&
           memcmp(bytes + 10, text, strlen(text)) == 0;
    for (size_t i = 0; good && i < n; i++) {
        float got;
        memcpy(&got, bytes + size - (n - i) * sizeof(got), sizeof(got));
        good = near(got, want[i]);
        if (!good)
            diag("%s[%zu] is %a, should be %a", name, i, got, want[i]);
    }
    if (file)
        fclose(file);
    free(bytes);
    return good;
}

/* ------------------------------------------------------------- results -- */

/* Runs a line that must succeed without a word. */
static bool quiet(const char *line)
{
    const struct result r = run(line);
    const bool good = r.status == 0 && !r.out[0] && !r.err[0];

    if (!good)
        diag("status %d, stdout '%s', stderr '%s'", r.status, r.out, r.err);
    return good;
}

static void gives(const char *line, const char *shape, const float *want,
                  size_t n)
{
    unlink("y.npy");
    ok(quiet(line) && check_npy("y.npy", shape, want, n), "%s", line);
}

static const float x6[] = {-2, 3, -0.5f, -0.0f, 1, 1.5f};
static const float dy6[] = {1, 2, 3, 4, 5, 6};

#define X6 "-i x.npy -o y.npy"
#define G6 "-i x.npy -g dy.npy -o y.npy"

static void test_forward(void)
{
    static const struct {
        const char *line;
        float y[6];
    } cases[] = {
        {"leaky_relu", {-0.6f, 3, -0.15f, -0.0f, 1, 1.5f}},
        {"leaky_relu --alpha 0", {-0.0f, 3, -0.0f, -0.0f, 1, 1.5f}},
        {"leaky_relu --alpha 2e0", {-4, 3, -1, -0.0f, 1, 1.5f}},
        {"elu", {-0.864664717f, 3, -0.393469340f, -0.0f, 1, 1.5f}},
        {"elu --alpha -2", {1.72932943f, 3, 0.786938681f, -0.0f, 1, 1.5f}},
        {"thresholded_relu", {0, 3, 0, 0, 0, 1.5f}},
        {"thresholded_relu --theta=0x1p-1", {0, 3, 0, 0, 1, 1.5f}},
        {"prelu", {-0.0f, 3, -0.0f, -0.0f, 1, 1.5f}},
        {"prelu --alpha -0.5", {1, 3, 0.25f, -0.0f, 1, 1.5f}},
        {"prelu --alpha-file a3.npy", {-20, 3, -15, -0.0f, 1, 1.5f}},
        {"prelu --shared-axes 1 --alpha-file a1.npy",
         {-14, 3, -3.5f, -0.0f, 1, 1.5f}},
        {"--shared-axes=1,1 --alpha-file a1.npy prelu",
         {-14, 3, -3.5f, -0.0f, 1, 1.5f}},
        {"prelu --alpha-initializer constant(-0.5)",
         {1, 3, 0.25f, -0.0f, 1, 1.5f}},
        {"prelu --seed 3 --alpha-initializer random_uniform(0,1)",
         {-1.63330996f, 3, -0.328025222f, -0.0f, 1, 1.5f}},
    };
    char line[256];

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        snprintf(line, sizeof(line), "forward %s " X6, cases[i].line);
        gives(line, "(2, 3)", cases[i].y, 6);
    }
    gives("forward " X6 " -- leaky_relu", "(2, 3)", cases[0].y, 6);
    gives("forward leaky_relu --input x.npy --output=y.npy --device any",
          "(2, 3)", cases[0].y, 6);
}

static void test_backward(void)
{
    static const struct {
        const char *line;
        float dx[6];
    } cases[] = {
        {"leaky_relu", {0.3f, 2, 0.9f, 4, 5, 6}},
        {"elu", {0.135335283f, 2, 1.81959198f, 4, 5, 6}},
        {"elu --alpha 2", {0.270670566f, 2, 3.63918396f, 4, 5, 6}},
        {"thresholded_relu", {0, 2, 0, 0, 0, 6}},
        {"thresholded_relu --theta 2.5", {0, 2, 0, 0, 0, 0}},
        {"prelu", {0, 2, 0, 4, 5, 6}},
        {"prelu --alpha 0.25", {0.25f, 2, 0.75f, 4, 5, 6}},
        {"prelu --alpha-file a3.npy", {10, 2, 90, 4, 5, 6}},
    };
    char line[256];

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        snprintf(line, sizeof(line), "backward %s " G6, cases[i].line);
        gives(line, "(2, 3)", cases[i].dx, 6);
    }
}

static void test_dalpha(void)
{
    static const float kept[] = {-2, 0, -1.5f}, shared[] = {-3.5f};
    static const float rank1[] = {0.25f}, zeros[3] = {0};
    const char *line;

    line = "backward prelu " G6 " --dalpha da.npy --alpha-file a3.npy";
    ok(quiet(line) && check_npy("da.npy", "(3,)", kept, 3), "%s", line);
    line = "backward prelu " G6 " --dalpha da.npy --shared-axes 1";
    ok(quiet(line) && check_npy("da.npy", "(1,)", shared, 1), "%s", line);
    line = "backward prelu -i r1.npy -g r1.npy -o y.npy --dalpha da.npy "
           "--alpha-file a0.npy";
    ok(quiet(line) && check_npy("da.npy", "()", rank1, 1), "%s", line);
    line = "backward prelu -i e.npy -g e.npy -o y.npy --dalpha da.npy";
    ok(quiet(line) && check_npy("da.npy", "(3,)", zeros, 3) &&
           check_npy("y.npy", "(0, 3)", NULL, 0),
       "%s", line);
}

static void test_shared_axes(void)
{
    enum { N = 2 * 3 * 4 * 5 };
    float x[N], alpha[15], y[N], dalpha[15] = {0};

    for (size_t i = 0; i < N; i++) {
        const size_t j = i / 20 % 3 * 5 + i % 5;
        x[i] = (float)(i % 7) - 3;
        alpha[j] = 0.125f * (float)j;
        y[i] = x[i] < 0 ? alpha[j] * x[i] : x[i];
        dalpha[j] += x[i] < 0 ? x[i] * x[i] : 0;
    }
    write_npy("x4.npy", "(2, 3, 4, 5)", x, N);
    write_npy("a4.npy", "(3, 1, 5)", alpha, 15);
    gives("forward prelu --shared-axes 2 --alpha-file a4.npy -i x4.npy "
          "-o y.npy",
          "(2, 3, 4, 5)", y, N);
    ok(quiet("backward prelu --shared-axes 2 --alpha-file a4.npy -i x4.npy "
             "-g x4.npy -o y.npy --dalpha da.npy") &&
           check_npy("da.npy", "(3, 1, 5)", dalpha, 15),
       "dalpha over the batch and axis 2");
}

/* More than is moved to the device at once. */
static void test_large(void)
{
    const size_t n = (4 << 20) + 3;
    float *x = malloc(n * sizeof(*x)), *y = malloc(n * sizeof(*y));
    char shape[32];

    if (!x || !y)
        bail("no memory");
    for (size_t i = 0; i < n; i++) {
        x[i] = (float)(i % 1000) - 500;
        y[i] = x[i] < 0 ? 0.5f * x[i] : x[i];
    }
    snprintf(shape, sizeof(shape), "(%zu,)", n);
    write_npy("large.npy", shape, x, n);
    gives("forward leaky_relu --alpha 0.5 -i large.npy -o y.npy", shape, y, n);
    gives("forward prelu --alpha 0.5 -i large.npy -o y.npy", shape, y, n);
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] < 0 ? 0.5f * x[i] : x[i];
    gives("backward leaky_relu --alpha 0.5 -i large.npy -g large.npy -o y.npy",
          shape, y, n);
    free(x);
    free(y);
}

/* ---------------------------------------------------- kinds of files -- */

static void test_inputs(void)
{
    static const float c[] = {1, 2, 3, 4, 5, 6}, scalar[] = {-0.6f};
    static const unsigned char big[] = {0x3f, 0xf0, 0, 0, 0, 0, 0, 0,  0xc0,
                                        0x24, 0,    0, 0, 0, 0, 0, 'x'};
    static const float big_y[] = {1, -3};
    static const float fortran[] = {1, 4, 2, 5, 3, 6};

    write_text("f.npy",
               "{'shape': (2L, 3L), 'descr': '=f4', 'fortran_order': True}",
               fortran, sizeof(fortran));
    gives("forward elu -i f.npy -o y.npy", "(2, 3)", c, 6);
    write_text("b.npy",
               "{'shape':(2,),\"descr\":\">f8\",\"fortran_order\":False}\n",
               big, sizeof(big));
    gives("forward leaky_relu -i b.npy -o y.npy", "(2,)", big_y, 2);
    gives("forward leaky_relu -i r0.npy -o y.npy", "()", scalar, 1);
    gives("forward elu -i e.npy -o y.npy", "(0, 3)", NULL, 0);

    int ends[2];
    unsigned char file[256];
    const size_t size = make_npy(
        file, "{'descr': '=f4', 'fortran_order': False, 'shape': (6,), }", c,
        sizeof(c));
    if (pipe(ends) || write(ends[1], file, size) != (ssize_t)size)
        bail("pipe");
    close(ends[1]);
    unlink("y.npy");
    const struct result r = run_on(ends[0], "forward elu -i - -o y.npy");
    close(ends[0]);
    ok(r.status == 0 && check_npy("y.npy", "(6,)", c, 6), "input from a pipe");
}

static void test_outputs(void)
{
    static const float y[] = {-1, 3, -0.25f, -0.0f, 1, 1.5f};
    struct result r;
    struct stat status;
    const mode_t old = umask(027);

    gives("forward leaky_relu --alpha 0.5 " X6, "(2, 3)", y, 6);
    umask(old);
    ok(stat("y.npy", &status) == 0 && (status.st_mode & 0777) == 0640,
       "the output's mode is what umask leaves");
    write_npy("same.npy", "(2, 3)", x6, 6);
    ok(quiet("forward leaky_relu --alpha 0.5 -i same.npy -o same.npy") &&
           check_npy("same.npy", "(2, 3)", y, 6),
       "the output may replace the input");
    ok(quiet("forward elu -i x.npy -o null") && lstat("null", &status) == 0 &&
           S_ISLNK(status.st_mode),
       "a device is written to, not replaced");
    r = run("forward elu -i x.npy -o -");
    ok(r.status == 0 && !r.err[0] && memcmp(r.out, "\x93NUMPY", 6) == 0,
       "output to standard output");
    /* A program that went wrong might replace it, if it were allowed to. */
    if (geteuid() == 0) {
        skip("run as root", "output to /dev/stdout");
        return;
    }
    r = run("backward prelu -i x.npy -g dy.npy -o /dev/stdout --dalpha da.npy");
    ok(r.status == 0 && !r.err[0] && memcmp(r.out, "\x93NUMPY", 6) == 0,
       "output to /dev/stdout");
}

/* -------------------------------------------------------------- errors -- */

/* One line on stderr, and nothing new in the folder. */
static void refuse_on(int in, const char *line, int status, const char *word,
                      const char *what)
{
    unlink("y.npy");
    unlink("da.npy");
    const size_t before = count_entries();
    const struct result r = run_on(in, line);
    const char *feed = strchr(r.err, '\n');
    const bool good = r.status == status && !r.out[0] &&
                      strncmp(r.err, "clrelu: ", 8) == 0 && feed && !feed[1] &&
                      strstr(r.err, word) && count_entries() == before;

    if (!good)
        diag("status %d, should be %d; stderr '%s', should name '%s'; %zu "
             "entries of %zu",
             r.status, status, r.err, word, count_entries(), before);
    ok(good, "refused: %s%s", line, what);
}

static void refuse(const char *line, int status, const char *word)
{
    const int in = open("/dev/null", O_RDONLY | O_CLOEXEC);

    refuse_on(in, line, status, word, "");
    close(in);
}

/* A line, and what its refusal names. */
static const char *const misused[][2] = {
    {"", "a command is missing"},
    {"forwards", "'forwards'"},
    {"forward", "operation is missing"},
    {"forward relu " X6, "'relu'"},
    {"forward ELU " X6, "'ELU'"},
    {"forward '' " X6, "''"},
    {"forward elu", "--input"},
    {"forward elu -i x.npy", "--output"},
    {"forward elu -o y.npy", "--input"},
    {"forward elu " X6 " more", "'more'"},
    {"forward elu -- " X6, "'-i'"},
    {"forward elu " X6 " --nope", "--nope"},
    {"forward elu " X6 " --nope=3", "--nope"},
    {"forward elu " X6 " -z", "-z"},
    {"forward elu -o y.npy -i", "-i needs"},
    {"forward elu -o y.npy --input", "--input needs"},
    {"forward elu " X6 " --help=3", "--help"},
    {"forward elu " X6 " -i x.npy", "--input is given twice"},
    {"forward elu " X6 " --alpha 1 --alpha 1", "--alpha is given twice"},
    {"forward elu " G6, "--gradient"},
    {"backward elu " X6, "--gradient is missing"},
    {"forward prelu " X6 " --dalpha da.npy", "--dalpha"},
    {"backward elu " G6 " --dalpha da.npy", "--dalpha"},
    {"forward elu " X6 " --theta 1", "--theta"},
    {"forward prelu " X6 " --theta 1", "--theta"},
    {"forward thresholded_relu " X6 " --alpha 1", "--alpha"},
    {"forward leaky_relu " X6 " --shared-axes 1", "--shared-axes"},
    {"forward elu " X6 " --alpha-file a3.npy", "--alpha-file"},
    {"forward prelu " X6 " --alpha 1 --alpha-file a3.npy", "--alpha-file"},
    {"forward elu " X6 " --alpha-initializer ones", "--alpha-initializer"},
    {"forward prelu " X6 " --alpha 1 --alpha-initializer ones",
     "--alpha-initializer"},
    {"forward prelu " X6 " --seed 1", "--alpha-initializer"},
    {"forward prelu " X6 " --alpha-initializer ones --seed -1", "'-1'"},
    {"forward prelu " X6 " --alpha-initializer ones --seed 1.5", "'1.5'"},
    {"forward elu " X6 " --alpha x", "'x'"},
    {"forward elu " X6 " --alpha ''", "--alpha"},
    {"forward elu " X6 " --alpha 0.3x", "'0.3x'"},
    {"forward elu " X6 " --alpha 0,3", "'0,3'"},
    {"forward thresholded_relu " X6 " --theta=1..2", "'1..2'"},
    {"forward prelu " X6 " --alpha none", "'none'"},
    {"forward prelu " X6 " --shared-axes ''", "--shared-axes"},
    {"forward prelu " X6 " --shared-axes a", "'a'"},
    {"forward prelu " X6 " --shared-axes 1,", "'1,'"},
    {"forward prelu " X6 " --shared-axes ,1", "',1'"},
    {"forward prelu " X6 " --shared-axes 1,,1", "'1,,1'"},
    {"forward prelu " X6 " --shared-axes 1;2", "'1;2'"},
    {"forward prelu " X6 " --shared-axes 1.5", "'1.5'"},
    {"forward prelu " X6 " --shared-axes 4294967297", "'4294967297'"},
    {"forward prelu " X6 " --shared-axes 99999999999999999999", "9'"},
    {"devices more", "'more'"},
    {"devices -i x.npy", "--input"},
    {"explain elu", "--shape"},
    {"explain elu --shape 2 -i x.npy", "--shape"},
    {"explain elu --shape -1", "'-1'"},
    {"explain elu --shape 99999999999999999999", "9'"},
    {"explain elu --shape ''", "--shape"},
    {"explain elu --shape 2,3 --shared-axes 1", "--shared-axes"},
};

static void test_usage(void)
{
    for (size_t i = 0; i < COUNT_OF(misused); i++)
        refuse(misused[i][0], 2, misused[i][1]);
    refuse("forward relu " X6, 2, "; see 'clrelu forward --help'");
}

static const char *const failing[][2] = {
    {"forward leaky_relu " X6 " --alpha nan", "alpha is nan"},
    {"forward leaky_relu " X6 " --alpha inf", "alpha is inf"},
    {"forward leaky_relu " X6 " --alpha -0.1", "alpha is -0.1"},
    {"forward leaky_relu -i e.npy -o y.npy --alpha -1", "alpha is -1"},
    {"forward elu " X6 " --alpha=-inf", "alpha is -inf"},
    {"forward elu " X6 " --alpha 1e39", "alpha is 1e+39"},
    {"forward elu " X6 " --alpha 1e999", "alpha is inf"},
    {"forward thresholded_relu " X6 " --theta -1", "theta is -1"},
    {"forward thresholded_relu " X6 " --theta nan", "theta is nan"},
    {"forward prelu " X6 " --shared-axes 0", "axis 0"},
    {"forward prelu " X6 " --shared-axes -1", "axis -1"},
    {"forward prelu " X6 " --shared-axes 2", "axis 2"},
    {"forward prelu " X6 " --shared-axes 1,5", "axis 5"},
    {"forward prelu -i r1.npy -o y.npy --shared-axes 1", "axis 1"},
    {"forward prelu -i r0.npy -o y.npy", "rank is 0"},
    {"forward prelu " X6 " --alpha-file a1.npy", "alpha"},
    {"forward prelu " X6 " --alpha-file a0.npy", "alpha"},
    {"forward prelu " X6 " --alpha-file x.npy", "alpha"},
    {"forward prelu " X6 " --alpha-file a3.npy --shared-axes 1", "alpha"},
    {"forward prelu -i r1.npy -o y.npy --alpha-file a1.npy", "alpha"},
    {"forward prelu " X6 " --alpha-file none.npy", "none.npy: No such"},
    {"forward prelu " X6 " --alpha-initializer he", "he_normal"},
    {"forward prelu " X6 " --alpha-initializer orthogonal", "rank is 1"},
    {"forward prelu " X6 " --alpha-initializer constant(nan)", "nan"},
    {"forward prelu " X6 " --alpha-initializer zeros(", "zeros("},
    {"backward elu -i x.npy -g t.npy -o y.npy",
     "t.npy: has shape (3, 2), must have (2, 3), that of x.npy"},
    {"backward prelu -i x.npy -g r1.npy -o y.npy --dalpha da.npy",
     "r1.npy: has shape (2,)"},
    {"backward elu -i x.npy -g none.npy -o y.npy", "none.npy: No such"},
    {"forward elu -i none.npy -o y.npy", "none.npy: No such"},
    {"forward elu -i '' -o y.npy", "No such"},
    {"forward elu -i folder -o y.npy", "folder: is a directory"},
    {"forward elu -i x.npy/x -o y.npy", "x.npy/x: Not a directory"},
    {"forward elu -i line\nfeed.npy -o y.npy", "line?feed.npy: No such"},
    {"forward elu -i x.npy -o none/y.npy", "none/y.npy: No such"},
    {"forward elu -i x.npy -o folder", "folder: is a directory"},
    {"forward elu -i x.npy -o folder/", "folder/: is a directory"},
    {"forward elu -i x.npy -o y.npy/", "y.npy/"},
    {"forward elu -i x.npy -o x.npy/y", "x.npy/y: Not a directory"},
    {"forward elu -i x.npy -o ''", "not a file's name"},
    {"forward elu -i x.npy -o full", "full: No space"},
    {"backward prelu -i x.npy -g dy.npy -o full --dalpha da.npy",
     "full: No space"},
    {"backward prelu " G6 " --dalpha full", "full: No space"},
    {"backward prelu " G6 " --dalpha none/da.npy", "none/da.npy: No such"},
    {"backward prelu " G6 " --dalpha folder", "folder: is a directory"},
    {"backward prelu " G6 " --dalpha y.npy", "the same file"},
    {"backward prelu " G6 " --dalpha folder/../y.npy", "the same file"},
    {"forward elu " X6 " --device nothing", "nothing"},
    {"forward elu " X6 " --device cpu:x", "\"x\""},
    {"explain prelu --shape 2,3 --shared-axes 2", "axis 2"},
    {"explain elu --shape 9999999999,9999999999", "(9999999999, 999"},
    {"explain elu -i none.npy", "none.npy: No such"},
};

static void test_failures(void)
{
    for (size_t i = 0; i < COUNT_OF(failing); i++)
        refuse(failing[i][0], 1, failing[i][1]);
}

#define TEXT(descr, shape) \
    "{'descr': " descr ", 'fortran_order': False, 'shape': " shape "}"

/* Files whose headers are fine or not, but that the data belie. */
static const struct broken {
    const char *what, *text, *word;
    size_t data_size;
} broken_files[] = {
    {"data cut short", TEXT("'=f4'", "(2, 3)"), "truncated", 23},
    {"no data", TEXT("'<f8'", "(1,)"), "truncated", 0},
    {"8 TB of data", TEXT("'<f8'", "(1000000, 1000000)"), "truncated", 64},
    {"no memory has it", TEXT("'<f8'", "(4294967296, 4294967296)"),
     "shape (4294967296, 4294967296)", 64},
    {"a negative extent", TEXT("'<f4'", "(-1,)"), "shape", 4},
    {"complex numbers", TEXT("'<c8'", "(1,)"), "'<c8'", 8},
    {"truth values", TEXT("'|b1'", "(1,)"), "'|b1'", 8},
    {"objects", TEXT("'|O'", "(1,)"), "'|O'", 8},
    {"a structure", TEXT("[('a', '<f4')]", "(1,)"), "[('a', '<f4')]", 8},
    {"no descr", "{'fortran_order': False, 'shape': (1,)}", "descr", 8},
    {"garbage", "\x01\x02\x03", "garbled", 64},
};

/* From a file, whose size tells, and from a pipe, whose does not. */
static void refuse_bytes(const void *bytes, size_t size, const char *word,
                         const char *what)
{
    char file_what[128], pipe_what[128];
    int ends[2];

    snprintf(file_what, sizeof(file_what), " (%s)", what);
    snprintf(pipe_what, sizeof(pipe_what), " (pipe, %s)", what);
    write_bytes("bad.npy", bytes, size);
    if (pipe(ends) || write(ends[1], bytes, size) != (ssize_t)size)
        bail("pipe");
    close(ends[1]);
    refuse_on(ends[0], "forward elu -i bad.npy -o y.npy", 1, word, file_what);
    refuse_on(ends[0], "forward elu -i - -o y.npy", 1, word, pipe_what);
    close(ends[0]);
}

static void test_broken_files(void)
{
    static const char zeros[64];
    static const struct {
        const char *bytes;
        size_t size;
        const char *word;
    } starts[] = {
        {"", 0, "truncated"},
        {"\x93NUM", 4, "truncated"},
        {"\x93NUMPY\x01\x00\xff\xff{", 11, "truncated"},
        {"\x93NUMPY\x02\x00\x10", 9, "truncated"},
        {"\x93NUMPY\x02\x00\xff\xff\xff\xff{}", 14, "4294967295"},
        {"\x93NUMPY\x09\x00\x02\x00{}", 12, "version 9.0"},
        {"1.0,2.0\n3.0,4.0\n", 16, "not an .npy file"},
        {"PK\x03\x04 an archive", 15, "not an .npy file"},
    };
    unsigned char file[512];

    for (size_t i = 0; i < COUNT_OF(starts); i++)
        refuse_bytes(starts[i].bytes, starts[i].size, starts[i].word,
                     starts[i].word);
    for (size_t i = 0; i < COUNT_OF(broken_files); i++) {
        const struct broken *b = &broken_files[i];
        refuse_bytes(file, make_npy(file, b->text, zeros, b->data_size),
                     b->word, b->what);
    }
}

/* ---------------------------------------------- signals and terminals -- */

/* dx goes to a pipe that nobody empties, while dalpha has its temporary. */
static void test_signal(int number)
{
    const size_t before = count_entries();
    char byte;
    const pid_t child = start("backward prelu -i large.npy -g large.npy "
                              "-o fifo --dalpha da.npy",
                              0, 1, 2);
    const int fifo = open("fifo", O_RDONLY | O_CLOEXEC);

    if (fifo < 0 || read(fifo, &byte, 1) != 1)
        bail("fifo");
    const bool temporary = count_entries() == before + 1;
    kill(child, number);
    ok(end(child) == 256 + number && temporary && count_entries() == before,
       "signal %d ends it, and leaves nothing behind", number);
    close(fifo);
}

static int open_terminal(int *program_side)
{
    const int terminal = posix_openpt(O_RDWR | O_NOCTTY);

    if (terminal < 0 || grantpt(terminal) || unlockpt(terminal))
        return -1;
    *program_side = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    return *program_side < 0 ? -1 : terminal;
}

/* Input that takes its time. */
static void feed(int to)
{
    static const float zeros[1 << 20];
    const struct timespec wait = {0, 700000000};
    unsigned char head[128];
    const size_t size = make_npy(
        head, "{'descr': '=f4', 'fortran_order': False, 'shape': (1048576,)}",
        zeros, 0);
    const char *at = (const char *)zeros;
    ssize_t n = write(to, head, size);

    nanosleep(&wait, NULL);
    for (size_t done = 0; n > 0 && done < sizeof(zeros); done += (size_t)n)
        n = write(to, at + done, sizeof(zeros) - done);
    close(to);
}

static void test_progress(void)
{
    char text[OUTPUT] = "";
    size_t used = 0;
    int ends[2], side;
    const int terminal = open_terminal(&side);

    if (terminal < 0) {
        skip("no pseudo-terminal", "a progress bar on a terminal");
        return;
    }
    if (pipe(ends) || fcntl(ends[1], F_SETFD, FD_CLOEXEC))
        bail("pipe");
    const pid_t child = start("forward elu -i - -o y.npy", ends[0], 1, side);
    close(ends[0]);
    close(side);
    feed(ends[1]);
    for (ssize_t n = 1; n > 0 && used + 1 < sizeof(text);) {
        n = read(terminal, text + used, sizeof(text) - 1 - used);
        used += n > 0 ? (size_t)n : 0;
    }
    close(terminal);
    ok(end(child) == 0 && strstr(text, "\rread ") && strchr(text, '#') &&
           text[used - 1] == '\r',
       "a progress bar on a terminal, gone at the end");
}

/* --------------------------------------------------------------- texts -- */

static void prints(const char *line, const char *word)
{
    const struct result r = run(line);
    const bool good = r.status == 0 && !r.err[0] && strstr(r.out, word);

    if (!good)
        diag("status %d, stdout '%s', stderr '%s'", r.status, r.out, r.err);
    ok(good, "'%s' prints '%s'", line, word);
}

static void test_texts(void)
{
    char version[64];

    snprintf(version, sizeof(version), "clrelu %s\n", clrelu_version());
    prints("--version", version);
    prints("--help", "usage: clrelu COMMAND");
    prints("-h", "clrelu devices");
    prints("forward --help", "example");
    prints("backward -h", "--dalpha");
    prints("devices --help", "CLRELU_DEVICE");
    prints("explain elu --help", "--shape");
    prints("devices", "* ");
    prints("devices --device any:0", "* ");
    prints("explain prelu --shape 64,64,56,56 --shared-axes 2,3 --backward",
           "64 shared x 64 kept x 3136 shared");
    prints("explain prelu -i x.npy", "3 kept");
    prints("explain elu --shape 0,3", "shape:");

    const struct result none = run("devices --device nothing");
    ok(none.status == 1 && strstr(none.out, ":0 ") &&
           strstr(none.err, "\"nothing\""),
       "devices lists all, and says that none fits");

    const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    FILE *err = tmpfile();
    char text[OUTPUT];
    if (full < 0 || !err)
        bail("/dev/full");
    const int status = end(start("--help", full, full, fileno(err)));
    read_back(err, text);
    ok(status == 1 && strstr(text, "standard output"),
       "a full disk under --help is an error");
    close(full);
}

/* -------------------------------------------------------------- folder -- */

static void write_inputs(void)
{
    static const float t[] = {1, 2, 3, 4, 5, 6}, alpha[] = {10, 20, 30},
                       seven = 7, minus_two = -2, pair[] = {-0.5f, 0.25f};

    write_npy("x.npy", "(2, 3)", x6, 6);
    write_npy("dy.npy", "(2, 3)", dy6, 6);
    write_npy("t.npy", "(3, 2)", t, 6);
    write_npy("a3.npy", "(3,)", alpha, 3);
    write_npy("a1.npy", "(1,)", &seven, 1);
    write_npy("a0.npy", "()", &seven, 1);
    write_npy("r0.npy", "()", &minus_two, 1);
    write_npy("r1.npy", "(2,)", pair, 2);
    write_npy("e.npy", "(0, 3)", t, 0);
    if (mkdir("folder", 0777) || mkfifo("fifo", 0666))
        bail("mkdir, mkfifo");
    /* A program that went wrong replaces the link, and not the device. */
    if (symlink("/dev/null", "null") || symlink("/dev/full", "full"))
        bail("symlink");
}

static void remove_folder(const char *name)
{
    DIR *folder = opendir(".");
    const struct dirent *entry;

    while (folder && (entry = readdir(folder)))
        if (unlink(entry->d_name))
            rmdir(entry->d_name);
    if (folder)
        closedir(folder);
    if (chdir("/") || rmdir(name))
        diag("%s is left", name);
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/clrelu-test-XXXXXX";

    device_need();
    if (argc < 2 || argv[1][0] != '/')
        bail("needs the program's path from the root on");
    program = argv[1];
    unsetenv("CLRELU_DEVICE");
    if (!mkdtemp(folder) || chdir(folder))
        bail("no folder");
    write_inputs();
    test_forward();
    test_backward();
    test_dalpha();
    test_shared_axes();
    test_large();
    test_inputs();
    test_outputs();
    test_usage();
    test_failures();
    test_broken_files();
    for (size_t i = 0; i < COUNT_OF(signals); i++)
        test_signal(signals[i]);
    test_progress();
    test_texts();
    remove_folder(folder);
    return done_testing();
}
