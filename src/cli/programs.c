/* programs.c - clrelu compile, clrelu pack
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "base/os.h"
#include "commands.h"
#include "program_options.h"

static bool export_one(const program_options *o, clrelu_context *context,
                       clrelu_op op, clrelu_dtype dtype, failure *f)
{
    return !clrelu_export_programs(context, op, dtype, o->source) ||
           fail_library(f);
}

static bool compile_one(const program_options *o, clrelu_context *context,
                        clrelu_op op, clrelu_dtype dtype, failure *f)
{
    (void)o;
    return !clrelu_precompile(context, op, dtype) || fail_library(f);
}

bool compile(int argc, char **argv, failure *f)
{
    clrelu_context_params params = {.program = ""};
    clrelu_context *context;
    program_options o;
    bool good;

    if (!program_options_parse(
            argc, argv,
            TAKES_DEVICE | TAKES_PROGRAMS | TAKES_OUTPUT | TAKES_SOURCE, &o, f))
        return false;
    if (o.help)
        return fputs(compile_help, stdout) >= 0;
    if (!o.output == !o.source)
        return misuse(f, argv[0], "needs either --output or --source");
    /* Binaries in the cache may lack kernels that had not run yet. */
    setenv("CLRELU_CACHE", "0", 1);
    params.spec = o.device;
    if (clrelu_context_create(&params, &context))
        return fail_context(f);
    good = program_options_each(&o, context,
                                o.source ? export_one : compile_one, f);
    if (good && o.output)
        good = !clrelu_save_programs(context, o.output) || fail_library(f);
    clrelu_context_destroy(&context);
    return good;
}

bool pack(int argc, char **argv, failure *f)
{
    program_options o;

    if (!program_options_parse(argc, argv, TAKES_WORD | TAKES_OUTPUT, &o, f))
        return false;
    if (o.help)
        return fputs(pack_help, stdout) >= 0;
    if (!o.word)
        return misuse(f, argv[0], "a folder is missing");
    if (!o.output)
        return misuse(f, argv[0], "--output is missing");
    return !clrelu_pack_programs(o.word, o.output) || fail_library(f);
}
