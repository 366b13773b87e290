/* test_source.c - the formulas as text, in programs and as a header
 * SPDX-License-Identifier: MIT
 *
 * test_source CLRELU CLRELU_CLH */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "process.h"
#include "program.h"
#include "tap.h"

/* ----------------------------------------------------- texts in programs -- */

/* One program of the texts, and a kernel that uses both. */
static void test_joined(const struct device *d, char *one, char *other,
                        const char *use, const char *what)
{
    char kernel[256];

    snprintf(kernel, sizeof(kernel),
             "__kernel void both(__global float *x)\n{\n    %s\n}\n", use);
    cl_program program =
        program_build(d, 3, (const char *[]){one, other, kernel}, "-Werror");
    ok(program != NULL, "%s in one program", what);
    if (program)
        clReleaseProgram(program);
    free(one);
    free(other);
}

static void test_programs(const struct device *d)
{
    test_joined(d, program_source(CLRELU_ELU, CLRELU_FLOAT32, "a_"),
                program_source(CLRELU_ELU, CLRELU_FLOAT32, "b"),
                "*x = a_elu(*x, 1) + belu2((float2)(*x), 1).s0;",
                "two prefixes");
    test_joined(d, program_source(CLRELU_ELU, CLRELU_FLOAT16, "a_"),
                program_source(CLRELU_PRELU, CLRELU_FLOAT16, "a_"),
                "*x = a_widen(a_elu(a_prelu(a_round(*x), 3), 1));",
                "two operations with one prefix");
    test_joined(d, program_source(CLRELU_ELU, CLRELU_BFLOAT16, "a_"),
                program_source(CLRELU_ELU, CLRELU_BFLOAT16, "a_"),
                "*x = a_load(1, (__global ushort *)x);"
                " a_store4(a_load4(0, (__global ushort *)x), 0, "
                "(__global ushort *)x);",
                "the same text twice");
}

/* The file's text, for free(). */
static char *read_file(const char *path)
{
    enum { SIZE = 1 << 20 };
    char *text = must_alloc(SIZE);

    if (!process_text(path, text, SIZE))
        bail("%s", path);
    return text;
}

static void test_header_text(cl_program header, const char *path)
{
    char *want = read_file(path);
    const size_t size = strlen(want) + 1;
    char *got = must_alloc(size);
    size_t length = 0;

    device_must(clGetProgramInfo(header, CL_PROGRAM_SOURCE, 0, NULL, &length),
                "clGetProgramInfo");
    ok(length == size &&
           !clGetProgramInfo(header, CL_PROGRAM_SOURCE, size, got, NULL) &&
           strcmp(got, want) == 0,
       "the header is the file clrelu.clh");
    free(want);
    free(got);
}

static cl_program compile(const struct device *d, cl_program header,
                          const char *text)
{
    const char *name = "clrelu.clh";
    cl_int error;
    cl_program object =
        clCreateProgramWithSource(d->cl, 1, &text, NULL, &error);

    device_must(error, "clCreateProgramWithSource");
    if (clCompileProgram(object, 1, &d->id, NULL, 1, &header, &name, NULL,
                         NULL)) {
        program_show_log(d, object);
        bail("clCompileProgram");
    }
    return object;
}

static void test_linked(const struct device *d, cl_program header)
{
    cl_int error;

    if (clCompileProgram(NULL, 0, NULL, NULL, 0, NULL, NULL, NULL, NULL) ==
        CL_INVALID_OPERATION) {
        skip("Wine has no clCompileProgram", "two programs with the header");
        return;
    }
    cl_program objects[] = {
        compile(d, header,
                "#include \"clrelu.clh\"\n"
                "float twice(float x);\n"
                "__kernel void elu(__global float *x)\n"
                "{\n    *x = twice(clrelu_elu(*x, 1));\n}\n"),
        compile(d, header,
                "#include \"clrelu.clh\"\n"
                "float twice(float x)\n"
                "{\n    return 2 * clrelu_elu4((float4)(x), 1).s3;\n}\n")};
    cl_program linked =
        clLinkProgram(d->cl, 1, &d->id, NULL, 2, objects, NULL, NULL, &error);

    ok(!error, "clCompileProgram with the header, clLinkProgram of two");
    float x = 3;
    cl_mem mem = device_buffer(d, sizeof(x), &x);
    cl_kernel kernel = program_kernel(linked, "elu");
    device_must(clSetKernelArg(kernel, 0, sizeof(mem), &mem), "clSetKernelArg");
    device_must(clEnqueueNDRangeKernel(d->queue, kernel, 1, NULL, &(size_t){1},
                                       NULL, 0, NULL, NULL),
                "clEnqueueNDRangeKernel");
    device_read(d, mem, 0, sizeof(x), &x);
    ok(x == 6, "it computes: %g", (double)x);
    clReleaseKernel(kernel);
    clReleaseMemObject(mem);
    clReleaseProgram(linked);
    clReleaseProgram(objects[0]);
    clReleaseProgram(objects[1]);
}

