/* spec.c - parser of specs such as "max_norm(2, axis=[0, 1])"
 * SPDX-License-Identifier: MIT */
#include "train/spec.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"

enum { MAX_NUMBER = 64 };

/* A part of the text without the white space around it. */
typedef struct token {
    const char *at;
    size_t length;
} token;

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static token trim(const char *at, const char *end)
{
    while (at < end && is_space(*at))
        at++;
    while (end > at && is_space(end[-1]))
        end--;
    return (token){at, (size_t)(end - at)};
}

static bool is(token p, const char *word)
{
    return word && strlen(word) == p.length &&
           memcmp(p.at, word, p.length) == 0;
}

/* Characters of a token to print in an error's text. */
static int shown(token p)
{
    return p.length < 200 ? (int)p.length : 200;
}

static size_t name_length(const char *at, const char *end)
{
    const char *start = at;

    while (at < end &&
           (*at == '_' || (*at >= '0' && *at <= '9') ||
            (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z')))
        at++;
    return (size_t)(at - start);
}

/* The end of the value at at: a comma or an unmatched closing bracket.  NULL:
 * brackets or quotes do not match. */
static const char *value_end(const char *at, const char *end)
{
    char open[16];
    size_t depth = 0;

    for (; at < end; at++) {
        if (*at == '"' || *at == '\'') {
            at = memchr(at + 1, *at, (size_t)(end - at - 1));
            if (!at)
                return NULL;
        } else if (*at == '(' || *at == '[') {
            if (depth == sizeof(open))
                return NULL;
            open[depth++] = *at == '(' ? ')' : ']';
        } else if (*at == ')' || *at == ']') {
            if (depth == 0)
                return at;
            if (*at != open[--depth])
                return NULL;
        } else if (*at == ',' && depth == 0) {
            return at;
        }
    }
    return depth == 0 ? at : NULL;
}

static clrelu_status fail_text(const char *kind, token whole, const char *why)
{
    return clrelu_fail(CLRELU_INVALID_SPEC, "%s \"%.*s\": %s", kind,
                       shown(whole), whole.at, why);
}

static clrelu_status fail_value(token value, const clrelu_spec *spec,
                                unsigned i, const char *must)
{
    return clrelu_fail(CLRELU_INVALID_SPEC, "%s: %s is \"%.*s\", must be %s",
                       spec->entry->names[0], spec->entry->parameters[i].name,
                       shown(value), value.at, must);
}

/* The token with a final 0, for the functions of C; false if it is empty or
 * longer than any number. */
static bool copy_token(token p, char copy[MAX_NUMBER])
{
    if (p.length == 0 || p.length >= MAX_NUMBER)
        return false;
    memcpy(copy, p.at, p.length);
    copy[p.length] = '\0';
    errno = 0;
    return true;
}

/* The decimal point is '.' in every locale. */
static bool parse_number(token p, double *number)
{
    char copy[MAX_NUMBER], *end, *point;

    if (!copy_token(p, copy))
        return false;
    point = strchr(copy, '.');
    if (point)
        *point = localeconv()->decimal_point[0];
    *number = strtod(copy, &end);
    return *end == '\0';
}

static bool parse_integer(token p, int64_t *integer)
{
    char copy[MAX_NUMBER], *end;

    if (!copy_token(p, copy))
        return false;
    *integer = strtoll(copy, &end, 10);
    return *end == '\0' && errno == 0;
}

static bool parse_seed(token p, uint64_t *seed)
{
    char copy[MAX_NUMBER], *end;

    if (!copy_token(p, copy) || *copy == '-')
        return false;
    *seed = strtoull(copy, &end, 10);
    return *end == '\0' && errno == 0;
}

static bool parse_list(token p, clrelu_value *v)
{
    const char *at = p.at, *end = at + p.length;
    const bool list = p.length >= 2 && (*at == '[' || *at == '(');

    v->count = 0;
    if (list && trim(at + 1, end - 1).length == 0)
        return true;
    at += list;
    end -= list;
    for (;;) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const token item = trim(at, comma ? comma : end);
        /* Python writes a tuple of one as (1,). */
        if (item.length == 0 && list && !comma && v->count > 0)
            return true;
        if (v->count == CLRELU_MAX_RANK ||
            !parse_integer(item, &v->list[v->count++]))
            return false;
        if (!comma)
            return true;
        at = comma + 1;
    }
}

static clrelu_status parse_choice(token p, clrelu_spec *spec, unsigned i)
{
    const char *const *choices = spec->entry->parameters[i].choices;
    char known[128] = "";
    size_t used = 0;

    if (p.length >= 2 && (*p.at == '"' || *p.at == '\''))
        p = (token){p.at + 1, p.length - 2};
    for (unsigned k = 0; choices[k]; k++) {
        if (is(p, choices[k])) {
            spec->values[i].number = k;
            return CLRELU_OK;
        }
        used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
                                 k > 0 ? ", " : "one of ", choices[k]);
    }
    return fail_value(p, spec, i, known);
}

static clrelu_status parse_value(token p, clrelu_spec *spec, unsigned i)
{
    clrelu_value *v = &spec->values[i];

    v->text = p.at;
    v->length = p.length;
    switch (spec->entry->parameters[i].kind) {
    case CLRELU_NUMBER:
        if (!parse_number(p, &v->number))
            return fail_value(p, spec, i, "a number");
        if (!isfinite((float)v->number))
            return clrelu_spec_refuse(spec, i, "finite in float32");
        return CLRELU_OK;
    case CLRELU_CHOICE:
        return parse_choice(p, spec, i);
    case CLRELU_SEED:
        if (is(p, "None"))
            v->given = false;
        else if (!parse_seed(p, &v->seed))
            return fail_value(p, spec, i, "an integer in 0..2^64-1 or None");
        return CLRELU_OK;
    case CLRELU_LIST:
        v->given = !is(p, "None");
        if (!v->given)
            v->count = 0;
        else if (!parse_list(p, v))
            return fail_value(p, spec, i, "an integer or a list of integers");
        return CLRELU_OK;
    case CLRELU_TEXT:
        break;
    }
    return CLRELU_OK;
}

unsigned clrelu_spec_parameters(const clrelu_entry *entry)
{
    unsigned count = 0;

    while (count < CLRELU_PARAMETERS && entry->parameters[count].name)
        count++;
    return count;
}

/* The parameter's index, or the number of all. */
static unsigned find_parameter(const clrelu_entry *entry, token name)
{
    const unsigned count = clrelu_spec_parameters(entry);
    unsigned i = 0;

    while (i < count && !is(name, entry->parameters[i].name) &&
           !is(name, entry->parameters[i].other))
        i++;
    return i;
}

/* The names of a table, or of an entry's parameters, joined by commas. */
static const char *list_names(const clrelu_entry *table,
                              const clrelu_entry *entry, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (unsigned i = 0; used < size; i++) {
        const char *name = table                   ? table[i].names[0]
                           : i < CLRELU_PARAMETERS ? entry->parameters[i].name
                                                   : NULL;
        if (!name)
            break;
        used += (size_t)snprintf(out + used, size - used, "%s%s",
                                 i > 0 ? ", " : "", name);
    }
    return used > 0 ? out : "none";
}

static clrelu_status parse_argument(token p, bool *by_name, unsigned position,
                                    clrelu_spec *spec)
{
    const size_t length = name_length(p.at, p.at + p.length);
    const token name = {p.at, length};
    token value = trim(p.at + length, p.at + p.length);
    const bool named = length > 0 && value.length > 0 && *value.at == '=';
    char known[256];
    unsigned i = position;

    if (named) {
        i = find_parameter(spec->entry, name);
        value = trim(value.at + 1, p.at + p.length);
    } else {
        value = p;
        if (*by_name)
            return fail_text(spec->entry->names[0], p,
                             "must not follow an argument by name");
    }
    *by_name = named;
    if (i >= clrelu_spec_parameters(spec->entry))
        return clrelu_fail(CLRELU_INVALID_SPEC,
                           "%s: unknown argument \"%.*s\", its arguments are "
                           "%s",
                           spec->entry->names[0], shown(named ? name : p), p.at,
                           list_names(NULL, spec->entry, known, sizeof(known)));
    if (spec->values[i].text)
        return clrelu_fail(CLRELU_INVALID_SPEC, "%s: %s is given twice",
                           spec->entry->names[0],
                           spec->entry->parameters[i].name);
    spec->values[i].given = true;
    return parse_value(value, spec, i);
}

/* The text between the brackets. */
static clrelu_status parse_arguments(const char *kind, token whole,
                                     const char *at, const char *end,
                                     clrelu_spec *spec)
{
    clrelu_status status = CLRELU_OK;
    bool by_name = false;

    for (unsigned position = 0; !status && trim(at, end).length > 0;
         position++) {
        const char *stop = value_end(at, end);
        if (!stop || (stop < end && *stop != ','))
            return fail_text(kind, whole, "its brackets or quotes differ");
        const token p = trim(at, stop);
        if (p.length == 0)
            return fail_text(kind, whole, "has an empty argument");
        status = parse_argument(p, &by_name, position, spec);
        at = stop < end ? stop + 1 : end;
    }
    return status;
}

static const clrelu_entry *find_entry(const clrelu_entry *table, token name)
{
    for (; table->names[0]; table++)
        for (unsigned i = 0; i < CLRELU_NAMES; i++)
            if (is(name, table->names[i]))
                return table;
    return NULL;
}

static void preset(clrelu_spec *spec, const clrelu_entry *entry)
{
    memset(spec, 0, sizeof(*spec));
    spec->entry = entry;
    for (unsigned i = 0; i < clrelu_spec_parameters(entry); i++) {
        spec->values[i].number = entry->parameters[i].preset;
        if (entry->parameters[i].kind == CLRELU_LIST)
            spec->values[i].count = (size_t)entry->parameters[i].preset;
    }
}

clrelu_status clrelu_spec_parse(const char *kind, const clrelu_entry *table,
                                const char *text, size_t length,
                                clrelu_spec *spec)
{
    const token whole = trim(text, text + length);
    const char *end = whole.at + whole.length;
    const token name = {whole.at, name_length(whole.at, end)};
    const token rest = trim(name.at + name.length, end);
    const clrelu_entry *entry = find_entry(table, name);
    char known[1024];

    if (name.length == 0)
        return fail_text(kind, whole, "must begin with a name");
    if (rest.length > 0 &&
        (rest.length < 2 || *rest.at != '(' || rest.at[rest.length - 1] != ')'))
        return fail_text(kind, whole, "must be NAME or NAME(ARGUMENTS)");
    if (!entry)
        return clrelu_fail(CLRELU_UNKNOWN_NAME,
                           "unknown %s \"%.*s\", known are %s", kind,
                           shown(name), name.at,
                           list_names(table, NULL, known, sizeof(known)));
    preset(spec, entry);
    if (rest.length == 0)
        return CLRELU_OK;
    return parse_arguments(kind, whole, rest.at + 1, end - 1, spec);
}

clrelu_status clrelu_spec_refuse(const clrelu_spec *spec, unsigned i,
                                 const char *must)
{
    return clrelu_fail(CLRELU_INVALID_SCALAR, "%s: %s is %g, must be %s",
                       spec->entry->names[0], spec->entry->parameters[i].name,
                       spec->values[i].number, must);
}
