/* test_portability.c - what no device must be asked for, on one of any kind
 * SPDX-License-Identifier: MIT
 *
 * docs/portability.md has the drivers that each of these is for. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/kernel_pool.h"
#include "expect.h"
#include "fake_cl.h"
#include "reference.h"
#include "tap.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static clrelu_context *open_context(void)
{
    clrelu_context *context = NULL;

    must_succeed(clrelu_context_create(NULL, &context));
    return context;
}

static clrelu_status forward(clrelu_context *context, clrelu_dtype dtype,
                             size_t n, clrelu_buffer x, clrelu_buffer y)
{
    const clrelu_exec exec = {.queue = fake_queue(context)};
    const clrelu_elementwise call = {
        .op = CLRELU_ELU, .dtype = dtype, .scalar = 1, .n = n, .x = x, .y = y};

    return clrelu_forward(context, &exec, &call);
}

/* A program of some kernel for each key that there can be. */
typedef void use_program(clrelu_program_key key, void *data);

/* The same for arrays with gaps, but not of each type. */
static void use_strided(clrelu_program_key key, use_program *use, void *data)
{
    key.strided = true;
    if (!key.accumulate && key.dtype <= CLRELU_FLOAT16 &&
        (!key.alpha_dtype || key.alpha_dtype == key.dtype))
        use(key, data);
}

static void each_prelu(clrelu_program_key key, use_program *use, void *data)
{
    const clrelu_dtype alphas[] = {key.dtype, CLRELU_FLOAT32};
    const size_t count = clrelu_dtype_size(key.dtype) == 2 ? 2 : 1;

    for (size_t i = 0; i < count; i++)
        for (int bits = 0; bits < 16; bits++) {
            key.alpha_dtype = alphas[i];
            key.dx = bits & 1;
            key.dalpha = bits & 2;
            key.accumulate = bits & 4;
            key.from_output = bits & 8;
            if ((key.dx || !key.accumulate) &&
                (key.dx || key.dalpha || !key.from_output)) {
                use(key, data);
                use_strided(key, use, data);
            }
        }
}

static void each_mask(clrelu_dtype dtype, use_program *use, void *data)
{
    static const clrelu_op ops[] = {CLRELU_LEAKY_RELU, CLRELU_THRESHOLDED_RELU,
                                    CLRELU_PRELU, CLRELU_PRELU};
    const clrelu_dtype alphas[] = {0, 0, dtype, CLRELU_FLOAT32};
    clrelu_program_key key = {.dtype = dtype, .kind = CLRELU_PROGRAM_MASK};

    for (size_t i = 0; i < COUNT_OF(ops); i++)
        for (int which = 0; which < 3; which++) {
            key.op = ops[i];
            key.alpha_dtype = alphas[i];
            key.dx = which > 0;
            key.accumulate = which > 1;
            if (i < 3 || clrelu_dtype_size(dtype) == 2)
                use(key, data);
        }
}

static void each_activation(clrelu_dtype dtype, use_program *use, void *data)
{
    static const clrelu_op ops[] = {CLRELU_LEAKY_RELU, CLRELU_ELU,
                                    CLRELU_THRESHOLDED_RELU};
    clrelu_program_key key = {.dtype = dtype,
                              .kind = CLRELU_PROGRAM_ACTIVATION};

    for (size_t i = 0; i < COUNT_OF(ops); i++)
        for (int bits = 0; bits < 4; bits++) {
            key.op = ops[i];
            key.accumulate = bits & 1;
            key.from_output = bits & 2;
            if (!key.from_output || key.op != CLRELU_THRESHOLDED_RELU) {
                use(key, data);
                use_strided(key, use, data);
            }
        }
    key.op = CLRELU_PRELU;
    each_prelu(key, use, data);
    each_mask(dtype, use, data);
}

/* With few parts and with all of them, of which the last two are double
 * backward passes; there are thousands. */
