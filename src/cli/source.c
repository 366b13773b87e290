/* source.c - clrelu source
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"

bool source(const options *o, failure *f)
{
    const clrelu_dtype dtype = o->dtype ? o->dtype : CLRELU_FLOAT32;
    size_t length;
    char *text;

    if (clrelu_source(o->op, dtype, o->prefix, 0, NULL, &length))
        return misuse(f, "source", "--%s", clrelu_error());
    text = malloc(length + 1);
    if (!text)
        return fail(f, "no memory for %zu characters", length);
    clrelu_source(o->op, dtype, o->prefix, length + 1, text, NULL);
    fputs(text, stdout);
    free(text);
    return true;
}
