/* main.c - clrelu, the command line
 * SPDX-License-Identifier: MIT */
#include <clrelu.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"

static const struct command {
    const char *name, *help;
    bool (*run)(const options *o, failure *f);
} commands[] = {
    [COMMAND_FORWARD] = {"forward", forward_help, run},
    [COMMAND_BACKWARD] = {"backward", backward_help, run},
    [COMMAND_DEVICES] = {"devices", devices_help, devices},
    [COMMAND_EXPLAIN] = {"explain", explain_help, explain},
};

static const struct program_command {
    const char *name;
    bool (*run)(int argc, char **argv, failure *f);
} program_commands[] = {
    {"compile", compile},
    {"pack", pack},
    {"cache", cache},
    {"tune", tune},
};

static const char help[] =
    "usage: clrelu COMMAND ...\n\n"
    "LeakyReLU, PReLU, ELU and ThresholdedReLU on any OpenCL device.\n\n"
    "  clrelu forward OP -i X.npy -o Y.npy\n"
    "  clrelu backward OP -i X.npy -g DY.npy -o DX.npy [--dalpha DA.npy]\n"
    "  clrelu devices       what is there, and which one would be picked\n"
    "  clrelu explain OP    how an operation would run\n"
    "  clrelu compile       programs for devices that cannot compile\n"
    "  clrelu pack          ... out of what a vendor's compiler made\n"
    "  clrelu cache         the compiled programs that are kept\n"
    "  clrelu tune          measures what is fastest on a device\n"
    "  clrelu --help\n"
    "  clrelu --version\n\n"
    "OP is leaky_relu, prelu, elu or thresholded_relu.  'clrelu COMMAND "
    "--help'\n"
    "shows a command's options and examples.\n";

static bool run_command(int argc, char **argv, failure *f)
{
    options o;

    if (argc < 2)
        return misuse(f, "", "a command is missing");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return fputs(help, stdout) >= 0;
    if (strcmp(argv[1], "--version") == 0)
        return printf("clrelu %s\n", clrelu_version()) >= 0;
    for (int i = 0; i <= COMMAND_EXPLAIN; i++) {
        const struct command *command = &commands[i];
        if (strcmp(argv[1], command->name) != 0)
            continue;
        if (!options_parse((command_id)i, argc - 1, argv + 1, &o, f))
            return false;
        if (o.help)
            return fputs(command->help, stdout) >= 0;
        return command->run(&o, f);
    }
    for (size_t i = 0;
         i < sizeof(program_commands) / sizeof(program_commands[0]); i++)
        if (strcmp(argv[1], program_commands[i].name) == 0)
            return program_commands[i].run(argc - 1, argv + 1, f);
    return misuse(f, "", "'%s' is not a command", argv[1]);
}

int main(int argc, char **argv)
{
    failure f = {.status = STATUS_OK};

    run_command(argc, argv, &f);
    if ((fflush(stdout) || ferror(stdout)) && f.status == STATUS_OK)
        fail_errno(&f, "standard output");
    if (f.status != STATUS_OK)
        fprintf(stderr, "clrelu: %s\n", f.text);
    return f.status;
}
