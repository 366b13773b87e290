/* test_offline.c - programs made in advance, and a device that cannot compile
 * SPDX-License-Identifier: MIT
 *
 *   test_offline LAYER CLRELU OPS TEST...   the tests run with program files
 *                                           alone; OPS go through poclcc, which
 *                                           takes long, and if that is not all
 *                                           of them, only the first test
 *   test_offline --proof                    what the layer does, in a process
 *                                           of its own */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array.h"
#include "core/kernel_pool.h"
#include "folder.h"
#include "offline/precompile.h"
#include "process.h"
#include "tap.h"

static const char *self, *layer, *clrelu, *packed;
static char layer_log[256];

static const clrelu_op ops[] = {CLRELU_LEAKY_RELU, CLRELU_PRELU, CLRELU_ELU,
                                CLRELU_THRESHOLDED_RELU};

/* ------------------------------------------------------------- processes -- */

static void hide_compiler(const char *program_file)
{
    unlink(layer_log);
    setenv("OPENCL_LAYERS", layer, 1);
    setenv("LAYER_LOG", layer_log, 1);
    setenv("LAYER_NO_COMPILER", "1", 1);
    setenv("CLRELU_PROGRAM", program_file, 1);
}

static void show_compiler(void)
{
    unsetenv("OPENCL_LAYERS");
    unsetenv("LAYER_NO_COMPILER");
    unsetenv("CLRELU_PROGRAM");
}

/* ----------------------------------------------------------------- files -- */

static clrelu_status look_for(void *data, const clrelu_program_key *key,
                              cl_program program)
{
    clrelu_program_key *keys = data;
    size_t i = 0;

    (void)program;
    for (; i < PRECOMPILE_MAX; i++)
        if (keys[i].dtype == key->dtype && keys[i].kind == key->kind &&
            keys[i].op == key->op && keys[i].alpha_dtype == key->alpha_dtype &&
            keys[i].dx == key->dx && keys[i].dalpha == key->dalpha &&
            keys[i].accumulate == key->accumulate)
            break;
    if (i == PRECOMPILE_MAX)
        return CLRELU_INVALID_PROGRAM;
    memset(&keys[i], 0, sizeof(keys[i]));
    return CLRELU_OK;
}

/* What is exported is what is compiled, no more and no less. */
static void test_keys(clrelu_op op, clrelu_dtype dtype)
{
    clrelu_program_key keys[PRECOMPILE_MAX] = {{0}};
    const size_t count = clrelu_precompile_keys(op, dtype, keys);
    clrelu_status status;
    struct device d;
    bool all = true;

    device_open(&d);
    status = clrelu_precompile(d.context, op, dtype);
    if (!status)
        status = clrelu_programs_visit(d.context, look_for, keys);
    for (size_t i = 0; i < count; i++)
        all = all && keys[i].dtype == 0;
    ok(!status && all, "%s of type %d: %zu programs are made in advance",
       clrelu_op_name(op), (int)dtype, count);
    device_close(&d);
}

static void save(const char *path)
{
    clrelu_status status = CLRELU_OK;
    struct device d;

    device_open(&d);
    for (size_t i = 0; i < COUNT_OF(ops) && !status; i++)
        status = clrelu_precompile(d.context, ops[i], CLRELU_FLOAT32);
    if (!status)
        status = clrelu_save_programs(d.context, path);
    ok(!status, "all programs of float32 are in one file%s%s",
       status ? ": " : "", status ? clrelu_error() : "");
    device_close(&d);
}

/* ----------------------------------------------------------- no compiler -- */

/* The layer is there, and does what it should. */
static int prove(void)
{
    const float values[] = {-1.0f, 1.0f};
    struct device d;
    struct array x;
    clrelu_device listed;
    clrelu_status status;
    size_t count;

    device_open(&d);
    x = array_make(&d, 0, COUNT_OF(values), values);
    ok(!clrelu_device_list(NULL, 1, &listed, &count) && !listed.compiler,
       "the device has no compiler");
    status = array_forward(&d, CLRELU_ELU, 1.0, &x, &x);
    ok(status == CLRELU_UNSUPPORTED && strstr(clrelu_error(), "program file"),
       "nothing works: %s", clrelu_error());
    array_free(&x);
    device_close(&d);
    return done_testing();
}

/* False where the loader has no layers. */
static bool test_layer(void)
{
    const char *const words[] = {self, "--proof", NULL};
    int status;
    bool good;

    hide_compiler("");
    status = process_run(words);
    if (status == 127)
        bail("the test cannot run itself");
    if (process_count(layer_log, 'i') == 0) {
        skip("the loader knows no layers", "a device without a compiler");
        show_compiler();
        return false;
    }
    good = ok(status == 0 && process_count(layer_log, 's') == 1,
              "a layer hides the device's compiler");
    if (!good)
        process_show();
    show_compiler();
    return true;
}