static void each_chain(clrelu_dtype dtype, use_program *use, void *data)
{
    enum {
        SHIFTED = CLRELU_PART_SCALE | CLRELU_PART_BIAS,
        SUMS = CLRELU_PART_BACKWARD | SHIFTED | CLRELU_PART_DBIAS,
        DOUBLE = CLRELU_PART_BACKWARD | CLRELU_PART_DOUBLE | CLRELU_PART_DDX,
    };
    static const struct {
        unsigned parts;
        bool dx, dalpha, accumulate;
    } chains[] = {
        {CLRELU_PART_BIAS, false, false, false},
        {SHIFTED | CLRELU_PART_RESIDUAL | CLRELU_PART_SECOND, false, false,
         false},
        {CLRELU_PART_BACKWARD, true, false, false},
        {CLRELU_PART_BACKWARD | SHIFTED | CLRELU_PART_SECOND |
             CLRELU_PART_ADD_SECOND,
         true, false, true},
        {SUMS, false, false, false},
        {SUMS | CLRELU_PART_DSCALE | CLRELU_PART_SECOND, true, true, true},
        {DOUBLE | CLRELU_PART_DDY, true, false, false},
        {DOUBLE | SUMS | CLRELU_PART_SECOND | CLRELU_PART_DSCALE |
             CLRELU_PART_DDSCALE | CLRELU_PART_DDBIAS,
         true, true, true},
    };

    for (int op = CLRELU_LEAKY_RELU; clrelu_op_name((clrelu_op)op); op++)
        for (size_t i = 0; i < COUNT_OF(chains); i++) {
            const bool prelu = op == CLRELU_PRELU;
            const unsigned parts = chains[i].parts;
            const unsigned alphas =
                (chains[i].dx ? CLRELU_PART_ALPHAS : CLRELU_PART_ONE_ALPHA) |
                (parts & CLRELU_PART_DOUBLE ? CLRELU_PART_DDALPHA : 0);
            const clrelu_program_key key = {.op = (clrelu_op)op,
                                            .dtype = dtype,
                                            .alpha_dtype = dtype,
                                            .dx = chains[i].dx,
                                            .dalpha = prelu && chains[i].dalpha,
                                            .accumulate = chains[i].accumulate,
                                            .parts =
                                                parts | (prelu ? alphas : 0),
                                            .kind = CLRELU_PROGRAM_CHAIN};
            use(key, data);
            if (i < 3)
                use_strided(key, use, data);
        }
}

static void each_program(bool fp64, use_program *use, void *data)
{
    static const clrelu_program_kind others[] = {CLRELU_PROGRAM_INITIALIZER,
                                                 CLRELU_PROGRAM_PARAMETER,
                                                 CLRELU_PROGRAM_FLOAT_CHECK};
    const int last = fp64 ? CLRELU_FLOAT64 : CLRELU_BFLOAT16;

    for (int i = CLRELU_FLOAT32; i <= last; i++) {
        const clrelu_dtype dtype = (clrelu_dtype)i;
        each_activation(dtype, use, data);
        each_chain(dtype, use, data);
        use((clrelu_program_key){.dtype = dtype,
                                 .kind = CLRELU_PROGRAM_PARTIALS},
            data);
    }
    for (size_t i = 0; i < COUNT_OF(others); i++)
        use((clrelu_program_key){.dtype = CLRELU_FLOAT32, .kind = others[i]},
            data);
}

