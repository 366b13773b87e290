/* prelu_gpu.cl - PReLU without sums in many work-items, by direct addressing
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl memory.cl prelu.cl divide.cl chain.cl
 *     prelu_direct.cl
 * used by: prelu forward on GPUs; prelu dx on GPUs; chain forward on GPUs;
 *     chain pair on GPUs; chain dx on GPUs
 *
 * GPUs have arithmetic to spare: x is not traversed by rows, but each vector
 * finds its alphas from its index.  A work-group takes span elements, as in
 * elementwise.cl. */

/* Vectors that a work-item loads at once, if there are registers for them. */
#if HAS_FEW_REGISTERS || DTYPE == 2 || DTYPE == 3 || DOUBLE
#define VECTORS_AT_ONCE 1
#else
#define VECTORS_AT_ONCE 2
#endif
#define STEP (GROUP * VECTOR)

struct inflight {
    storedv x, dy, ddx, old, old_second;
    struct columns columns;
};

/* The outputs of a vector; z or dresidual may be at any address. */
INLINED storedv output_at(const struct inflight *v, struct scalars k,
                          storedv *second)
{
#if HAS_DY || SECOND || DOUBLE
    const struct values values =
        values_of(widen(v->x), widen(v->dy), widen(v->ddx), &v->columns, k);
    *second = second_of(&values, widen(v->old_second));
    return output_of(&values, &v->columns, k, widen(v->old));
#else
    return forward_value(v->x, &v->columns, k);
#endif
}

INLINED struct columns columns_at(const struct direct d, struct arrays arrays,
                                  uint i)
{
    struct columns c = {{(realv)(0)}};
#if ARRAYS
    const struct alpha_places p = places_at(d, i);
    UNROLLED
    for (uint j = 0; j < ARRAYS; j++)
        c.p[j] = alphas_at(p, arrays.p[j]);
#endif
    return c;
}

#if !STRIDED
/* count elements from start on, phase elements after the last period began. */
INLINED void process_vectors(const struct direct d, const struct operands *o,
                             ulong start, uint count, uint phase, bool aligned)
{
    const uint lid = (uint)get_local_id(0);
    __global const stored *x = o->x + start, *dy = o->dy + start;
    __global const stored *ddx = o->ddx + start;
    __global stored *out = o->out + start, *second = o->second + start;
    for (uint i = lid * VECTOR; i < count; i += VECTORS_AT_ONCE * STEP) {
        struct inflight v[VECTORS_AT_ONCE];
        UNROLLED
        for (uint k = 0; k < VECTORS_AT_ONCE; k++) {
            const uint at = i + k * STEP;
            if (at >= count)
                break;
            v[k].x = load_vector(x + at, aligned);
            v[k].dy = load_vector(dy + at, aligned);
            if (DDX)
                v[k].ddx = load_vector(ddx + at, aligned);
            v[k].old = load_aligned(out + at);
            if (SECOND == 2)
                v[k].old_second = load(second + at);
            v[k].columns = columns_at(d, o->arrays, phase + at);
        }
        UNROLLED
        for (uint k = 0; k < VECTORS_AT_ONCE; k++) {
            const uint at = i + k * STEP;
            if (at >= count)
                break;
            storedv w;
            store_aligned(output_at(&v[k], o->k, &w), out + at);
            if (SECOND)
                store(w, second + at);
        }
    }
}

/* One by one: the peel before the first vector and the tail after the last, in
 * the first task; and all elements from start to end, if there is no period. */
INLINED void process_singles(const struct tiling_argument argument,
                             const struct operands *o, ulong peel, ulong last,
                             ulong edges, ulong start, ulong count)
{
    const uint lid = (uint)get_local_id(0);
    ulong group[64];
    const struct tiling t = unpack(argument, group);
    for (ulong k = lid; k < count; k += GROUP) {
        const ulong i = k >= edges  ? start + (k - edges)
                        : k >= peel ? last + (k - peel)
                                    : k;
        struct inflight v = {.x = (storedv)(o->x[i]),
                             .dy = (storedv)(o->dy[i]),
                             .old = (storedv)(o->out[i])};
        storedv w;
        v.columns = uniform_columns(o->arrays, any_alpha_of(&t, i));
        if (DDX)
            v.ddx = (storedv)(o->ddx[i]);
        if (SECOND == 2)
            v.old_second = (storedv)(o->second[i]);
        const storedv out = output_at(&v, o->k, &w);
        o->out[i] = ELEMENT(out, 0);
        if (SECOND)
            o->second[i] = ELEMENT(w, 0);
    }
}

INLINED void process_task(const struct tiling_argument argument,
                          const struct direct d, ulong task,
                          const struct operands *o)
{
    const uint peel = peel_of(o->out, VECTOR, d.n);
    const ulong last = d.n - (d.n - peel) % VECTOR;
    const ulong start = peel + task * d.span;
    const ulong end = min(last, start + d.span);
    bool aligned = is_aligned(o->x + start) && is_aligned(o->dy + start);
    const ulong edges = task == 0 ? peel + (d.n - last) : 0;
    if (DDX)
        aligned = aligned && is_aligned(o->ddx + start);
    const ulong rest = d.period == 0 && start < end ? end - start : 0;
    if (edges + rest > 0)
        process_singles(argument, o, peel, last, edges, start, edges + rest);
    if (d.period > 0 && start < end) {
        ulong phase;
        divide(start, d.period, &phase);
        process_vectors(d, o, start, (uint)(end - start), (uint)phase, aligned);
    }
}
#endif

#define DIRECT_ARGUMENT , const struct direct d
#define PROCESS_TASK(task, o) process_task(argument, d, task, &o)
