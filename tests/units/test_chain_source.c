/* test_chain_source.c - chains in other programs have the library's bits
 * SPDX-License-Identifier: MIT
 *
 * test_chain_source [all]: all types of each operation, and all widths */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "tap.h"
#include "typed.h"

/* Up to OUT_DX what the kernel takes; y and dx are the library's. */
enum { X, SCALE, BIAS, ALPHA, RESIDUAL, DY, OUT_Y, OUT_DX, Y, DX, ARRAYS };

/* A row is of vectors of any width; the rows have all numbers of 16 bits. */
enum { COLUMNS = 48, ROWS = 1376, N = ROWS * COLUMNS, LOCAL = 1 };

static const unsigned widths[] = {1, 3, 4, 2, 8, 16};

/* A program of one chain, and what it runs on. */
struct bench {
    const struct device *d;
    clrelu_chain chain;
    size_t size; /* of an element */
    cl_program program;
    cl_mem mems[ARRAYS];
    unsigned char *arrays[ARRAYS];
};

/* ------------------------------------------------------------- programs -- */

static char *chain_source(const clrelu_chain *chain)
{
    size_t length = 0;

    must_succeed(clrelu_chain_source(chain, NULL, 0, NULL, &length));
    char *text = must_alloc(length + 1);
    must_succeed(clrelu_chain_source(chain, NULL, length + 1, text, NULL));
    return text;
}

/* The conversions of 16-bit types have these names. */
static const char real_access[] = "#define clrelu_load2 vload2\n"
                                  "#define clrelu_load3 vload3\n"
                                  "#define clrelu_load4 vload4\n"
                                  "#define clrelu_load8 vload8\n"
                                  "#define clrelu_load16 vload16\n"
                                  "#define clrelu_load(i, p) (p)[i]\n"
                                  "#define clrelu_store2 vstore2\n"
                                  "#define clrelu_store3 vstore3\n"
                                  "#define clrelu_store4 vstore4\n"
                                  "#define clrelu_store8 vstore8\n"
                                  "#define clrelu_store16 vstore16\n"
                                  "#define clrelu_store(v, i, p) (p)[i] = v\n";

/* W is the width, OPERANDS those between x and the last. */
static const char kernel_begin[] =
    "#define RUN(n, W) if (width == n) { \\\n"
    "    const REAL(W) v = LOAD(W, x), s = LOAD(W, scale); \\\n"
    "    const REAL(W) b = LOAD(W, bias), a = LOAD(W, alpha); \\\n"
    "    const REAL(W) r = LOAD(W, residual), d = LOAD(W, dy); \\\n"
    "    clrelu_store##W(clrelu_chain##W(v OPERANDS LAST), i, y); \\\n"
    "    clrelu_store##W(SCALED(clrelu_chain_grad##W(v OPERANDS, d)), \\\n"
    "                    i, dx); }\n"
    "#define LOAD(W, p) clrelu_load##W(i, p)\n"
    "__kernel void run(const uint width, __global const T *x,\n"
    "    __global const T *scale, __global const T *bias,\n"
    "    __global const T *alpha, __global const T *residual,\n"
    "    __global const T *dy, __global T *y, __global T *dx) {\n"
    "    const size_t i = get_global_id(0);\n";

static bool given(const struct bench *b, int array)
{
    const clrelu_chain *c = &b->chain;
    const clrelu_buffer buffers[] = {[SCALE] = c->scale,
                                     [BIAS] = c->bias,
                                     [ALPHA] = c->alpha,
                                     [RESIDUAL] = c->residual};

    return buffers[array].mem != NULL;
}

static void write_kernel(const struct bench *b, size_t count, char *text,
                         size_t size)
{
    const char *real = b->chain.dtype == CLRELU_FLOAT64 ? "double" : "float";
    size_t used = (size_t)snprintf(
        text, size,
        "%s#define T %s\n#define REAL(W) %s##W\n#define OPERANDS %s %s %s\n"
        "#define LAST %s\n#define SCALED(v) %sv\n%s",
        b->size == 2 ? "" : real_access, b->size == 2 ? "ushort" : real, real,
        given(b, SCALE) ? ", s" : "", given(b, BIAS) ? ", b" : "",
        given(b, ALPHA) ? ", a" : "", given(b, RESIDUAL) ? ", r" : "",
        given(b, SCALE) ? "s * " : "", kernel_begin);

    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, size - used,
                                 i ? "RUN(%u, %u)\n" : "RUN(%u, )\n", widths[i],
                                 widths[i]);
    snprintf(text + used, size - used, "}\n");
}