static void test_programs(const char *path, char **tests, const char *what)
{
    for (; *tests; tests++) {
        const char *const words[] = {*tests, NULL};
        const char *name = strrchr(*tests, '/');
        int status;
        hide_compiler(path);
        status = process_run(words);
        if (!ok(status == 0 && process_count(layer_log, 'b') > 0 &&
                    process_count(layer_log, 's') == 0,
                "%s passes without a compiler, with %zu programs out of %s",
                name ? name + 1 : *tests, process_count(layer_log, 'b'), what))
            process_show();
        show_compiler();
    }
}

/* ----------------------------------------------------------- accelerator -- */

/* One work-item per group, in a loop as wide as the device, and no barrier for
 * its compiler to stumble over. */
static void test_accelerator(const char *test)
{
    static const char look_for_barriers[] =
        "for f in pipeline/*.cl; do\n"
        "    cc -E -P -xc - <$f >one || exit 1\n"
        "    grep -q __kernel one || exit 1\n"
        "    ! grep -q barrier one || exit 1\n"
        "done";
    const char *const explain[] = {clrelu,    "explain", "prelu",
                                   "--shape", "4,8",     NULL},
                      *const export[] = {clrelu, "compile", "--source",
                                         "pipeline", NULL},
                      *const barriers[] = {"sh", "-c", look_for_barriers, NULL},
                      *const words[] = {test, NULL};
    char text[4096], spec[256];
    clrelu_device d;
    size_t count = 0;
    int status;

    /* A device that is no GPU any more must be selected by name. */
    const char *setting = getenv("CLRELU_DEVICE");
    snprintf(spec, sizeof(spec), "%s", setting ? setting : "");
    if (setting && !clrelu_device_list(setting, 1, &d, &count) && count > 0)
        setenv("CLRELU_DEVICE", d.name, 1);
    hide_compiler("");
    unsetenv("LAYER_NO_COMPILER");
    setenv("LAYER_ACCELERATOR", "5", 1);
    status = process_run(explain);
    process_text("out", text, sizeof(text));
    ok(status == 0 && strstr(text, "-DVECTOR=4 -DGROUP=1 "),
       "an accelerator 5 lanes wide gets vectors of 4");
    ok(process_run(words) == 0, "... and %s passes", strrchr(test, '/') + 1);
    ok(process_run(export) == 0 && process_run(barriers) == 0,
       "... whose kernels have no barrier");
    unsetenv("LAYER_ACCELERATOR");
    if (setting)
        setenv("CLRELU_DEVICE", spec, 1);
    show_compiler();
}

/* ------------------------------------------------------------------ pack -- */

static bool is_pocl(void)
{
    clrelu_device d;
    size_t count;

    return !clrelu_device_list(getenv("CLRELU_DEVICE"), 1, &d, &count) &&
           count > 0 && strstr(d.platform_name, "Portable Computing") != NULL;
}

/* PoCL's compiler in the part of a vendor's, if it is this PoCL's: another
 * release's may be unable to load it. */
static bool compile_folder(void)
{
    static const char script[] =
        "poclcc -l || exit 77\n"
        "compile() { poclcc -b -cl-std=CL1.2 -o \"${1%.cl}.bin\" \"$1\"; }\n"
        "set -- sources/*.cl\n"
        "while [ $# -gt 0 ]; do\n"
        "    compile \"$1\" & first=$!\n"
        "    [ $# = 1 ] || compile \"$2\" || exit 1\n"
        "    wait $first || exit 1\n"
        "    shift; [ $# = 0 ] || shift\n"
        "done";
    const char *const words[] = {"sh", "-c", script, NULL};
    const int status = process_run(words);

    if (status == 77)
        return false;
    if (!ok(status == 0, "poclcc compiles the sources, without options"))
        process_show();
    return status == 0;
}

static bool test_pack(void)
{
    const char *const export[] = {clrelu, "compile", "--source", "sources",
                                  "--op", packed,    NULL},
                      *const pack[] = {clrelu, "pack",          "sources",
                                       "-o",   "pack.programs", NULL};
    struct stat before, after;
    int status = process_run(export);

    ok(status == 0, "clrelu compile --source writes them");
    stat("sources/manifest", &before);
    status = process_run(export);
    stat("sources/manifest", &after);
    ok(status == 0 && before.st_size == after.st_size,
       "... and again without a change");
    status = process_run(pack);
    ok(status == 1 && access("pack.programs", F_OK),
       "clrelu pack wants each of them compiled");
    if (!is_pocl() || !compile_folder()) {
        skip("there is no poclcc, or no PoCL", "clrelu pack");
        return false;
    }
    status = process_run(pack);
    if (!ok(status == 0, "clrelu pack makes one file of them"))
        process_show();
    return status == 0;
}

static bool test_compile(void)
{
    const char *const words[] = {clrelu, "compile", "-o", "cli.programs", NULL};
    const int status = process_run(words);

    if (!ok(status == 0, "clrelu compile writes a file"))
        process_show();
    return status == 0;
}

/* ---------------------------------------------------------------- errors -- */

