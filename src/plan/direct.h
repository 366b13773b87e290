/* direct.h - PReLU without a walk: the alphas of an element from its place
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_PLAN_DIRECT_H
#define CLRELU_PLAN_DIRECT_H

#include "plan/tiling.h"

/* As cl/flat.cl takes it, besides the groups of the tiling.  An element's place
 * is divided by the sizes of the inner groups in turn; each rest is the index
 * in its group, and what is left at last that in the outermost. */
typedef struct clrelu_direct {
    cl_ulong n;      /* elements of x */
    cl_ulong span;   /* ... of a work-group */
    cl_ulong period; /* ... after which the alphas are the same again */
    cl_uint inner;   /* groups but for the outermost: up to 5 */
    cl_uint first_kept;
    cl_uint size[8], magic[8];
    cl_uint step[8];   /* from an index of a group to the next: alphas, or 0 */
    cl_uint last_step; /* that of the outermost group */
    cl_uint shifts;    /* 5 bits for each inner group */
    cl_uint unused[6]; /* vectors are at multiples of their size */
} clrelu_direct;

/* n / d is (h + (n - h)/2) >> shift for h = n*magic >> 32 and any n, if d > 1:
 * Granlund and Montgomery, Division by Invariant Integers using Multiplication,
 * 1994, figure 4.1. */
void clrelu_divisor_make(cl_uint d, cl_uint *magic, cl_uint *shift);

/* Each work-group takes span elements, wherever they are.  The period is 0 if
 * cl/flat.cl, with accesses of so many elements, must take them one by one:
 * more groups, or a period of more bits, than it counts with, or a first group
 * that is shorter. */
void clrelu_direct_make(const clrelu_merged_shape *chain, uint64_t span,
                        unsigned vector, clrelu_tiling *tiling,
                        clrelu_direct *direct);

#endif
