/* spec.h - parser of specs such as "max_norm(2, axis=[0, 1])"
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
    CLRELU_NUMBER, /* finite in float32 */
    CLRELU_CHOICE, /* one of several words */
    CLRELU_SEED,   /* an integer of 64 bits, or None */
    CLRELU_LIST,   /* of integers */
    CLRELU_TEXT    /* not parsed */
} clrelu_kind;

#define CLRELU_PARAMETERS 6
#define CLRELU_NAMES 4

typedef struct clrelu_spec_parameter {
    const char *name;
    clrelu_kind kind;
    double preset;              /* default: a number or a choice's index; for
                                 * lists 1 is [0], 0 is [] */
    const char *const *choices; /* ends with NULL */
    const char *other;          /* its second name, or NULL */
} clrelu_spec_parameter;

/* A name with its parameters.  Tables end with names[0] NULL. */
typedef struct clrelu_entry {
    int id;
    const char *names[CLRELU_NAMES]; /* the first one is written */
    clrelu_spec_parameter parameters[CLRELU_PARAMETERS];
} clrelu_entry;

typedef struct clrelu_value {
    bool given;    /* and not None */
    double number; /* or a choice's index */
    uint64_t seed;
    size_t count;
    int64_t list[CLRELU_MAX_RANK];
    const char *text; /* the value as written: length characters */
    size_t length;
} clrelu_value;

typedef struct clrelu_spec {
    const clrelu_entry *entry;
    clrelu_value values[CLRELU_PARAMETERS]; /* of entry->parameters */
} clrelu_spec;

/* Parses length characters; spec then points into text.  kind names the kind of
 * spec in an error's text. */
clrelu_status clrelu_spec_parse(const char *kind, const clrelu_entry *table,
                                const char *text, size_t length,
                                clrelu_spec *spec);

/* The number of an entry's parameters. */
unsigned clrelu_spec_parameters(const clrelu_entry *entry);

/* Fails with CLRELU_INVALID_SCALAR: value i, must be .... */
clrelu_status clrelu_spec_refuse(const clrelu_spec *spec, unsigned i,
                                 const char *must);

/* Text of at most size characters; used counts those that do not fit, too. */
typedef struct clrelu_text {
    char *text;
    size_t size, used;
} clrelu_text;

void clrelu_text_add(clrelu_text *t, const char *more);
void clrelu_text_add_unsigned(clrelu_text *t, uint64_t value);

/* Appends the spec with all arguments by name; clrelu_spec_parse reads it. */
void clrelu_spec_format(const clrelu_spec *spec, clrelu_text *t);

#endif
