/* shape.h - PReLU's shape, merged to alternating kept and shared groups
 * SPDX-License-Identifier: MIT
 *
 * alpha varies along kept axes; shared axes, the batch among them, have one
 * alpha.  Axes of 1 are dropped and neighbours of the same kind merged, so that
 * any rank and sharing is one of few cases:
 *
 *     shape 8 x 16 x 28 x 28, shared over axes 2 and 3 (NCHW)
 *     merged     8 shared x 16 kept x 784 shared
 *              group[2]    group[1]   group[0], the innermost */
#ifndef CLRELU_PLAN_SHAPE_H
#define CLRELU_PLAN_SHAPE_H

#include <stdbool.h>

#include "base/limits.h"

/* n and alphas are the elements of x and alpha.  No group has size 1, except
 * the only group of an x of one element, which is shared. */
typedef struct clrelu_merged_shape {
    uint64_t n, alphas;
    unsigned count; /* groups; 0 if n is 0 */
    bool first_kept;
    uint64_t size[CLRELU_GROUPS];
    uint64_t line; /* of arrays with gaps: elements of a line, else 0 */
} clrelu_merged_shape;

/* Checks a shape and merges its axes. */
clrelu_status clrelu_merge_shape(const clrelu_shape *shape,
                                 clrelu_merged_shape *merged);

/* Whether group g is kept. */
bool clrelu_merged_kept(const clrelu_merged_shape *merged, unsigned g);

#endif
