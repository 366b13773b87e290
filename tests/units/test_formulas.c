/* test_formulas.c - the formulas in other programs have the library's bits
 * SPDX-License-Identifier: MIT
 *
 * test_formulas [all]: all types of each operation */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "offline/kernel_cases.h"
#include "program.h"
#include "tap.h"
#include "typed.h"

/* Up to OUT_DX what the kernel takes; y and dx are the library's. */
enum { X, DY, ALPHA, OUT_Y, OUT_DX, Y, DX, ARRAYS };

/* Work-items of a work-group, which PoCL compiles the kernel for. */
enum { LOCAL = 4 };

static const unsigned widths[] = {1, 2, 3, 4, 8, 16};

/* A program of one operation, and what it runs on. */
struct bench {
    const struct device *d;
    clrelu_op op;
    clrelu_dtype dtype;
    size_t n;
    cl_program program;
    cl_mem mems[ARRAYS];
    unsigned char *arrays[ARRAYS];
};

/* ------------------------------------------------------------- programs -- */

/* The parameter is P of n elements at id. */
static const char run_text[] =
    "#define LOAD1(id, p) (p)[id]\n"
    "#define STORE1(v, id, p) (p)[id] = (v)\n"
    "#define RUN(n, N, LOAD, STORE, forward, grad) \\\n"
    "    if (width == n) { \\\n"
    "        const N at = LOAD(id, x); \\\n"
    "        const N out = forward(at, P(LOAD)); \\\n"
    "        const N in = grad(at, P(LOAD), LOAD(id, dy)); \\\n"
    "        STORE(out, id, y); STORE(in, id, dx); \\\n"
    "    }\n"
    "__kernel void run(const uint width, const REAL p, __global const T *x,\n"
    "    __global const T *dy, __global const T *alpha, __global T *y,\n"
    "    __global T *dx) {\n"
    "    const size_t id = get_global_id(0);\n";

static void write_kernel(const struct bench *b, char *text, size_t size)
{
    const char *name = clrelu_op_name(b->op);
    const char *real = b->dtype == CLRELU_FLOAT64 ? "double" : "float";
    const char *type = clrelu_dtype_size(b->dtype) == 2 ? "ushort" : real;
    int used = snprintf(
        text, size, "#define REAL %s\n#define T %s\n#define P(LOAD) %s\n%s",
        real, type, b->op == CLRELU_PRELU ? "LOAD(id, alpha)" : "p", run_text);

    used += snprintf(text + used, size - (size_t)used,
                     "RUN(1, T, LOAD1, STORE1, clrelu_%s, clrelu_%s_grad)\n",
                     name, name);
    for (size_t i = 1; i < COUNT_OF(widths); i++)
        used += snprintf(
            text + used, size - (size_t)used,
            "RUN(%u, %s%u, vload%u, vstore%u, clrelu_%s%u, clrelu_%s_grad%u)\n",
            widths[i], type, widths[i], widths[i], widths[i], name, widths[i],
            name, widths[i]);
    snprintf(text + used, size - (size_t)used, "}\n");
}

/* False: it does not compile. */
static bool bench_open(struct bench *b, const char *options)
{
    char kernel[4096], *text = program_source(b->op, b->dtype, NULL);
    const size_t bytes = b->n * clrelu_dtype_size(b->dtype);

    write_kernel(b, kernel, sizeof(kernel));
    b->program =
        program_build(b->d, 2, (const char *[]){text, kernel}, options);
    free(text);
    for (size_t i = 0; i < ARRAYS; i++) {
        b->arrays[i] = must_alloc(bytes);
        b->mems[i] = device_buffer(b->d, bytes, NULL);
    }
    return b->program != NULL;
}

static void bench_close(struct bench *b)
{
    for (size_t i = 0; i < ARRAYS; i++) {
        free(b->arrays[i]);
        clReleaseMemObject(b->mems[i]);
    }
    if (b->program)
        clReleaseProgram(b->program);
}

/* -------------------------------------------------------------- results -- */

static void read_arrays(const struct bench *b, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++)
        device_read(b->d, b->mems[i], 0, b->n * clrelu_dtype_size(b->dtype),
                    b->arrays[i]);
}