/* -------------------------------------------------------------- arrays -- */

static void open_arrays(struct bench *b)
{
    const size_t row = COLUMNS * b->size;
    uint64_t state = 1;

    for (int i = 0; i < ARRAYS; i++) {
        unsigned char *values = must_alloc(N * b->size);
        if (i <= DY)
            typed_mixed(b->chain.dtype, N, i == X, &state, values);
        /* A row's scale, bias and alpha are all rows'. */
        for (size_t k = 1; i >= SCALE && i <= ALPHA && k < ROWS; k++)
            memcpy(values + k * row, values, row);
        b->arrays[i] = values;
        b->mems[i] = device_buffer(b->d, N * b->size, values);
    }
}

static void close_arrays(struct bench *b)
{
    for (int i = 0; i < ARRAYS; i++) {
        free(b->arrays[i]);
        clReleaseMemObject(b->mems[i]);
    }
}

/* -------------------------------------------------------------- results -- */

static void run_library(struct bench *b)
{
    const size_t dims[] = {ROWS, COLUMNS};
    const clrelu_shape shape = {.rank = 2, .dims = dims};
    clrelu_chain *c = &b->chain;

    c->shape = &shape;
    c->x = clrelu_at(b->mems[X], 0);
    c->y = clrelu_at(b->mems[Y], 0);
    c->dy = clrelu_at(b->mems[DY], 0);
    c->dx = clrelu_at(b->mems[DX], 0);
    must_succeed(clrelu_chain_forward(b->d->context, &b->d->exec, c));
    must_succeed(clrelu_chain_backward(b->d->context, &b->d->exec, c));
}

static void run_kernel(struct bench *b, cl_uint width)
{
    cl_kernel kernel = program_kernel(b->program, "run");

    device_must(clSetKernelArg(kernel, 0, sizeof(width), &width),
                "clSetKernelArg");
    program_run(b->d, kernel, 1, OUT_DX + 1, b->mems, N / width, LOCAL);
    for (int i = OUT_Y; i < ARRAYS; i++)
        device_read(b->d, b->mems[i], 0, N * b->size, b->arrays[i]);
}

static bool same(const struct bench *b, int array, unsigned width)
{
    const clrelu_dtype dtype = b->chain.dtype;
    const unsigned char *want = b->arrays[array];
    const unsigned char *got = b->arrays[array == Y ? OUT_Y : OUT_DX];
    const size_t i = typed_difference(dtype, N, got, want);

    if (i < N)
        diag("%s, width %u, x %a, dy %a: %a, must be %a",
             array == Y ? "y" : "dx", width,
             typed_value(dtype, b->arrays[X], i),
             typed_value(dtype, b->arrays[DY], i), typed_value(dtype, got, i),
             typed_value(dtype, want, i));
    return i == N;
}

/* ---------------------------------------------------------------- tests -- */

static void test_bits(const struct device *d, const clrelu_chain *chain,
                      unsigned parts, size_t count)
{
    struct bench b = {.d = d, .chain = *chain};
    const char *name = clrelu_op_name(chain->op);
    char kernel[4096];
    bool good = true;

    b.size = clrelu_dtype_size(chain->dtype);
    open_arrays(&b);
    if (parts & 1u << SCALE)
        b.chain.scale = clrelu_at(b.mems[SCALE], 0);
    if (parts & 1u << BIAS)
        b.chain.bias = clrelu_at(b.mems[BIAS], 0);
    if (chain->op == CLRELU_PRELU)
        b.chain.alpha = clrelu_at(b.mems[ALPHA], 0);
    if (parts & 1u << RESIDUAL)
        b.chain.residual = clrelu_at(b.mems[RESIDUAL], 0);
    char *text = chain_source(&b.chain);
    write_kernel(&b, count, kernel, sizeof(kernel));
    b.program = program_build(d, 2, (const char *[]){text, kernel}, "-Werror");
    free(text);
    if (b.program) {
        run_library(&b);
        for (size_t i = 0; i < count; i++) {
            run_kernel(&b, widths[i]);
            good = same(&b, Y, widths[i]) && same(&b, DX, widths[i]) && good;
        }
        clReleaseProgram(b.program);
    }
    ok(b.program && good,
       "%s, type %d, parts %x: the bits of chain_forward "
       "and chain_backward",
       name, (int)chain->dtype, parts);
    close_arrays(&b);
}

