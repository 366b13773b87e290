/* npy.c - NumPy's file format: headers
 * SPDX-License-Identifier: MIT */
#include "npy/npy.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"

/* V2, void of two bytes: ml_dtypes stores bfloat16 like this. */
#define NPY_TYPES "f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1 V2 "

static bool is_big_endian(void)
{
    const uint16_t one = 1;
    unsigned char first;

    memcpy(&first, &one, 1);
    return first == 0;
}

CLRELU_PRINTF(2, 3)
static bool refuse(char error[NPY_ERROR], const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(error, NPY_ERROR, format, args);
    va_end(args);
    return false;
}

/* --------------------------------------------------------------- reading -- */

bool clrelu_npy_prefix_parse(const unsigned char prefix[NPY_MAX_PREFIX],
                             size_t *prefix_size, size_t *text_size,
                             char error[NPY_ERROR])
{
    const unsigned major = prefix[6], minor = prefix[7];
    const size_t length_size = major == 1 ? 2 : 4;

    if (memcmp(prefix, "\x93NUMPY", 6) != 0)
        return refuse(error, "is not an .npy file");
    if (major < 1 || major > 3 || minor != 0)
        return refuse(error, "has .npy version %u.%u, must be 1.0, 2.0 or 3.0",
                      major, minor);
    *prefix_size = 8 + length_size;
    *text_size = 0;
    for (size_t i = length_size; i-- > 0;)
        *text_size = *text_size << 8 | prefix[8 + i];
    if (*text_size > NPY_MAX_TEXT)
        return refuse(error, "has a header of %zu bytes, must be at most %d",
                      *text_size, NPY_MAX_TEXT);
    return true;
}

/* A position in the text, a Python dictionary. */
typedef struct cursor {
    const char *at, *end;
    char *error;
} cursor;

/* Skips white space; returns the next character, '\0' at the end. */
static char peek(cursor *c)
{
    while (c->at < c->end && *c->at && strchr(" \t\r\n\f", *c->at))
        c->at++;
    return c->at < c->end ? *c->at : '\0';
}

static bool take(cursor *c, char expected)
{
    if (peek(c) != expected || c->at == c->end)
        return false;
    c->at++;
    return true;
}

static bool take_word(cursor *c, const char *word)
{
    const size_t length = strlen(word);

    if (peek(c) != word[0] || (size_t)(c->end - c->at) < length ||
        memcmp(c->at, word, length) != 0)
        return false;
    c->at += length;
    return true;
}

static bool parse_string(cursor *c, char *out, size_t size)
{
    const char quote = peek(c);
    size_t length = 0;

    if (quote != '\'' && quote != '"')
        return false;
    for (c->at++; c->at < c->end && *c->at != quote; c->at++) {
        if (length + 1 == size || *c->at == '\\' || *c->at == '\0')
            return false;
        out[length++] = *c->at;
    }
    out[length] = '\0';
    return c->at++ < c->end;
}

/* The next value, cut short, for an error's text. */
static const char *quote_value(const cursor *c, char out[64])
{
    size_t length = 0;
    int depth = 0;

    for (const char *at = c->at; at < c->end && length < 60; at++) {
        depth += *at == '[' || *at == '(';
        depth -= *at == ']' || *at == ')';
        if (depth == 0 && (*at == ',' || *at == '}'))
            break;
        out[length++] = *at;
    }
    strcpy(out + length, length == 60 ? "..." : "");
    return out;
}

/* type is a letter and a size, such as "f4". */
static bool parse_type(const char *type, npy_header *h)
{
    static const char known[] = NPY_TYPES;

    if (strlen(type) != 2 || strchr(type, ' ') || !strstr(known, type))
        return false;
    h->kind = type[0];
    h->item_size = (size_t)(type[1] - '0');
    return true;
}

static bool parse_descr(cursor *c, npy_header *h)
{
    const bool native_big = is_big_endian();
    char descr[16] = "", value[64];

    peek(c);
    quote_value(c, value);
    if (!parse_string(c, descr, sizeof(descr)))
        descr[0] = '\0';
    const bool bfloat16 = strcmp(descr, "bfloat16") == 0;
    const char *type = bfloat16 ? "V2" : descr;
    const char order = *type && strchr("<>=|", *type) ? *type++ : '=';
    if (!parse_type(type, h))
        return refuse(c->error,
                      "descr %s is not supported, must be one of " NPY_TYPES
                      "(bfloat16) in either byte order",
                      value);
    h->swapped = (order == '<' && native_big) || (order == '>' && !native_big);
    return true;
}

static bool parse_fortran(cursor *c, npy_header *h)
{
    h->fortran = take_word(c, "True");
    if (!h->fortran && !take_word(c, "False"))
        return refuse(c->error, "fortran_order must be True or False");
    return true;
}

static bool parse_extent(cursor *c, size_t *extent)
{
    char digit = peek(c);

    if (digit < '0' || digit > '9')
        return refuse(c->error, "shape must be a tuple of extents >= 0");
    for (*extent = 0; c->at < c->end; c->at++) {
        digit = *c->at;
        if (digit < '0' || digit > '9')
            break;
        const size_t value = (size_t)(digit - '0');
        if (*extent > (SIZE_MAX / 2 - value) / 10)
            return refuse(c->error, "shape has an extent beyond %zu bits",
                          8 * sizeof(size_t) - 1);
        *extent = *extent * 10 + value;
    }
    /* Python 2 wrote long integers with an L. */
    if (c->at < c->end && *c->at == 'L')
        c->at++;
    return true;
}

