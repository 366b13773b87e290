/* columns.h - alpha, scale and bias, and their gradients
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_COLUMNS_H
#define CLRELU_CLI_COLUMNS_H

#include "device.h"
#include "input.h"
#include "options.h"

enum { COLUMN_ALPHA, COLUMN_SCALE, COLUMN_BIAS, COLUMN_ARRAYS };

/* Arrays of float64 if x is, else float32; data NULL: left out.  All have the
 * same extents along the axes of x, except that alpha may be one element. */
typedef struct columns {
    bool any; /* of the arrays; else all is 0 */
    array values[COLUMN_ARRAYS], gradients[COLUMN_ARRAYS];
    clrelu_dtype file_types[COLUMN_ARRAYS]; /* of the gradients' files */
    size_t extents[CLRELU_MAX_RANK];
    bool one_alpha;
} columns;

/* Reads the files and finds the shape; values of alpha that are not in a file
 * have no data yet. */
bool columns_read(columns *c, const options *o, const input *x, progress *p,
                  failure *f);

/* Makes alpha's values, and memory for the gradients. */
bool columns_make(columns *c, const options *o, device *d, progress *p,
                  failure *f);

/* Converts the elements of an array to another type. */
bool columns_convert(array *a, clrelu_dtype to, failure *f);

void columns_free(columns *c);

#endif