static clrelu_status open_with(const char *path)
{
    const clrelu_context_params params = {.program = path};
    clrelu_context *context;
    const clrelu_status status = clrelu_context_create(&params, &context);

    clrelu_context_destroy(&context);
    return status;
}

static void change_byte(const char *from, const char *to, long at)
{
    static char bytes[8 << 20];
    const size_t size = process_text(from, bytes, sizeof(bytes));
    FILE *file = fopen(to, "w");

    bytes[(size_t)at % size] ^= 1;
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file))
        bail("cannot write %s", to);
}

static void put_other_device(const char *from, const char *to)
{
    const int in = open(from, O_RDONLY);
    const int out = open(to, O_WRONLY | O_CREAT, 0600);
    char error[ENVELOPE_ERROR];
    clrelu_envelope e;

    if (!clrelu_envelope_read(in, 1 << 30, &e, error))
        bail("%s %s", from, error);
    e.device = "clrelu: 0.0.1\n";
    if (!clrelu_envelope_write(out, &e))
        bail("cannot write %s", to);
    clrelu_envelope_free(&e);
    close(in);
    close(out);
}

static void test_errors(void)
{
    const clrelu_context_params params = {.program = "all.programs"};
    clrelu_context *context;

    ok(open_with("none") == CLRELU_FILE_ERROR, "a missing file: %s",
       clrelu_error());
    ok(open_with("sources") == CLRELU_INVALID_PROGRAM, "a folder: %s",
       clrelu_error());
    ok(open_with("out") == CLRELU_INVALID_PROGRAM, "another file: %s",
       clrelu_error());
    change_byte("all.programs", "bad.programs", 4321);
    ok(open_with("bad.programs") == CLRELU_INVALID_PROGRAM, "a changed bit: %s",
       clrelu_error());
    put_other_device("all.programs", "other.programs");
    ok(open_with("other.programs") == CLRELU_INVALID_PROGRAM &&
           strstr(clrelu_error(), "0.0.1") &&
           strstr(clrelu_error(), clrelu_version()),
       "another version: %s", clrelu_error());
    must_succeed(clrelu_context_create(&params, &context));
    ok(clrelu_precompile(context, CLRELU_ELU, CLRELU_BFLOAT16) ==
               CLRELU_INVALID_PROGRAM &&
           strstr(clrelu_error(), "DTYPE=3"),
       "a program that is missing: %s", clrelu_error());
    ok(!clrelu_precompile(context, CLRELU_ELU, CLRELU_FLOAT32),
       "... and one that is there");
    ok(clrelu_precompile(NULL, CLRELU_ELU, CLRELU_FLOAT32) ==
               CLRELU_INVALID_NULL &&
           clrelu_precompile(context, (clrelu_op)9, CLRELU_FLOAT32) ==
               CLRELU_INVALID_OP &&
           clrelu_precompile(context, CLRELU_ELU, (clrelu_dtype)9) ==
               CLRELU_INVALID_DTYPE &&
           clrelu_save_programs(context, NULL) == CLRELU_INVALID_NULL &&
           clrelu_save_programs(NULL, "x") == CLRELU_INVALID_NULL &&
           clrelu_export_programs(context, CLRELU_ELU, CLRELU_FLOAT32, NULL) ==
               CLRELU_INVALID_NULL &&
           clrelu_pack_programs(NULL, "x") == CLRELU_INVALID_NULL,
       "arguments are checked");
    ok(clrelu_save_programs(context, "no/such/folder") == CLRELU_FILE_ERROR,
       "a file that cannot be written: %s", clrelu_error());
    ok(clrelu_pack_programs(".", "x") == CLRELU_FILE_ERROR,
       "a folder without a manifest: %s", clrelu_error());
    clrelu_context_destroy(&context);
}

int main(int argc, char **argv)
{
    char **tests;
    bool has_layers, all;

    if (argc > 1 && strcmp(argv[1], "--proof") == 0)
        return prove();
    if (argc < 5)
        bail("arguments are missing");
    self = process_self(argv);
    layer = argv[1];
    clrelu = argv[2];
    packed = argv[3];
    tests = argv + 4;
    all = strstr(packed, "prelu") != NULL;
    device_need();
    snprintf(layer_log, sizeof(layer_log), "%s/log", folder_enter());
    for (size_t i = 0; i < COUNT_OF(ops); i++)
        test_keys(ops[i], CLRELU_FLOAT32);
    if (all)
        test_keys(CLRELU_PRELU, CLRELU_BFLOAT16);
    save("all.programs");
    has_layers = test_layer();
    if (has_layers)
        test_accelerator(tests[2]);
    if (has_layers)
        test_programs("all.programs", tests, "clrelu_save_programs");
    if (!all)
        tests[1] = NULL;
    if (test_compile() && has_layers)
        test_programs("cli.programs", tests, "clrelu compile");
    if (test_pack() && has_layers)
        test_programs("pack.programs", tests, "poclcc and clrelu pack");
    test_errors();
    folder_leave();
    return done_testing();
}
