/* programs.c - clrelu compile, clrelu pack
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "program_options.h"

const char compile_help[] =
    "usage: clrelu compile -o FILE [options]\n"
    "       clrelu compile --source FOLDER [options]\n\n"
    "Writes all programs that the operations need on a device into one file.\n"
    "With CLRELU_PROGRAM=FILE in the environment nothing is compiled on that\n"
    "device any more.  A device without a compiler needs its vendor's: then\n"
    "--source writes each program as a file, and 'clrelu pack' makes one file\n"
    "of what the vendor's compiler made of them.\n\n"
    "  -o, --output FILE    the file of programs\n"
    "  --source FOLDER      their sources, NAME.cl, and a manifest instead\n"
    "  --op OP,...          leaky_relu, prelu, elu, thresholded_relu; all\n"
    "  --dtype TYPE,...     float32, float16, bfloat16, float64; float32\n"
    "  --device SPEC        such as gpu, cpu, nvidia, pocl:cpu:0\n"
    "  -h, --help\n\n"
    "examples:\n"
    "  clrelu compile -o all.programs\n"
    "  clrelu compile --device accelerator --op elu --source elu\n";

const char pack_help[] =
    "usage: clrelu pack FOLDER -o FILE\n\n"
    "Makes one file of the programs in a folder of 'clrelu compile --source',\n"
    "once the vendor's compiler has made a NAME.bin of each NAME.cl.  The "
    "file\n"
    "is good for the device and driver that the folder was written for.\n\n"
    "  -o, --output FILE    the file of programs\n"
    "  -h, --help\n\n"
    "example:\n"
    "  clrelu compile --op elu --source elu\n"
    "  for f in elu/*.cl; do\n"
    "      poclcc -b -cl-std=CL1.2 -o ${f%.cl}.bin $f; done\n"
    "  clrelu pack elu -o elu.programs\n"
    "  CLRELU_PROGRAM=elu.programs clrelu forward elu -i x.npy -o y.npy\n";

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
    return !clrelu_warm(context, op, dtype) || fail_library(f);
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
    /* What the cache holds may have been put there before all kernels ran. */
    setenv("CLRELU_CACHE", "0", 1);
    params.spec = o.device;
    if (clrelu_context_create(&params, &context))
        return fail_library(f);
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
