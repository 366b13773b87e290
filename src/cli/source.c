/* source.c - clrelu source
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"

/* The operands that --chain names are given; their memory is not used. */
static bool find_operands(const char *list, clrelu_chain *chain, failure *f)
{
    const struct {
        const char *name;
        clrelu_buffer *buffer;
    } operands[] = {{"scale", &chain->scale},
                    {"bias", &chain->bias},
                    {"residual", &chain->residual}};
    enum { COUNT = sizeof(operands) / sizeof(operands[0]) };
    int i = 0;

    for (const char *at = list; i < COUNT && at; at = strchr(at, ',')) {
        at += *at == ',';
        const size_t length = strcspn(at, ",");
        for (i = 0; i < COUNT; i++)
            if (strlen(operands[i].name) == length &&
                memcmp(operands[i].name, at, length) == 0)
                break;
        if (i < COUNT && operands[i].buffer->pointer)
            return misuse(f, "source", "--chain: '%s' has %s twice", list,
                          operands[i].name);
        if (i < COUNT)
            *operands[i].buffer = clrelu_at_pointer(chain, 0);
    }
    return i < COUNT ||
           misuse(f, "source",
                  "--chain: '%s' must be scale, bias or residual, joined by "
                  "commas",
                  list);
}

static clrelu_status write(const options *o, const clrelu_chain *chain,
                           size_t size, char *text, size_t *length)
{
    return o->chain ? clrelu_chain_source(chain, o->prefix, size, text, length)
                    : clrelu_source(o->op, chain->dtype, o->prefix, size, text,
                                    length);
}

bool source(const options *o, failure *f)
{
    clrelu_chain chain = {.op = o->op,
                          .dtype = o->dtype ? o->dtype : CLRELU_FLOAT32,
                          .scalar = o->scalar,
                          .gain = o->gain};
    size_t length;
    char *text;

    if (o->chain && !find_operands(o->chain, &chain, f))
        return false;
    if (write(o, &chain, 0, NULL, &length))
        return misuse(f, "source", "--%s", clrelu_error());
    text = malloc(length + 1);
    if (!text)
        return fail(f, "no memory for %zu characters", length);
    write(o, &chain, length + 1, text, NULL);
    fputs(text, stdout);
    free(text);
    return true;
}
