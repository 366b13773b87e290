/* chain_source.c - a chain as functions for kernels of others
 * SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>

#include "base/status.h"
#include "core/call.h"
#include "offline/formulas.h"
#include "offline/kernel_program.h"
#include "ops/calls.h"

/* A chain's text, and the width of the functions that are written. */
typedef struct writer {
    clrelu_source_text out;
    const clrelu_chain *chain;
    const char *real, *function;
    unsigned width;
    char wide[KERNEL_WIDTH_TEXT]; /* the width, or "" */
} writer;

static void add(writer *w, const char *format, ...)
{
    char text[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    clrelu_source_add(&w->out, text);
}

static bool has_gain(const clrelu_chain *c)
{
    return c->gain != 0 && c->gain != 1;
}

typedef enum operand { X, SCALE, BIAS, ALPHA, RESIDUAL, DY, OPERANDS } operand;

static const char *const names[OPERANDS] = {"x",     "scale",    "bias",
                                            "alpha", "residual", "dy"};

static bool takes(const clrelu_chain *c, operand id, bool backward)
{
    switch (id) {
    case SCALE:
        return clrelu_is_given(c->scale);
    case BIAS:
        return clrelu_is_given(c->bias);
    case ALPHA:
        return c->op == CLRELU_PRELU;
    case RESIDUAL:
        return !backward && clrelu_is_given(c->residual);
    case DY:
        return backward;
    default:
        return true;
    }
}

/* The operands with something before and after each. */
static void add_operands(writer *w, bool backward, const char *before,
                         const char *after)
{
    for (operand id = X; id < OPERANDS; id++)
        if (takes(w->chain, id, backward))
            add(w, "%s%s%s%s", id > X ? ", " : "", before, names[id], after);
}

static void add_number(writer *w, double number)
{
    if (w->chain->dtype == CLRELU_FLOAT64)
        add(w, "%a", number);
    else
        add(w, "%af", (double)(float)number);
}

/* x becomes z. */
static void add_z(writer *w)
{
    if (takes(w->chain, SCALE, false))
        add(w, "    x = x * scale;\n");
    if (takes(w->chain, BIAS, false))
        add(w, "    x = x + bias;\n");
}

static void add_gain(writer *w, const char *name)
{
    if (!has_gain(w->chain))
        return;
    add(w, "    %s = %s * ", name, name);
    add_number(w, w->chain->gain);
    add(w, ";\n");
}

/* The operation of z. */
static void add_call(writer *w, bool backward)
{
    add(w, "%s_%s%s_(x, ", w->function, backward ? "backward" : "forward",
        w->wide);
    if (w->chain->op == CLRELU_PRELU) {
        add(w, "alpha");
    } else {
        add(w, "(%s%s)(", w->real, w->wide);
        add_number(w, w->chain->scalar);
        add(w, ")");
    }
    add(w, backward ? ", dy)" : ")");
}

static void add_body(writer *w, bool backward)
{
    add(w, "#pragma OPENCL FP_CONTRACT OFF\n");
    add_z(w);
    if (backward) {
        add_gain(w, "dy");
        add(w, "    return ");
        add_call(w, true);
        add(w, ";\n");
        return;
    }
    add(w, "    x = ");
    add_call(w, false);
    add(w, ";\n");
    add_gain(w, "x");
    add(w, "    return x%s;\n",
        takes(w->chain, RESIDUAL, false) ? " + residual" : "");
}

/* Three elements take the function of four. */
static void add_function(writer *w, bool backward)
{
    const char *name = backward ? "chain_grad" : "chain";
    char before[32];

    snprintf(before, sizeof(before), "%s%s ", w->real, w->wide);
    add(w, "@static %s@%s%s(\n    ", before, name, w->wide);
    add_operands(w, backward, before, "");
    add(w, ")\n{\n");
    if (w->width == 3) {
        snprintf(before, sizeof(before), "(%s4)(", w->real);
        add(w, "    return @%s4(", name);
        add_operands(w, backward, before, ", 0)");
        add(w, ").s012;\n");
    } else {
        add_body(w, backward);
    }
    add(w, "}\n\n");
}

static void add_head(writer *w, bool backward, const char *result)
{
    char type[16];

    snprintf(type, sizeof(type), "%sN ", w->real);
    add(w, " *     %s@chain%sN(", type, backward ? "_grad" : "");
    add_operands(w, backward, "", "");
    add(w, ")   %s\n", result);
}

static void add_comment(writer *w)
{
    const clrelu_chain *c = w->chain;
    const bool scale = takes(c, SCALE, false), bias = takes(c, BIAS, false);

    add(w,
        "/* A chain of %s for kernels of OpenCL C 1.2\n"
        " * SPDX-License-Identifier: MIT\n *\n",
        clrelu_op_name(c->op));
    add(w, " * z = %sx%s, y = ", scale ? "scale*" : "", bias ? " + bias" : "");
    if (has_gain(c)) {
        add_number(w, c->gain);
        add(w, "*");
    }
    add(w, "f(z)%s", takes(c, RESIDUAL, false) ? " + residual" : "");
    if (c->op != CLRELU_PRELU) {
        add(w, "; %s is ", clrelu_op_parameter(c->op, NULL));
        add_number(w, c->scalar);
    }
    add(w, ".\n * N is nothing, 2, 3, 4, 8 or 16, and all are %sN:\n *\n",
        w->real);
    add_head(w, false, "y");
    add_head(w, true, "dz");
    add(w, " *\n * dx is %s; dscale is the sum of x*dz, dbias of dz. */\n",
        scale ? "scale*dz" : "dz");
}

clrelu_status clrelu_chain_source(const clrelu_chain *call, const char *prefix,
                                  size_t size, char *text, size_t *length)
{
    clrelu_status status = clrelu_check_function(NULL, call);
    writer w = {.chain = call};

    if (!status)
        status = clrelu_source_begin(&w.out, prefix, size, text);
    if (status)
        return status;
    w.real = call->dtype == CLRELU_FLOAT64 ? "double" : "float";
    add_comment(&w);
    w.function = clrelu_source_function(&w.out, call->op, call->dtype);
    /* The function of three elements calls that of four. */
    static const unsigned widths[] = {1, 2, 4, 3, 8, 16};
    for (int i = 0; i < KERNEL_WIDTHS; i++) {
        w.width = widths[i];
        clrelu_kernel_width(w.width, w.wide);
        add_function(&w, false);
        add_function(&w, true);
    }
    return clrelu_source_end(&w.out, length);
}
