/* names.c - operations by their names
 * SPDX-License-Identifier: MIT */
#include "names.h"

#include <stdio.h>
#include <string.h>

static bool same(const char *word, size_t length, const char *name)
{
    return strlen(name) == length && strncmp(word, name, length) == 0;
}

bool names_op(const char *word, size_t length, clrelu_op *op)
{
    const char *name;

    for (int i = 0; (name = clrelu_op_name((clrelu_op)i)); i++)
        if (same(word, length, name)) {
            *op = (clrelu_op)i;
            return true;
        }
    return false;
}

const char *names_ops(char text[NAMES_TEXT])
{
    const char *name, *between = "";
    size_t used = 0;

    for (int i = 0; (name = clrelu_op_name((clrelu_op)i)); i++) {
        if (i > 0)
            between = clrelu_op_name((clrelu_op)(i + 1)) ? ", " : " or ";
        used += (size_t)snprintf(text + used, NAMES_TEXT - used, "%s%s",
                                 between, name);
        if (used >= NAMES_TEXT)
            break;
    }
    return text;
}
