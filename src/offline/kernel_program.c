/* kernel_program.c - a program of the formulas alone
 * SPDX-License-Identifier: MIT */
#include "offline/kernel_program.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/status.h"
#include "core/build.h"

const unsigned clrelu_kernel_widths[KERNEL_WIDTHS] = {1, 2, 3, 4, 8, 16};

/* clang warns of vectors that are wider than the CPU's registers, and options
 * may have -Werror. */
static const char quiet[] = "#ifdef __clang__\n"
                            "#pragma clang diagnostic ignored \"-Wpsabi\"\n"
                            "#endif\n";

/* T is the type of the elements, P(load) the parameter.  One kernel for all
 * widths: drivers that compile each kernel alone do so once. */
static const char kernel_begin[] =
    "#define vload1(i, p) (p)[i]\n"
    "#define vstore1(v, i, p) (p)[i] = (v)\n"
    "#define CHECK(n, forward, backward) \\\n"
    "    if (width == n) { \\\n"
    "        vstore##n(forward(vload##n(i, x), P(vload##n)), i, y); \\\n"
    "        vstore##n(backward(vload##n(i, x), P(vload##n), \\\n"
    "                           vload##n(i, dy)), i, dx); \\\n"
    "    }\n"
    "__kernel void check(const uint width, const REAL p, __global const T *a,\n"
    "    __global const T *x, __global const T *dy, __global T *y,\n"
    "    __global T *dx)\n"
    "{\n"
    "    const size_t i = get_global_id(0);\n";

void clrelu_kernel_width(unsigned width, char text[KERNEL_WIDTH_TEXT])
{
    text[0] = '\0';
    if (width > 1)
        sprintf(text, "%u", width);
}

static void write_macros(clrelu_op op, clrelu_dtype dtype, char text[256])
{
    const char *real = dtype == CLRELU_FLOAT64 ? "double" : "float";

    sprintf(text, "#define REAL %s\n#define T %s\n#define P(load) %s\n", real,
            clrelu_dtype_size(dtype) == 2 ? "ushort" : real,
            op == CLRELU_PRELU ? "load(i, a)" : "p");
}

static void write_calls(clrelu_op op, char text[1024])
{
    const char *name = clrelu_op_name(op);
    int used = 0;

    for (size_t i = 0; i < KERNEL_WIDTHS; i++) {
        char n[KERNEL_WIDTH_TEXT];
        clrelu_kernel_width(clrelu_kernel_widths[i], n);
        used +=
            sprintf(text + used, "CHECK(%u, clrelu_%s%s, clrelu_%s_grad%s)\n",
                    clrelu_kernel_widths[i], name, n, name, n);
    }
    sprintf(text + used, "}\n");
}

clrelu_status clrelu_kernel_build(clrelu_context *context, cl_uint count,
                                  const char **texts, const char *options,
                                  cl_program *out)
{
    clrelu_status status;

    clrelu_build_lock();
    status = clrelu_build_text(context, count, texts, options, out);
    clrelu_build_unlock();
    return status;
}

clrelu_status clrelu_kernel_program(clrelu_context *context, clrelu_op op,
                                    clrelu_dtype dtype, const char *options,
                                    cl_program *out)
{
    char macros[256], calls[1024], *text;
    size_t length = 0;
    clrelu_status status = clrelu_source(op, dtype, NULL, 0, NULL, &length);

    if (status)
        return status;
    text = malloc(length + 1);
    if (!text)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for a program");
    status = clrelu_source(op, dtype, NULL, length + 1, text, NULL);
    write_macros(op, dtype, macros);
    write_calls(op, calls);
    const char *texts[] = {quiet, text, macros, kernel_begin, calls};
    if (!status)
        status = clrelu_kernel_build(context, 5, texts, options, out);
    free(text);
    return status;
}