static void run_library(const struct bench *b, double parameter)
{
    const size_t dims[] = {1, b->n};
    const clrelu_shape shape = {.rank = 2, .dims = dims};
    const clrelu_elementwise call = {.op = b->op,
                                     .dtype = b->dtype,
                                     .scalar = parameter,
                                     .n = b->n,
                                     .x = clrelu_at(b->mems[X], 0),
                                     .y = clrelu_at(b->mems[Y], 0),
                                     .dy = clrelu_at(b->mems[DY], 0),
                                     .dx = clrelu_at(b->mems[DX], 0)};
    const clrelu_prelu prelu = {.shape = &shape,
                                .alpha = clrelu_at(b->mems[ALPHA], 0)};

    must_succeed(call_op(b->d, false, &call, prelu));
    must_succeed(call_op(b->d, true, &call, prelu));
    read_arrays(b, Y, ARRAYS);
}

static void run_kernel(const struct bench *b, cl_uint width, double parameter)
{
    const float narrow = (float)parameter;
    cl_kernel kernel = program_kernel(b->program, "run");
    cl_int error = clSetKernelArg(kernel, 0, sizeof(width), &width);

    if (!error)
        error = b->dtype == CLRELU_FLOAT64
                    ? clSetKernelArg(kernel, 1, sizeof(parameter), &parameter)
                    : clSetKernelArg(kernel, 1, sizeof(narrow), &narrow);
    device_must(error, "clSetKernelArg");
    program_run(b->d, kernel, 2, OUT_DX + 1, b->mems, b->n / width, LOCAL);
    read_arrays(b, OUT_Y, Y);
}

static bool same(const struct bench *b, int array, unsigned width,
                 double parameter)
{
    const unsigned char *want = b->arrays[array];
    const unsigned char *got = b->arrays[array == Y ? OUT_Y : OUT_DX];
    const size_t i = typed_difference(b->dtype, b->n, got, want);

    if (i < b->n)
        diag("%s, width %u, parameter %a, x %a: %a, must be %a",
             array == Y ? "y" : "dx", width, parameter,
             typed_value(b->dtype, b->arrays[X], i),
             typed_value(b->dtype, got, i), typed_value(b->dtype, want, i));
    return i == b->n;
}

/* The inputs are in the arrays. */
static bool all_widths(const struct bench *b, double parameter)
{
    const size_t bytes = b->n * clrelu_dtype_size(b->dtype);
    bool good = true;

    for (size_t i = X; i <= ALPHA; i++)
        device_write(b->d, b->mems[i], 0, bytes, b->arrays[i]);
    run_library(b, parameter);
    for (size_t i = 0; i < COUNT_OF(widths); i++) {
        run_kernel(b, widths[i], parameter);
        good = same(b, Y, widths[i], parameter) &&
               same(b, DX, widths[i], parameter) && good;
    }
    return good;
}

/* ----------------------------------------------------------------- bits -- */

/* Every 16-bit x.  Of the others the first are the cases of
 * clrelu_check_kernel. */
static void fill(const struct bench *b, unsigned seed)
{
    uint64_t state = seed;

    for (int array = X; array <= ALPHA; array++)
        typed_mixed(b->dtype, b->n, array == X, &state, b->arrays[array]);
    if (clrelu_dtype_size(b->dtype) > 2)
        clrelu_kernel_cases(b->dtype, seed, b->arrays[X], b->arrays[DY],
                            b->arrays[ALPHA]);
}

/* Without a kernel: some CPUs have no registers for the widest vectors, and
 * clang warns where they are passed. */
static void test_silent(const struct device *d, clrelu_op op,
                        clrelu_dtype dtype)
{
    char *text = program_source(op, dtype, NULL);
    cl_program program = program_build(d, 1, (const char *[]){text}, "-Werror");

    ok(program != NULL, "%s, type %d: no warning", clrelu_op_name(op),
       (int)dtype);
    if (program)
        clReleaseProgram(program);
    free(text);
}

/* False, and a skip, where elu's kernels for all widths compile too long. */
static bool can_compile(const struct device *d, clrelu_op op, const char *what)
{
    if (op != CLRELU_ELU || !device_function_fma(d))
        return true;
    skip(DEVICE_FUNCTION_FMA, "%s", what);
    return false;
}

