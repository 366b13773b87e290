/* shape_text.h - shapes that are written as text
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_SHAPE_TEXT_H
#define CLRELU_TESTS_SHAPE_TEXT_H

#include "clrelu.h"

enum { SHAPE_TEXT_AXES = 8 };

/* What a shape points to. */
struct shape_text {
    size_t dims[SHAPE_TEXT_AXES], alpha_dims[SHAPE_TEXT_AXES];
    int axes[SHAPE_TEXT_AXES];
};

/* "4,5,6", "4,5,6 shared 1,2", "4,5,6 alpha 5,6", or both in this order; "-"
 * is an empty list.  Without alpha it is whatever it must be. */
clrelu_shape shape_text_read(const char *text, struct shape_text *s);

/* The text of a shape, which the next call overwrites. */
const char *shape_text_of(const clrelu_shape *s);

#endif
