/* test_compile.c - no compiler warns of the programs
 * SPDX-License-Identifier: MIT
 *
 *   test_compile       each operation in one type
 *   test_compile all   in all types, also as for a GPU
 *
 * compilers_quick gives all programs to clang, each for half of the targets.
 *
 * The library builds with -w, as PoCL prints warnings on the terminal of
 * whoever called the library; they are not to be there in the first place. */
#include <stdlib.h>
#include <string.h>

#include "core/build.h"
#include "core/context.h"
#include "device.h"
#include "offline/precompile.h"
#include "tap.h"

static const clrelu_op ops[] = {CLRELU_LEAKY_RELU, CLRELU_PRELU, CLRELU_ELU,
                                CLRELU_THRESHOLDED_RELU};
static const clrelu_dtype dtypes[] = {CLRELU_FLOAT32, CLRELU_FLOAT16,
                                      CLRELU_BFLOAT16, CLRELU_FLOAT64};

/* For free(). */
static char *build_log(const struct device *d, cl_program program)
{
    size_t size = 0;
    char *log;

    device_must(clGetProgramBuildInfo(program, d->id, CL_PROGRAM_BUILD_LOG, 0,
                                      NULL, &size),
                "clGetProgramBuildInfo");
    log = calloc(size + 1, 1);
    if (!log)
        bail("no memory for a log of %zu bytes", size);
    device_must(clGetProgramBuildInfo(program, d->id, CL_PROGRAM_BUILD_LOG,
                                      size, log, NULL),
                "clGetProgramBuildInfo");
    return log;
}

static bool is_silent(const struct device *d, const clrelu_program_key *key)
{
    cl_program program;
    char *log;

    if (clrelu_build_source(d->context, key, false, &program)) {
        diag("%s", clrelu_error());
        return false;
    }
    log = build_log(d, program);
    clReleaseProgram(program);
    const bool silent = !strstr(log, "warning");
    if (!silent)
        diag("%s", log);
    free(log);
    return silent;
}

static void test_op(const struct device *d, clrelu_op op, clrelu_dtype dtype)
{
    clrelu_program_key keys[PRECOMPILE_MAX + 1];
    size_t count = clrelu_precompile_keys(op, dtype, keys);
    bool silent = true;

    if (clrelu_dtype_size(dtype) > 2)
        keys[count++] = (clrelu_program_key){
            .op = op,
            .dtype = dtype,
            .alpha_dtype = dtype,
            .dx = true,
            .parts = CLRELU_PART_BACKWARD | CLRELU_PART_SCALE |
                     CLRELU_PART_BIAS | CLRELU_PART_SECOND | CLRELU_PART_DBIAS |
                     CLRELU_PART_DSCALE,
            .kind = CLRELU_PROGRAM_CHAIN};
    for (size_t i = 0; i < count; i++)
        silent &= is_silent(d, &keys[i]);
    ok(silent, "%s, type %d, work-groups of %u: %zu programs without a warning",
       clrelu_op_name(op), (int)dtype, d->context->params.group, count);
}

static void test_ops(const struct device *d, bool all)
{
    for (size_t i = 0; i < COUNT_OF(dtypes); i++)
        for (size_t j = 0; j < COUNT_OF(ops); j++)
            if ((all || (i + j) % COUNT_OF(ops) == 1) &&
                (dtypes[i] != CLRELU_FLOAT64 || d->context->params.has_fp64))
                test_op(d, ops[j], dtypes[i]);
}

/* As on a GPU, where 16 bits come twice as many at a time; but in vectors that
 * this CPU has registers for. */
static unsigned gpu_vector(unsigned widest)
{
    return widest > 8 ? 4 : (widest + 1) / 2;
}

int main(int argc, char **argv)
{
    const bool all = argc > 1 && strcmp(argv[1], "all") == 0;
    const clrelu_program_key arithmetic = {.kind = CLRELU_PROGRAM_FLOAT_CHECK};
    struct device d;

    device_open(&d);
    if (!device_named(&d, "Portable Computing Language", "")) {
        skip("others' compilers print nothing", "warnings");
        device_close(&d);
        return done_testing();
    }
    ok(is_silent(&d, &arithmetic), "what asks a device how it computes");
    test_ops(&d, all);
    if (all) {
        d.context->params.group = 128;
        d.context->params.vector = d.context->params.prelu_vector =
            gpu_vector(d.context->defaults.vector);
        test_ops(&d, all);
    }
    device_close(&d);
    return done_testing();
}
