/* test_cli_process.c - signals, terminals, and what is printed
 * SPDX-License-Identifier: MIT */
#undef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* pseudo-terminals */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "device.h"
#include "tap.h"

/* More than a pipe holds. */
static void write_large(void)
{
    static const float zeros[1 << 20];

    cli_write_npy("large.npy", "(1048576,)", zeros, 1 << 20);
}

/* dx goes to a pipe that nobody empties, while dalpha has its temporary. */
static void test_signal(int number)
{
    const size_t before = cli_entries();
    char byte;
    const pid_t child = cli_start("backward prelu -i large.npy -g large.npy "
                                  "-o fifo --dalpha da.npy",
                                  0, 1, 2);
    const int fifo = open("fifo", O_RDONLY | O_CLOEXEC);

    if (fifo < 0 || read(fifo, &byte, 1) != 1)
        bail("fifo");
    const bool temporary = cli_entries() == before + 1;
    kill(child, number);
    ok(cli_end(child) == 256 + number && temporary && cli_entries() == before,
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
    enum { PART = sizeof(float) << 16 };
    static const float zeros[1 << 20];
    const struct timespec wait = {0, 60000000};
    unsigned char head[128];
    const size_t size = cli_make_npy(
        head, "{'descr': '=f4', 'fortran_order': False, 'shape': (1048576,)}",
        zeros, 0);
    const char *at = (const char *)zeros;
    ssize_t n = write(to, head, size);

    /* More than a pipe holds at a time: begun when the program has, too. */
    for (size_t done = 0; n > 0 && done < sizeof(zeros); done += (size_t)n) {
        nanosleep(&wait, NULL);
        n = write(to, at + done, PART - done % PART);
    }
    close(to);
}

static void test_progress(void)
{
    char text[CLI_OUTPUT] = "";
    size_t used = 0;
    int ends[2], side;
    const int terminal = open_terminal(&side);

    if (terminal < 0) {
        skip("no pseudo-terminal", "a progress bar on a terminal");
        return;
    }
    if (pipe(ends) || fcntl(ends[1], F_SETFD, FD_CLOEXEC))
        bail("pipe");
    const pid_t child =
        cli_start("forward elu -i - -o y.npy", ends[0], 1, side);
    close(ends[0]);
    close(side);
    feed(ends[1]);
    for (ssize_t n = 1; n > 0 && used + 1 < sizeof(text);) {
        n = read(terminal, text + used, sizeof(text) - 1 - used);
        used += n > 0 ? (size_t)n : 0;
    }
    close(terminal);
    ok(cli_end(child) == 0 && strstr(text, "\rforward ") && strchr(text, '#') &&
           text[used - 1] == '\r',
       "a progress bar on a terminal, gone at the end");
}

static void test_texts(void)
{
    char version[64];

    snprintf(version, sizeof(version), "clrelu %s\n", clrelu_version());
    cli_prints("--version", version);
    cli_prints("--help", "usage: clrelu COMMAND");
    cli_prints("-h", "clrelu devices");
    cli_prints("forward --help", "example");
    cli_prints("backward -h", "--dalpha");
    cli_prints("devices --help", "CLRELU_DEVICE");
    cli_prints("explain elu --help", "--shape");
    cli_prints("source --help", "OpenCL C");
    cli_prints("source elu", "floatN clrelu_eluN(floatN x, float alpha)");
    cli_prints("source elu --prefix my_ --dtype f64",
               "doubleN my_elu_gradN(doubleN x, double alpha, doubleN dy)");
    cli_prints("source leaky_relu --chain residual,bias --gain 2",
               "floatN clrelu_chainN(x, bias, residual)   y");
    cli_prints("devices", "* ");
    cli_prints("devices", "same bits");
    cli_prints("devices --device any:0", "* ");
    cli_prints("explain prelu --shape 64,64,56,56 --shared-axes 2,3 --backward",
               "64 shared x 64 kept x 3136 shared");
    cli_prints("explain prelu -i x.npy", "3 kept");
    cli_prints("explain elu --shape 0,3", "shape:");

    const struct cli_result none = cli_run("devices --device nothing");
    ok(none.status == 1 && strstr(none.out, ":0 ") &&
           strstr(none.err, "\"nothing\""),
       "devices lists all, and says that none fits");

    const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    FILE *err = tmpfile();
    char text[CLI_OUTPUT];
    if (full < 0 || !err)
        bail("/dev/full");
    const int status = cli_end(cli_start("--help", full, full, fileno(err)));
    cli_read_back(err, text);
    ok(status == 1 && strstr(text, "standard output"),
       "a full disk under --help is an error");
    close(full);
}

int main(int argc, char **argv)
{
    cli_begin(argc, argv);
    write_large();
    for (size_t i = 0; i < CLI_SIGNALS; i++)
        test_signal(cli_signals[i]);
    test_progress();
    test_texts();
    return cli_finish();
}
