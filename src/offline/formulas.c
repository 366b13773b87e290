/* formulas.c - the operations as functions for other people's kernels
 * SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "cl_formulas.h"
#include "core/check.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Text of at most size characters; used counts those that do not fit, too. */
typedef struct output {
    char *text;
    size_t size, used;
} output;

/* '@' stands for the prefix. */
static void add(output *o, const char *text, const char *prefix)
{
    for (; *text; text++) {
        const bool is_prefix = *text == '@';
        const char *from = is_prefix ? prefix : text;
        const size_t length = is_prefix ? strlen(prefix) : 1;
        for (size_t i = 0; i < length; i++, o->used++)
            if (o->used < o->size)
                o->text[o->used] = from[i];
    }
}

static void end(const output *o)
{
    if (o->size > 0)
        o->text[o->used < o->size ? o->used : o->size - 1] = '\0';
}

static bool is_identifier(const char *text)
{
    const char *c = text;

    while (*c == '_' || isalnum((unsigned char)*c))
        c++;
    return c > text && !*c && !isdigit((unsigned char)*text);
}

/* Both have a row for each type and operation. */
static void add_source(output *o, clrelu_op op, clrelu_dtype dtype,
                       const char *prefix)
{
    size_t row = 0, type = 0;

    while (formulas[row].op != op || formulas[row].dtype != dtype)
        row++;
    while (types[type].dtype != dtype)
        type++;
    add(o, formulas[row].comment, prefix);
    add(o, types[type].common, prefix);
    add(o, formulas[row].body, prefix);
}

clrelu_status clrelu_source(clrelu_op op, clrelu_dtype dtype,
                            const char *prefix, size_t size, char *text,
                            size_t *length)
{
    output o = {text, size, 0};
    clrelu_status status;

    if (size > 0 && !text)
        return clrelu_fail(CLRELU_INVALID_NULL, "text is NULL");
    if (!clrelu_op_name(op))
        return clrelu_fail(CLRELU_INVALID_OP, "op is %d, must be a clrelu_op",
                           (int)op);
    status = clrelu_check_dtype(NULL, dtype);
    if (status)
        return status;
    if (prefix && !is_identifier(prefix))
        return clrelu_fail(CLRELU_INVALID_SPEC,
                           "prefix is '%.64s', must be letters, digits and _, "
                           "and not begin with a digit",
                           prefix);
    add_source(&o, op, dtype, prefix ? prefix : "clrelu_");
    end(&o);
    if (length)
        *length = o.used;
    return CLRELU_OK;
}

/* ---------------------------------------------------------- the header -- */

/* As the generator makes clrelu.clh. */
static void add_header(output *o)
{
    add(o, guide, "");
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        const bool is_optional = types[i].dtype == CLRELU_FLOAT64;
        add(o, is_optional ? "#ifdef cl_khr_fp64\n" : "", "");
        add(o, types[i].common, types[i].prefix);
        for (size_t j = 0; j < COUNT_OF(formulas); j++)
            if (formulas[j].dtype == types[i].dtype)
                add(o, formulas[j].body, types[i].prefix);
        add(o, is_optional ? "#endif\n" : "", "");
    }
    end(o);
}

clrelu_status clrelu_header_program(clrelu_context *context, cl_program *out)
{
    const clrelu_status status = clrelu_check_context(context);
    output o = {0};
    cl_int error;

    if (out)
        *out = NULL;
    if (status)
        return status;
    if (!out)
        return clrelu_fail(CLRELU_INVALID_NULL, "out is NULL");
    add_header(&o);
    o = (output){malloc(o.used + 1), o.used + 1, 0};
    if (!o.text)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for a header");
    add_header(&o);
    const char *text = o.text;
    *out = clCreateProgramWithSource(context->context, 1, &text, NULL, &error);
    free(o.text);
    return error ? clrelu_fail_cl(error, "clCreateProgramWithSource")
                 : CLRELU_OK;
}
