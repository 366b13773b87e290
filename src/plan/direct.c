/* direct.c - PReLU without a walk: the alphas of an element from its place
 * SPDX-License-Identifier: MIT */
#include "plan/direct.h"

#include <string.h>

enum { INNER = 5 /* groups that cl/flat.cl divides by */ };

void clrelu_divisor_make(cl_uint d, cl_uint *magic, cl_uint *shift)
{
    unsigned bits = 1;

    while (bits < 32 && (UINT64_C(1) << bits) < d)
        bits++;
    *shift = bits - 1;
    *magic = (cl_uint)((((UINT64_C(1) << bits) - d) << 32) / d + 1);
}

static void take_inner(const clrelu_merged_shape *chain, clrelu_direct *direct)
{
    cl_uint stride = 1, shift;

    for (unsigned g = 0; g < direct->inner; g++) {
        const bool kept = clrelu_merged_kept(chain, g);
        direct->size[g] = (cl_uint)chain->size[g];
        clrelu_divisor_make(direct->size[g], &direct->magic[g], &shift);
        direct->shifts |= shift << 5 * g;
        direct->step[g] = kept ? stride : 0;
        stride *= kept ? direct->size[g] : 1;
    }
    direct->last_step = clrelu_merged_kept(chain, direct->inner) ? stride : 0;
}

void clrelu_direct_make(const clrelu_merged_shape *chain, uint64_t span,
                        unsigned vector, clrelu_tiling *t,
                        clrelu_direct *direct)
{
    const unsigned inner = chain->count - 1;
    const bool is_short = inner > 0 && chain->size[0] < vector;
    uint64_t period = chain->n;

    clrelu_tiling_take_shape(chain, t);
    memset(direct, 0, sizeof(*direct));
    direct->n = chain->n;
    direct->span = span;
    if (!clrelu_merged_kept(chain, inner))
        period /= chain->size[inner];
    if (is_short || inner > INNER || period > UINT32_MAX - span)
        return;
    direct->period = period;
    direct->inner = inner;
    direct->first_kept = chain->first_kept;
    take_inner(chain, direct);
}
