/* prelu_gpu_strided.cl - PReLU without sums in many work-items, with gaps
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl prelu.cl divide.cl strides.cl chain.cl
 *     prelu_direct.cl prelu_gpu.cl
 * used by: prelu forward on GPUs with strided; prelu dx on GPUs with strided;
 *     chain forward on GPUs with strided; chain pair on GPUs with strided;
 *     chain dx on GPUs with strided
 *
 * A work-group takes span vectors of lines. */

/* Elements of a vector at these places, all with columns. */
INLINED void process_spread(const struct operands *o, struct place at,
                            uint count, struct columns columns)
{
    const struct layout *a = &o->layout;
    __global stored *out = o->out + at.out, *second = o->second + at.second;
    struct inflight v = {.columns = columns};
    v.x = load_spread(o->x + at.x, a->x.s0, count);
    v.dy = load_spread(o->dy + at.dy, a->dy.s0, count);
    v.old = load_spread(out, a->out.s0, count);
    if (SECOND == 2)
        v.old_second = load_spread(second, a->second.s0, count);
    storedv w;
    store_spread(output_at(&v, o->k, &w), out, a->out.s0, count);
    if (SECOND)
        store_spread(w, second, a->second.s0, count);
}

/* One by one, as there is no period. */
INLINED void process_elements(const struct tiling *t, const struct operands *o,
                              ulong element, struct place at, uint count)
{
    for (uint i = 0; i < count; i++) {
        process_spread(
            o, at, 1,
            uniform_columns(o->arrays, any_alpha_of(t, element + i)));
        MOVE(&o->layout, s0, 1, &at);
    }
}

INLINED void process_task(const struct tiling_argument argument,
                          const struct direct d, ulong task,
                          const struct operands *o)
{
    const ulong start = task * d.span;
    const ulong end = min(o->layout.units, start + d.span);
    ulong group[64], phase = 0;
    const struct tiling t = unpack(argument, group);
    for (ulong i = start + get_local_id(0); i < end; i += GROUP) {
        struct place at;
        ulong element;
        const uint count = find_unit(&o->layout, i, &element, &at);
        if (d.period > 0) {
            divide(element, d.period, &phase);
            process_spread(o, at, count,
                           columns_at(d, o->arrays, (uint)phase));
        } else {
            process_elements(&t, o, element, at, count);
        }
    }
}
