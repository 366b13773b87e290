/* json.h - JSON writer
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_JSON_H
#define CLRELU_CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct json {
    FILE *file;
    int depth;
    bool empty; /* the open object or array has no member yet */
} json;

/* key is NULL in an array and for the outermost value.  bracket is '{' or '[',
 * then '}' or ']'. */
void json_open(json *j, const char *key, char bracket);
void json_close(json *j, char bracket);

/* Invalid UTF-8 becomes U+FFFD; numbers that are not finite become null. */
void json_text(json *j, const char *key, const char *text);
void json_integer(json *j, const char *key, uint64_t value);
void json_number(json *j, const char *key, double value);
void json_bool(json *j, const char *key, bool value);
void json_null(json *j, const char *key);

#endif
