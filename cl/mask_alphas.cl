/* mask_alphas.cl - the parameter of elements with a mask: PReLU's alphas
 * SPDX-License-Identifier: MIT
 * needs: types.cl prelu.cl divide.cl prelu_direct.cl
 * used by: mask with alphas
 *
 * By direct addressing on all devices: units are not rows. */

typedef struct tiling_argument mask_argument;
#define MASK_ARGUMENTS                                                         \
    const mask_argument argument, const struct direct d,                       \
        __global const alpha_t *alpha, const ulong alpha_offset

struct parameter {
    struct direct d;
    __global const alpha_t *alpha;
    ulong start; /* of the work-group's elements */
    uint phase;  /* elements from the last period's beginning to it */
};
#define PARAMETER_OF_CALL(start)                                               \
    {d, alpha + alpha_offset, start, phase_of(start, d.period)}

uint phase_of(ulong start, ulong period)
{
    ulong phase = 0;
    if (period > 0)
        divide(start, period, &phase);
    return (uint)phase;
}

/* Whether a vector's alphas are in two blocks of the first group at most. */
INLINED bool has_vectors(const struct parameter *p)
{
    return p->d.period > 0 && (p->d.inner == 0 || p->d.size.s0 >= VECTOR);
}

/* The elements from begin to end, in a block of the first group: their alphas
 * are contiguous from first on, or all are value.  A CPU keeps it, as finding
 * it takes a division for each group. */
struct alpha_run {
    ulong begin, end;
    __global const alpha_t *first;
    realv value;
};

INLINED struct alpha_run run_at(const struct parameter *p, ulong i)
{
    uint index;
    const uint alpha =
        alpha_of(p->d, p->phase + (uint)(i - p->start), &index);
    struct alpha_run b = {i, i + (p->d.size.s0 - index), p->alpha + alpha,
                          (realv)(load_one_alpha(p->alpha + alpha))};
    if (p->d.inner == 0)
        b.end = ULONG_MAX;
    return b;
}

/* Whether the count elements from i on have one alpha. */
INLINED bool is_uniform(const struct parameter *p, ulong i, uint count,
                        struct alpha_run *run)
{
#if GROUP == 1
    if (i + count > run->end)
        *run = run_at(p, i);
    return !p->d.first_kept && i + count <= run->end;
#else
    return false;
#endif
}

#define uniform_parameter(p, run) ((run)->value)

INLINED realv parameter_at(const struct parameter *p, ulong i,
                           const struct alpha_run *run)
{
    const uint at = p->phase + (uint)(i - p->start);
#if GROUP == 1
    if (p->d.first_kept && i + VECTOR <= run->end)
        return load_alphas(run->first + (i - run->begin));
#endif
    return alphas_at(places_at(p->d, at), p->alpha);
}

INLINED realv parameter_of_one(const mask_argument argument,
                               const struct parameter *p, ulong i)
{
    const uint at = p->phase + (uint)(i - p->start);
    uint index;
    if (p->d.period > 0)
        return (realv)(load_one_alpha(p->alpha + alpha_of(p->d, at, &index)));
    ulong group[64];
    const struct tiling t = unpack(argument, group);
    return (realv)(load_one_alpha(p->alpha + any_alpha_of(&t, i)));
}

/* A CPU's compiler would repeat much code. */
#if GROUP == 1
#define UNIT_LOOP ROLLED
#else
#define UNIT_LOOP UNROLLED
#endif
