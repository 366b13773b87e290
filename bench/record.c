/* record.c - the measurements, and the comparisons drawn from them
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
    double min = 0;

    for (size_t i = 0; i < all->impl_count; i++) {
        const timing *t = &r->timings[i];
        if (all->impls[i].kind == kind && t->outcome == OUTCOME_TIMED &&
            t->ratio > 0 && (min == 0 || t->ratio < min))
            min = t->ratio;
    }
    return min;
}

double record_net(const records *all, const record *r)
{
    const double launch = record_ratio(all, r, KIND_LAUNCH);

    return launch < 1 ? record_ratio(all, r, KIND_PEER) / (1 - launch) : 0;
}