static void test_bits(const struct device *d, clrelu_op op, clrelu_dtype dtype)
{
    static const double parameters[] = {1, 0.7, 0x1p-130};
    struct bench b = {.d = d, .op = op, .dtype = dtype, .n = 48 * LOCAL * 342};
    bool good = true;

    if (clrelu_dtype_size(dtype) > 2)
        b.n = 48 * LOCAL * 1250;
    if (!device_runs(b.n, 1 << 12, clrelu_op_name(op)))
        return;
    test_silent(d, op, dtype);
    if (!can_compile(d, op, "elu in all widths"))
        return;
    if (!bench_open(&b, ""))
        bail("no program of %s", clrelu_op_name(op));
    for (unsigned i = 0; i < COUNT_OF(parameters); i++) {
        fill(&b, i);
        good = all_widths(&b, parameters[i]) && good;
    }
    ok(good, "%s, type %d: the library's bits in all widths",
       clrelu_op_name(op), (int)dtype);
    bench_close(&b);
}

/* ---------------------------------------------------------------- checks -- */

/* The same comparison, made here. */
static bool is_same_here(const struct device *d, clrelu_op op,
                         clrelu_dtype dtype, const char *options)
{
    double parameters[KERNEL_ROUNDS];
    const size_t rounds = clrelu_kernel_parameters(op, parameters);
    struct bench b = {.d = d, .op = op, .dtype = dtype, .n = KERNEL_CASES};
    bool good = bench_open(&b, options);

    for (size_t i = 0; i < rounds && good; i++) {
        clrelu_kernel_cases(dtype, i, b.arrays[X], b.arrays[DY],
                            b.arrays[ALPHA]);
        good = all_widths(&b, parameters[i]);
    }
    bench_close(&b);
    return good;
}

static void test_check(const struct device *d, clrelu_op op, clrelu_dtype dtype,
                       const char *options)
{
    clrelu_kernel_check check = {.same_bits = 7};

    if (!can_compile(d, op, "a check of elu"))
        return;
    const clrelu_status status =
        clrelu_check_kernel(d->context, op, dtype, options, &check);

    ok(!status && check.same_bits == is_same_here(d, op, dtype, options) &&
           (check.differs[0] == 0) == check.same_bits,
       "check of %s, type %d, \"%s\": %s", clrelu_op_name(op), (int)dtype,
       options, check.same_bits ? "the same bits" : check.differs);
}

static void test_checks(const struct device *d)
{
    static const char *const options[] = {
        "-cl-mad-enable -cl-unsafe-math-optimizations", "-cl-denorms-are-zero"};
    clrelu_kernel_check check;

    if (!device_runs(KERNEL_CASES, 1 << 12, "clrelu_check_kernel"))
        return;
    ok(!clrelu_check_kernel(d->context, CLRELU_LEAKY_RELU, CLRELU_FLOAT32, NULL,
                            &check) &&
           check.same_bits == 1 && !check.differs[0] &&
           !clrelu_check_kernel(d->context, CLRELU_LEAKY_RELU, CLRELU_FLOAT32,
                                "-Werror", &check) &&
           check.same_bits == 1,
       "without options and with -Werror: the same bits%s", check.differs);
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        test_check(d, CLRELU_ELU, CLRELU_FLOAT32, options[i]);
        test_check(d, CLRELU_LEAKY_RELU, CLRELU_FLOAT32, options[i]);
        test_check(d, CLRELU_ELU, CLRELU_FLOAT16, options[i]);
    }
    if (device_named(d, "Oclgrind", ""))
        skip("Oclgrind has no fast-relaxed math", "fast-relaxed math");
    else
        ok(clrelu_check_kernel(d->context, CLRELU_ELU, CLRELU_FLOAT32,
                               "-cl-fast-relaxed-math",
                               &check) == CLRELU_BUILD_FAILED &&
               strstr(clrelu_error(),
                      "-cl-fast-relaxed-math changes results") &&
               !check.same_bits,
           "fast-relaxed math is refused in words");
}

/* Without all: a type for each operation, float32 for elu. */
static bool is_chosen(int op, int dtype, bool all)
{
    return all || dtype == 1 + (op + 1) % 4;
}

int main(int argc, char **argv)
{
    const bool all = argc > 1 && strcmp(argv[1], "all") == 0;
    struct device d;

    device_open(&d);
    for (int op = 1; clrelu_op_name((clrelu_op)op); op++)
        for (int dtype = CLRELU_FLOAT32; dtype <= CLRELU_FLOAT64; dtype++)
            if (is_chosen(op, dtype, all) &&
                device_has_dtype(&d, (clrelu_dtype)dtype))
                test_bits(&d, (clrelu_op)op, (clrelu_dtype)dtype);
    test_checks(&d);
    device_close(&d);
    return done_testing();
}
