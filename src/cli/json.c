/* json.c - JSON writer
 * SPDX-License-Identifier: MIT */
#include "json.h"

#include <inttypes.h>
#include <math.h>

static void new_line(const json *j)
{
    fprintf(j->file, "\n%*s", 2 * j->depth, "");
}

/* Bytes of the character at s, 0 if it is not UTF-8. */
static int utf8_length(const unsigned char *s)
{
    static const uint32_t min[] = {0, 0, 0x80, 0x800, 0x10000};
    const int n = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    uint32_t c = s[0] & (0x7fu >> n);

    if (n == 1)
        return 1;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    for (int i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3f);
    }
    return c < min[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : n;
}

static void write_text(FILE *file, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;

    fputc('"', file);
    while (*s) {
        const int n = utf8_length(s);
        if (*s < ' ' || n == 0)
            fprintf(file, "\\u%04x", n ? *s : 0xfffdu);
        else if (*s == '"' || *s == '\\')
            fprintf(file, "\\%c", *s);
        else
            fwrite(s, 1, (size_t)n, file);
        s += n ? n : 1;
    }
    fputc('"', file);
}

static void begin(json *j, const char *key)
{
    if (j->depth > 0) {
        if (!j->empty)
            fputc(',', j->file);
        new_line(j);
    }
    j->empty = false;
    if (!key)
        return;
    write_text(j->file, key);
    fputs(": ", j->file);
}

void json_open(json *j, const char *key, char bracket)
{
    begin(j, key);
    fputc(bracket, j->file);
    j->depth++;
    j->empty = true;
}

void json_close(json *j, char bracket)
{
    j->depth--;
    if (!j->empty)
        new_line(j);
    fputc(bracket, j->file);
    j->empty = false;
    if (j->depth == 0)
        fputc('\n', j->file);
}

void json_text(json *j, const char *key, const char *text)
{
    begin(j, key);
    write_text(j->file, text);
}

void json_integer(json *j, const char *key, uint64_t value)
{
    begin(j, key);
    fprintf(j->file, "%" PRIu64, value);
}

void json_number(json *j, const char *key, double value)
{
    if (!isfinite(value)) {
        json_null(j, key);
        return;
    }
    begin(j, key);
    fprintf(j->file, "%.9g", value);
}

void json_bool(json *j, const char *key, bool value)
{
    begin(j, key);
    fputs(value ? "true" : "false", j->file);
}

void json_null(json *j, const char *key)
{
    begin(j, key);
    fputs("null", j->file);
}
