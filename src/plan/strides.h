/* strides.h - arrays with gaps: their strides, merged and checked
 * SPDX-License-Identifier: MIT
 *
 * Neighbouring axes are one, as far as the strides of all arrays allow:
 *
 *     dims 8 x 16 x 28 x 28, x of strides 13440 840 30 1, y without gaps
 *     merged     128 x 28 x 28:  size 28 28 128, x 1 30 840, y 1 28 784
 *
 * A line has the elements along the innermost axis that is left. */
#ifndef CLRELU_PLAN_STRIDES_H
#define CLRELU_PLAN_STRIDES_H

#include <stdbool.h>

#include "base/limits.h"

/* Axes that are left; must match find_line in cl/strides.cl, which has vectors
 * for them. */
#define CLRELU_LAYOUT_AXES 6
#define CLRELU_LAYOUT_SIZES 8

/* Arrays of a call that may have gaps, as the kernels see them. */
typedef enum clrelu_operand {
    CLRELU_OPERAND_X,      /* or y in its place */
    CLRELU_OPERAND_DY,     /* or the residual */
    CLRELU_OPERAND_OUT,    /* y or dx */
    CLRELU_OPERAND_SECOND, /* z or dresidual */
    CLRELU_OPERANDS
} clrelu_operand;

/* name NULL: the call has no such array.  strides NULL: it has no gaps. */
typedef struct clrelu_operand_strides {
    const char *name;
    const int64_t *strides;
    bool is_output;
} clrelu_operand_strides;

/* An argument of the kernels; must match struct layout in cl/strides.cl. */
typedef struct clrelu_layout {
    cl_ulong axes;  /* 0: no array has gaps */
    cl_ulong n;     /* elements */
    cl_ulong parts; /* GPUs without sums: vectors of a line, and of all lines */
    cl_ulong units;
    cl_ulong unused[4];
    cl_ulong size[CLRELU_LAYOUT_SIZES]; /* innermost first */
    cl_ulong step[CLRELU_OPERANDS][CLRELU_LAYOUT_SIZES];
} clrelu_layout;

/* Checks strides of arrays of n elements; shape is theirs, or NULL.  any_order:
 * the elements may be taken in any order, so axes are sorted by the strides of
 * out. */
clrelu_status clrelu_layout_make(const clrelu_strides *strides, uint64_t n,
                                 const clrelu_shape *shape,
                                 const clrelu_operand_strides *operands,
                                 bool any_order, clrelu_layout *layout);

/* Elements from the first to the last of an operand. */
uint64_t clrelu_layout_extent(const clrelu_layout *layout, clrelu_operand a);

bool clrelu_layout_same(const clrelu_layout *layout, clrelu_operand a,
                        clrelu_operand b);

/* Whether two operands of the same strides, the second distance elements after
 * the first, have an element in common.  One of them is an output. */
bool clrelu_layout_meet(const clrelu_layout *layout, clrelu_operand a,
                        int64_t distance);

#endif
