/* main.c - clrelu, the command line
 * SPDX-License-Identifier: MIT */
#include <clrelu.h>
#include <stdio.h>
#include <string.h>

#include "colour.h"
#include "commands.h"
#include "console.h"
#include "nearest.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct command {
    const char *name, *help;
    bool (*run)(const options *o, failure *f);
} commands[] = {
    [COMMAND_FORWARD] = {"forward", forward_help, run},
    [COMMAND_BACKWARD] = {"backward", backward_help, run},
    [COMMAND_PLOT] = {"plot", plot_help, plot},
    [COMMAND_DEVICES] = {"devices", devices_help, devices},
    [COMMAND_EXPLAIN] = {"explain", explain_help, explain},
    [COMMAND_SOURCE] = {"source", source_help, source},
};

static const struct program_command {
    const char *name, *help;
    unsigned takes;
    bool (*run)(const program_options *o, failure *f);
} program_commands[] = {
    {"compile", compile_help,
     TAKES_DEVICE | TAKES_PROGRAMS | TAKES_OUTPUT | TAKES_SOURCE, compile},
    {"pack", pack_help, TAKES_WORD | TAKES_OUTPUT, pack},
    {"cache", cache_help, TAKES_WORD | TAKES_WARM, cache},
    {"tune", tune_help, TAKES_DEVICE, tune},
};

static bool unknown(const char *word, failure *f)
{
    nearest n;

    nearest_start(&n, word);
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        nearest_try(&n, commands[i].name);
    for (size_t i = 0; i < COUNT_OF(program_commands); i++)
        nearest_try(&n, program_commands[i].name);
    return misuse(f, "", "'%s' is not a command%s", word, nearest_hint(&n, ""));
}

static bool run_program_command(const struct program_command *c, int argc,
                                char **argv, failure *f)
{
    program_options o;

    if (!program_options_parse(argc, argv, c->takes, &o, f))
        return false;
    return o.help ? fputs(c->help, stdout) >= 0 : c->run(&o, f);
}

static bool run_command(int argc, char **argv, failure *f)
{
    options o;

    if (argc < 2)
        return misuse(f, "", "a command is missing");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return fputs(clrelu_help, stdout) >= 0;
    if (strcmp(argv[1], "--version") == 0)
        return printf("clrelu %s\n", clrelu_version()) >= 0;
    for (int i = 0; i < (int)COUNT_OF(commands); i++) {
        const struct command *command = &commands[i];
        if (strcmp(argv[1], command->name) != 0)
            continue;
        if (!options_parse((command_id)i, argc - 1, argv + 1, &o, f))
            return false;
        return o.help ? fputs(command->help, stdout) >= 0 : command->run(&o, f);
    }
    for (size_t i = 0; i < COUNT_OF(program_commands); i++)
        if (strcmp(argv[1], program_commands[i].name) == 0)
            return run_program_command(&program_commands[i], argc - 1, argv + 1,
                                       f);
    return unknown(argv[1], f);
}

int main(int argc, char **argv)
{
    failure f = {.status = STATUS_OK};

    console_begin();
    run_command(argc, argv, &f);
    if ((fflush(stdout) || ferror(stdout)) && f.status == STATUS_OK)
        fail_errno(&f, "standard output");
    if (f.status != STATUS_OK)
        fprintf(stderr, "%sclrelu:%s %s\n", colour_code(stderr, COLOUR_ERROR),
                colour_code(stderr, COLOUR_NONE), f.text);
    return f.status;
}