static clrelu_kernel_id kernel_of(const clrelu_program_key *key)
{
    static const clrelu_kernel_id others[] = {
        [CLRELU_PROGRAM_INITIALIZER] = CLRELU_KERNEL_INITIALIZE,
        [CLRELU_PROGRAM_PARAMETER] = CLRELU_KERNEL_SGD_STEP,
        [CLRELU_PROGRAM_PARTIALS] = CLRELU_KERNEL_SUM_PARTIALS,
        [CLRELU_PROGRAM_FLOAT_CHECK] = CLRELU_KERNEL_FLOAT_CHECK,
        [CLRELU_PROGRAM_MASK] = CLRELU_KERNEL_MASK_PASS};

    if (key->kind == CLRELU_PROGRAM_CHAIN)
        return key->parts & CLRELU_PART_BACKWARD ? CLRELU_KERNEL_CHAIN_BACKWARD
                                                 : CLRELU_KERNEL_CHAIN_FORWARD;
    if (key->kind != CLRELU_PROGRAM_ACTIVATION)
        return others[key->kind];
    if (key->op != CLRELU_PRELU)
        return key->from_output ? CLRELU_KERNEL_BACKWARD
                                : CLRELU_KERNEL_FORWARD;
    return key->dx || key->dalpha ? CLRELU_KERNEL_PRELU_BACKWARD
                                  : CLRELU_KERNEL_PRELU_FORWARD;
}

/* Leaves the program's options and source in fake. */
static void build(clrelu_context *context, clrelu_program_key key)
{
    clrelu_kernel *kernel;

    must_succeed(
        clrelu_kernel_acquire(context, &key, kernel_of(&key), &kernel));
    clrelu_kernel_release(context, kernel);
}

/* Definitions of plain tokens, the language, and no warnings: nothing to
 * quote. */
static bool plain_options(const char *options)
{
    char copy[sizeof(fake.options)];

    strcpy(copy, options);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
        if (strcmp(word, "-cl-std=CL1.2") == 0 || strcmp(word, "-w") == 0)
            continue;
        const char *c = word + 2;
        while (isalnum((unsigned char)*c) || *c == '_' || *c == '=')
            c++;
        if (strncmp(word, "-D", 2) != 0 || *c)
            return false;
    }
    return true;
}

/* The next word of code, comments aside; false at the end. */
static bool next_word(const char **at, char *word, size_t size)
{
    const char *c = *at;
    size_t used = 0;

    while (*c && !isalpha((unsigned char)*c) && *c != '_') {
        const char *comment = strncmp(c, "/*", 2) ? NULL : strstr(c + 2, "*/");
        c = comment ? comment + 2 : c + 1;
    }
    for (; isalnum((unsigned char)*c) || *c == '_'; c++)
        if (used + 1 < size)
            word[used++] = *c;
    word[used] = '\0';
    *at = c;
    return used > 0;
}

/* What means other things to other compilers, or nothing. */
static const char *banned_word(const char *source)
{
    static const char *const banned[] = {
        "static",         "inline",   "mad",
        "mad24",          "printf",   "get_global_offset",
        "native_exp",     "half_exp", "__builtin_assume",
        "__builtin_fmaf", "goto"};
    char word[64];

    while (next_word(&source, word, sizeof(word)))
        for (size_t i = 0; i < COUNT_OF(banned); i++)
            if (strcmp(word, banned[i]) == 0)
                return banned[i];
    return NULL;
}

struct survey {
    clrelu_context *context;
    const char *folder; /* to write the programs to, or NULL                  */
    unsigned count, quoted, loud, banned;
};

static void write_program(const struct survey *s)
{
    char path[4096];
    FILE *file;

    /* Other compilers are to print their warnings. */
    const char *silent = strstr(fake.options, " -w");
    if (!silent)
        bail("a program may print warnings: %s", fake.options);
    const int length = (int)(silent - fake.options);
    snprintf(path, sizeof(path), "%s/%03u.cl", s->folder, s->count);
    file = fopen(path, "w");
    if (!file ||
        fprintf(file, "// %.*s\n%s", length, fake.options, fake.source) < 0 ||
        fclose(file))
        bail("cannot write %s", path);
}

