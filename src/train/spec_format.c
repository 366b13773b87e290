/* spec_format.c - a spec as text, all arguments by name
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "train/spec.h"

void clrelu_text_add(clrelu_text *t, const char *more)
{
    const size_t length = strlen(more);

    if (t->used < t->size)
        snprintf(t->text + t->used, t->size - t->used, "%s", more);
    t->used += length;
}

void clrelu_text_add_unsigned(clrelu_text *t, uint64_t value)
{
    char digits[32];

    snprintf(digits, sizeof(digits), "%" PRIu64, value);
    clrelu_text_add(t, digits);
}

static void add_list(clrelu_text *t, size_t count, const int64_t *list)
{
    char digits[32];

    for (size_t i = 0; i < count; i++) {
        snprintf(digits, sizeof(digits), "%s%" PRId64, i > 0 ? "," : "[",
                 list[i]);
        clrelu_text_add(t, digits);
    }
    clrelu_text_add(t, count > 0 ? "]" : "[]");
}

/* The shortest text that is read back as the same number. */
static void add_number(clrelu_text *t, double number)
{
    char digits[64], *point;

    for (int precision = 1; precision <= 17; precision++) {
        snprintf(digits, sizeof(digits), "%.*g", precision, number);
        if (strtod(digits, NULL) == number)
            break;
    }
    point = strchr(digits, localeconv()->decimal_point[0]);
    if (point)
        *point = '.';
    clrelu_text_add(t, digits);
}

static void add_value(clrelu_text *t, const clrelu_spec_parameter *p,
                      const clrelu_value *v)
{
    switch (p->kind) {
    case CLRELU_NUMBER:
        add_number(t, v->number);
        break;
    case CLRELU_CHOICE:
        clrelu_text_add(t, p->choices[(size_t)v->number]);
        break;
    case CLRELU_SEED:
        if (v->given)
            clrelu_text_add_unsigned(t, v->seed);
        else
            clrelu_text_add(t, "None");
        break;
    case CLRELU_LIST:
        if (!v->given && v->count == 0)
            clrelu_text_add(t, "None");
        else
            add_list(t, v->count, v->list);
        break;
    case CLRELU_TEXT:
        break;
    }
}

void clrelu_spec_format(const clrelu_spec *spec, clrelu_text *t)
{
    const unsigned count = clrelu_spec_parameters(spec->entry);

    clrelu_text_add(t, spec->entry->names[0]);
    for (unsigned i = 0; i < count; i++) {
        clrelu_text_add(t, i > 0 ? "," : "(");
        clrelu_text_add(t, spec->entry->parameters[i].name);
        clrelu_text_add(t, "=");
        add_value(t, &spec->entry->parameters[i], &spec->values[i]);
    }
    if (count > 0)
        clrelu_text_add(t, ")");
}
