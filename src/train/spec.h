/* spec.h - names and arguments as text, such as "max_norm(2, axis=[0, 1])"
 * SPDX-License-Identifier: MIT
 *
 *     spec   NAME or NAME(ARGUMENT, ...), arguments by position or by name
 *     value  a number, a word (quoted or not), None, an integer or a list of
 *            them in [] or (), or a spec
 */
#ifndef CLRELU_TRAIN_SPEC_H
#define CLRELU_TRAIN_SPEC_H

#include <stdbool.h>

#include "clrelu.h"

typedef enum clrelu_kind {
    CLRELU_NUMBER, /* finite in float32                                       */
    CLRELU_CHOICE, /* one of some words                                       */
    CLRELU_SEED,   /* an integer that fits 64 bits, or None                   */
    CLRELU_LIST,   /* integers                                                */
    CLRELU_TEXT    /* as it is written                                        */
} clrelu_kind;

#define CLRELU_PARAMETERS 6
#define CLRELU_NAMES 4

typedef struct clrelu_parameter {
    const char *name;
    clrelu_kind kind;
    double preset;              /* a number or a choice's index; of a list, 1
                                 * for [0] and 0 for []                       */
    const char *const *choices; /* ends with NULL                             */
    const char *other;          /* another name for it, or NULL               */
} clrelu_parameter;

/* Something that has a name.  A table of them ends with names[0] NULL. */
typedef struct clrelu_entry {
    int id;
    const char *names[CLRELU_NAMES]; /* the first is the one to write         */
    clrelu_parameter parameters[CLRELU_PARAMETERS];
} clrelu_entry;

typedef struct clrelu_value {
    bool given;    /* and not None                                            */
    double number; /* or a choice's index                                     */
    uint64_t seed;
    size_t count;
    int64_t list[CLRELU_MAX_RANK];
    const char *text; /* length characters of what was parsed                 */
    size_t length;
} clrelu_value;

typedef struct clrelu_spec {
    const clrelu_entry *entry;
    clrelu_value values[CLRELU_PARAMETERS]; /* as in entry->parameters        */
} clrelu_spec;

/* Parses length characters.  what names the kind of spec in an error's text. */
clrelu_status clrelu_spec_parse(const char *what, const clrelu_entry *table,
                                const char *text, size_t length,
                                clrelu_spec *spec);

/* How many parameters an entry has. */
unsigned clrelu_spec_parameters(const clrelu_entry *entry);

/* CLRELU_INVALID_SCALAR: value i is not what it must be. */
clrelu_status clrelu_spec_refuse(const clrelu_spec *spec, unsigned i,
                                 const char *must);

/* Text that is cut where its room ends; used counts on. */
typedef struct clrelu_text {
    char *text;
    size_t size, used;
} clrelu_text;

void clrelu_text_add(clrelu_text *t, const char *words);
void clrelu_text_add_unsigned(clrelu_text *t, uint64_t value);

/* The spec with all its arguments by name, as clrelu_spec_parse reads it. */
void clrelu_spec_format(const clrelu_spec *spec, clrelu_text *t);

#endif