static void survey(clrelu_program_key key, void *data)
{
    struct survey *s = data;

    build(s->context, key);
    s->count++;
    if (!plain_options(fake.options) && s->quoted++ == 0)
        diag("%s", fake.options);
    s->loud += !strstr(fake.options, " -w");
    const char *word = banned_word(fake.source);
    if (word && s->banned++ == 0)
        diag("%s: %s", fake.options, word);
    if (s->folder)
        write_program(s);
}

static void test_programs(const char *folder)
{
    struct survey s = {open_context(), folder, 0, 0, 0, 0};

    each_program(strstr(fake.extensions, "fp64") != NULL, survey, &s);
    ok(s.count == fake.builds, "%u programs, each built once", s.count);
    ok(s.quoted == 0, "no option has a quote, a blank or a path");
    ok(s.loud == 0, "all are built with -w, as drivers print warnings");
    ok(s.banned == 0, "no kernel is static, inline or calls mad");
    clrelu_context_destroy(&s.context);
}

static void test_plain(void)
{
    ok(plain_options("-cl-std=CL1.2 -DA=1 -DB=x_y"), "plain options pass");
    ok(!plain_options("-DA=\"1\""), "a quote is found");
    ok(!plain_options("-I/tmp"), "a path is found");
    ok(!banned_word("/* mad */ float nomad = 1;"), "no banned word");
    ok(banned_word("static int f(void)") != NULL, "static is found");
    ok(banned_word("x = mad(a, b, c);") != NULL, "mad is found");
}

/* Nothing is allocated, so that n may be anything. */
static void test_launches(void)
{
    const uint64_t limit = (uint64_t)1 << 31;
    const size_t large = SIZE_MAX / 64;
    const size_t dims[][3] = {
        {1, large / 16, 1}, {large / 16, 1, 1}, {large >> 12, 1 << 4, 1 << 4}};
    static const int axis[] = {1};
    clrelu_context *context = open_context();
    const clrelu_exec exec = {.queue = fake_queue(context)};
    const clrelu_buffer x = clrelu_at(fake_buffer(context, SIZE_MAX), 0),
                        y = clrelu_at(fake_buffer(context, SIZE_MAX), 0),
                        z = clrelu_at(fake_buffer(context, SIZE_MAX), 0);

    ok(!forward(context, CLRELU_FLOAT32, large, x, y) && fake.work_items > 0 &&
           fake.max_at_once <= limit && !fake.offset,
       "%zu elements: %llu work-items at once", large,
       (unsigned long long)fake.max_at_once);
    for (size_t i = 0; i < COUNT_OF(dims); i++)
        for (size_t shared = 0; shared < 2; shared++) {
            const clrelu_shape shape =
                reference_shape(3, dims[i], shared, axis);
            fake.work_items = fake.launches = 0;
            const clrelu_status status =
                clrelu_prelu_backward(context, &exec,
                                      &(clrelu_prelu){.dtype = CLRELU_FLOAT32,
                                                      .shape = &shape,
                                                      .x = x,
                                                      .alpha = z,
                                                      .dy = y,
                                                      .dx = y});
            ok(!status && fake.max_at_once <= limit && !fake.offset &&
                   fake.work_items > 0,
               "prelu (%zu,%zu,%zu): %llu work-items in %u launches of at most "
               "%llu %s",
               dims[i][0], dims[i][1], dims[i][2],
               (unsigned long long)fake.work_items, fake.launches,
               (unsigned long long)fake.max_at_once,
               status ? clrelu_error() : "");
        }
    clReleaseMemObject(x.mem);
    clReleaseMemObject(y.mem);
    clReleaseMemObject(z.mem);
    clrelu_context_destroy(&context);
}

static void expect_group(const char *group, const char *why)
{
    clrelu_context *context = open_context();

    build(context, (clrelu_program_key){.op = CLRELU_PRELU,
                                        .dtype = CLRELU_FLOAT32,
                                        .alpha_dtype = CLRELU_FLOAT32,
                                        .dalpha = true});
    ok(strstr(fake.options, group) != NULL, "%s: %s", why, fake.options);
    clrelu_context_destroy(&context);
}

