/* columns.h - shapes in which each alpha has a column of x
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_COLUMNS_H
#define CLRELU_TESTS_COLUMNS_H

#include "reference.h"
#include "tap.h"

/* x is (rows, columns, inner), inner shared. */
struct columns {
    size_t rows, columns, inner;
};

/* The shape is in dims. */
static inline clrelu_shape columns_shape(const struct columns *c,
                                         size_t dims[3])
{
    static const int inner[] = {2};

    dims[0] = c->rows;
    dims[1] = c->columns;
    dims[2] = c->inner;
    return reference_shape(3, dims, 1, inner);
}

static inline size_t columns_count(const struct columns *c)
{
    return c->rows * c->columns * c->inner;
}

static inline float *columns_floats(size_t n)
{
    return must_alloc(n * sizeof(float));
}

#endif