/* ------------------------------------------------------------ arguments -- */

static void test_command(const char *clrelu)
{
    const char *const words[] = {clrelu, "source",   "prelu", "--dtype",
                                 "bf16", "--prefix", "my_",   NULL};
    char *want = program_source(CLRELU_PRELU, CLRELU_BFLOAT16, "my_"), *got;

    folder_enter();
    const int status = process_run(words);
    got = read_file("out");
    folder_leave();
    ok(status == 0 && strcmp(got, want) == 0,
       "the command line prints the same");
    free(got);
    free(want);
}

static void test_sizes(void)
{
    char *want = program_source(CLRELU_ELU, CLRELU_FLOAT32, NULL), got[100];
    size_t length = 7;
    const clrelu_status status = clrelu_source(
        CLRELU_ELU, CLRELU_FLOAT32, "clrelu_", sizeof(got), got, &length);

    ok(!status && length == strlen(want) && strlen(got) == sizeof(got) - 1 &&
           strncmp(got, want, sizeof(got) - 1) == 0,
       "as much as there is room for, and the whole length");
    ok(!clrelu_source(CLRELU_ELU, CLRELU_FLOAT32, NULL, 1, got, NULL) &&
           got[0] == '\0',
       "room for the final 0 alone");
    ok(clrelu_source(CLRELU_ELU, CLRELU_FLOAT32, NULL, 1, NULL, NULL) ==
           CLRELU_INVALID_NULL,
       "no text, but a size");
    free(want);
}

static void test_refusals(const struct device *d)
{
    static const char *const prefixes[] = {"",    "3a", "a-b",
                                           "a b", "@",  "\xc3\xa9"};
    const clrelu_op op = CLRELU_ELU;
    clrelu_kernel_check check;
    cl_program header = (cl_program)d->cl;

    for (size_t i = 0; i < COUNT_OF(prefixes); i++)
        ok(clrelu_source(op, CLRELU_FLOAT32, prefixes[i], 0, NULL, NULL) ==
                   CLRELU_INVALID_SPEC &&
               strstr(clrelu_error(), "prefix is '"),
           "%s", clrelu_error());
    ok(clrelu_source((clrelu_op)5, CLRELU_FLOAT32, NULL, 0, NULL, NULL) ==
           CLRELU_INVALID_OP,
       "%s", clrelu_error());
    ok(clrelu_source(op, (clrelu_dtype)0, NULL, 0, NULL, NULL) ==
           CLRELU_INVALID_DTYPE,
       "%s", clrelu_error());
    ok(clrelu_header_program(NULL, &header) == CLRELU_INVALID_NULL && !header,
       "%s", clrelu_error());
    ok(clrelu_header_program(d->context, NULL) == CLRELU_INVALID_NULL, "%s",
       clrelu_error());
    ok(clrelu_check_kernel(NULL, op, CLRELU_FLOAT32, NULL, &check) ==
           CLRELU_INVALID_NULL,
       "%s", clrelu_error());
    ok(clrelu_check_kernel(d->context, op, CLRELU_FLOAT32, NULL, NULL) ==
           CLRELU_INVALID_NULL,
       "%s", clrelu_error());
    ok(clrelu_check_kernel(d->context, (clrelu_op)0, CLRELU_FLOAT32, NULL,
                           &check) == CLRELU_INVALID_OP,
       "%s", clrelu_error());
}

int main(int argc, char **argv)
{
    struct device d;
    cl_program header;

    if (argc < 3)
        bail("usage: test_source CLRELU CLRELU_CLH");
    device_open(&d);
    test_sizes();
    test_refusals(&d);
    test_command(argv[1]);
    test_programs(&d);
    must_succeed(clrelu_header_program(d.context, &header));
    test_header_text(header, argv[2]);
    test_linked(&d, header);
    clReleaseProgram(header);
    device_close(&d);
    return done_testing();
}