/* Of an element-wise program and of PReLU's sums. */
static void expect_vector(clrelu_dtype dtype, const char *vector)
{
    clrelu_context *context = open_context();
    const clrelu_program_key keys[] = {{.op = CLRELU_ELU, .dtype = dtype},
                                       {.op = CLRELU_PRELU,
                                        .dtype = dtype,
                                        .alpha_dtype = dtype,
                                        .dalpha = true}};
    bool good = true;

    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        build(context, keys[i]);
        const char *got = strstr(fake.options, "-DVECTOR=");
        good &=
            got && !strncmp(got + strlen("-DVECTOR"), vector, strlen(vector));
    }
    ok(good, "a CPU of %u floats a register, type %d: vectors %s", fake.lanes,
       (int)dtype, vector);
    clrelu_context_destroy(&context);
}

static void test_limits(void)
{
    expect_group("-DVECTOR=4 -DGROUP=256", "a GPU");
    fake.max_work_items = 100;
    expect_group("-DGROUP=64 ", "at most 100 work-items in a group");
    fake.max_work_items = 1024;
    fake.local_bytes = 16384;
    expect_group("-DGROUP=1 ", "16 KiB of local memory");
    fake_reset();
    fake.type = CL_DEVICE_TYPE_ACCELERATOR;
    expect_group("-DGROUP=1 ", "an FPGA");
    fake_reset();
    fake.type = CL_DEVICE_TYPE_CPU;
    fake.local_bytes = 32768;
    fake.lanes = 1;
    expect_group("-DVECTOR=1 -DGROUP=256", "a CPU with work-items for lanes");
    fake.config = CL_FP_FMA;
    expect_group("-DVECTOR=4 -DGROUP=1 ", "a CPU with one lane and fma");
}

/* No vector is wider than a register. */
static void test_widths(void)
{
    static const struct {
        cl_uint lanes;
        const char *single, *half, *fp64;
    } cpus[] = {{0, "=4 ", "=4 ", "=2 "},   {2, "=4 ", "=4 ", "=2 "},
                {4, "=4 ", "=4 ", "=2 "},   {8, "=8 ", "=8 ", "=4 "},
                {12, "=8 ", "=8 ", "=4 "},  {16, "=16 ", "=16 ", "=8 "},
                {64, "=16 ", "=16 ", "=8 "}};

    fake.type = CL_DEVICE_TYPE_CPU;
    for (size_t i = 0; i < COUNT_OF(cpus); i++) {
        fake.lanes = cpus[i].lanes;
        expect_vector(CLRELU_FLOAT32, cpus[i].single);
        expect_vector(CLRELU_FLOAT16, cpus[i].half);
        expect_vector(CLRELU_FLOAT64, cpus[i].fp64);
    }
}

static void test_fp64(void)
{
    const clrelu_buffer x = {0};
    clrelu_context *context;

    fake.extensions = "cl_khr_fp16";
    context = open_context();
    const unsigned builds = fake.builds;
    ok(forward(context, CLRELU_FLOAT64, 10, x, x) == CLRELU_UNSUPPORTED &&
           strstr(clrelu_error(), "cl_khr_fp64") && fake.builds == builds,
       "float64: %s", clrelu_error());
    clrelu_context_destroy(&context);
    test_programs(NULL);
}

static clrelu_status forward_at(clrelu_context *context, void *x, size_t n)
{
    const clrelu_buffer at = clrelu_at_pointer(x, 4);

    return forward(context, CLRELU_FLOAT32, n, at, at);
}

static void refuse_at(clrelu_context *context, void *x, size_t n,
                      clrelu_status status, const char *what)
{
    const unsigned pointers = fake.pointers;

    ok(forward_at(context, x, n) == status && fake.pointers == pointers,
       "%s: %s", what, clrelu_error());
}

/* Unified shared memory; the fake's loader is one of OpenCL 1.2, without SVM.
 */
