/* formulas.c - the operations as functions for other people's kernels
 * SPDX-License-Identifier: MIT */
#include "offline/formulas.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "cl_formulas.h"
#include "core/check.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

void clrelu_source_add(clrelu_source_text *o, const char *text)
{
    for (; *text; text++) {
        const bool is_prefix = *text == '@';
        const char *from = is_prefix ? o->prefix : text;
        const size_t length = is_prefix ? strlen(o->prefix) : 1;
        for (size_t i = 0; i < length; i++, o->used++)
            if (o->used < o->size)
                o->text[o->used] = from[i];
    }
}

clrelu_status clrelu_source_end(const clrelu_source_text *o, size_t *length)
{
    if (o->size > 0)
        o->text[o->used < o->size ? o->used : o->size - 1] = '\0';
    if (length)
        *length = o->used;
    return CLRELU_OK;
}

static bool is_identifier(const char *text)
{
    const char *c = text;

    while (*c == '_' || isalnum((unsigned char)*c))
        c++;
    return c > text && !*c && !isdigit((unsigned char)*text);
}

clrelu_status clrelu_source_begin(clrelu_source_text *o, const char *prefix,
                                  size_t size, char *text)
{
    if (size > 0 && !text)
        return clrelu_fail(CLRELU_INVALID_NULL, "text is NULL");
    if (prefix && !is_identifier(prefix))
        return clrelu_fail(CLRELU_INVALID_SPEC,
                           "prefix is '%.64s', must be letters, digits and _, "
                           "and not begin with a digit",
                           prefix);
    *o = (clrelu_source_text){prefix ? prefix : "clrelu_", text, size, 0};
    return CLRELU_OK;
}

/* Both have a row for each type and operation. */
static void find_rows(clrelu_op op, clrelu_dtype dtype, size_t *row,
                      size_t *type)
{
    for (*row = 0; formulas[*row].op != op || formulas[*row].dtype != dtype;)
        ++*row;
    for (*type = 0; types[*type].dtype != dtype;)
        ++*type;
}

clrelu_status clrelu_source(clrelu_op op, clrelu_dtype dtype,
                            const char *prefix, size_t size, char *text,
                            size_t *length)
{
    clrelu_source_text o;
    size_t row, type;
    clrelu_status status;

    if (!clrelu_op_name(op))
        return clrelu_fail(CLRELU_INVALID_OP, "op is %d, must be a clrelu_op",
                           (int)op);
    status = clrelu_check_dtype(NULL, dtype);
    if (!status)
        status = clrelu_source_begin(&o, prefix, size, text);
    if (status)
        return status;
    find_rows(op, dtype, &row, &type);
    clrelu_source_add(&o, formulas[row].comment);
    clrelu_source_add(&o, types[type].common);
    clrelu_source_add(&o, formulas[row].body);
    return clrelu_source_end(&o, length);
}

const char *clrelu_source_function(clrelu_source_text *o, clrelu_op op,
                                   clrelu_dtype dtype)
{
    size_t row, type;

    find_rows(op, dtype, &row, &type);
    clrelu_source_add(o, types[type].common);
    clrelu_source_add(o, clrelu_dtype_size(dtype) == 2 ? formulas[row].chain
                                                       : formulas[row].body);
    return formulas[row].function;
}

/* ---------------------------------------------------------- the header -- */

/* As the generator makes clrelu.clh. */
static void add_header(clrelu_source_text *o)
{
    clrelu_source_add(o, guide);
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        const bool is_optional = types[i].dtype == CLRELU_FLOAT64;
        o->prefix = types[i].prefix;
        clrelu_source_add(o, is_optional ? "#ifdef cl_khr_fp64\n" : "");
        clrelu_source_add(o, types[i].common);
        for (size_t j = 0; j < COUNT_OF(formulas); j++)
            if (formulas[j].dtype == types[i].dtype)
                clrelu_source_add(o, formulas[j].body);
        clrelu_source_add(o, is_optional ? "#endif\n" : "");
    }
    clrelu_source_end(o, NULL);
}

clrelu_status clrelu_header_program(clrelu_context *context, cl_program *out)
{
    const clrelu_status status = clrelu_check_context(context);
    clrelu_source_text o = {.prefix = ""};
    cl_int error;

    if (out)
        *out = NULL;
    if (status)
        return status;
    if (!out)
        return clrelu_fail(CLRELU_INVALID_NULL, "out is NULL");
    add_header(&o);
    o = (clrelu_source_text){"", malloc(o.used + 1), o.used + 1, 0};
    if (!o.text)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for a header");
    add_header(&o);
    const char *text = o.text;
    *out = clCreateProgramWithSource(context->context, 1, &text, NULL, &error);
    free(o.text);
    return clrelu_check_cl(error, "clCreateProgramWithSource");
}
