/* formulas.h - text for kernels of others
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_OFFLINE_FORMULAS_H
#define CLRELU_OFFLINE_FORMULAS_H

#include <clrelu.h>

/* A caller's memory, of size characters; used counts those that do not fit,
 * too. */
typedef struct clrelu_source_text {
    const char *prefix;
    char *text;
    size_t size, used;
} clrelu_source_text;

/* Checks the arguments of the call that writes the text. */
clrelu_status clrelu_source_begin(clrelu_source_text *o, const char *prefix,
                                  size_t size, char *text);

/* '@' stands for the prefix. */
void clrelu_source_add(clrelu_source_text *o, const char *text);

/* Adds the final 0, which length does not count. */
clrelu_status clrelu_source_end(const clrelu_source_text *o, size_t *length);

/* Adds op between numbers of the type that computes.  Returns its functions'
 * name, which forwardN_(x, parameter) and backwardN_(x, parameter, dy) follow;
 * N is not 3. */
const char *clrelu_source_function(clrelu_source_text *o, clrelu_op op,
                                   clrelu_dtype dtype);

#endif