static void test_pointers(void)
{
    int other;
    clrelu_context *context = open_context();

    refuse_at(context, fake.usm, 10, CLRELU_UNSUPPORTED, "no pointers");
    clrelu_context_destroy(&context);
    fake.extensions = "cl_khr_fp16 cl_intel_unified_shared_memory";
    context = open_context();
    const clrelu_status status = forward_at(context, fake.usm, 60);
    ok(!status && fake.pointers == 2,
       "a pointer to the allocation: %u arguments", fake.pointers);
    ok(!forward_at(context, fake.usm + 16, 56), "a pointer into it");
    refuse_at(context, fake.usm, 61, CLRELU_BUFFER_TOO_SMALL, "beyond its end");
    refuse_at(context, &other, 1, CLRELU_INVALID_BUFFER, "other memory");
    fake.usm_device = (cl_device_id)&other;
    refuse_at(context, fake.usm, 10, CLRELU_INVALID_CONTEXT,
              "another device's memory");
    clrelu_context_destroy(&context);
}

static void expect_no_device(const char *spec, const char *want)
{
    const clrelu_context_params params = {.spec = spec};
    clrelu_context *context = NULL;
    const clrelu_status status = clrelu_context_create(&params, &context);

    if (!ok(status == CLRELU_NO_DEVICE && !context &&
                strcmp(clrelu_error(), want) == 0,
            "no context: %s", clrelu_error()))
        diag("want %s", want);
}

static void test_platforms(void)
{
    clrelu_device devices[8];
    size_t count = 77;

    fake.platforms = 3;
    fake.empty = 2;
    ok(!clrelu_device_list(NULL, 8, devices, &count) && count == 1,
       "two platforms without a device, one with");
    fake.empty = 3;
    ok(!clrelu_device_list(NULL, 8, devices, &count) && count == 0,
       "three platforms without a device");
    expect_no_device(
        NULL, "no OpenCL device: platform \"fake\" has no device; platform "
              "\"fake\" has no device; platform \"fake\" has no device");
    fake.platforms = 0;
    ok(!clrelu_device_list(NULL, 8, devices, &count) && count == 0,
       "no platform at all");
    expect_no_device(NULL, "no OpenCL device: no OpenCL platform is installed");
}

/* The text names the devices that were found, platform by platform. */
static void test_no_device(void)
{
    fake.empty = 1;
    fake.empty_error = CL_OUT_OF_RESOURCES;
    expect_no_device(NULL, "no OpenCL device: platform \"fake\" has no device: "
                           "clGetDeviceIDs failed with OpenCL error -5");
    fake_reset();
    fake.version = "OpenCL 1.1 fake";
    expect_no_device(
        NULL, "no OpenCL device: platform \"fake\" has no usable device: 0 "
              "not available, 1 older than OpenCL 1.2");
    fake.available = CL_FALSE;
    expect_no_device(
        NULL, "no OpenCL device: platform \"fake\" has no usable device: 1 "
              "not available, 0 older than OpenCL 1.2");
    fake_reset();
    fake.platforms = 2;
    fake.empty = 1;
    expect_no_device("none",
                     "no OpenCL device fits \"none\"; there is: \"fake\" "
                     "(platform \"fake\"); platform \"fake\" has no device");
}

static void set_pocl(const char *own, const char *xdg, const char *home)
{
    const char *const names[] = {"POCL_CACHE_DIR", "XDG_CACHE_HOME", "HOME"};
    const char *const values[] = {own, xdg, home};

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (values[i])
            setenv(names[i], values[i], 1);
        else
            unsetenv(names[i]);
}

