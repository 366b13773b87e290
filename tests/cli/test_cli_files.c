/* test_cli_files.c - files that are read, written, broken
 * SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "device.h"
#include "tap.h"

static void test_inputs(void)
{
    static const float c[] = {1, 2, 3, 4, 5, 6}, scalar[] = {-0.6f};
    static const unsigned char big[] = {0x3f, 0xf0, 0, 0, 0, 0, 0, 0,  0xc0,
                                        0x24, 0,    0, 0, 0, 0, 0, 'x'};
    static const float big_y[] = {1, -3};
    static const float fortran[] = {1, 4, 2, 5, 3, 6};

    cli_write_text("f.npy",
                   "{'shape': (2L, 3L), 'descr': '=f4', 'fortran_order': True}",
                   fortran, sizeof(fortran));
    cli_gives("forward elu -i f.npy -o y.npy", "(2, 3)", c, 6);
    cli_write_text("b.npy",
                   "{'shape':(2,),\"descr\":\">f8\",\"fortran_order\":False}\n",
                   big, sizeof(big));
    cli_gives("forward leaky_relu -i b.npy -o y.npy --dtype f32", "(2,)", big_y,
              2);
    cli_gives("forward leaky_relu -i r0.npy -o y.npy", "()", scalar, 1);
    cli_gives("forward elu -i e.npy -o y.npy", "(0, 3)", NULL, 0);

    int ends[2];
    unsigned char file[256];
    const size_t size = cli_make_npy(
        file, "{'descr': '=f4', 'fortran_order': False, 'shape': (6,), }", c,
        sizeof(c));
    if (pipe(ends) || write(ends[1], file, size) != (ssize_t)size)
        bail("pipe");
    close(ends[1]);
    unlink("y.npy");
    const struct cli_result r =
        cli_run_on(ends[0], "forward elu -i - -o y.npy");
    close(ends[0]);
    ok(r.status == 0 && cli_check_npy("y.npy", "(6,)", c, 6),
       "input from a pipe");
}

static void test_outputs(void)
{
    static const float y[] = {-1, 3, -0.25f, -0.0f, 1, 1.5f};
    struct cli_result r;
    struct stat status;
    const mode_t old = umask(027);

    cli_gives("forward leaky_relu --alpha 0.5 " X6, "(2, 3)", y, 6);
    umask(old);
    ok(stat("y.npy", &status) == 0 && (status.st_mode & 0777) == 0640,
       "the output's mode is what umask leaves");
    cli_write_npy("same.npy", "(2, 3)", cli_x, 6);
    ok(cli_quiet("forward leaky_relu --alpha 0.5 -i same.npy -o same.npy") &&
           cli_check_npy("same.npy", "(2, 3)", y, 6),
       "the output may replace the input");
    ok(cli_quiet("forward elu -i x.npy -o null") &&
           lstat("null", &status) == 0 && S_ISLNK(status.st_mode),
       "a device is written to, not replaced");
    r = cli_run("forward elu -i x.npy -o -");
    ok(r.status == 0 && !r.err[0] && memcmp(r.out, "\x93NUMPY", 6) == 0,
       "output to standard output");
    /* A program that went wrong might replace it, if it were allowed to. */
    if (geteuid() == 0) {
        skip("run as root", "output to /dev/stdout");
        return;
    }
    r = cli_run(
        "backward prelu -i x.npy -g dy.npy -o /dev/stdout --dalpha da.npy");
    ok(r.status == 0 && !r.err[0] && memcmp(r.out, "\x93NUMPY", 6) == 0,
       "output to /dev/stdout");
}

static bool is_link(const char *name)
{
    struct stat status;

    return lstat(name, &status) == 0 && S_ISLNK(status.st_mode);
}

static void make_link(const char *to, const char *name)
{
    unlink(name);
    if (symlink(to, name))
        bail("symlink %s", name);
}

/* What an output is, it stays. */
static void test_kept(void)
{
    static const float y[] = {-1, 3, -0.25f, -0.0f, 1, 1.5f};
    struct stat status;

    cli_write_npy("y.npy", "(2, 3)", cli_x, 6);
    chmod("y.npy", 0600);
    ok(cli_quiet("forward leaky_relu --alpha 0.5 " X6) &&
           cli_check_npy("y.npy", "(2, 3)", y, 6) &&
           stat("y.npy", &status) == 0 && (status.st_mode & 0777) == 0600,
       "a private output stays private");
    make_link("folder/real.npy", "link.npy");
    for (int i = 0; i < 2; i++)
        ok(cli_quiet("forward leaky_relu --alpha 0.5 -i x.npy -o link.npy") &&
               is_link("link.npy") && !is_link("folder/real.npy") &&
               cli_check_npy("folder/real.npy", "(2, 3)", y, 6),
           "an output that is a link: the file that it names is %s",
           i ? "replaced" : "made");
    make_link("x.npy", "link.npy");
    ok(cli_quiet("forward leaky_relu --alpha 0.5 -i link.npy -o link.npy") &&
           is_link("link.npy") && cli_check_npy("x.npy", "(2, 3)", y, 6),
       "... also the input");
    cli_write_npy("x.npy", "(2, 3)", cli_x, 6);
    make_link("y.npy", "link.npy");
    cli_refuse("backward prelu " G6 " --dalpha link.npy", 1,
               "y.npy and link.npy are the same file");
    make_link("../folder/../da.npy", "folder/link.npy");
    cli_refuse("backward prelu -i x.npy -g dy.npy -o da.npy --dalpha "
               "folder/link.npy",
               1, "the same file");
    make_link("link.npy", "link.npy");
    cli_refuse("forward elu -i x.npy -o link.npy", 1,
               "link.npy: Too many levels");
    unlink("link.npy");
    unlink("folder/link.npy");
    unlink("folder/real.npy");
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
    {"void of one byte", TEXT("'|V1'", "(1,)"), "'|V1'", 8},
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
    cli_write("bad.npy", bytes, size);
    if (pipe(ends) || write(ends[1], bytes, size) != (ssize_t)size)
        bail("pipe");
    close(ends[1]);
    cli_refuse_on(ends[0], "forward elu -i bad.npy -o y.npy", 1, word,
                  file_what);
    cli_refuse_on(ends[0], "forward elu -i - -o y.npy", 1, word, pipe_what);
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
        refuse_bytes(file, cli_make_npy(file, b->text, zeros, b->data_size),
                     b->word, b->what);
    }
}

int main(int argc, char **argv)
{
    cli_begin(argc, argv);
    test_inputs();
    test_outputs();
    test_kept();
    test_broken_files();
    return cli_finish();
}
