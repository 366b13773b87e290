/* programs.c - clrelu compile, clrelu pack
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "base/os.h"
#include "commands.h"

static bool export_one(const program_options *o, clrelu_context *context,
                       clrelu_op op, clrelu_dtype dtype, failure *f)
{
    return !clrelu_export_programs(context, op, dtype, o->source) ||
           fail_library(f);
}

bool compile(const program_options *o, failure *f)
{
    const clrelu_context_params params = {.spec = o->device, .program = ""};
    clrelu_context *context;
    bool good;

    if (!o->output == !o->source)
        return misuse(f, "compile", "needs either --output or --source");
    /* Binaries in the cache may lack kernels that had not run yet. */
    setenv("CLRELU_CACHE", "0", 1);
    if (clrelu_context_create(&params, &context))
        return fail_context(f);
    good = program_options_each(
        o, context, o->source ? export_one : program_options_compile, f);
    if (good && o->output)
        good = !clrelu_save_programs(context, o->output) || fail_library(f);
    clrelu_context_destroy(&context);
    return good;
}

bool pack(const program_options *o, failure *f)
{
    if (!o->word)
        return misuse(f, "pack", "a folder is missing");
    if (!o->output)
        return misuse(f, "pack", "--output is missing");
    return !clrelu_pack_programs(o->word, o->output) || fail_library(f);
}
