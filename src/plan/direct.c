/* direct.c - PReLU by direct addressing: alphas from an element's index
 * SPDX-License-Identifier: MIT */
#include "plan/direct.h"

#include <string.h>

enum { MAX_INNER = 5 /* must match alpha_of in cl/prelu_gpu.cl */ };

void clrelu_divisor_make(cl_uint d, cl_uint *magic, cl_uint *shift)
{
    unsigned bits = 1;

    while (bits < 32 && (UINT64_C(1) << bits) < d)
        bits++;
    *shift = bits - 1;
    *magic = (cl_uint)((((UINT64_C(1) << bits) - d) << 32) / d + 1);
}

static void set_inner(const clrelu_merged_shape *merged, clrelu_direct *direct)
{
    cl_uint stride = 1, shift;

    for (unsigned g = 0; g < direct->inner; g++) {
        const bool kept = clrelu_merged_kept(merged, g);
        direct->size[g] = (cl_uint)merged->size[g];
        clrelu_divisor_make(direct->size[g], &direct->magic[g], &shift);
        direct->shifts |= shift << 5 * g;
        direct->step[g] = kept ? stride : 0;
        stride *= kept ? direct->size[g] : 1;
    }
    direct->last_step = clrelu_merged_kept(merged, direct->inner) ? stride : 0;
}

void clrelu_direct_make(const clrelu_merged_shape *merged, uint64_t span,
                        unsigned vector, clrelu_tiling *t,
                        clrelu_direct *direct)
{
    const unsigned inner = merged->count - 1;
    const bool is_short = inner > 0 && merged->size[0] < vector;
    uint64_t period = merged->n;

    clrelu_tiling_copy_groups(merged, t);
    memset(direct, 0, sizeof(*direct));
    direct->n = merged->n;
    direct->span = span;
    if (!clrelu_merged_kept(merged, inner))
        period /= merged->size[inner];
    if (is_short || inner > MAX_INNER || period > UINT32_MAX - span)
        return;
    direct->period = period;
    direct->inner = inner;
    direct->first_kept = merged->first_kept;
    set_inner(merged, direct);
}