/* PoCL's cache is named where it cannot be written, and only there. */
static void test_pocl_cache(void)
{
#define POCL \
    "no OpenCL device: platform \"Portable Computing Language\" has no device"
#define CACHE(folder) \
    POCL ": its cache folder " folder \
         " cannot be written (set POCL_CACHE_DIR to one that can)"
    static const struct {
        const char *own, *xdg, *home, *want;
    } cases[] = {
        {"/dev/null/x", "/tmp", "/tmp", CACHE("/dev/null/x")},
        {NULL, "/dev/null", "/tmp", CACHE("/dev/null/pocl/kcache")},
        {NULL, "", "/dev/null", CACHE("/dev/null/.cache/pocl/kcache")},
        {"/tmp", "/dev/null", "/dev/null", POCL},
        {"/tmp/clrelu-none/none", "/dev/null", "/dev/null", POCL},
        {NULL, NULL, NULL, POCL},
    };

    fake.empty = 1;
    fake.name = "Portable Computing Language";
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        set_pocl(cases[i].own, cases[i].xdg, cases[i].home);
        expect_no_device(NULL, cases[i].want);
    }
    set_pocl("/dev/null/x", NULL, NULL);
    fake.name = "fake";
    expect_no_device(NULL, "no OpenCL device: platform \"fake\" has no device");
    fake_reset();
#undef CACHE
#undef POCL
}

static void test_versions(void)
{
    static const struct {
        const char *version;
        bool good;
    } versions[] = {{"OpenCL 1.0 x", false},
                    {"OpenCL 1.1 Mesa 22.3.6", false},
                    {"OpenCL 1.2 x", true},
                    {"OpenCL 2.1 x", true},
                    {"OpenCL 3.0 ", true}};
    clrelu_context_params params = {.device = NULL};
    cl_platform_id platform;

    if (clGetPlatformIDs(1, &platform, NULL) ||
        clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &params.device, NULL))
        bail("no fake device");
    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        clrelu_context *context = NULL;
        size_t count = 77;
        fake.version = versions[i].version;
        const clrelu_status status = clrelu_context_create(&params, &context);
        ok(status == (versions[i].good ? CLRELU_OK : CLRELU_UNSUPPORTED) &&
               !context == !versions[i].good &&
               !clrelu_device_list(NULL, 0, NULL, &count) &&
               count == versions[i].good,
           "%s: %s", fake.version, versions[i].good ? "taken" : clrelu_error());
        clrelu_context_destroy(&context);
    }
}

static void test_refusal(void)
{
    clrelu_context *context = open_context();
    const clrelu_buffer x = clrelu_at(fake_buffer(context, 40), 0);

    fake.build_error = CL_BUILD_PROGRAM_FAILURE;
    ok(forward(context, CLRELU_FLOAT32, 10, x, x) == CLRELU_BUILD_FAILED &&
           strstr(clrelu_error(), "no build log"),
       "a compiler that fails with an empty log: %s", clrelu_error());
    clReleaseMemObject(x.mem);
    clrelu_context_destroy(&context);
}

/* gpu|cpu4|cpu8|cpu16 FOLDER: writes all programs there, for other compilers; a
 * CPU's registers hold so many floats. */
static int write_programs(const char *kind, const char *folder)
{
    fake_reset();
    if (sscanf(kind, "cpu%u", &fake.lanes) == 1)
        fake.type = CL_DEVICE_TYPE_CPU;
    else if (strcmp(kind, "gpu") != 0)
        bail("no programs are for %s", kind);
    test_programs(folder);
    return done_testing();
}

int main(int argc, char **argv)
{
    static void (*const tests[])(void) = {
        test_plain,      test_launches, test_limits,    test_widths,
        test_fp64,       test_pointers, test_platforms, test_no_device,
        test_pocl_cache, test_versions, test_refusal};

    unsetenv("CLRELU_DEVICE");
    setenv("CLRELU_CACHE", "0", 1);
    if (argc == 3)
        return write_programs(argv[1], argv[2]);
    fake_reset();
    test_programs(NULL);
    for (size_t i = 0; i < COUNT_OF(tests); i++) {
        fake_reset();
        tests[i]();
    }
    return done_testing();
}
