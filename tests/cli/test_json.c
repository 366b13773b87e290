/* test_json.c - JSON that every reader takes
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../../src/cli/json.h"
#include "device.h"
#include "tap.h"

/* A text, and how it is written. */
static const char *const texts[][2] = {
    {"", "\"\""},
    {"plain", "\"plain\""},
    {"a \"b\" \\c/", "\"a \\\"b\\\" \\\\c/\""},
    {"\n\t\x01\x1f", "\"\\u000a\\u0009\\u0001\\u001f\""},
    {"\x7f", "\"\x7f\""},
    {"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
     "\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\""},
    {"cut \xe2\x82", "\"cut \\ufffd\\ufffd\""},
    {"cut \xf0\x9f\x98", "\"cut \\ufffd\\ufffd\\ufffd\""},
    {"\x80 \xff \xc3(", "\"\\ufffd \\ufffd \\ufffd(\""},
    {"\xc0\x80", "\"\\ufffd\\ufffd\""},            /* overlong           */
    {"\xe0\x80\xaf", "\"\\ufffd\\ufffd\\ufffd\""}, /* overlong           */
    {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""}, /* a surrogate        */
    {"\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""}, /* U+110000     */
};

static const char *written(FILE *file, char text[256])
{
    rewind(file);
    text[fread(text, 1, 255, file)] = '\0';
    fclose(file);
    return text;
}

static FILE *open_file(void)
{
    FILE *file = tmpfile();

    if (!file)
        bail("tmpfile");
    return file;
}

static void test_texts(void)
{
    char text[256];

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        json j = {.file = open_file()};
        json_text(&j, NULL, texts[i][0]);
        const char *got = written(j.file, text);
        if (!ok(strcmp(got, texts[i][1]) == 0, "text %zu", i))
            diag("%s, should be %s", got, texts[i][1]);
    }
}

static void test_numbers(void)
{
    static const char want[] = "{\n  \"a\": 18446744073709551615,\n"
                               "  \"b\": 0.1,\n  \"c\": null,\n"
                               "  \"d\": null,\n  \"e\": -1e+300,\n"
                               "  \"f\": true,\n  \"g\": false\n}\n";
    json j = {.file = open_file()};
    char text[256];

    json_open(&j, NULL, '{');
    json_integer(&j, "a", UINT64_MAX);
    json_number(&j, "b", 0.1);
    json_number(&j, "c", (double)NAN);
    json_number(&j, "d", -(double)INFINITY);
    json_number(&j, "e", -1e300);
    json_bool(&j, "f", true);
    json_bool(&j, "g", false);
    json_close(&j, '}');
    if (!ok(strcmp(written(j.file, text), want) == 0, "numbers"))
        diag("%s", text);
}

static void test_nesting(void)
{
    static const char want[] = "{\n  \"a\": [],\n  \"b\": [\n    {},\n"
                               "    1\n  ],\n  \"c\": null\n}\n";
    json j = {.file = open_file()};
    char text[256];

    json_open(&j, NULL, '{');
    json_open(&j, "a", '[');
    json_close(&j, ']');
    json_open(&j, "b", '[');
    json_open(&j, NULL, '{');
    json_close(&j, '}');
    json_integer(&j, NULL, 1);
    json_close(&j, ']');
    json_null(&j, "c");
    json_close(&j, '}');
    if (!ok(strcmp(written(j.file, text), want) == 0, "objects and arrays"))
        diag("%s", text);
}

int main(void)
{
    test_texts();
    test_numbers();
    test_nesting();
    return done_testing();
}