static bool parse_shape(cursor *c, npy_header *h)
{
    bool comma = true;

    h->rank = 0;
    if (!take(c, '('))
        return refuse(c->error, "shape must be a tuple");
    while (peek(c) != ')') {
        if (!comma)
            return refuse(c->error, "shape must be a tuple of extents >= 0");
        if (h->rank == NPY_MAX_RANK)
            return refuse(c->error, "shape has more than %d extents",
                          NPY_MAX_RANK);
        if (!parse_extent(c, &h->dims[h->rank++]))
            return false;
        comma = take(c, ',');
    }
    c->at++;
    if (h->rank == 1 && !comma)
        return refuse(c->error, "shape must be a tuple, not a number");
    return true;
}

static bool count_elements(npy_header *h, char error[NPY_ERROR])
{
    const size_t widest = sizeof(uint64_t);
    char text[NPY_SHAPE_TEXT];
    bool overflow = false;

    h->count = 1;
    for (size_t i = 0; i < h->rank; i++) {
        if (h->dims[i] == 0) {
            h->count = 0;
            return true;
        }
        overflow = overflow || h->count > SIZE_MAX / 2 / widest / h->dims[i];
        h->count *= overflow ? 1 : h->dims[i];
    }
    if (overflow)
        return refuse(error, "shape %.80s is larger than any memory",
                      clrelu_npy_shape_format(h->rank, h->dims, text));
    return true;
}

typedef bool parse_value(cursor *c, npy_header *h);

static bool parse_entry(cursor *c, npy_header *h, unsigned *seen)
{
    static const struct {
        const char *key;
        parse_value *parse;
    } entries[] = {{"descr", parse_descr},
                   {"fortran_order", parse_fortran},
                   {"shape", parse_shape}};
    char key[16];

    if (!parse_string(c, key, sizeof(key)) || !take(c, ':'))
        return refuse(c->error, "has a garbled header");
    for (unsigned i = 0; i < 3; i++)
        if (strcmp(key, entries[i].key) == 0 && !(*seen & 1u << i)) {
            *seen |= 1u << i;
            return entries[i].parse(c, h);
        }
    return refuse(c->error, "has an unknown or repeated '%s' in its header",
                  key);
}

bool clrelu_npy_text_parse(const char *text, size_t size, npy_header *h,
                           char error[NPY_ERROR])
{
    cursor c = {text, text + size, error};
    unsigned seen = 0;
    bool comma = true;

    memset(h, 0, sizeof(*h));
    if (!take(&c, '{'))
        return refuse(error, "has a garbled header");
    while (peek(&c) != '}') {
        if (!comma)
            return refuse(error, "has a garbled header");
        if (!parse_entry(&c, h, &seen))
            return false;
        comma = take(&c, ',');
    }
    c.at++;
    if (seen != 7)
        return refuse(error, "lacks descr, fortran_order or shape in its "
                             "header");
    if (peek(&c), c.at < c.end)
        return refuse(error, "has a garbled header");
    h->fortran = h->fortran && h->rank > 1;
    return count_elements(h, error);
}

/* --------------------------------------------------------------- writing -- */

char *clrelu_npy_shape_format(size_t rank, const size_t *dims,
                              char text[NPY_SHAPE_TEXT])
{
    size_t used = 1;

    strcpy(text, "(");
    for (size_t i = 0; i < rank; i++)
        used += (size_t)snprintf(text + used, NPY_SHAPE_TEXT - used, "%s%zu",
                                 i > 0 ? ", " : "", dims[i]);
    snprintf(text + used, NPY_SHAPE_TEXT - used, rank == 1 ? ",)" : ")");
    return text;
}

static size_t format(size_t rank, const size_t *dims, const char *type,
                     char out[NPY_MAX_HEADER])
{
    char shape[NPY_SHAPE_TEXT];
    const int written =
        snprintf(out + NPY_PREFIX, NPY_MAX_HEADER - NPY_PREFIX,
                 "{'descr': '%c%s', 'fortran_order': False, 'shape': %s, }",
                 is_big_endian() ? '>' : '<', type,
                 clrelu_npy_shape_format(rank, dims, shape));
    const size_t used = NPY_PREFIX + (size_t)written;
    const size_t size = (used + 1 + 63) / 64 * 64;

    memset(out + used, ' ', size - used - 1);
    out[size - 1] = '\n';
    memcpy(out, "\x93NUMPY\x01", 8);
    out[8] = (char)((size - NPY_PREFIX) & 0xff);
    out[9] = (char)((size - NPY_PREFIX) >> 8);
    return size;
}

size_t clrelu_npy_header_format(size_t rank, const size_t *dims,
                                clrelu_dtype dtype, char out[NPY_MAX_HEADER])
{
    static const char *const types[] = {[CLRELU_FLOAT32] = "f4",
                                        [CLRELU_FLOAT16] = "f2",
                                        [CLRELU_BFLOAT16] = "V2",
                                        [CLRELU_FLOAT64] = "f8"};

    return format(rank, dims, types[dtype], out);
}

size_t clrelu_npy_uint32_format(size_t n, char out[NPY_MAX_HEADER])
{
    return format(1, &n, "u4", out);
}
