/* flat.c - PReLU without a walk: the alphas of an element from its place
 * SPDX-License-Identifier: MIT */
#include "flat.h"

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

static void take_inner(const clrelu_chain *chain, clrelu_flat *flat)
{
    cl_uint stride = 1, shift;

    for (unsigned g = 0; g < flat->inner; g++) {
        const bool kept = clrelu_chain_kept(chain, g);
        flat->size[g] = (cl_uint)chain->size[g];
        clrelu_divisor_make(flat->size[g], &flat->magic[g], &shift);
        flat->shifts |= shift << 5 * g;
        flat->step[g] = kept ? stride : 0;
        stride *= kept ? flat->size[g] : 1;
    }
    flat->last_step = clrelu_chain_kept(chain, flat->inner) ? stride : 0;
}

void clrelu_flat_make(const clrelu_chain *chain, uint64_t span, unsigned vector,
                      clrelu_tiling *t, clrelu_flat *flat)
{
    const unsigned inner = chain->count - 1;
    const bool is_short = inner > 0 && chain->size[0] < vector;
    uint64_t period = chain->n;

    clrelu_tiling_take_chain(chain, t);
    memset(flat, 0, sizeof(*flat));
    flat->n = chain->n;
    flat->span = span;
    if (!clrelu_chain_kept(chain, inner))
        period /= chain->size[inner];
    if (is_short || inner > INNER || period > UINT32_MAX - span)
        return;
    flat->period = period;
    flat->inner = inner;
    flat->first_kept = chain->first_kept;
    take_inner(chain, flat);
}
