/* direct.h - PReLU by direct addressing: alphas from an element's index
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_PLAN_DIRECT_H
#define CLRELU_PLAN_DIRECT_H

#include "plan/tiling.h"

/* An argument of cl/prelu_gpu.cl next to the tiling, which has the groups; the
 * struct must match.  Dividing an element's index by the sizes of the inner
 * groups one after the other leaves the index in each group as remainder, and
 * the index in the outermost group as the last quotient. */
typedef struct clrelu_direct {
    cl_ulong n;    /* elements of x */
    cl_ulong span; /* elements of a work-group */
    cl_ulong
        period;    /* elements after which the alphas repeat; 0: unsupported */
    cl_uint inner; /* groups without the outermost: up to 5 */
    cl_uint first_kept;
    cl_uint size[8], magic[8]; /* of inner groups */
    cl_uint step[8];           /* alphas per index in a group; 0: shared */
    cl_uint last_step;         /* ... in the outermost group */
    cl_uint shifts;            /* 5 bits for each inner group */
    cl_uint unused[6];         /* vectors are aligned to their size */
} clrelu_direct;

/* n / d is (h + (n - h)/2) >> shift with h = n*magic >> 32, for any n and
 * d > 1: Granlund and Montgomery, "Division by Invariant Integers using
 * Multiplication", 1994, figure 4.1. */
void clrelu_divisor_make(cl_uint d, cl_uint *magic, cl_uint *shift);

/* vector is the elements of an access.  The period is 0, and the kernel takes
 * element by element, if there are more than 5 inner groups, if the period
 * exceeds 32 bits, or if group[0] is shorter than a vector. */
void clrelu_direct_make(const clrelu_merged_shape *merged, uint64_t span,
                        unsigned vector, clrelu_tiling *tiling,
                        clrelu_direct *direct);

#endif
