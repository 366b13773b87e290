/* record.c - what was measured, and the comparisons drawn from it
 * SPDX-License-Identifier: MIT */
#include "record.h"

const timing *record_best(const records *all, const record *r, impl_kind kind)
{
    const timing *best = NULL;

    for (size_t i = 0; i < all->impl_count; i++) {
        const timing *t = &r->timings[i];
        if (all->impls[i].kind != kind || t->outcome != OUTCOME_TIMED)
            continue;
        if (!best || t->median < best->median)
            best = t;
    }
    return best;
}

double record_speed(const record *r, const timing *t)
{
    if (!t || t->outcome != OUTCOME_TIMED)
        return 0;
    return 1e-9 * case_bytes(&r->c) / t->median;
}

double record_ratio(const records *all, const record *r, impl_kind kind)
{
    const timing *mine = record_best(all, r, KIND_LIBRARY);
    const timing *other = record_best(all, r, kind);

    return mine && other ? other->median / mine->median : 0;
}