enum {
    ALL_PARTS = 1u << SCALE | 1u << BIAS | 1u << RESIDUAL,
    NARROW = 2 /* 1 and 3, which calls 4: all CPUs have registers for them */
};

static void test_some(const struct device *d)
{
    const clrelu_chain prelu = {
        .op = CLRELU_PRELU, .dtype = CLRELU_FLOAT16, .gain = 0.3};
    const clrelu_chain elu = {
        .op = CLRELU_ELU, .dtype = CLRELU_FLOAT16, .scalar = 0.7, .gain = -1.5};

    /* elu has the most formulas. */
    test_bits(d, device_function_fma(d) ? &prelu : &elu, ALL_PARTS, NARROW);
}

static void test_all(const struct device *d)
{
    static const unsigned parts[] = {ALL_PARTS, 1u << SCALE, 1u << RESIDUAL, 0};
    static const double scalars[] = {0.3, 1, 0.3, 0.5};

    for (int op = 1; clrelu_op_name((clrelu_op)op); op++)
        for (int type = 1; type <= CLRELU_FLOAT64; type++)
            for (size_t i = 0; i < COUNT_OF(parts); i++)
                if (device_has_dtype(d, (clrelu_dtype)type))
                    test_bits(d,
                              &(clrelu_chain){.op = (clrelu_op)op,
                                              .dtype = (clrelu_dtype)type,
                                              .scalar = scalars[(i + 1) % 4],
                                              .gain = i % 2 ? 1 : 0.7},
                              parts[i], COUNT_OF(widths));
}

static void test_arguments(void)
{
    clrelu_chain c = {.op = CLRELU_ELU, .dtype = CLRELU_FLOAT32, .scalar = 1};
    char text[8] = "xxxxxxx";
    size_t length = 0;

    ok(!clrelu_chain_source(&c, "my_", 4, text, &length) &&
           strcmp(text, "/* ") == 0 && text[4] == 'x' && length > 1000,
       "a short text, and its whole length");
    ok(clrelu_chain_source(NULL, NULL, 0, NULL, NULL) == CLRELU_INVALID_NULL,
       "call is NULL");
    ok(clrelu_chain_source(&c, NULL, 1, NULL, NULL) == CLRELU_INVALID_NULL,
       "text is NULL");
    ok(clrelu_chain_source(&c, "3", 0, NULL, NULL) == CLRELU_INVALID_SPEC,
       "prefix is no identifier");
    c.gain = INFINITY;
    ok(clrelu_chain_source(&c, NULL, 0, NULL, NULL) == CLRELU_INVALID_SCALAR,
       "gain is infinite");
    c.gain = 1;
    c.op = 0;
    ok(clrelu_chain_source(&c, NULL, 0, NULL, NULL) == CLRELU_INVALID_OP,
       "op is 0");
    c.op = CLRELU_ELU;
    c.dtype = 9;
    ok(clrelu_chain_source(&c, NULL, 0, NULL, NULL) == CLRELU_INVALID_DTYPE,
       "dtype is 9");
    c.dtype = CLRELU_FLOAT32;
    c.reserved[6] = 1;
    ok(clrelu_chain_source(&c, NULL, 0, NULL, NULL) == CLRELU_INVALID_RESERVED,
       "reserved is not 0");
}

int main(int argc, char **argv)
{
    struct device d;

    device_open(&d);
    test_arguments();
    if (device_runs(N, 1 << 12, "chains"))
        (argc > 1 && strcmp(argv[1], "all") == 0 ? test_all : test_some)(&d);
    device_close(&d);
    return done_testing();
}
